/* string_part.c: functions whose result is a part of an argument: SUBSTRING, LEFT, RIGHT, TRIM, SPLIT_INDEX …
 * The result is a view into the argument's bytes; nothing is copied but what fits into the view itself.
 * Positions count characters from 1, negative ones from the end, as in Flink. */
#include "core/functions/kernels/kernel.h"
#include "core/functions/kernels/kernels.h"
#include "core/functions/kernels/utf8.h"
#include "core/functions/kernels/view_part.h"

static struct string_view part(struct str text, size_t from, size_t to) {
    return view_part(text, from, to - from);
}

/* Byte offset where the 1-based, perhaps negative position starts; false when it lies outside. */
static bool position_offset(struct str text, int64_t position, size_t *offset) {
    if (position > 0) {
        *offset = utf8_offset(text, (uint64_t)position - 1);
        return *offset < text.size;
    }
    *offset = 0;
    if (position == 0)
        return true;
    size_t count = utf8_count(text);
    if (0 - (uint64_t)position > count)
        return false;
    *offset = utf8_offset(text, count - (0 - (uint64_t)position));
    return true;
}

static struct string_view substring(struct str text, int64_t position, int64_t length) {
    size_t from;
    if (!position_offset(text, position, &from))
        return view_make("", 0);
    struct str rest = {text.data + from, text.size - from};
    return part(rest, 0, (uint64_t)length >= rest.size ? rest.size : utf8_offset(rest, (uint64_t)length));
}

/* A negative length gives NULL. */
enum status string_substring(struct function_call *call, const struct column *arguments, struct column *result,
                             struct error *error) {
    (void)error;
    struct string_view *out = result->values;
    KERNEL_ROWS (call, row) {
        KERNEL_PREFETCH(call, &arguments[0]);
        int64_t length = call->argument_count > 2 ? argument_i64(&arguments[2], row) : INT64_MAX;
        if (length < 0)
            result_null(call, result, row);
        else
            out[row] = substring(argument_str(&arguments[0], row), argument_i64(&arguments[1], row), length);
    }
    return STATUS_OK;
}

enum status string_left(struct function_call *call, const struct column *arguments, struct column *result,
                        struct error *error) {
    (void)error;
    struct string_view *out = result->values;
    KERNEL_ROWS (call, row) {
        int64_t count = argument_i64(&arguments[1], row);
        out[row] = count <= 0 ? view_make("", 0) : substring(argument_str(&arguments[0], row), 1, count);
    }
    return STATUS_OK;
}

enum status string_right(struct function_call *call, const struct column *arguments, struct column *result,
                         struct error *error) {
    (void)error;
    struct string_view *out = result->values;
    KERNEL_ROWS (call, row) {
        struct str text = argument_str(&arguments[0], row);
        int64_t count = argument_i64(&arguments[1], row);
        uint64_t length = utf8_count(text);
        uint64_t taken = count <= 0 ? 0 : (uint64_t)count < length ? (uint64_t)count : length;
        out[row] = part(text, utf8_offset(text, length - taken), text.size);
    }
    return STATUS_OK;
}

/* ---- TRIM ---- */

enum { TRIM_LEADING = 1, TRIM_TRAILING = 2 };

static bool set_has(struct str set, struct str text, size_t from, size_t to) {
    for (size_t i = 0, next; i < set.size; i = next) {
        next = utf8_next(set, i);
        if (next - i == to - from && memcmp(set.data + i, text.data + from, to - from) == 0)
            return true;
    }
    return false;
}

static struct string_view trim(struct str text, struct str set, int sides) {
    size_t from = 0, to = text.size;
    while (sides & TRIM_LEADING && from < to) {
        size_t next = utf8_next(text, from);
        if (!set_has(set, text, from, next))
            break;
        from = next;
    }
    while (sides & TRIM_TRAILING && to > from) {
        size_t last = to - 1;
        while (last > from && !utf8_starts(text.data[last]))
            last--;
        if (!set_has(set, text, last, to))
            break;
        to = last;
    }
    return part(text, from, to);
}

static enum status trim_all(struct function_call *call, const struct column *arguments, struct column *result,
                            int sides) {
    struct string_view *out = result->values;
    KERNEL_ROWS (call, row) {
        struct str set = call->argument_count > 1 ? argument_str(&arguments[1], row) : STR(" ");
        out[row] = trim(argument_str(&arguments[0], row), set, sides);
    }
    return STATUS_OK;
}

enum status string_trim(struct function_call *call, const struct column *arguments, struct column *result,
                        struct error *error) {
    (void)error;
    return trim_all(call, arguments, result, TRIM_LEADING | TRIM_TRAILING);
}

enum status string_ltrim(struct function_call *call, const struct column *arguments, struct column *result,
                         struct error *error) {
    (void)error;
    return trim_all(call, arguments, result, TRIM_LEADING);
}

