/* json_build.c: JSON text from values: JSON_OBJECT, JSON_ARRAY, JSON_STRING, and the pieces of their aggregates.
 *
 * Numbers and booleans as such (NaN and infinities as texts), times in ISO 8601, instants in UTC, bytes in Base64, ROW as object, MAP
 * as object with its keys' texts.
 */
#include <math.h>

#include "core/base/base64.h"
#include "core/data/datetime.h"
#include "core/functions/kernels/json_canonical.h"
#include "core/functions/kernels/json_scan.h"
#include "core/functions/kernels/kernel.h"
#include "core/functions/kernels/kernels.h"
#include "core/functions/kernels/text_writer.h"

/* ---- values ---- */

static void write_value(struct strbuf *out, const struct column *column, uint32_t row);

static void write_base64(struct strbuf *out, struct str bytes) {
    strbuf_append_char(out, '"');
    base64_append(out, bytes);
    strbuf_append_char(out, '"');
}

/* With T between date and time, and without zeros at the end of the fraction. */
static void write_timestamp(struct strbuf *out, const struct column *column, uint32_t row) {
    bool instant = column->type->kind == TYPE_TIMESTAMP_LTZ;
    strbuf_append_char(out, '"');
    size_t start = out->size;
    timestamp_print(out, *(const int64_t *)column_value(column, row), 6);
    char *blank = memchr(out->data + start, ' ', out->size - start);
    if (blank)
        *blank = 'T';
    while (out->data[out->size - 1] == '0')
        out->size--;
    if (out->data[out->size - 1] == '.')
        out->size--;
    strbuf_append_text(out, instant ? "Z\"" : "\"");
}

static void write_row(struct strbuf *out, const struct column *column, uint32_t row) {
    uint32_t child_row = column_value_index(column, row);
    strbuf_append_char(out, '{');
    for (uint32_t i = 0; i < column->type->field_count; i++) {
        if (i)
            strbuf_append_char(out, ',');
        json_write_string(out, str_from(column->type->fields[i].name), false);
        strbuf_append_char(out, ':');
        write_value(out, &column->children[i], child_row);
    }
    strbuf_append_char(out, '}');
}

static void write_map_key(struct strbuf *out, const struct column *keys, uint32_t row) {
    struct strbuf text;
    strbuf_init(&text);
    column_print_value(&text, keys, row);
    json_write_string(out, strbuf_str(&text), false);
    strbuf_append_char(out, ':');
    strbuf_release(&text);
}

static void write_list(struct strbuf *out, const struct column *column, uint32_t row) {
    bool is_map = column->type->kind == TYPE_MAP;
    const struct list_slice *slice = column_value(column, row);
    strbuf_append_char(out, is_map ? '{' : '[');
    for (uint32_t i = slice->offset; i < slice->offset + slice->count; i++) {
        if (i > slice->offset)
            strbuf_append_char(out, ',');
        if (is_map)
            write_map_key(out, &column->children[0], i);
        write_value(out, &column->children[is_map ? 1 : 0], i);
    }
    strbuf_append_char(out, is_map ? '}' : ']');
}

static void write_quoted(struct strbuf *out, const struct column *column, uint32_t row) {
    strbuf_append_char(out, '"');
    column_print_value(out, column, row);
    strbuf_append_char(out, '"');
}

static bool is_finite(const struct column *column, uint32_t row) {
    const void *value = column_value(column, row);
    return column->type->kind == TYPE_FLOAT ? isfinite(*(const float *)value) : isfinite(*(const double *)value);
}

static void write_value(struct strbuf *out, const struct column *column, uint32_t row) {
    if (column_is_null(column, row)) {
        strbuf_append_text(out, "null");
        return;
    }
    switch (column->type->kind) {
    case TYPE_NULL: strbuf_append_text(out, "null"); break;
    case TYPE_BOOLEAN: strbuf_append_text(out, *(const uint8_t *)column_value(column, row) ? "true" : "false"); break;
    case TYPE_TINYINT:
    case TYPE_SMALLINT:
    case TYPE_INT:
    case TYPE_BIGINT:
    case TYPE_DECIMAL: column_print_value(out, column, row); break;
    case TYPE_FLOAT:
    case TYPE_DOUBLE: (is_finite(column, row) ? column_print_value : write_quoted)(out, column, row); break;
    case TYPE_CHAR:
    case TYPE_VARCHAR: json_write_string(out, view_str(column_value(column, row)), false); break;
    case TYPE_BINARY:
    case TYPE_VARBINARY: write_base64(out, view_str(column_value(column, row))); break;
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMP_LTZ: write_timestamp(out, column, row); break;
    case TYPE_ROW: write_row(out, column, row); break;
    case TYPE_ARRAY:
    case TYPE_MAP: write_list(out, column, row); break;
    default: write_quoted(out, column, row);
    }
}

