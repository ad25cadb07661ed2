/* json_text.c: JSON_VALUE, JSON_QUERY, JSON_EXISTS. Text that is not JSON, and paths that lead nowhere, give NULL (FALSE). */
#include "core/functions/kernels/json_path.h"
#include "core/functions/kernels/kernel.h"
#include "core/functions/kernels/kernels.h"
#include "core/functions/kernels/text_writer.h"

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

/* Scalars as text. */
enum status json_text_value(struct function_call *call, const struct column *arguments, struct column *result,
                            struct error *error) {
    struct string_view *out = result->values;
    struct text_writer writer = text_writer_make(call->arena);
    KERNEL_ROWS (call, row) {
        KERNEL_PREFETCH(call, &arguments[0]);
        const struct json_path *path;
        struct str value;
        TRY(site_path(call, argument_str(&arguments[1], row), &path, error));
        enum json_kind kind = json_path_find(path, argument_str(&arguments[0], row), &value);
        if (kind < JSON_STRING || kind == JSON_NULL) {
            result_null(call, result, row);
        } else if (kind == JSON_STRING && memchr(value.data, '\\', value.size)) {
            char *at = text_reserve(&writer, value.size);
            out[row] = text_commit(&writer, json_unescape(at, value));
        } else {
            out[row] = view_make(value.data, (uint32_t)value.size);
        }
    }
    return STATUS_OK;
}

/* Objects and arrays as text without white space. */
enum status json_text_query(struct function_call *call, const struct column *arguments, struct column *result,
                            struct error *error) {
    struct string_view *out = result->values;
    struct text_writer writer = text_writer_make(call->arena);
    KERNEL_ROWS (call, row) {
        KERNEL_PREFETCH(call, &arguments[0]);
        const struct json_path *path;
        struct str value;
        TRY(site_path(call, argument_str(&arguments[1], row), &path, error));
        enum json_kind kind = json_path_find(path, argument_str(&arguments[0], row), &value);
        if (kind != JSON_OBJECT && kind != JSON_ARRAY) {
            result_null(call, result, row);
            continue;
        }
        char *at = text_reserve(&writer, value.size);
        out[row] = text_commit(&writer, json_compact(at, value));
    }
    return STATUS_OK;
}

enum status json_text_exists(struct function_call *call, const struct column *arguments, struct column *result,
                             struct error *error) {
    uint8_t *out = result->values;
    KERNEL_ROWS (call, row) {
        KERNEL_PREFETCH(call, &arguments[0]);
        const struct json_path *path;
        struct str value;
        TRY(site_path(call, argument_str(&arguments[1], row), &path, error));
        out[row] = json_path_find(path, argument_str(&arguments[0], row), &value) != JSON_NONE;
    }
    return STATUS_OK;
}