enum status string_rtrim(struct function_call *call, const struct column *arguments, struct column *result,
                         struct error *error) {
    (void)error;
    return trim_all(call, arguments, result, TRIM_TRAILING);
}

/* ---- SPLIT_INDEX ---- */

/* Part number `index` (from 0) between separators; false when there are not so many. */
static bool split_at_byte(struct str text, char separator, uint64_t index, struct string_view *view) {
    size_t from = 0;
    if (index > 0) {
        from = scan_byte(text, separator, index - 1);
        if (from == SIZE_MAX)
            return false;
        from++;
    }
    struct str rest = {text.data + from, text.size - from};
    size_t size = scan_byte(rest, separator, 0);
    *view = view_part(rest, 0, size == SIZE_MAX ? rest.size : size);
    return true;
}

static bool split_at(struct str text, struct str separator, uint64_t index, struct string_view *view) {
    if (text.size == 0)
        return false;
    if (separator.size == 1)
        return split_at_byte(text, separator.data[0], index, view);
    if (separator.size == 0) {
        *view = view_make(text.data, (uint32_t)text.size);
        return index == 0;
    }
    const char *from = text.data, *end = text.data + text.size;
    for (;; index--) {
        const char *to = memmem(from, (size_t)(end - from), separator.data, separator.size);
        if (index == 0) {
            *view = view_make(from, (uint32_t)((to ? to : end) - from));
            return true;
        }
        if (!to)
            return false;
        from = to + separator.size;
    }
}

enum status string_split_index(struct function_call *call, const struct column *arguments, struct column *result,
                               struct error *error) {
    (void)error;
    struct string_view *out = result->values;
    KERNEL_ROWS (call, row) {
        KERNEL_PREFETCH(call, &arguments[0]);
        int64_t index = argument_i64(&arguments[2], row);
        struct str text = argument_str(&arguments[0], row);
        if (index < 0 || !split_at(text, argument_str(&arguments[1], row), (uint64_t)index, &out[row]))
            result_null(call, result, row);
    }
    return STATUS_OK;
}

/* The separator is given by its code point. */
enum status string_split_index_code(struct function_call *call, const struct column *arguments, struct column *result,
                                    struct error *error) {
    (void)error;
    struct string_view *out = result->values;
    KERNEL_ROWS (call, row) {
        char separator[4];
        int64_t code = argument_i64(&arguments[1], row), index = argument_i64(&arguments[2], row);
        bool good = code > 0 && code <= 0x10FFFF && index >= 0;
        struct str bytes = {separator, good ? utf8_write(separator, (uint32_t)code) : 0};
        if (!good || !split_at(argument_str(&arguments[0], row), bytes, (uint64_t)index, &out[row]))
            result_null(call, result, row);
    }
    return STATUS_OK;
}

/* SUBSTRING_INDEX('a.b.c', '.', 2) is 'a.b', with -2 'b.c'. */
static struct string_view substring_index(struct str text, struct str separator, int64_t count) {
    if (separator.size == 0 || count == 0)
        return view_make("", 0);
    const char *end = text.data + text.size;
    if (count > 0) {
        for (const char *from = text.data;; from += separator.size) {
            from = memmem(from, (size_t)(end - from), separator.data, separator.size);
            if (!from)
                return view_make(text.data, (uint32_t)text.size);
            if (--count == 0)
                return view_make(text.data, (uint32_t)(from - text.data));
        }
    }
    for (size_t at = text.size; at >= separator.size;) {
        size_t start = at - separator.size;
        bool here = memcmp(text.data + start, separator.data, separator.size) == 0;
        if (here && ++count == 0)
            return part(text, at, text.size);
        at = here ? start : at - 1;
    }
    return view_make(text.data, (uint32_t)text.size);
}

enum status string_substring_index(struct function_call *call, const struct column *arguments, struct column *result,
                                   struct error *error) {
    (void)error;
    struct string_view *out = result->values;
    KERNEL_ROWS (call, row)
        out[row] = substring_index(argument_str(&arguments[0], row), argument_str(&arguments[1], row),
                                   argument_i64(&arguments[2], row));
    return STATUS_OK;
}

/* ELT(n, a, b, …): the n-th of the strings. */
enum status string_elt(struct function_call *call, const struct column *arguments, struct column *result,
                       struct error *error) {
    (void)error;
    struct string_view *out = result->values;
    KERNEL_ROWS (call, row) {
        bool null = column_is_null(&arguments[0], row);
        int64_t index = null ? 0 : argument_i64(&arguments[0], row);
        if (index < 1 || index >= call->argument_count || column_is_null(&arguments[index], row)) {
            result_null(call, result, row);
            continue;
        }
        struct str text = argument_str(&arguments[index], row);
        out[row] = view_make(text.data, (uint32_t)text.size);
    }
    return STATUS_OK;
}