/* ---- results ---- */

/* What the rows of one call share. */
struct builder {
    struct strbuf text, sorted;
    struct arena names;
    struct text_writer writer;
};

static void builder_init(struct builder *builder, struct function_call *call) {
    strbuf_init(&builder->text);
    strbuf_init(&builder->sorted);
    arena_init(&builder->names);
    builder->writer = text_writer_make(call->arena);
}

static void builder_release(struct builder *builder) {
    strbuf_release(&builder->text);
    strbuf_release(&builder->sorted);
    arena_release(&builder->names);
}

/* The text with the members of its objects sorted; *repeated, when asked for, is a name that is there twice. */
static struct string_view sorted(struct builder *builder, const char **repeated) {
    struct json_canonical canonical = {.out = &builder->sorted, .arena = &builder->names};
    strbuf_reset(&builder->sorted);
    arena_reset(&builder->names);
    json_canonical_write(&canonical, strbuf_str(&builder->text));
    if (repeated)
        *repeated = canonical.repeated_name;
    return text_put(&builder->writer, strbuf_str(&builder->sorted));
}

/* ---- JSON_OBJECT, JSON_ARRAY ---- */

/* Of the first argument's letters: N keeps NULLs, A leaves them out; then for every value v, or j for one that is JSON itself. */
static void write_item(struct strbuf *out, char letter, const struct column *value, uint32_t row) {
    if (letter == 'j' && type_is_string(value->type) && !column_is_null(value, row))
        strbuf_append_str(out, argument_str(value, row));
    else
        write_value(out, value, row);
}

static enum status write_key(struct function_call *call, struct strbuf *out, const struct column *key, uint32_t row,
                             struct error *error) {
    if (column_is_null(key, row) || !type_is_string(key->type))
        return FAIL_AT(error, call->position, STATUS_INVALID_ARGUMENT, "a key of a JSON object is %s",
                       column_is_null(key, row) ? "NULL" : "no text");
    json_write_string(out, argument_str(key, row), false);
    strbuf_append_char(out, ':');
    return STATUS_OK;
}

/* letters, then key and value in turn (has_keys) or values */
static enum status write_items(struct function_call *call, struct strbuf *out, const struct column *arguments,
                               bool has_keys, uint32_t row, struct error *error) {
    bool absent = argument_letter(&arguments[0], row, 0) == 'A';
    uint32_t step = has_keys ? 2 : 1;
    bool some = false;
    strbuf_reset(out);
    strbuf_append_char(out, has_keys ? '{' : '[');
    for (uint32_t i = step; i < call->argument_count; i += step) {
        if (absent && column_is_null(&arguments[i], row))
            continue;
        if (some)
            strbuf_append_char(out, ',');
        some = true;
        if (has_keys)
            TRY(write_key(call, out, &arguments[i - 1], row, error));
        write_item(out, argument_letter(&arguments[0], row, i / step), &arguments[i], row);
    }
    strbuf_append_char(out, has_keys ? '}' : ']');
    return STATUS_OK;
}

static enum status build(struct function_call *call, const struct column *arguments, struct column *result,
                         bool has_keys, struct error *error) {
    struct string_view *out = result->values;
    enum status status = STATUS_OK;
    struct builder builder;
    builder_init(&builder, call);
    KERNEL_ROWS (call, row) {
        status = write_items(call, &builder.text, arguments, has_keys, row, error);
        if (status != STATUS_OK)
            break;
        out[row] = sorted(&builder, NULL);
    }
    builder_release(&builder);
    return status;
}

enum status json_build_object(struct function_call *call, const struct column *arguments, struct column *result,
                              struct error *error) {
    return build(call, arguments, result, true, error);
}

