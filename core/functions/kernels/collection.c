/* collection.c: ARRAY, MAP and ROW: construction, element access, and the functions over them.
 * A LIST result's elements are laid one row after the other into a child column that is sized before. Elements are compared
 * with NULL equal to NULL, as Flink's collection functions do. */
#include "core/functions/kernels/kernel.h"
#include "core/functions/kernels/kernels.h"
#include "core/functions/kernels/list_writer.h"
#include "core/functions/kernels/text_writer.h"

static struct list_slice slice_at(const struct column *argument, uint32_t row) {
    return COLUMN_VALUES(argument, struct list_slice)[argument_index(argument, row)];
}

/* Copies one value into row `row` of a FLAT result: a view is shared, not copied. */
static void result_copy(struct function_call *call, struct column *result, uint32_t row, const struct column *source,
                        uint32_t source_row) {
    if (column_is_null(source, source_row))
        result_null(call, result, row);
    else if (type_layout(result->type) == LAYOUT_VIEW)
        COLUMN_VALUES(result, struct string_view)[row] = *(const struct string_view *)column_value(source, source_row);
    else
        column_copy_value(result, call->arena, row, call->row_count, source, source_row);
}

/* ---- construction ---- */

enum status collection_array(struct function_call *call, const struct column *arguments, struct column *result,
                             struct error *error) {
    (void)error;
    struct list_writer writer = list_writer_make(call, result, (uint64_t)call->selection.count * call->argument_count);
    KERNEL_ROWS (call, row) {
        for (uint32_t i = 0; i < call->argument_count; i++)
            list_writer_add(&writer, 0, &arguments[i], row);
        list_writer_end(&writer, row);
    }
    return STATUS_OK;
}

/* map(k, v, k, v, …); of equal keys the last wins. */
enum status collection_map(struct function_call *call, const struct column *arguments, struct column *result,
                           struct error *error) {
    (void)error;
    uint32_t pairs = call->argument_count / 2;
    struct list_writer writer = list_writer_make(call, result, (uint64_t)call->selection.count * pairs);
    KERNEL_ROWS (call, row) {
        for (uint32_t i = 0; i < pairs; i++) {
            bool again = false;
            for (uint32_t k = i + 1; k < pairs && !again; k++)
                again = column_values_equal(&arguments[2 * i], row, &arguments[2 * k], row);
            if (!again)
                list_writer_add_pair(&writer, &arguments[2 * i], row, &arguments[2 * i + 1], row);
        }
        list_writer_end(&writer, row);
    }
    return STATUS_OK;
}

/* The fields are the arguments themselves. */
enum status collection_row(struct function_call *call, const struct column *arguments, struct column *result,
                           struct error *error) {
    (void)error;
    for (uint32_t i = 0; i < call->argument_count; i++) {
        result->children[i] = column_flatten(&arguments[i], call->arena, call->row_count);
        result->children[i].type = result->type->fields[i].type;
    }
    return STATUS_OK;
}

/* ---- access ---- */

/* a[i], from 1; NULL outside. */
enum status collection_element(struct function_call *call, const struct column *arguments, struct column *result,
                               struct error *error) {
    (void)error;
    KERNEL_ROWS (call, row) {
        struct list_slice slice = slice_at(&arguments[0], row);
        int64_t index = argument_i64(&arguments[1], row);
        if (index < 1 || index > slice.count)
            result_null(call, result, row);
        else
            result_copy(call, result, row, arguments[0].children, slice.offset + (uint32_t)index - 1);
    }
    return STATUS_OK;
}

enum status collection_map_value(struct function_call *call, const struct column *arguments, struct column *result,
                                 struct error *error) {
    (void)error;
    const struct column *keys = &arguments[0].children[0], *values = &arguments[0].children[1];
    KERNEL_ROWS (call, row) {
        struct list_slice slice = slice_at(&arguments[0], row);
        uint32_t i = 0;
        while (i < slice.count && !column_values_equal(keys, slice.offset + i, &arguments[1], row))
            i++;
        if (i == slice.count)
            result_null(call, result, row);
        else
            result_copy(call, result, row, values, slice.offset + i);
    }
    return STATUS_OK;
}

/* ELEMENT(array): its only element; NULL when it is empty. */
enum status collection_only_element(struct function_call *call, const struct column *arguments, struct column *result,
                                    struct error *error) {
    KERNEL_ROWS (call, row) {
        struct list_slice slice = slice_at(&arguments[0], row);
        if (slice.count > 1)
            return FAIL_AT(error, call->position, STATUS_INVALID_ARGUMENT, "ELEMENT of an array of %u elements",
                           slice.count);
        if (slice.count == 0)
            result_null(call, result, row);
        else
            result_copy(call, result, row, arguments[0].children, slice.offset);
    }
    return STATUS_OK;
}

enum status collection_cardinality(struct function_call *call, const struct column *arguments, struct column *result,
                                   struct error *error) {
    (void)error;
    int32_t *out = result->values;
    KERNEL_ROWS (call, row)
        out[row] = (int32_t)slice_at(&arguments[0], row).count;
    return STATUS_OK;
}

