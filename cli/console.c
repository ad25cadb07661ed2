/* console.c: buffered output with checked writes, and how wide text is on a terminal. */
#include "cli/console.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <utf8proc.h>

#include "cli/pager.h"

enum { FLUSH_AT_BYTES = 1 << 16 };

void console_init_stdout(struct console *console) {
    *console = (struct console){.descriptor = STDOUT_FILENO, .is_terminal = isatty(STDOUT_FILENO), .name = "stdout"};
    strbuf_init(&console->pending);
}

enum status console_init_file(struct console *console, const char *path, struct error *error) {
    int descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (descriptor < 0)
        return FAIL(error, errno == ENOENT ? STATUS_UNDEFINED_FILE : STATUS_FILE_ERROR, "cannot open \"%s\": %s", path,
                    strerror(errno));
    *console = (struct console){.descriptor = descriptor, .is_owned = true, .name = path};
    strbuf_init(&console->pending);
    return STATUS_OK;
}

void console_release(struct console *console) {
    strbuf_release(&console->pending);
    if (console->is_owned)
        close(console->descriptor);
}

static enum status write_failed(const struct console *console, int error_number, struct error *error) {
    if (error_number == EPIPE)
        return FAIL(error, STATUS_BROKEN_PIPE, "nobody reads %s any more", console->name);
    return FAIL(error, error_number == ENOSPC || error_number == EDQUOT ? STATUS_DISK_FULL : STATUS_FILE_ERROR,
                "cannot write to %s: %s", console->name, strerror(error_number));
}

enum status console_flush(struct console *console, struct error *error) {
    size_t done = 0;
    if (console->descriptor < 0) /* kept in memory */
        return STATUS_OK;
    if (console->pager && !pager_lets_through(console->pager, console))
        return STATUS_OK;
    while (done < console->pending.size) {
        ssize_t written = write(console->descriptor, console->pending.data + done, console->pending.size - done);
        if (written >= 0) {
            done += (size_t)written;
        } else if (errno == EAGAIN) {
            poll(&(struct pollfd){.fd = console->descriptor, .events = POLLOUT}, 1, -1);
        } else if (errno != EINTR) {
            int error_number = errno;
            strbuf_reset(&console->pending);
            if (error_number == EPIPE && console->pager) {
                pager_has_left(console->pager);
                return STATUS_OK;
            }
            return write_failed(console, error_number, error);
        }
    }
    strbuf_reset(&console->pending);
    return STATUS_OK;
}

enum status console_written(struct console *console, struct error *error) {
    return console->pending.size < FLUSH_AT_BYTES ? STATUS_OK : console_flush(console, error);
}

void console_size(const struct console *console, unsigned *columns, unsigned *rows) {
    struct winsize size = {0};
    *columns = 80;
    *rows = 24;
    if (!console->is_terminal || ioctl(console->descriptor, TIOCGWINSZ, &size) != 0)
        return;
    if (size.ws_col)
        *columns = size.ws_col;
    if (size.ws_row)
        *rows = size.ws_row;
}

/* Decodes one character; its bytes, with *code -1 for a byte that is not UTF-8. */
static size_t next_character(struct str text, size_t at, utf8proc_int32_t *code) {
    utf8proc_ssize_t size =
        utf8proc_iterate((const utf8proc_uint8_t *)text.data + at, (utf8proc_ssize_t)(text.size - at), code);
    if (size > 0)
        return (size_t)size;
    *code = -1;
    return 1;
}

static bool is_control(utf8proc_int32_t code) {
    return code >= 0 && (code < 32 || (code >= 127 && code < 160));
}

/* How a control character or a broken byte is shown; returns its length. */
static size_t escape(char out[5], utf8proc_int32_t code, unsigned char byte) {
    static const char letters[] = "abtnvfr";
    static const char digits[] = "0123456789abcdef";
    out[0] = '\\';
    if (code >= 7 && code <= 13) {
        out[1] = letters[code - 7];
        return 2;
    }
    unsigned value = code < 0 ? byte : (unsigned)code;
    out[1] = 'x';
    out[2] = digits[value >> 4 & 15];
    out[3] = digits[value & 15];
    return 4;
}

unsigned display_width(struct str text) {
    unsigned width = 0;
    for (size_t at = 0; at < text.size;) {
        unsigned char byte = (unsigned char)text.data[at];
        if (byte >= 32 && byte < 127) {
            width++;
            at++;
            continue;
        }
        utf8proc_int32_t code;
        char escaped[5];
        at += next_character(text, at, &code);
        if (code < 0 || is_control(code))
            width += (unsigned)escape(escaped, code, byte);
        else
            width += (unsigned)utf8proc_charwidth(code);
    }
    return width;
}

struct str display_clip(struct str text, unsigned columns) {
    unsigned width = 0;
    size_t at = 0;
    while (at < text.size) {
        utf8proc_int32_t code;
        size_t size = next_character(text, at, &code);
        width += code < 0 ? 1 : (unsigned)utf8proc_charwidth(code);
        if (width > columns)
            break;
        at += size;
    }
    return (struct str){text.data, at};
}

void display_append(struct strbuf *out, struct str text) {
    size_t plain = 0; /* bytes [plain, at) are fine as they are */
    for (size_t at = 0; at < text.size;) {
        unsigned char byte = (unsigned char)text.data[at];
        if (byte >= 32 && byte < 127) {
            at++;
            continue;
        }
        utf8proc_int32_t code;
        size_t size = next_character(text, at, &code);
        if (code < 0 || is_control(code)) {
            char escaped[5];
            strbuf_append(out, text.data + plain, at - plain);
            strbuf_append(out, escaped, escape(escaped, code, byte));
            plain = at + size;
        }
        at += size;
    }
    if (plain < text.size)
        strbuf_append(out, text.data + plain, text.size - plain);
}
