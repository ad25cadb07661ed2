/* line_reader.c: libedit, with our own reading of characters: a signal must end the line, which libedit's does not do. */
#include "cli/line_reader.h"

#include <errno.h>
#include <fcntl.h>
#include <histedit.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utf8proc.h>

#include "cli/client.h"
#include "cli/completion.h"
#include "cli/console.h"
#include "cli/report.h"
#include "core/base/arena.h"

enum { HISTORY_ENTRIES = 1000, LISTED_CANDIDATES = 120, CANDIDATE_GAP = 2 };

struct line_reader {
    EditLine *edit;            /* NULL: plain lines from a pipe */
    History *history, *newest; /* newest: one entry, for adding it to the file */
    char *history_path;        /* NULL: not kept */
    const char *prompt;
    complete_function *complete;
    void *context;
    struct str before;
    struct strbuf plain; /* pipe: read and not yet used; its first `used` bytes are */
    size_t used;
    bool plain_ended;
};

static volatile sig_atomic_t window_changed, stop_wanted;

static void on_window_change(int number) {
    (void)number;
    window_changed = 1;
}

static void on_stop(int number) {
    (void)number;
    stop_wanted = 1;
}

static char *prompt_of(EditLine *edit) {
    struct line_reader *reader;
    el_get(edit, EL_CLIENTDATA, &reader);
    return (char *)(uintptr_t)reader->prompt;
}

/* Ctrl-Z: whoever takes over finds the terminal as it was; afterwards it is the editor's again, with the line as it was. */
static void stop_process(EditLine *edit) {
    struct sigaction stop = {.sa_handler = SIG_DFL}, before;
    sigset_t let_in;
    stop_wanted = 0;
    el_set(edit, EL_PREP_TERM, 0);
    sigemptyset(&stop.sa_mask);
    sigemptyset(&let_in);
    sigaddset(&let_in, SIGTSTP);
    sigaction(SIGTSTP, &stop, &before);
    raise(SIGTSTP);
    sigprocmask(SIG_UNBLOCK, &let_in, NULL); /* stops here; not without a shell that could wake us */
    sigprocmask(SIG_BLOCK, &let_in, NULL);
    sigaction(SIGTSTP, &before, NULL);
    el_set(edit, EL_PREP_TERM, 1);
    el_resize(edit);
    el_set(edit, EL_REFRESH);
}

/* Waits for input; false when a signal came that ends the line. Signals are let in only while waiting, so none is missed
 * between looking and waiting. */
static bool wait_for_input(EditLine *edit) {
    sigset_t held, before;
    sigemptyset(&held);
    sigaddset(&held, SIGINT);
    sigaddset(&held, SIGTERM);
    sigaddset(&held, SIGHUP);
    sigaddset(&held, SIGTSTP);
    sigaddset(&held, SIGWINCH);
    sigprocmask(SIG_BLOCK, &held, &before);
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    int ready = 0;
    while (!client_signal() && ready == 0) {
        ready = ppoll(&input, 1, NULL, &before);
        if (ready < 0 && errno == EINTR)
            ready = 0;
        if (window_changed) {
            window_changed = 0;
            el_resize(edit);
        }
        if (stop_wanted)
            stop_process(edit);
    }
    sigprocmask(SIG_SETMASK, &before, NULL);
    return !client_signal();
}

/* One byte; 0 at the end, -1 when a signal ends the line. */
static int read_byte(EditLine *edit, unsigned char *byte) {
    ssize_t size;
    do {
        if (!wait_for_input(edit))
            return -1;
        size = read(STDIN_FILENO, byte, 1);
    } while (size < 0 && errno == EINTR);
    return size > 0 ? 1 : 0;
}

static int read_character(EditLine *edit, wchar_t *character) {
    unsigned char bytes[4];
    utf8proc_int32_t code;
    int got = read_byte(edit, bytes);
    if (got <= 0)
        return got;
    int size = bytes[0] < 0xC0 ? 1 : bytes[0] < 0xE0 ? 2 : bytes[0] < 0xF0 ? 3 : 4;
    for (int i = 1; i < size; i++)
        if ((got = read_byte(edit, bytes + i)) <= 0)
            return got;
    *character = utf8proc_iterate(bytes, size, &code) > 0 ? (wchar_t)code : L'?';
    return 1;
}