/* ---- questions ---- */

/* Position from 1 of a value in the slice; 0 when it is not there. */
static uint32_t find(const struct column *elements, struct list_slice slice, const struct column *value, uint32_t row) {
    for (uint32_t i = 0; i < slice.count; i++) {
        if (column_values_equal(elements, slice.offset + i, value, row))
            return i + 1;
    }
    return 0;
}

/* A NULL array gives NULL; a NULL value is looked for as NULL. */
enum status collection_contains(struct function_call *call, const struct column *arguments, struct column *result,
                                struct error *error) {
    (void)error;
    uint8_t *out = result->values;
    KERNEL_ROWS (call, row) {
        if (column_is_null(&arguments[0], row))
            result_null(call, result, row);
        else
            out[row] = find(arguments[0].children, slice_at(&arguments[0], row), &arguments[1], row) > 0;
    }
    return STATUS_OK;
}

enum status collection_position(struct function_call *call, const struct column *arguments, struct column *result,
                                struct error *error) {
    (void)error;
    int32_t *out = result->values;
    KERNEL_ROWS (call, row)
        out[row] = (int32_t)find(arguments[0].children, slice_at(&arguments[0], row), &arguments[1], row);
    return STATUS_OK;
}

static void extreme(struct function_call *call, const struct column *argument, struct column *result, int sign) {
    const struct column *elements = argument->children;
    KERNEL_ROWS (call, row) {
        struct list_slice slice = slice_at(argument, row);
        uint32_t best = UINT32_MAX;
        for (uint32_t i = slice.offset; i < slice.offset + slice.count; i++) {
            if (!column_is_null(elements, i) &&
                (best == UINT32_MAX || column_values_compare(elements, i, elements, best) * sign > 0))
                best = i;
        }
        if (best == UINT32_MAX)
            result_null(call, result, row);
        else
            result_copy(call, result, row, elements, best);
    }
}

enum status collection_max(struct function_call *call, const struct column *arguments, struct column *result,
                           struct error *error) {
    (void)error;
    extreme(call, &arguments[0], result, 1);
    return STATUS_OK;
}

enum status collection_min(struct function_call *call, const struct column *arguments, struct column *result,
                           struct error *error) {
    (void)error;
    extreme(call, &arguments[0], result, -1);
    return STATUS_OK;
}

/* ---- maps ---- */

/* The map's keys (child 0) or values (child 1) as an array: shares the child. */
static void share_child(struct function_call *call, const struct column *argument, struct column *result, int child) {
    struct list_slice *out = result->values;
    result->children[0] = argument->children[child];
    result->children[0].type = result->type->element;
    KERNEL_ROWS (call, row)
        out[row] = slice_at(argument, row);
}

enum status collection_map_keys(struct function_call *call, const struct column *arguments, struct column *result,
                                struct error *error) {
    (void)error;
    share_child(call, &arguments[0], result, 0);
    return STATUS_OK;
}

enum status collection_map_values(struct function_call *call, const struct column *arguments, struct column *result,
                                  struct error *error) {
    (void)error;
    share_child(call, &arguments[0], result, 1);
    return STATUS_OK;
}

/* Rows of key and value, which are the map's own columns. */
enum status collection_map_entries(struct function_call *call, const struct column *arguments, struct column *result,
                                   struct error *error) {
    (void)error;
    struct list_slice *out = result->values;
    struct column *entries = &result->children[0];
    for (uint32_t i = 0; i < 2; i++) {
        entries->children[i] = arguments[0].children[i];
        entries->children[i].type = entries->type->fields[i].type;
    }
    KERNEL_ROWS (call, row)
        out[row] = slice_at(&arguments[0], row);
    return STATUS_OK;
}

static bool has_key(const struct column *map, struct list_slice slice, const struct column *keys, uint32_t key) {
    for (uint32_t i = slice.offset; i < slice.offset + slice.count; i++)
        if (column_values_equal(&map->children[0], i, keys, key))
            return true;
    return false;
}

/* Of equal keys the last map's wins. */
enum status collection_map_union(struct function_call *call, const struct column *arguments, struct column *result,
                                 struct error *error) {
    (void)error;
    uint64_t most = 0;
    for (uint32_t i = 0; i < call->argument_count; i++)
        KERNEL_ROWS (call, counted)
            most += slice_at(&arguments[i], counted).count;
    struct list_writer writer = list_writer_make(call, result, most);
    KERNEL_ROWS (call, row) {
        for (uint32_t i = 0; i < call->argument_count; i++) {
            struct list_slice slice = slice_at(&arguments[i], row);
            for (uint32_t k = slice.offset; k < slice.offset + slice.count; k++) {
                bool again = false;
                for (uint32_t later = i + 1; later < call->argument_count && !again; later++)
                    again = has_key(&arguments[later], slice_at(&arguments[later], row), &arguments[i].children[0], k);
                if (!again)
                    list_writer_add_pair(&writer, &arguments[i].children[0], k, &arguments[i].children[1], k);
            }
        }
        list_writer_end(&writer, row);
    }
    return STATUS_OK;
}

