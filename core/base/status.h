/* status.h: how a function says that it failed.
 *
 * A function that can fail returns `enum status` (the result must be looked at) and fills a
 * `struct error` given by its caller. The error is filled once, where the failure is first
 * known; TRY passes the status upward untouched. A user's mistake carries an SQLSTATE, the
 * place in the text, a detail and a hint; an operating error says whether trying again makes
 * sense. A bug is an ASSERT, which stays on in release builds.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum status {
    STATUS_OK = 0,
#define STATUS_CODE(name, sqlstate, summary) STATUS_##name,
#include "core/base/errors.def"
#undef STATUS_CODE
    STATUS_COUNT
};

#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF_LIKE(format_index, first_argument) __attribute__((format(printf, format_index, first_argument)))

/* Position in an SQL text that an error points at: byte offset + 1; 0 = none. */
typedef uint32_t sql_position;

struct error {
    enum status status;
    char message[512];       /* one sentence, lower case, no full stop; always valid UTF-8 */
    char detail[512];        /* more of what was found; may be empty */
    char hint[256];          /* what to do about it; may be empty */
    sql_position position;   /* 0 = points at no text */
    bool retriable;          /* an operating error that may pass by itself */
    const char *source_file; /* where in our code it was noticed */
    int source_line;
};

/* Fills `error` (may be NULL) and returns `status`. Later calls on a filled error overwrite it. */
enum status error_set(struct error *error, enum status status, sql_position position, const char *source_file,
                      int source_line, const char *format, ...) PRINTF_LIKE(6, 7);

/* Add to an error that was just set; all accept NULL. */
void error_detail(struct error *error, const char *format, ...) PRINTF_LIKE(2, 3);
void error_hint(struct error *error, const char *format, ...) PRINTF_LIKE(2, 3);
void error_reset(struct error *error);

const char *status_sqlstate(enum status status); /* five characters; "00000" for STATUS_OK */
const char *status_summary(enum status status);
const char *status_name(enum status status);

/* return FAIL(error, STATUS_X, "unknown option \"%s\"", name); */
#define FAIL(error, status, ...) error_set((error), (status), 0, __FILE__, __LINE__, __VA_ARGS__)
/* The same, pointing at a place in the SQL text. */
#define FAIL_AT(error, position, status, ...) error_set((error), (status), (position), __FILE__, __LINE__, __VA_ARGS__)

/* Passes a failure to the caller. */
#define TRY(call)                                          \
    do {                                                   \
        enum status try_status_ = (call);                  \
        if (__builtin_expect(try_status_ != STATUS_OK, 0)) \
            return try_status_;                            \
    } while (0)

_Noreturn void assert_failed(const char *condition, const char *file, int line);
#define ASSERT(condition)                                  \
    do {                                                   \
        if (__builtin_expect(!(condition), 0))             \
            assert_failed(#condition, __FILE__, __LINE__); \
    } while (0)
#define UNREACHABLE() assert_failed("unreachable", __FILE__, __LINE__)
