/* rows.c: batch schemas and table checks that sources share. */
#include "connectors/rows.h"

#include "core/base/arena.h"

struct schema source_config_schema(const struct source_config *config) {
    struct schema schema = {
        .fields = ARENA_ARRAY(config->arena, struct field, config->column_count),
        .field_count = config->column_count,
    };
    for (uint32_t i = 0; i < config->column_count; i++)
        schema.fields[i] = (struct field){config->columns[i].name, config->columns[i].type};
    return schema;
}

enum status option_check_range(const struct options *options, const struct option_spec *specs, const char *key,
                               int64_t least, int64_t most, struct error *error) {
    if (!options_text(options, specs, key))
        return STATUS_OK;
    int64_t value = options_int(options, specs, key);
    if (value < least || value > most)
        return FAIL(error, STATUS_INVALID_OPTION, "option \"%s\" must be between %lld and %lld, not %lld", key,
                    (long long)least, (long long)most, (long long)value);
    return STATUS_OK;
}

static bool type_fits(const struct type *declared, const struct type *produced) {
    if (declared->kind != produced->kind)
        return false;
    if (type_is_timestamp(declared))
        return true;
    if (declared->kind != TYPE_ROW)
        return type_equal_ignore_null(declared, produced);
    struct schema fields = {(struct field *)produced->fields, produced->field_count};
    for (uint32_t i = 0; i < declared->field_count; i++) {
        int index = schema_find(&fields, declared->fields[i].name);
        if (index < 0 || !type_fits(declared->fields[i].type, produced->fields[index].type))
            return false;
    }
    return true;
}

enum status schema_check_subset(const struct schema *declared, const struct schema *produced, const char *connector,
                                struct error *error) {
    struct arena arena;
    arena_init(&arena);
    enum status status = STATUS_OK;
    for (uint32_t i = 0; declared && i < declared->field_count && status == STATUS_OK; i++) {
        const struct field *field = &declared->fields[i];
        int index = schema_find(produced, field->name);
        if (index < 0) {
            status =
                FAIL(error, STATUS_INVALID_DEFINITION, "connector \"%s\" has no column \"%s\"", connector, field->name);
            const char **names = ARENA_ARRAY(&arena, const char *, produced->field_count);
            for (uint32_t j = 0; j < produced->field_count; j++)
                names[j] = produced->fields[j].name;
            const char *nearest = text_nearest(field->name, names, produced->field_count);
            if (nearest)
                error_hint(error, "did you mean \"%s\"?", nearest);
        } else if (!type_fits(field->type, produced->fields[index].type)) {
            status =
                FAIL(error, STATUS_INVALID_DEFINITION, "column \"%s\" is %s in connector \"%s\", not %s", field->name,
                     type_text(&arena, produced->fields[index].type), connector, type_text(&arena, field->type));
        }
    }
    arena_release(&arena);
    return status;
}
