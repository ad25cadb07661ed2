/* text_file.c: reads until the end, whatever kind of file it is. */
#include "cli/text_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "cli/client.h"

enum { PIECE_BYTES = 1 << 16 };

static enum status given_up(const char *path, struct error *error) {
    return FAIL(error, STATUS_CANCELLED, "interrupted before \"%s\" was read", path);
}

static enum status read_all(int descriptor, const char *path, struct strbuf *text, struct error *error) {
    for (;;) {
        strbuf_reserve(text, PIECE_BYTES);
        if (!client_wait_for_input(descriptor))
            return given_up(path, error);
        ssize_t size = read(descriptor, text->data + text->size, PIECE_BYTES);
        if (size == 0)
            return STATUS_OK;
        if (size > 0)
            text->size += (size_t)size;
        else if (errno != EINTR)
            return FAIL(error, STATUS_FILE_ERROR, "cannot read \"%s\": %s", path, strerror(errno));
        text->data[text->size] = '\0';
    }
}

enum status text_file_read(const char *path, struct strbuf *text, struct error *error) {
    if (strcmp(path, "-") == 0)
        return read_all(STDIN_FILENO, "stdin", text, error);
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0 && errno == EINTR && client_signal()) /* a pipe that nobody writes */
        return given_up(path, error);
    if (descriptor < 0)
        return FAIL(error, errno == ENOENT ? STATUS_UNDEFINED_FILE : STATUS_FILE_ERROR, "cannot open \"%s\": %s", path,
                    strerror(errno));
    enum status status = read_all(descriptor, path, text, error);
    close(descriptor);
    return status;
}
