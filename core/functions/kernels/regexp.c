/* regexp.c: REGEXP, SIMILAR TO, REGEXP_EXTRACT, REGEXP_REPLACE, REGEXP_COUNT, REGEXP_INSTR, REGEXP_SUBSTR. Extracted
 * groups are views into the text. */
#include "core/base/array.h"
#include "core/functions/kernels/kernel.h"
#include "core/functions/kernels/kernels.h"
#include "core/functions/kernels/list_writer.h"
#include "core/functions/kernels/regexp_cache.h"
#include "core/functions/kernels/text_writer.h"
#include "core/functions/kernels/utf8.h"
#include "core/functions/kernels/view_part.h"

/* The pattern of this row; *regexp is kept while the pattern column is constant. */
static enum status row_regexp(struct function_call *call, const struct column *pattern, uint32_t row,
                              enum regexp_syntax syntax, struct regexp **regexp, struct error *error) {
    if (*regexp && pattern->kind == COLUMN_CONSTANT)
        return STATUS_OK;
    return regexp_get(call, argument_str(pattern, row), syntax, regexp, error);
}

static enum status test_all(struct function_call *call, const struct column *arguments, struct column *result,
                            enum regexp_syntax syntax, struct error *error) {
    uint8_t *out = result->values;
    struct regexp *regexp = NULL;
    KERNEL_ROWS (call, row) {
        KERNEL_PREFETCH(call, &arguments[0]);
        bool found;
        TRY(row_regexp(call, &arguments[1], row, syntax, &regexp, error));
        TRY(regexp_find(call, regexp, argument_str(&arguments[0], row), 0, &found, error));
        out[row] = found;
    }
    return STATUS_OK;
}

enum status regexp_test(struct function_call *call, const struct column *arguments, struct column *result,
                        struct error *error) {
    return test_all(call, arguments, result, REGEXP_PLAIN, error);
}

enum status regexp_similar(struct function_call *call, const struct column *arguments, struct column *result,
                           struct error *error) {
    return test_all(call, arguments, result, REGEXP_SIMILAR, error);
}

/* NULL without a match, and for a group that does not exist or took no part. */
enum status regexp_extract(struct function_call *call, const struct column *arguments, struct column *result,
                           struct error *error) {
    struct string_view *out = result->values;
    struct regexp *regexp = NULL;
    KERNEL_ROWS (call, row) {
        KERNEL_PREFETCH(call, &arguments[0]);
        struct str text = argument_str(&arguments[0], row);
        int64_t group = call->argument_count > 2 ? argument_i64(&arguments[2], row) : 0;
        bool found;
        TRY(row_regexp(call, &arguments[1], row, REGEXP_PLAIN, &regexp, error));
        TRY(regexp_find(call, regexp, text, 0, &found, error));
        if (!found || group < 0 || group > regexp->group_count || regexp->offsets[2 * group] == PCRE2_UNSET) {
            result_null(call, result, row);
            continue;
        }
        size_t from = regexp->offsets[2 * group], to = regexp->offsets[2 * group + 1];
        out[row] = view_part(text, from, to - from);
    }
    return STATUS_OK;
}

/* Byte where the search goes on after the last match; past an empty match by one character. */
static size_t after_match(const struct regexp *regexp, struct str text) {
    size_t end = regexp->offsets[1];
    return end > regexp->offsets[0] ? end : utf8_next(text, end);
}

