/* injective.c: the functions are known by their rows in functions.def; see the header for the list. */
#include "core/functions/injective.h"

#include <string.h>

#include "core/base/status.h"
#include "core/functions/expression.h"
#include "core/functions/function.h"
#include "core/functions/kernels/datetime_pattern.h"

static bool is_call_of(const struct expression *expression, const char *name) {
    return expression->kind == EXPRESSION_CALL && strcmp(expression->call.function->name, name) == 0;
}

/* ---- DATE_FORMAT(t, pattern) ---- */

/* Year, month and day once each, and nothing else of the time. Only the year has no fixed width, so texts of two days differ. */
static bool tells_the_day(const struct datetime_pattern *pattern) {
    unsigned years = 0, months = 0, days = 0;
    for (uint32_t i = 0; i < pattern->count; i++) {
        const struct datetime_item *item = &pattern->items[i];
        switch (item->letter) {
        case 0: break;
        case 'y':
        case 'u':
            if (item->count != 4)
                return false;
            years++;
            break;
        case 'M':
        case 'L':
            if (item->count != 2)
                return false;
            months++;
            break;
        case 'd':
            if (item->count != 2)
                return false;
            days++;
            break;
        default: return false;
        }
    }
    return years == 1 && months == 1 && days == 1;
}

static bool formats_a_day(const struct expression *expression) {
    if (!is_call_of(expression, "date_format") || expression->call.argument_count != 2)
        return false;
    const struct expression *text = expression->call.arguments[1];
    struct datetime_pattern pattern;
    return type_is_timestamp(expression->call.arguments[0]->type) && text->kind == EXPRESSION_LITERAL &&
           !column_is_null(&text->literal, 0) &&
           datetime_pattern_read(view_str(column_value(&text->literal, 0)), &pattern, 0, NULL) == STATUS_OK &&
           tells_the_day(&pattern);
}

static struct expression *day_of(struct arena *arena, struct expression *time) {
    if (is_call_of(time, "cast") && time->call.arguments[0]->type->kind == TYPE_DATE)
        return time->call.arguments[0];
    struct expression *day = NULL;
    const struct type *type = type_with_nullable(arena, &type_date, time->type->nullable);
    enum status status = expression_cast(arena, time, type, CAST_EXPLICIT, time->position, &day, NULL);
    return status == STATUS_OK && !expression_can_fail(day) ? day : NULL;
}

static struct expression *format_day(struct arena *arena, const struct expression *formatted, struct expression *day) {
    struct expression *arguments[2] = {NULL, formatted->call.arguments[1]};
    struct expression *text = NULL;
    const struct type *midnight = type_with_nullable(arena, &type_timestamp3, day->type->nullable);
    enum status status = expression_cast(arena, day, midnight, CAST_EXPLICIT, formatted->position, &arguments[0], NULL);
    if (status == STATUS_OK)
        status = expression_call(arena, "date_format", arguments, 2, formatted->position, &text, NULL);
    ASSERT(status == STATUS_OK);
    return text;
}

/* ---- CAST(n AS STRING) ---- */

static bool writes_a_number(const struct expression *expression) {
    return is_call_of(expression, "cast") && type_equal_ignore_null(expression->type, &type_string) &&
           type_is_integer(expression->call.arguments[0]->type);
}

struct expression *expression_core(struct arena *arena, struct expression *expression) {
    if (formats_a_day(expression))
        return day_of(arena, expression->call.arguments[0]);
    if (writes_a_number(expression))
        return expression->call.arguments[0];
    return NULL;
}

struct expression *expression_of_core(struct arena *arena, const struct expression *expression,
                                      struct expression *core) {
    if (is_call_of(expression, "date_format"))
        return format_day(arena, expression, core);
    struct expression *text = NULL;
    enum status status =
        expression_cast(arena, core, expression->type, CAST_EXPLICIT, expression->position, &text, NULL);
    ASSERT(status == STATUS_OK);
    return text;
}

bool expression_tells(struct arena *arena, struct expression *expression, uint32_t column) {
    while (expression && expression->kind != EXPRESSION_COLUMN)
        expression = expression_core(arena, expression);
    return expression && expression->column == column;
}