enum status collection_map_from_arrays(struct function_call *call, const struct column *arguments,
                                       struct column *result, struct error *error) {
    uint64_t total = 0;
    KERNEL_ROWS (call, row)
        total += slice_at(&arguments[0], row).count;
    struct list_writer writer = list_writer_make(call, result, total);
    KERNEL_ROWS (call, item) {
        struct list_slice keys = slice_at(&arguments[0], item), values = slice_at(&arguments[1], item);
        if (keys.count != values.count)
            return FAIL_AT(error, call->position, STATUS_INVALID_ARGUMENT, "MAP_FROM_ARRAYS: %u keys but %u values",
                           keys.count, values.count);
        for (uint32_t i = 0; i < keys.count; i++)
            list_writer_add_pair(&writer, arguments[0].children, keys.offset + i, arguments[1].children,
                                 values.offset + i);
        list_writer_end(&writer, item);
    }
    return STATUS_OK;
}

/* ---- strings and collections ---- */

static uint64_t parts_total(const struct function_call *call, const struct column *arguments) {
    uint64_t total = 0;
    KERNEL_ROWS (call, row)
        total += argument_str(&arguments[0], row).size + 1;
    return total;
}

/* One element of `separator`-separated text; the rest stays in *text. false at the end. */
static bool next_part(struct str *text, struct str separator, struct str *part) {
    if (!text->data)
        return false;
    const char *found = separator.size ? memmem(text->data, text->size, separator.data, separator.size) : NULL;
    if (!found) {
        *part = *text;
        text->data = NULL;
        return true;
    }
    size_t size = (size_t)(found - text->data);
    *part = (struct str){text->data, size};
    *text = (struct str){found + separator.size, text->size - size - separator.size};
    return true;
}

/* SPLIT(text, separator): an ARRAY of views into the text. An empty separator splits into characters. */
enum status collection_split(struct function_call *call, const struct column *arguments, struct column *result,
                             struct error *error) {
    (void)error;
    struct list_writer writer = list_writer_make(call, result, parts_total(call, arguments));
    KERNEL_ROWS (call, row) {
        struct str text = argument_str(&arguments[0], row), separator = argument_str(&arguments[1], row), part;
        if (separator.size == 0) {
            for (size_t i = 0, next; i < text.size; i = next) {
                for (next = i + 1; next < text.size && ((uint8_t)text.data[next] & 0xC0) == 0x80;)
                    next++;
                list_writer_add_text(&writer, 0, (struct str){text.data + i, next - i});
            }
        } else {
            bool more = text.size > 0; /* an empty text has no parts, as in Flink */
            while (more && next_part(&text, separator, &part))
                list_writer_add_text(&writer, 0, part);
        }
        list_writer_end(&writer, row);
    }
    return STATUS_OK;
}

/* STR_TO_MAP(text[, pair separator, key separator]), by default ',' and '='; a pair without a key separator has value NULL. */
enum status collection_str_to_map(struct function_call *call, const struct column *arguments, struct column *result,
                                  struct error *error) {
    (void)error;
    struct list_writer writer = list_writer_make(call, result, parts_total(call, arguments));
    KERNEL_ROWS (call, row) {
        struct str text = argument_str(&arguments[0], row), pair, key;
        struct str between_pairs = call->argument_count > 1 ? argument_str(&arguments[1], row) : STR(",");
        struct str between = call->argument_count > 2 ? argument_str(&arguments[2], row) : STR("=");
        while (next_part(&text, between_pairs, &pair)) {
            next_part(&pair, between, &key);
            list_writer_add_text(&writer, 0, key);
            list_writer_add_text(&writer, 1, pair);
        }
        list_writer_end(&writer, row);
    }
    return STATUS_OK;
}

/* ARRAY_JOIN(array, separator[, text for NULL]) */
enum status collection_join(struct function_call *call, const struct column *arguments, struct column *result,
                            struct error *error) {
    (void)error;
    struct string_view *out = result->values;
    struct text_writer writer = text_writer_make(call->arena);
    struct strbuf text;
    strbuf_init(&text);
    KERNEL_ROWS (call, row) {
        struct list_slice slice = slice_at(&arguments[0], row);
        bool first = true;
        strbuf_reset(&text);
        for (uint32_t i = slice.offset; i < slice.offset + slice.count; i++) {
            bool null = column_is_null(arguments[0].children, i);
            if (null && call->argument_count < 3)
                continue;
            if (!first)
                strbuf_append_str(&text, argument_str(&arguments[1], row));
            strbuf_append_str(&text, null ? argument_str(&arguments[2], row)
                                          : view_str(column_value(arguments[0].children, i)));
            first = false;
        }
        out[row] = text_put(&writer, strbuf_str(&text));
    }
    strbuf_release(&text);
    return STATUS_OK;
}
