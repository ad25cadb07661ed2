/* str.h: borrowed strings with a length, and a growing string.
 *
 * `struct str` borrows bytes that need not end in NUL. `struct strbuf` owns its bytes, always
 * NUL-terminated, and grows on the heap.
 */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "core/base/status.h"

struct arena;

struct str {
    const char *data; /* may be NULL when size is 0 */
    size_t size;
};

#define STR(literal) ((struct str){(literal), sizeof(literal) - 1})
#define STR_FORMAT(s) (int)(s).size, (s).data /* for "%.*s" */

static inline struct str str_from(const char *text) {
    return (struct str){text, text ? strlen(text) : 0};
}
static inline bool str_equal(struct str a, struct str b) {
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}
bool str_equal_ignore_case(struct str a, struct str b); /* ASCII letters only */
bool text_equal_ignore_case(const char *a, const char *b);
int str_compare(struct str a, struct str b); /* byte order, as memcmp */
bool str_starts_with(struct str text, struct str prefix);
struct str str_trim(struct str text);                    /* ASCII white space at both ends */
char *str_copy(struct arena *arena, struct str text);    /* NUL-terminated copy */
char *text_lower(struct arena *arena, const char *text); /* ASCII */

/* Edit distance (insert, delete, replace, swap of neighbours; ASCII case ignored), capped at `limit` + 1. */
unsigned text_distance(const char *a, const char *b, unsigned limit);
/* The candidate nearest to `name`, or NULL when none is near enough to be a likely slip. */
const char *text_nearest(const char *name, const char *const *candidates, size_t count);

/* "10s", "1h30m", "250ms", "2d", "5 min", "10000" (milliseconds when a bare number) to microseconds. */
enum status duration_parse(struct str text, int64_t *duration_us, struct error *error) MUST_CHECK;
/* "64mb", "1gb", "512 kb", "4096" to bytes. */
enum status size_parse(struct str text, uint64_t *size_bytes, struct error *error) MUST_CHECK;
/* Whole-string signed integer; false when it is not one or does not fit. */
bool int_parse(struct str text, int64_t *value);

/* Byte offset of the first byte that is not valid UTF-8 (overlong, surrogate, above 10FFFF refused), or size. */
size_t utf8_validate(const char *data, size_t size);

struct strbuf {
    char *data; /* NULL only before the first append */
    size_t size;
    size_t capacity;
};

void strbuf_init(struct strbuf *buffer);
void strbuf_release(struct strbuf *buffer);
void strbuf_reset(struct strbuf *buffer); /* empty, keeps memory */
void strbuf_reserve(struct strbuf *buffer, size_t more);
void strbuf_append(struct strbuf *buffer, const void *data, size_t size);
void strbuf_append_text(struct strbuf *buffer, const char *text);
void strbuf_append_str(struct strbuf *buffer, struct str text);
void strbuf_append_char(struct strbuf *buffer, char c);
void strbuf_printf(struct strbuf *buffer, const char *format, ...) PRINTF_LIKE(2, 3);
void strbuf_vprintf(struct strbuf *buffer, const char *format, va_list arguments);
static inline struct str strbuf_str(const struct strbuf *buffer) {
    return (struct str){buffer->data, buffer->size};
}
static inline const char *strbuf_text(const struct strbuf *buffer) {
    return buffer->data ? buffer->data : "";
}
