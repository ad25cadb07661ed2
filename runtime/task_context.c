/* task_context.c: from the plan's names to connectors, formats and columns. */
#include "runtime/task_context.h"

enum status task_connector_find(const struct task_context *context, const char *table, const char *connector,
                                const char *format, Plan__Option *const *options, size_t option_count,
                                struct task_connector *found, struct error *error) {
    found->connector = connector_find(context->registry, connector);
    if (!found->connector)
        return FAIL(error, STATUS_INVALID_OPTION,
                    "table \"%s\" uses connector \"%s\", which this program does not have", table, connector);
    found->format = NULL;
    if (format && *format) {
        found->format = format_find(context->registry, format);
        if (!found->format)
            return FAIL(error, STATUS_INVALID_OPTION,
                        "table \"%s\" uses format \"%s\", which this program does not have", table, format);
    }
    options_init(&found->options, context->operators.arena);
    for (size_t i = 0; i < option_count; i++)
        options_put(&found->options, options[i]->key, options[i]->value);
    return STATUS_OK;
}

enum status task_columns_decode(const struct task_context *context, Plan__ScanColumn *const *messages, size_t count,
                                struct source_column **columns, struct error *error) {
    *columns = ARENA_ARRAY(context->operators.arena, struct source_column, count);
    for (size_t i = 0; i < count; i++) {
        struct source_column *column = &(*columns)[i];
        column->name = messages[i]->name;
        TRY(plan_type_decode(context->operators.arena, messages[i]->type, &column->type, error));
        column->table_column = messages[i]->is_metadata ? -1 : (int32_t)messages[i]->table_column;
    }
    return STATUS_OK;
}
