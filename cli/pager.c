/* pager.c: see pager.h. */
#include "cli/pager.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/console.h"
#include "core/base/arena.h"

extern char **environ;

struct pager {
    const char *command;
    unsigned columns, rows; /* of the screen */
    size_t measured;        /* bytes of what is pending, in whole lines */
    unsigned lines;         /* in them */
    int terminal;           /* the console's own descriptor */
    pid_t process;          /* 0: not started */
    bool has_left;
};

static bool is_in_path(const char *program) {
    struct strbuf path = {0};
    bool found = false;
    for (const char *folder = getenv("PATH"); folder && *folder && !found;) {
        size_t size = strcspn(folder, ":");
        strbuf_reset(&path);
        strbuf_printf(&path, "%.*s/%s", (int)size, folder, program);
        found = access(strbuf_text(&path), X_OK) == 0;
        folder += size + (folder[size] == ':');
    }
    strbuf_release(&path);
    return found;
}

/* NULL: none. */
static const char *find_command(void) {
    const char *command = getenv("PAGER");
    if (command)
        return command[0] ? command : NULL;
    if (!is_in_path("less"))
        return NULL;
    setenv("LESS", "RSX", 0); /* as git does; S: long lines are cut and can be scrolled */
    return "less";
}

void console_page(struct console *console) {
    const char *command = console->is_terminal && !console->pager ? find_command() : NULL;
    if (!command)
        return;
    console->pager = memory_zalloc(sizeof *console->pager);
    console->pager->command = command;
    console->pager->terminal = console->descriptor;
    console_size(console, &console->pager->columns, &console->pager->rows);
}

/* Two lines are left for the next prompt. */
static bool fits(struct pager *pager, const struct console *console) {
    const struct strbuf *text = &console->pending;
    while (pager->measured < text->size) {
        const char *line = text->data + pager->measured;
        const char *end = memchr(line, '\n', text->size - pager->measured);
        size_t size = end ? (size_t)(end - line) : text->size - pager->measured;
        if (display_width((struct str){line, size}) > pager->columns)
            return false;
        if (!end)
            break;
        pager->measured += size + 1;
        pager->lines++;
    }
    return pager->lines + 2 <= pager->rows;
}

static void start(struct pager *pager, struct console *console) {
    int ends[2];
    char *arguments[] = {(char[]){"sh"}, (char[]){"-c"}, (char *)(uintptr_t)pager->command, NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t defaults;
    if (pipe2(ends, O_CLOEXEC) != 0)
        return;
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[0], STDIN_FILENO);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
    int failed = posix_spawn(&pager->process, "/bin/sh", &actions, &attributes, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    close(ends[0]);
    if (failed) {
        pager->process = 0;
        close(ends[1]);
        return;
    }
    console->descriptor = ends[1];
}

bool pager_lets_through(struct pager *pager, struct console *console) {
    if (pager->has_left)
        strbuf_reset(&console->pending);
    if (pager->has_left || (!pager->process && fits(pager, console)))
        return false;
    if (!pager->process)
        start(pager, console);
    return true;
}

void pager_has_left(struct pager *pager) {
    pager->has_left = true;
}

enum status console_page_end(struct console *console, struct error *error) {
    struct pager *pager = console->pager;
    if (!pager)
        return STATUS_OK;
    enum status status = STATUS_OK;
    if (pager->process) {
        status = console_flush(console, error);
        close(console->descriptor);
        console->descriptor = pager->terminal;
        while (waitpid(pager->process, NULL, 0) < 0 && errno == EINTR) {
        }
    }
    console->pager = NULL;
    free(pager);
    return status == STATUS_OK ? console_flush(console, error) : status;
}
