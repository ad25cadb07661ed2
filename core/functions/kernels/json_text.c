/* json_text.c: JSON_VALUE, JSON_QUERY, JSON_EXISTS.
 *
 * Without clauses, text that is not JSON, paths that lead nowhere and values of the wrong kind give NULL (FALSE). With clauses the
 * third argument has a letter for each: what to do ON EMPTY, what ON ERROR, and then the type of RETURNING or the wrapper.
 * Which of the two has the word is as in Flink: with a lax path whatever is not there is empty, even when the text is no JSON; with a
 * strict one, and that is every path without a word before it, it is an error.
 */
#include "core/functions/kernels/json_canonical.h"
#include "core/functions/kernels/json_path.h"
#include "core/functions/kernels/kernel.h"
#include "core/functions/kernels/kernels.h"
#include "core/functions/kernels/list_writer.h"
#include "core/functions/kernels/text_writer.h"
#include "core/data/real.h"

struct json_site {
    struct json_path path;
    char text[512]; /* what the path was read from; its members point in here */
    size_t size;    /* SIZE_MAX: nothing yet */
};

static enum status site_path(struct function_call *call, struct str text, const struct json_path **path,
                             struct error *error) {
    struct json_site *site = call->state;
    if (!site) {
        site = call->state = ARENA_NEW(call->state_arena, struct json_site);
        site->size = SIZE_MAX;
    }
    *path = &site->path;
    if (site->size == text.size && memcmp(site->text, text.data, text.size) == 0)
        return STATUS_OK;
    if (text.size > sizeof site->text)
        return FAIL_AT(error, call->position, STATUS_INVALID_ARGUMENT, "JSON path is too long");
    site->size = SIZE_MAX;
    memcpy(site->text, text.data, text.size);
    TRY(json_path_read((struct str){site->text, text.size}, &site->path, call->position, error));
    site->size = text.size;
    return STATUS_OK;
}

/* What a path led to. */
struct json_result {
    enum json_kind kind;
    struct str value; /* a string's without its quotes, escaped; in `many` when the path leads to many */
    bool lax;
};

static enum status evaluate(struct function_call *call, const struct column *arguments, uint32_t row,
                            struct strbuf *many, struct json_result *result, struct error *error) {
    const struct json_path *path;
    struct str text = argument_str(&arguments[0], row);
    TRY(site_path(call, argument_str(&arguments[1], row), &path, error));
    result->lax = path->lax;
    if (!path->leads_to_many) {
        result->kind = json_path_find(path, text, &result->value);
        return STATUS_OK;
    }
    strbuf_reset(many);
    result->kind = json_path_collect(path, text, many) ? JSON_ARRAY : JSON_NONE;
    result->value = strbuf_str(many);
    return STATUS_OK;
}

static bool is_nested(enum json_kind kind) {
    return kind == JSON_OBJECT || kind == JSON_ARRAY;
}

static enum status fail(const struct function_call *call, const struct column *arguments, uint32_t row, bool empty,
                        struct error *error) {
    struct str path = argument_str(&arguments[1], row);
    return FAIL_AT(error, call->position, STATUS_INVALID_ARGUMENT, "%s at JSON path '%.*s'",
                   empty ? "there is no value" : "there is no value of the kind that is asked for",
                   path.size > 100 ? 100 : (int)path.size, path.data);
}

/* A number that Flink prints as it stands: no exponent, no sign of a zero, not very small. */
static bool is_plain_number(struct str number) {
    return !memchr(number.data, 'e', number.size) && !memchr(number.data, 'E', number.size) &&
           !str_starts_with(number, STR("-0")) && !str_starts_with(number, STR("0.00000"));
}

static struct string_view scalar_view(struct text_writer *writer, enum json_kind kind, struct str value) {
    if (kind == JSON_NUMBER && !is_plain_number(value)) {
        struct strbuf number;
        strbuf_init(&number);
        json_number_write(&number, value);
        struct string_view view = text_put(writer, strbuf_str(&number));
        strbuf_release(&number);
        return view;
    }
    if (kind != JSON_STRING || !memchr(value.data, '\\', value.size))
        return view_make(value.data, (uint32_t)value.size);
    char *at = text_reserve(writer, value.size);
    return text_commit(writer, json_unescape(at, value));
}

/* ---- JSON_VALUE ---- */

