/* line_reader.h: one line from the user: with libedit on a terminal (history, completion), plainly from a pipe. */
#pragma once

#include <stdbool.h>

#include "core/base/str.h"

struct line_reader;

enum line_result {
    LINE_READ,
    LINE_INTERRUPTED, /* Ctrl-C: what was typed is forgotten */
    LINE_END,         /* end of input, or SIGTERM or SIGHUP */
    LINE_FAILED,      /* the input cannot be read; it was reported */
};

/* Fills `candidates` for the place at the end of `text` (all lines of the statement so far). The strings are whole words; the
 * last `partial` bytes of the text are the beginning that each of them continues. Memory comes from `arena`. */
struct arena;
struct completion;
typedef void complete_function(void *context, struct arena *arena, struct str text, struct completion *completion);

/* `complete` may be NULL. The context is borrowed. */
struct line_reader *line_reader_open(complete_function *complete, void *context);
void line_reader_close(struct line_reader *reader);
bool line_reader_is_terminal(const struct line_reader *reader);
/* `before`: the statement's earlier lines, for completion. The line has no line break and is valid until the next call. */
enum line_result line_reader_next(struct line_reader *reader, const char *prompt, struct str before, struct str *line);
/* As one entry of the history, which is written at once: several shells share it, and none loses it when it is killed. */
void line_reader_remember(struct line_reader *reader, struct str statement);