/* Group n (without it: 1) of every match. */
enum status regexp_extract_all(struct function_call *call, const struct column *arguments, struct column *result,
                               struct error *error) {
    struct list_slice *slices = result->values;
    struct regexp *regexp = NULL;
    ARRAY_OF(struct str) parts = {0};
    KERNEL_ROWS (call, row) {
        struct str text = argument_str(&arguments[0], row);
        int64_t group = call->argument_count > 2 ? argument_i64(&arguments[2], row) : 1;
        bool found = true;
        TRY(row_regexp(call, &arguments[1], row, REGEXP_PLAIN, &regexp, error));
        slices[row] = (struct list_slice){(uint32_t)parts.count, 0};
        if (group < 0 || group > regexp->group_count) {
            result_null(call, result, row);
            continue;
        }
        for (size_t start = 0; start <= text.size; start = after_match(regexp, text)) {
            TRY(regexp_find(call, regexp, text, start, &found, error));
            if (!found)
                break;
            size_t from = regexp->offsets[2 * group], to = regexp->offsets[2 * group + 1];
            struct str part = {0}; /* a group that took no part is NULL */
            if (from != PCRE2_UNSET)
                part = (struct str){text.data + from, to - from};
            ARRAY_PUSH(call->arena, &parts, part);
        }
        slices[row].count = (uint32_t)parts.count - slices[row].offset;
    }
    struct list_writer writer = list_writer_make(call, result, parts.count);
    for (size_t i = 0; i < parts.count; i++)
        list_writer_add_text(&writer, 0, parts.items[i]);
    return STATUS_OK;
}

/* As in Flink the replacement is plain text: $1 is no group. */
static enum status replace_all(struct function_call *call, struct regexp *regexp, struct str text,
                               struct str replacement, struct strbuf *out, bool *changed, struct error *error) {
    size_t copied = 0, start = 0;
    bool found = true;
    *changed = false;
    while (start <= text.size) {
        TRY(regexp_find(call, regexp, text, start, &found, error));
        if (!found)
            break;
        *changed = true;
        strbuf_append(out, text.data + copied, regexp->offsets[0] - copied);
        strbuf_append(out, replacement.data, replacement.size);
        copied = regexp->offsets[1];
        start = after_match(regexp, text);
    }
    strbuf_append(out, text.data + copied, text.size - copied);
    return STATUS_OK;
}

enum status regexp_replace(struct function_call *call, const struct column *arguments, struct column *result,
                           struct error *error) {
    struct string_view *out = result->values;
    struct text_writer writer = text_writer_make(call->arena);
    struct regexp *regexp = NULL;
    struct strbuf replaced;
    enum status status = STATUS_OK;
    strbuf_init(&replaced);
    KERNEL_ROWS (call, row) {
        struct str text = argument_str(&arguments[0], row);
        bool changed = false;
        strbuf_reset(&replaced);
        status = row_regexp(call, &arguments[1], row, REGEXP_PLAIN, &regexp, error);
        if (status == STATUS_OK)
            status = replace_all(call, regexp, text, argument_str(&arguments[2], row), &replaced, &changed, error);
        if (status != STATUS_OK)
            break;
        out[row] = changed ? text_put(&writer, strbuf_str(&replaced)) : view_make(text.data, (uint32_t)text.size);
    }
    strbuf_release(&replaced);
    return status;
}

enum status regexp_count(struct function_call *call, const struct column *arguments, struct column *result,
                         struct error *error) {
    int32_t *out = result->values;
    struct regexp *regexp = NULL;
    KERNEL_ROWS (call, row) {
        struct str text = argument_str(&arguments[0], row);
        size_t start = 0;
        bool found = true;
        TRY(row_regexp(call, &arguments[1], row, REGEXP_PLAIN, &regexp, error));
        out[row] = 0;
        while (start <= text.size) {
            TRY(regexp_find(call, regexp, text, start, &found, error));
            if (!found)
                break;
            out[row]++;
            start = after_match(regexp, text);
        }
    }
    return STATUS_OK;
}

/* Character position of the first match, from 1; 0 without one. */
enum status regexp_instr(struct function_call *call, const struct column *arguments, struct column *result,
                         struct error *error) {
    int32_t *out = result->values;
    struct regexp *regexp = NULL;
    KERNEL_ROWS (call, row) {
        struct str text = argument_str(&arguments[0], row);
        KERNEL_PREFETCH(call, &arguments[0]);
        bool found;
        TRY(row_regexp(call, &arguments[1], row, REGEXP_PLAIN, &regexp, error));
        TRY(regexp_find(call, regexp, text, 0, &found, error));
        out[row] = found ? (int32_t)utf8_count((struct str){text.data, regexp->offsets[0]}) + 1 : 0;
    }
    return STATUS_OK;
}