/* In columns, downwards, as ls does. */
static void append_columns(struct strbuf *text, const char *const *items, size_t count) {
    struct winsize window = {0};
    size_t widest = 0, columns = 80;
    for (size_t i = 0; i < count; i++)
        if (display_width(str_from(items[i])) > widest)
            widest = display_width(str_from(items[i]));
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col)
        columns = window.ws_col;
    size_t across = (columns + CANDIDATE_GAP - 1) / (widest + CANDIDATE_GAP);
    size_t lines = across > 1 ? (count + across - 1) / across : count;
    for (size_t line = 0; line < lines; line++) {
        for (size_t i = line; i < count; i += lines) {
            strbuf_append_text(text, items[i]);
            for (size_t width = display_width(str_from(items[i])); i + lines < count && width < widest + CANDIDATE_GAP;
                 width++)
                strbuf_append_char(text, ' ');
        }
        strbuf_append_char(text, '\n');
    }
}

static void list_candidates(const struct completion *completion) {
    struct strbuf text = {0};
    size_t shown = completion->count < LISTED_CANDIDATES ? completion->count : LISTED_CANDIDATES;
    strbuf_append_char(&text, '\n');
    append_columns(&text, completion->items, shown);
    if (completion->count > shown)
        strbuf_printf(&text, "… and %zu more\n", completion->count - shown);
    fwrite(text.data, 1, text.size, stdout);
    fflush(stdout);
    strbuf_release(&text);
}

/* Replaces the partial word, so that a name gets its own case. */
static void insert_candidate(EditLine *edit, const struct completion *completion, size_t size) {
    struct strbuf text = {0};
    strbuf_append(&text, completion->items[0], size);
    size_t length = strlen(completion->items[0]);
    if (completion->count == 1 && !strchr("(/.", completion->items[0][length - 1]))
        strbuf_append_text(&text, completion->ending);
    if (completion->partial_size)
        el_deletestr(edit, (int)completion->partial_size);
    el_insertstr(edit, strbuf_text(&text));
    strbuf_release(&text);
}

static unsigned char complete_word(EditLine *edit, int character) {
    struct line_reader *reader;
    (void)character;
    el_get(edit, EL_CLIENTDATA, &reader);
    const LineInfo *line = el_line(edit);
    struct arena arena;
    struct strbuf text = {0};
    struct completion completion = {0};
    arena_init(&arena);
    strbuf_append_str(&text, reader->before);
    strbuf_append(&text, line->buffer, (size_t)(line->cursor - line->buffer));
    reader->complete(reader->context, &arena, (struct str){strbuf_text(&text), text.size}, &completion);
    size_t common = completion_common_size(&completion);
    unsigned char result = CC_REFRESH_BEEP;
    if (completion.count == 1 || common > completion.partial_size) {
        insert_candidate(edit, &completion, common);
        result = CC_REFRESH;
    } else if (completion.count) {
        list_candidates(&completion);
        result = CC_REDISPLAY;
    }
    strbuf_release(&text);
    arena_release(&arena);
    return result;
}

/* $XDG_STATE_HOME/streamsql/history, or under ~/.local/state. The folders are made. */
static char *find_history_path(void) {
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    struct strbuf path = {0};
    if (state && state[0] == '/')
        strbuf_append_text(&path, state);
    else if (home && home[0] == '/')
        strbuf_printf(&path, "%s/.local/state", home);
    else
        return NULL;
    strbuf_append_text(&path, "/streamsql/history");
    for (size_t i = 1; i < path.size; i++) {
        if (path.data[i] != '/')
            continue;
        path.data[i] = '\0';
        mkdir(path.data, 0700);
        path.data[i] = '/';
    }
    return path.data;
}

/* The file grows with every entry of every shell; from twice the number kept it is written anew. Libedit makes it private. */
static void trim_history(struct line_reader *reader, int entries) {
    HistEvent event;
    struct strbuf path = {0};
    if (entries < 2 * HISTORY_ENTRIES)
        return;
    strbuf_printf(&path, "%s.%d", reader->history_path, (int)getpid());
    if (history(reader->history, &event, H_SAVE, strbuf_text(&path)) < 0 ||
        rename(strbuf_text(&path), reader->history_path) != 0)
        unlink(strbuf_text(&path));
    strbuf_release(&path);
}

static void open_history(struct line_reader *reader) {
    HistEvent event;
    reader->history = history_init();
    reader->newest = history_init();
    history(reader->history, &event, H_SETSIZE, HISTORY_ENTRIES);
    history(reader->newest, &event, H_SETSIZE, 1);
    history(reader->history, &event, H_SETUNIQUE, 1);
    reader->history_path = find_history_path();
    if (reader->history_path)
        trim_history(reader, history(reader->history, &event, H_LOAD, reader->history_path));
}

