/* string_build.c: functions that put new strings together: CONCAT, REPLACE, REPEAT, LPAD, REVERSE, OVERLAY, TRANSLATE …
 * Bytes go straight into the batch's arena; a result has at most STRING_SIZE_MAX bytes. */
#include "core/functions/kernels/kernel.h"
#include "core/functions/kernels/kernels.h"
#include "core/functions/kernels/text_writer.h"
#include "core/functions/kernels/utf8.h"

enum { STRING_SIZE_MAX = 64 * 1024 * 1024 };

static enum status __attribute__((cold)) too_long(const struct function_call *call, struct error *error) {
    return FAIL_AT(error, call->position, STATUS_LIMIT_EXCEEDED, "%s would give a string of more than %d MB",
                   call->function->name, STRING_SIZE_MAX / (1024 * 1024));
}

static size_t append(char *at, size_t size, struct str text) {
    if (text.size)
        memcpy(at + size, text.data, text.size);
    return size + text.size;
}

enum status string_concat(struct function_call *call, const struct column *arguments, struct column *result,
                          struct error *error) {
    struct string_view *out = result->values;
    struct text_writer writer = text_writer_make(call->arena);
    KERNEL_ROWS (call, row) {
        size_t total = 0, size = 0;
        for (uint32_t i = 0; i < call->argument_count; i++)
            total += argument_str(&arguments[i], row).size;
        if (total > STRING_SIZE_MAX)
            return too_long(call, error);
        char *at = text_reserve(&writer, total + 1);
        for (uint32_t i = 0; i < call->argument_count; i++)
            size = append(at, size, argument_str(&arguments[i], row));
        out[row] = text_commit(&writer, size);
    }
    return STATUS_OK;
}

/* CONCAT_WS(separator, …) leaves NULL arguments out; a NULL separator gives NULL. */
enum status string_concat_ws(struct function_call *call, const struct column *arguments, struct column *result,
                             struct error *error) {
    struct string_view *out = result->values;
    struct text_writer writer = text_writer_make(call->arena);
    KERNEL_ROWS (call, row) {
        if (column_is_null(&arguments[0], row)) {
            result_null(call, result, row);
            continue;
        }
        struct str separator = argument_str(&arguments[0], row);
        size_t total = separator.size * call->argument_count, size = 0;
        for (uint32_t i = 1; i < call->argument_count; i++)
            total += column_is_null(&arguments[i], row) ? 0 : argument_str(&arguments[i], row).size;
        if (total > STRING_SIZE_MAX)
            return too_long(call, error);
        char *at = text_reserve(&writer, total + 1);
        bool first = true;
        for (uint32_t i = 1; i < call->argument_count; i++) {
            if (column_is_null(&arguments[i], row))
                continue;
            if (!first)
                size = append(at, size, separator);
            size = append(at, size, argument_str(&arguments[i], row));
            first = false;
        }
        out[row] = text_commit(&writer, size);
    }
    return STATUS_OK;
}

static size_t count_of(struct str text, struct str needle) {
    size_t count = 0;
    const char *from = text.data, *end = text.data + text.size;
    while ((from = memmem(from, (size_t)(end - from), needle.data, needle.size))) {
        count++;
        from += needle.size;
    }
    return count;
}

static size_t write_replaced(char *at, struct str text, struct str needle, struct str replacement) {
    const char *from = text.data, *end = text.data + text.size, *found;
    size_t size = 0;
    while ((found = memmem(from, (size_t)(end - from), needle.data, needle.size))) {
        size = append(at, size, (struct str){from, (size_t)(found - from)});
        size = append(at, size, replacement);
        from = found + needle.size;
    }
    return append(at, size, (struct str){from, (size_t)(end - from)});
}