enum status json_build_array(struct function_call *call, const struct column *arguments, struct column *result,
                             struct error *error) {
    return build(call, arguments, result, false, error);
}

/* ---- pieces of aggregates ---- */

/* (letters[, key], value): what stands between the brackets for one row; NULL when it is left out. */
static enum status build_piece(struct function_call *call, const struct column *arguments, struct column *result,
                               bool has_key, struct error *error) {
    struct string_view *out = result->values;
    const struct column *value = &arguments[call->argument_count - 1];
    struct text_writer writer = text_writer_make(call->arena);
    enum status status = STATUS_OK;
    struct strbuf text;
    strbuf_init(&text);
    KERNEL_ROWS (call, row) {
        if (argument_letter(&arguments[0], row, 0) == 'A' && column_is_null(value, row)) {
            result_null(call, result, row);
            continue;
        }
        strbuf_reset(&text);
        if (has_key && (status = write_key(call, &text, &arguments[1], row, error)) != STATUS_OK)
            break;
        write_item(&text, argument_letter(&arguments[0], row, 1), value, row);
        out[row] = text_put(&writer, strbuf_str(&text));
    }
    strbuf_release(&text);
    return status;
}

enum status json_build_member(struct function_call *call, const struct column *arguments, struct column *result,
                              struct error *error) {
    return build_piece(call, arguments, result, true, error);
}

enum status json_build_element(struct function_call *call, const struct column *arguments, struct column *result,
                               struct error *error) {
    return build_piece(call, arguments, result, false, error);
}

/* The object of JSON_OBJECTAGG of its members, which is what the argument has, with commas. */
enum status json_build_members(struct function_call *call, const struct column *arguments, struct column *result,
                               struct error *error) {
    struct string_view *out = result->values;
    enum status status = STATUS_OK;
    struct builder builder;
    builder_init(&builder, call);
    KERNEL_ROWS (call, row) {
        const char *repeated = NULL;
        strbuf_reset(&builder.text);
        strbuf_append_char(&builder.text, '{');
        strbuf_append_str(&builder.text, argument_str(&arguments[0], row));
        strbuf_append_char(&builder.text, '}');
        out[row] = sorted(&builder, &repeated);
        if (repeated) {
            status =
                FAIL_AT(error, call->position, STATUS_INVALID_ARGUMENT, "JSON_OBJECTAGG has key '%s' twice", repeated);
            break;
        }
    }
    builder_release(&builder);
    return status;
}

/* ---- JSON_STRING, JSON_QUOTE, JSON_UNQUOTE ---- */

enum status json_build_string(struct function_call *call, const struct column *arguments, struct column *result,
                              struct error *error) {
    (void)error;
    struct string_view *out = result->values;
    struct builder builder;
    builder_init(&builder, call);
    KERNEL_ROWS (call, row) {
        strbuf_reset(&builder.text);
        write_value(&builder.text, &arguments[0], row);
        out[row] = sorted(&builder, NULL);
    }
    builder_release(&builder);
    return STATUS_OK;
}

enum status json_build_quoted(struct function_call *call, const struct column *arguments, struct column *result,
                              struct error *error) {
    (void)error;
    struct string_view *out = result->values;
    struct text_writer writer = text_writer_make(call->arena);
    struct strbuf text;
    strbuf_init(&text);
    KERNEL_ROWS (call, row) {
        strbuf_reset(&text);
        json_write_string(&text, argument_str(&arguments[0], row), true);
        out[row] = text_put(&writer, strbuf_str(&text));
    }
    strbuf_release(&text);
    return STATUS_OK;
}

/* What is no JSON string stays as it is. */
enum status json_build_unquoted(struct function_call *call, const struct column *arguments, struct column *result,
                                struct error *error) {
    (void)error;
    struct string_view *out = result->values;
    struct text_writer writer = text_writer_make(call->arena);
    KERNEL_ROWS (call, row) {
        struct str text = argument_str(&arguments[0], row);
        if (json_check(text) == JSON_STRING && text.data[0] == '"' && text.data[text.size - 1] == '"') {
            char *at = text_reserve(&writer, text.size);
            out[row] = text_commit(&writer, json_unescape(at, (struct str){text.data + 1, text.size - 2}));
        } else {
            out[row] = view_make(text.data, (uint32_t)text.size);
        }
    }
    return STATUS_OK;
}