/* Scalars as text. */
enum status json_text_value(struct function_call *call, const struct column *arguments, struct column *result,
                            struct error *error) {
    struct string_view *out = result->values;
    struct text_writer writer = text_writer_make(call->arena);
    struct strbuf many;
    enum status status = STATUS_OK;
    strbuf_init(&many);
    KERNEL_ROWS (call, row) {
        KERNEL_PREFETCH(call, &arguments[0]);
        struct json_result found;
        status = evaluate(call, arguments, row, &many, &found, error);
        if (status != STATUS_OK)
            break;
        if (found.kind < JSON_STRING || found.kind == JSON_NULL)
            result_null(call, result, row);
        else
            out[row] = scalar_view(&writer, found.kind, found.value);
    }
    strbuf_release(&many);
    return status;
}

/* Whether a scalar's text reads as the type whose letter it is: s STRING, b BOOLEAN, i INT, l BIGINT, d DOUBLE. */
static bool reads_as(struct str text, char type) {
    int64_t number;
    double real;
    switch (type) {
    case 'b': return str_equal_ignore_case(text, STR("true")) || str_equal_ignore_case(text, STR("false"));
    case 'i': return int_parse(text, &number) && number >= INT32_MIN && number <= INT32_MAX;
    case 'l': return int_parse(text, &number);
    case 'd': return double_parse(text, &real);
    default: return true;
    }
}

/* json_value(text, path, letters, default on empty, default on error) */
enum status json_text_value_or(struct function_call *call, const struct column *arguments, struct column *result,
                               struct error *error) {
    struct string_view *out = result->values;
    struct text_writer writer = text_writer_make(call->arena);
    struct strbuf many;
    enum status status = STATUS_OK;
    strbuf_init(&many);
    KERNEL_ROWS (call, row) {
        struct json_result found;
        if (column_is_null(&arguments[0], row) || column_is_null(&arguments[1], row)) {
            result_null(call, result, row);
            continue;
        }
        status = evaluate(call, arguments, row, &many, &found, error);
        if (status != STATUS_OK)
            break;
        if (found.kind >= JSON_STRING && found.kind != JSON_NULL) {
            out[row] = scalar_view(&writer, found.kind, found.value);
            if (reads_as(view_str(&out[row]), argument_letter(&arguments[2], row, 2)))
                continue;
        }
        bool empty = found.lax && (found.kind < JSON_STRING || found.kind == JSON_NULL);
        const struct column *instead = &arguments[empty ? 3 : 4];
        char behaviour = argument_letter(&arguments[2], row, empty ? 0 : 1);
        if (behaviour == 'E') {
            status = fail(call, arguments, row, empty, error);
            break;
        }
        if (behaviour == 'D' && !column_is_null(instead, row))
            out[row] = *(const struct string_view *)column_value(instead, row);
        else
            result_null(call, result, row);
    }
    strbuf_release(&many);
    return status;
}

/* ---- JSON_QUERY ---- */

/* What the rows of one call share. */
struct query {
    struct strbuf many, out;
    struct arena names;
    struct text_writer writer;
};

static struct string_view write_query(struct query *query, const struct json_result *found, bool wrapped) {
    struct json_canonical canonical = {.out = &query->out, .arena = &query->names, .numbers = true};
    struct str value = found->value;
    if (found->kind == JSON_STRING)
        value = (struct str){value.data - 1, value.size + 2};
    strbuf_reset(&query->out);
    arena_reset(&query->names);
    if (wrapped)
        strbuf_append_char(&query->out, '[');
    json_canonical_write(&canonical, value);
    if (wrapped)
        strbuf_append_char(&query->out, ']');
    return text_put(&query->writer, strbuf_str(&query->out));
}

/* Objects and arrays as text. */
static enum status query_row(struct function_call *call, const struct column *arguments, struct column *result,
                             uint32_t row, struct query *query, struct error *error) {
    struct string_view *out = result->values;
    bool clauses = call->argument_count > 2;
    char wrapper = clauses ? argument_letter(&arguments[2], row, 2) : 0;
    struct json_result found;
    TRY(evaluate(call, arguments, row, &query->many, &found, error));
    bool there = found.kind != JSON_NONE && found.kind != JSON_NULL;
    bool wrapped = there && (wrapper == 'U' || (wrapper == 'C' && found.kind != JSON_ARRAY));
    if (wrapped || is_nested(found.kind)) {
        out[row] = write_query(query, &found, wrapped);
        return STATUS_OK;
    }
    switch (clauses ? argument_letter(&arguments[2], row, found.lax ? 0 : 1) : 0) {
    case 'E': return fail(call, arguments, row, found.lax, error);
    case 'A': out[row] = view_make("[]", 2); return STATUS_OK;
    case 'O': out[row] = view_make("{}", 2); return STATUS_OK;
    default: result_null(call, result, row); return STATUS_OK;
    }
}

