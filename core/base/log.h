/* log.h: the operator's log: one line an event, on stderr unless told otherwise, never on stdout.
 *
 *     log_warn("broker is gone", log_text("broker", name), log_int("attempt", 3));
 *
 *     plain   2024-05-01T12:00:00.123456Z WARN broker is gone broker=localhost:9092 attempt=3
 *     json    {"time":"2024-05-01T12:00:00.123456Z","level":"warn","message":"broker is gone","broker":"localhost:9092","attempt":3}
 *
 * A message is a constant; what varies goes into fields. Any thread may log: a line is one write, so lines never mix.
 * Arguments are not evaluated when the level is off. Text is made valid UTF-8, control characters are escaped, and a line
 * is cut at LOG_LINE_MAX. Logging never fails and allocates nothing.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/status.h"

struct env;

enum { LOG_LINE_MAX = 8192 };

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARN, LOG_LEVEL_ERROR, LOG_LEVEL_OFF };
enum log_format { LOG_FORMAT_PLAIN, LOG_FORMAT_JSON };

struct log_config {
    enum log_level level; /* this and above are written; default WARN */
    enum log_format format;
    int descriptor;  /* default 2 */
    struct env *env; /* whose clock stamps the lines; NULL: the real one */
};
/* Call before threads start; the defaults hold until then. */
void log_configure(const struct log_config *config);
bool log_level_parse(const char *text, enum log_level *level); /* "debug" … "off" */
bool log_enabled(enum log_level level);

enum log_field_type { LOG_FIELD_TEXT, LOG_FIELD_INT, LOG_FIELD_DOUBLE, LOG_FIELD_BOOL };

struct log_field {
    const char *key; /* letters, digits, '_' and '.' */
    enum log_field_type type;
    union {
        const char *text; /* NULL is written as null */
        int64_t integer;
        double number;
        bool truth;
    };
};

static inline struct log_field log_text(const char *key, const char *value) {
    return (struct log_field){.key = key, .type = LOG_FIELD_TEXT, .text = value};
}
static inline struct log_field log_int(const char *key, int64_t value) {
    return (struct log_field){.key = key, .type = LOG_FIELD_INT, .integer = value};
}
static inline struct log_field log_double(const char *key, double value) {
    return (struct log_field){.key = key, .type = LOG_FIELD_DOUBLE, .number = value};
}
static inline struct log_field log_bool(const char *key, bool value) {
    return (struct log_field){.key = key, .type = LOG_FIELD_BOOL, .truth = value};
}

/* Use the macros. */
void log_write(enum log_level level, const char *message, const struct log_field *fields, size_t count);

#define LOG_AT(level, message, ...)                                                             \
    do {                                                                                        \
        if (log_enabled(level)) {                                                               \
            const struct log_field fields_[] = {{0}, ##__VA_ARGS__};                            \
            log_write((level), (message), fields_ + 1, sizeof fields_ / sizeof fields_[0] - 1); \
        }                                                                                       \
    } while (0)
#define log_debug(message, ...) LOG_AT(LOG_LEVEL_DEBUG, message, ##__VA_ARGS__)
#define log_info(message, ...) LOG_AT(LOG_LEVEL_INFO, message, ##__VA_ARGS__)
#define log_warn(message, ...) LOG_AT(LOG_LEVEL_WARN, message, ##__VA_ARGS__)
#define log_error(message, ...) LOG_AT(LOG_LEVEL_ERROR, message, ##__VA_ARGS__)

/* The fields of an error: log_error("job failed", log_text("job", id), LOG_ERROR_FIELDS(&error)); */
#define LOG_ERROR_FIELDS(error)                                                                  \
    log_text("sqlstate", status_sqlstate((error)->status)), log_text("error", (error)->message), \
        log_text("detail", (error)->detail), log_text("hint", (error)->hint)