static void open_editor(struct line_reader *reader) {
    setlocale(LC_CTYPE, "");
    if (strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
        setlocale(LC_CTYPE, "C.UTF-8");
    reader->edit = el_init("streamsql", stdin, stdout, stderr);
    el_set(reader->edit, EL_CLIENTDATA, reader);
    el_set(reader->edit, EL_PROMPT, prompt_of);
    el_set(reader->edit, EL_EDITOR, "emacs");
    el_set(reader->edit, EL_GETCFN, read_character);
    open_history(reader);
    el_set(reader->edit, EL_HIST, history, reader->history);
    el_set(reader->edit, EL_BIND, "^R", "em-inc-search-prev", NULL);
    if (reader->complete) {
        el_wset(reader->edit, EL_ADDFN, L"complete-sql", L"complete the word",
                complete_word); /* el_set leaks its copies */
        el_set(reader->edit, EL_BIND, "^I", "complete-sql", NULL);
    }
    el_source(reader->edit, NULL); /* the user's ~/.editrc */
    struct sigaction action = {.sa_handler = on_window_change};
    sigemptyset(&action.sa_mask);
    sigaction(SIGWINCH, &action, NULL);
}

struct line_reader *line_reader_open(complete_function *complete, void *context) {
    struct line_reader *reader = memory_zalloc(sizeof *reader);
    reader->complete = complete;
    reader->context = context;
    if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO))
        open_editor(reader);
    return reader;
}

void line_reader_close(struct line_reader *reader) {
    if (reader->history) {
        history_end(reader->history);
        history_end(reader->newest);
    }
    if (reader->edit)
        el_end(reader->edit);
    free(reader->history_path);
    strbuf_release(&reader->plain);
    free(reader);
}

bool line_reader_is_terminal(const struct line_reader *reader) {
    return reader->edit != NULL;
}

static void append_to_history(struct line_reader *reader, const char *entry) {
    HistEvent event;
    int descriptor = open(reader->history_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    FILE *file = descriptor < 0 ? NULL : fdopen(descriptor, "a");
    if (!file) {
        if (descriptor >= 0)
            close(descriptor);
        return;
    }
    fseek(file, 0, SEEK_END); /* libedit begins a file that is at its start with a line of its own */
    if (history(reader->newest, &event, H_ENTER, entry) >= 0)
        history(reader->newest, &event, H_SAVE_FP, file);
    fclose(file);
}

void line_reader_remember(struct line_reader *reader, struct str statement) {
    if (!reader->history || !str_trim(statement).size)
        return;
    struct strbuf text = {0};
    HistEvent event;
    strbuf_append_str(&text, str_trim(statement));
    if (history(reader->history, &event, H_ENTER, strbuf_text(&text)) > 0 && reader->history_path)
        append_to_history(reader, strbuf_text(&text));
    strbuf_release(&text);
}

static enum line_result read_plain(struct line_reader *reader, struct str *line) {
    struct strbuf *plain = &reader->plain;
    if (reader->used) {
        memmove(plain->data, plain->data + reader->used, plain->size - reader->used);
        plain->size -= reader->used;
        reader->used = 0;
    }
    size_t searched = 0;
    for (;;) {
        char *end = plain->size > searched ? memchr(plain->data + searched, '\n', plain->size - searched) : NULL;
        if (end || (reader->plain_ended && plain->size)) {
            line->data = plain->data;
            line->size = end ? (size_t)(end - plain->data) : plain->size;
            reader->used = line->size + (end ? 1 : 0);
            return LINE_READ;
        }
        if (reader->plain_ended)
            return LINE_END;
        searched = plain->size;
        strbuf_reserve(plain, 1 << 16);
        if (!client_wait_for_input(STDIN_FILENO))
            return LINE_END;
        ssize_t size = read(STDIN_FILENO, plain->data + plain->size, 1 << 16);
        if (size < 0 && errno != EINTR) {
            report_line("streamsql: cannot read stdin: %s", strerror(errno));
            return LINE_FAILED;
        }
        reader->plain_ended = size == 0;
        plain->size += size > 0 ? (size_t)size : 0;
    }
}

enum line_result line_reader_next(struct line_reader *reader, const char *prompt, struct str before, struct str *line) {
    if (!reader->edit)
        return read_plain(reader, line);
    int size;
    reader->prompt = prompt;
    reader->before = before;
    client_forget_signal();
    struct sigaction stop = {.sa_handler = on_stop}, before_stop;
    sigemptyset(&stop.sa_mask);
    sigaction(SIGTSTP, &stop, &before_stop);
    const char *text = el_gets(reader->edit, &size);
    sigaction(SIGTSTP, &before_stop, NULL);
    if (client_signal() == SIGINT) {
        el_reset(reader->edit);
        return LINE_INTERRUPTED;
    }
    if (!text || size <= 0)
        return LINE_END;
    *line = (struct str){text, (size_t)size};
    while (line->size && (line->data[line->size - 1] == '\n' || line->data[line->size - 1] == '\r'))
        line->size--;
    return LINE_READ;
}