enum status json_text_query(struct function_call *call, const struct column *arguments, struct column *result,
                            struct error *error) {
    struct query query = {.writer = text_writer_make(call->arena)};
    enum status status = STATUS_OK;
    strbuf_init(&query.many);
    strbuf_init(&query.out);
    arena_init(&query.names);
    KERNEL_ROWS (call, row) {
        KERNEL_PREFETCH(call, &arguments[0]);
        status = query_row(call, arguments, result, row, &query, error);
        if (status != STATUS_OK)
            break;
    }
    arena_release(&query.names);
    strbuf_release(&query.out);
    strbuf_release(&query.many);
    return status;
}

/* The elements of a JSON array as texts: strings without their quotes, everything else as it is; NULL for what is no array. */
enum status json_text_elements(struct function_call *call, const struct column *arguments, struct column *result,
                               struct error *error) {
    (void)error;
    uint64_t most = 0;
    KERNEL_ROWS (call, counted)
        most += argument_str(&arguments[0], counted).size / 2 + 1;
    struct list_writer list = list_writer_make(call, result, most);
    struct text_writer writer = text_writer_make(call->arena);
    KERNEL_ROWS (call, row) {
        struct json_children children;
        struct json_cursor child;
        struct str text = argument_str(&arguments[0], row), key, value;
        if (!json_children_begin(&children, (struct json_cursor){text.data, text.data + text.size}) ||
            children.is_object) {
            result_null(call, result, row);
            continue;
        }
        while (json_children_next(&children, &key, &child)) {
            enum json_kind kind = json_read_value(&child, &value);
            struct string_view view = scalar_view(&writer, kind, value);
            if (kind == JSON_NULL || kind == JSON_NONE)
                list_writer_add_text(&list, 0, (struct str){0});
            else
                list_writer_add_view(&list, 0, view);
        }
        list_writer_end(&list, row);
    }
    return STATUS_OK;
}

/* ---- JSON_EXISTS ---- */

/* json_exists(text, path[, letter on error: T, F, U or E]) */
enum status json_text_exists(struct function_call *call, const struct column *arguments, struct column *result,
                             struct error *error) {
    uint8_t *out = result->values;
    struct strbuf many;
    enum status status = STATUS_OK;
    strbuf_init(&many);
    KERNEL_ROWS (call, row) {
        KERNEL_PREFETCH(call, &arguments[0]);
        struct json_result found;
        status = evaluate(call, arguments, row, &many, &found, error);
        if (status != STATUS_OK)
            break;
        char letter = call->argument_count > 2 ? argument_letter(&arguments[2], row, 0) : 'F';
        out[row] = found.kind != JSON_NONE && found.kind != JSON_NULL;
        if (found.kind != JSON_NONE || found.lax || letter == 'F')
            continue;
        if (letter == 'E') {
            status = fail(call, arguments, row, false, error);
            break;
        }
        if (letter == 'U')
            result_null(call, result, row);
        out[row] = letter == 'T';
    }
    strbuf_release(&many);
    return status;
}

/* ---- IS JSON ---- */

#define IS_JSON(name, condition)                                                                               \
    enum status name(struct function_call *call, const struct column *arguments, struct column *result,        \
                     struct error *error) {                                                                    \
        (void)error;                                                                                           \
        uint8_t *out = result->values;                                                                         \
        KERNEL_ROWS (call, row) {                                                                              \
            enum json_kind kind =                                                                              \
                column_is_null(&arguments[0], row) ? JSON_NONE : json_check(argument_str(&arguments[0], row)); \
            out[row] = condition;                                                                              \
        }                                                                                                      \
        return STATUS_OK;                                                                                      \
    }
IS_JSON(json_text_is_value, kind != JSON_NONE)
IS_JSON(json_text_is_scalar, kind >= JSON_STRING)
IS_JSON(json_text_is_array, kind == JSON_ARRAY)
IS_JSON(json_text_is_object, kind == JSON_OBJECT)
