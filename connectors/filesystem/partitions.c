/* partitions.c: see the header. */
#include "connectors/filesystem/partitions.h"

#include "connectors/filesystem/filesystem.h"
#include "connectors/formats/text_value.h"

void partition_columns_open(struct partition_columns *partitions, const struct source_config *config) {
    *partitions = (struct partition_columns){
        .config = config,
        .null_name = options_text(config->options, filesystem_options, "partition.default-name"),
        .count = config->partition_column_count,
    };
    arena_init(&partitions->arena);
    partitions->values = ARENA_ARRAY(config->arena, struct column, partitions->count + 1u);
    uint32_t *targets = ARENA_ARRAY(config->arena, uint32_t, partitions->count + 1u);
    for (uint32_t i = 0; i < partitions->count; i++) {
        targets[i] = UINT32_MAX;
        for (uint32_t k = 0; k < config->column_count; k++)
            if (config->columns[k].table_column == (int32_t)config->partition_columns[i])
                targets[i] = k;
    }
    partitions->targets = targets;
}

void partition_columns_close(struct partition_columns *partitions) {
    arena_release(&partitions->arena);
}

bool partition_columns_has(const struct partition_columns *partitions, uint32_t table_column) {
    for (uint32_t i = 0; i < partitions->count; i++)
        if (partitions->config->partition_columns[i] == table_column)
            return true;
    return false;
}

static int hex_digit(char c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* Characters that a folder's name cannot have are written as %XX. */
static struct str unescape(struct arena *arena, struct str text) {
    char *copy = arena_alloc_aligned(arena, text.size + 1, 1);
    size_t size = 0;
    for (size_t i = 0; i < text.size; i++) {
        int high = text.data[i] == '%' && i + 2 < text.size ? hex_digit(text.data[i + 1]) : -1;
        int low = high >= 0 ? hex_digit(text.data[i + 2]) : -1;
        copy[size++] = low >= 0 ? (char)(high << 4 | low) : text.data[i];
        i += low >= 0 ? 2 : 0;
    }
    return (struct str){copy, size};
}

/* The text behind "name=" in the innermost folder that has it. */
static bool find_value(struct arena *arena, const char *path, const char *name, struct str *value) {
    bool found = false;
    for (const char *end; (end = strchr(path, '/')); path = end + 1) {
        const char *equals = memchr(path, '=', (size_t)(end - path));
        if (!equals || !str_equal(unescape(arena, (struct str){path, (size_t)(equals - path)}), str_from(name)))
            continue;
        *value = unescape(arena, (struct str){equals + 1, (size_t)(end - equals - 1)});
        found = true;
    }
    return found;
}

static enum status read_value(struct partition_columns *partitions, const char *path, uint32_t index,
                              struct error *error) {
    const struct field *field = &partitions->config->table_schema->fields[partitions->config->partition_columns[index]];
    struct column *column = &partitions->values[index];
    struct str text;
    column_init(column, &partitions->arena, field->type, 1);
    column->kind = COLUMN_CONSTANT;
    if (!find_value(&partitions->arena, path, field->name, &text)) {
        FAIL(error, STATUS_FILE_ERROR, "file \"%s\" is in no folder \"%s=…\", and the table is partitioned by that",
             path, field->name);
        error_hint(error, "leave PARTITIONED BY out when the records have all columns");
        return STATUS_FILE_ERROR;
    }
    if (str_equal(text, str_from(partitions->null_name)) && field->type->nullable) {
        column_set_null(column, &partitions->arena, 0, 1);
        return STATUS_OK;
    }
    struct text_context context = {.arena = &partitions->arena};
    if (text_value_read(field->type, column->values, text, &context))
        return STATUS_OK;
    return FAIL(error, STATUS_FILE_ERROR, "partition \"%s=%.*s\" of file \"%s\" is no %s", field->name,
                STR_FORMAT(text), path, type_text(&partitions->arena, field->type));
}

enum status partition_columns_read(struct partition_columns *partitions, const char *path, struct error *error) {
    arena_reset(&partitions->arena);
    for (uint32_t i = 0; i < partitions->count; i++)
        TRY(read_value(partitions, path, i, error));
    return STATUS_OK;
}

void partition_columns_put(const struct partition_columns *partitions, struct batch *batch) {
    for (uint32_t i = 0; i < partitions->count; i++) {
        if (partitions->targets[i] == UINT32_MAX)
            continue;
        struct column *column = &batch->columns[partitions->targets[i]];
        column_init(column, &batch->arena, partitions->values[i].type, 1);
        column_copy_value(column, &batch->arena, 0, 1, &partitions->values[i], 0);
        column->kind = COLUMN_CONSTANT;
    }
}