enum status string_replace(struct function_call *call, const struct column *arguments, struct column *result,
                           struct error *error) {
    struct string_view *out = result->values;
    struct text_writer writer = text_writer_make(call->arena);
    KERNEL_ROWS (call, row) {
        struct str text = argument_str(&arguments[0], row), needle = argument_str(&arguments[1], row);
        struct str replacement = argument_str(&arguments[2], row);
        size_t count = needle.size ? count_of(text, needle) : 0;
        if (count == 0) {
            out[row] = view_make(text.data, (uint32_t)text.size);
            continue;
        }
        size_t total = text.size - count * needle.size + count * replacement.size;
        if (total > STRING_SIZE_MAX)
            return too_long(call, error);
        char *at = text_reserve(&writer, total + 1);
        out[row] = text_commit(&writer, write_replaced(at, text, needle, replacement));
    }
    return STATUS_OK;
}

/* Writes `count` copies. */
static size_t write_repeated(char *at, struct str text, uint64_t count) {
    size_t size = 0;
    for (uint64_t i = 0; i < count; i++)
        size = append(at, size, text);
    return size;
}

enum status string_repeat(struct function_call *call, const struct column *arguments, struct column *result,
                          struct error *error) {
    struct string_view *out = result->values;
    struct text_writer writer = text_writer_make(call->arena);
    KERNEL_ROWS (call, row) {
        struct str text = argument_str(&arguments[0], row);
        int64_t count = argument_i64(&arguments[1], row);
        if (count <= 0 || text.size == 0) {
            out[row] = view_make("", 0);
            continue;
        }
        if ((uint64_t)count > STRING_SIZE_MAX / text.size)
            return too_long(call, error);
        char *at = text_reserve(&writer, text.size * (uint64_t)count);
        out[row] = text_commit(&writer, write_repeated(at, text, (uint64_t)count));
    }
    return STATUS_OK;
}

/* The first `characters` of pad pad pad … */
static size_t write_padding(char *at, struct str pad, uint64_t characters) {
    uint64_t in_pad = utf8_count(pad);
    size_t size = write_repeated(at, pad, characters / in_pad);
    return append(at, size, (struct str){pad.data, utf8_offset(pad, characters % in_pad)});
}

static enum status pad(struct function_call *call, const struct column *arguments, struct column *result, bool left,
                       struct error *error) {
    struct string_view *out = result->values;
    struct text_writer writer = text_writer_make(call->arena);
    KERNEL_ROWS (call, row) {
        struct str text = argument_str(&arguments[0], row);
        struct str filler = call->argument_count > 2 ? argument_str(&arguments[2], row) : STR(" ");
        int64_t length = argument_i64(&arguments[1], row);
        if (length < 0 || filler.size == 0) {
            result_null(call, result, row);
            continue;
        }
        uint64_t characters = utf8_count(text);
        if ((uint64_t)length <= characters) {
            out[row] = view_make(text.data, (uint32_t)utf8_offset(text, (uint64_t)length));
            continue;
        }
        uint64_t missing = (uint64_t)length - characters;
        if (missing > STRING_SIZE_MAX || (missing / utf8_count(filler) + 1) * filler.size + text.size > STRING_SIZE_MAX)
            return too_long(call, error);
        char *at = text_reserve(&writer, (missing / utf8_count(filler) + 1) * filler.size + text.size);
        size_t size = left ? 0 : append(at, 0, text);
        size += write_padding(at + size, filler, missing);
        size = left ? append(at, size, text) : size;
        out[row] = text_commit(&writer, size);
    }
    return STATUS_OK;
}

enum status string_lpad(struct function_call *call, const struct column *arguments, struct column *result,
                        struct error *error) {
    return pad(call, arguments, result, true, error);
}

enum status string_rpad(struct function_call *call, const struct column *arguments, struct column *result,
                        struct error *error) {
    return pad(call, arguments, result, false, error);
}

