/* expression_print.c: bound expressions as SQL text, for EXPLAIN, column names and messages. Operators are infix, with
 * parentheses only where the text would otherwise be read differently. */
#include <string.h>

#include "core/base/array.h"
#include "core/base/str.h"
#include "core/functions/expression.h"
#include "core/functions/function.h"

enum shape { SHAPE_INFIX, SHAPE_PREFIX, SHAPE_POSTFIX };

static const struct operator_form {
    const char *name;
    const char *text;
    enum shape shape;
    int strength; /* binds tighter when higher */
} operators[] = {
    {"or", " OR ", SHAPE_INFIX, 1},
    {"and", " AND ", SHAPE_INFIX, 2},
    {"not", "NOT ", SHAPE_PREFIX, 3},
    {"is_null", " IS NULL", SHAPE_POSTFIX, 4},
    {"is_not_null", " IS NOT NULL", SHAPE_POSTFIX, 4},
    {"is_true", " IS TRUE", SHAPE_POSTFIX, 4},
    {"is_not_true", " IS NOT TRUE", SHAPE_POSTFIX, 4},
    {"is_false", " IS FALSE", SHAPE_POSTFIX, 4},
    {"is_not_false", " IS NOT FALSE", SHAPE_POSTFIX, 4},
    {"is_unknown", " IS UNKNOWN", SHAPE_POSTFIX, 4},
    {"is_not_unknown", " IS NOT UNKNOWN", SHAPE_POSTFIX, 4},
    {"=", " = ", SHAPE_INFIX, 4},
    {"<>", " <> ", SHAPE_INFIX, 4},
    {"<", " < ", SHAPE_INFIX, 4},
    {"<=", " <= ", SHAPE_INFIX, 4},
    {">", " > ", SHAPE_INFIX, 4},
    {">=", " >= ", SHAPE_INFIX, 4},
    {"is_distinct_from", " IS DISTINCT FROM ", SHAPE_INFIX, 4},
    {"is_not_distinct_from", " IS NOT DISTINCT FROM ", SHAPE_INFIX, 4},
    {"like", " LIKE ", SHAPE_INFIX, 5},
    {"ilike", " ILIKE ", SHAPE_INFIX, 5},
    {"rlike", " RLIKE ", SHAPE_INFIX, 5},
    {"similar_to", " SIMILAR TO ", SHAPE_INFIX, 5},
    {"||", " || ", SHAPE_INFIX, 6},
    {"+", " + ", SHAPE_INFIX, 7},
    {"-", " - ", SHAPE_INFIX, 7},
    {"*", " * ", SHAPE_INFIX, 8},
    {"/", " / ", SHAPE_INFIX, 8},
    {"%", " % ", SHAPE_INFIX, 8},
    {"negate", "-", SHAPE_PREFIX, 9},
};

enum { STRENGTH_LOWEST = 0, STRENGTH_HIGHEST = 10 };

static void print(struct strbuf *out, const struct expression *expression, const struct schema *names, int strength);

static const struct operator_form *operator_of(const struct expression *expression) {
    for (size_t i = 0; i < COUNT_OF(operators); i++) {
        bool infix = operators[i].shape == SHAPE_INFIX;
        if (strcmp(operators[i].name, expression->call.function->name) != 0)
            continue;
        if (infix ? expression->call.argument_count >= 2 : expression->call.argument_count == 1)
            return &operators[i];
    }
    return NULL;
}

/* Both operands of - and / and of comparisons bind tighter than the operator itself on the right. */
static void print_operator(struct strbuf *out, const struct expression *expression, const struct operator_form *form,
                           const struct schema *names, int strength) {
    bool parentheses = form->strength < strength;
    if (parentheses)
        strbuf_append_char(out, '(');
    if (form->shape == SHAPE_PREFIX)
        strbuf_append_text(out, form->text);
    for (uint32_t i = 0; i < expression->call.argument_count; i++) {
        if (i)
            strbuf_append_text(out, i == 2 && form->strength == 5 ? " ESCAPE " : form->text);
        bool left = i == 0 && form->strength != 4;
        bool chain = form->strength <= 2;
        print(out, expression->call.arguments[i], names, form->strength + !(left || chain));
    }
    if (form->shape == SHAPE_POSTFIX)
        strbuf_append_text(out, form->text);
    if (parentheses)
        strbuf_append_char(out, ')');
}

static void print_quoted(struct strbuf *out, struct str text) {
    strbuf_append_char(out, '\'');
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == '\'')
            strbuf_append_char(out, '\'');
        strbuf_append_char(out, text.data[i]);
    }
    strbuf_append_char(out, '\'');
}

static void print_bytes(struct strbuf *out, struct str bytes) {
    strbuf_append_text(out, "X'");
    for (size_t i = 0; i < bytes.size; i++)
        strbuf_printf(out, "%02X", (unsigned)(uint8_t)bytes.data[i]);
    strbuf_append_char(out, '\'');
}

static void print_literal(struct strbuf *out, const struct expression *expression) {
    const struct column *literal = &expression->literal;
    const struct type *type = expression->type;
    if (column_is_null(literal, 0)) {
        strbuf_append_text(out, "NULL");
        return;
    }
    if (type_is_string(type)) {
        print_quoted(out, view_str(literal->values));
        return;
    }
    if (type_is_binary(type)) {
        print_bytes(out, view_str(literal->values));
        return;
    }
    if (type->kind == TYPE_BOOLEAN) {
        strbuf_append_text(out, COLUMN_VALUES(literal, uint8_t)[0] ? "TRUE" : "FALSE");
        return;
    }
    bool quoted = type_is_datetime(type) || type_is_interval(type);
    if (quoted)
        strbuf_printf(out, "%s '", type_is_interval(type) ? "INTERVAL" : type_kind_name(type->kind));
    column_print_value(out, literal, 0);
    if (quoted)
        strbuf_append_char(out, '\'');
}

static void print_list(struct strbuf *out, const struct expression *expression, uint32_t first,
                       const struct schema *names) {
    for (uint32_t i = first; i < expression->call.argument_count; i++) {
        if (i > first)
            strbuf_append_text(out, ", ");
        print(out, expression->call.arguments[i], names, STRENGTH_LOWEST);
    }
}

static void print_case(struct strbuf *out, const struct expression *expression, const struct schema *names) {
    uint32_t count = expression->call.argument_count;
    strbuf_append_text(out, "CASE");
    for (uint32_t i = 0; i + 1 < count; i += 2) {
        strbuf_append_text(out, " WHEN ");
        print(out, expression->call.arguments[i], names, STRENGTH_LOWEST);
        strbuf_append_text(out, " THEN ");
        print(out, expression->call.arguments[i + 1], names, STRENGTH_LOWEST);
    }
    if (!expression_is_null_literal(expression->call.arguments[count - 1])) {
        strbuf_append_text(out, " ELSE ");
        print(out, expression->call.arguments[count - 1], names, STRENGTH_LOWEST);
    }
    strbuf_append_text(out, " END");
}

static void print_upper(struct strbuf *out, const char *text) {
    for (; *text; text++)
        strbuf_append_char(out, (char)(*text >= 'a' && *text <= 'z' ? *text - 32 : *text));
}

static void print_call(struct strbuf *out, const struct expression *expression, const struct schema *names,
                       int strength) {
    const char *name = expression->call.function->name;
    const struct operator_form *form = operator_of(expression);
    if (form) {
        print_operator(out, expression, form, names, strength);
    } else if (strcmp(name, "cast") == 0 || strcmp(name, "try_cast") == 0) {
        print_upper(out, name);
        strbuf_append_char(out, '(');
        print(out, expression->call.arguments[0], names, STRENGTH_LOWEST);
        strbuf_append_text(out, " AS ");
        struct type nullable = *expression->type;
        nullable.nullable = true;
        type_print(out, &nullable);
        strbuf_append_char(out, ')');
    } else if (strcmp(name, "case") == 0) {
        print_case(out, expression, names);
    } else if (strcmp(name, "in") == 0) {
        print(out, expression->call.arguments[0], names, 5);
        strbuf_append_text(out, " IN (");
        print_list(out, expression, 1, names);
        strbuf_append_char(out, ')');
    } else if (strcmp(name, "[]") == 0) {
        print(out, expression->call.arguments[0], names, STRENGTH_HIGHEST);
        strbuf_append_char(out, '[');
        print_list(out, expression, 1, names);
        strbuf_append_char(out, ']');
    } else {
        bool brackets = strcmp(name, "array") == 0 || strcmp(name, "map") == 0;
        print_upper(out, name);
        strbuf_append_char(out, brackets ? '[' : '(');
        print_list(out, expression, 0, names);
        strbuf_append_char(out, brackets ? ']' : ')');
    }
}

static void print(struct strbuf *out, const struct expression *expression, const struct schema *names, int strength) {
    switch (expression->kind) {
    case EXPRESSION_COLUMN:
        if (names && expression->column < names->field_count && names->fields[expression->column].name)
            strbuf_append_text(out, names->fields[expression->column].name);
        else
            strbuf_printf(out, "$%u", expression->column);
        return;
    case EXPRESSION_LITERAL: print_literal(out, expression); return;
    case EXPRESSION_FIELD:
        print(out, expression->field.row, names, STRENGTH_HIGHEST);
        strbuf_printf(out, ".%s", expression->field.row->type->fields[expression->field.index].name);
        return;
    case EXPRESSION_CALL: print_call(out, expression, names, strength); return;
    }
}

void expression_print(struct strbuf *out, const struct expression *expression, const struct schema *names) {
    print(out, expression, names, STRENGTH_LOWEST);
}