enum status string_reverse(struct function_call *call, const struct column *arguments, struct column *result,
                           struct error *error) {
    (void)error;
    struct string_view *out = result->values;
    struct text_writer writer = text_writer_make(call->arena);
    KERNEL_ROWS (call, row) {
        struct str text = argument_str(&arguments[0], row);
        char *at = text_reserve(&writer, text.size + 1);
        size_t to = text.size;
        for (size_t i = 0, next; i < text.size; i = next) {
            next = utf8_next(text, i);
            to -= next - i;
            memcpy(at + to, text.data + i, next - i);
        }
        out[row] = text_commit(&writer, text.size);
    }
    return STATUS_OK;
}

/* OVERLAY(text PLACING other FROM start [FOR length]); a start outside of the text leaves it as it is. */
enum status string_overlay(struct function_call *call, const struct column *arguments, struct column *result,
                           struct error *error) {
    struct string_view *out = result->values;
    struct text_writer writer = text_writer_make(call->arena);
    KERNEL_ROWS (call, row) {
        struct str text = argument_str(&arguments[0], row), other = argument_str(&arguments[1], row);
        int64_t start = argument_i64(&arguments[2], row);
        int64_t length = call->argument_count > 3 ? argument_i64(&arguments[3], row) : (int64_t)utf8_count(other);
        if (start < 1 || (uint64_t)start > utf8_count(text)) {
            out[row] = view_make(text.data, (uint32_t)text.size);
            continue;
        }
        if (text.size + other.size > STRING_SIZE_MAX)
            return too_long(call, error);
        size_t from = utf8_offset(text, (uint64_t)start - 1);
        struct str rest = {text.data + from, text.size - from};
        size_t skipped = length <= 0 ? 0 : utf8_offset(rest, (uint64_t)length);
        char *at = text_reserve(&writer, text.size + other.size + 1);
        size_t size = append(at, 0, (struct str){text.data, from});
        size = append(at, size, other);
        size = append(at, size, (struct str){rest.data + skipped, rest.size - skipped});
        out[row] = text_commit(&writer, size);
    }
    return STATUS_OK;
}

/* Each character of `from` becomes the one at its place in `to`, or nothing. */
static size_t write_translated(char *at, struct str text, struct str from, struct str to) {
    size_t size = 0;
    for (size_t i = 0, next; i < text.size; i = next) {
        next = utf8_next(text, i);
        struct str character = {text.data + i, next - i};
        size_t k = 0, k_next, t = 0;
        for (; k < from.size; k = k_next, t = t < to.size ? utf8_next(to, t) : t) {
            k_next = utf8_next(from, k);
            if (str_equal((struct str){from.data + k, k_next - k}, character))
                break;
        }
        if (k < from.size)
            character = t < to.size ? (struct str){to.data + t, utf8_next(to, t) - t} : (struct str){text.data, 0};
        size = append(at, size, character);
    }
    return size;
}

enum status string_translate(struct function_call *call, const struct column *arguments, struct column *result,
                             struct error *error) {
    (void)error;
    struct string_view *out = result->values;
    struct text_writer writer = text_writer_make(call->arena);
    KERNEL_ROWS (call, row) {
        struct str text = argument_str(&arguments[0], row);
        char *at = text_reserve(&writer, text.size * 4 + 1);
        out[row] = text_commit(
            &writer, write_translated(at, text, argument_str(&arguments[1], row), argument_str(&arguments[2], row)));
    }
    return STATUS_OK;
}

/* CHR(n): the character with code n modulo 256; negative gives NULL. */
enum status string_chr(struct function_call *call, const struct column *arguments, struct column *result,
                       struct error *error) {
    (void)error;
    struct string_view *out = result->values;
    KERNEL_ROWS (call, row) {
        int64_t code = argument_i64(&arguments[0], row);
        char bytes[4];
        if (code < 0)
            out[row] = view_make("", 0);
        else
            out[row] = view_make(bytes, (uint32_t)utf8_write(bytes, (uint32_t)(code & 0xFF)));
    }
    return STATUS_OK;
}
