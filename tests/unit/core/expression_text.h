/* expression_text.h: expressions written as text, for tests of functions: one line says call and result.
 *
 *     CASE("\"+\"(1, 2)", "3")  CASE("\"/\"(1, 0)", "!22012")  TYPED("substring('hello', 2, 3)", "ell", "STRING NOT NULL")
 *
 *   expression := name "(" [expression {"," expression}] ")" ["::" type]      operators in double quotes
 *               | literal ["::" type] | "#" literal                            # keeps it a literal (units, patterns)
 *   literal    := number | 'text' | NULL | TRUE | FALSE | DATE '…' | TIME '…' | TIMESTAMP '…' | TIMESTAMP_LTZ '…'
 *               | MONTHS n | MICROSECONDS n (intervals) | BYTES 'text'
 *
 * Each expression is evaluated several ways and must always give the same: as constants; over flat columns that hold the
 * literals in the selected rows and NULL or other values around them, all rows selected and few rows selected; and with
 * strings as dictionaries. */
#pragma once

#include <ctype.h>
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "core/base/arena.h"
#include "core/base/str.h"
#include "core/data/batch.h"
#include "core/data/datetime.h"
#include "core/functions/evaluator.h"
#include "core/functions/expression.h"
#include "core/functions/function.h"

enum { TEXT_ROWS = 70, TEXT_KEEP = 1, TEXT_REPLACE = 2 };

static unsigned text_failures;

__attribute__((format(printf, 1, 2))) static void text_fail(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    text_failures++;
}

struct text_parser {
    const char *at;
    struct arena *arena;
    struct error error;
};

static struct expression *text_expression(struct text_parser *parser);

static void text_space(struct text_parser *parser) {
    while (*parser->at == ' ')
        parser->at++;
}

static bool text_take(struct text_parser *parser, const char *token) {
    text_space(parser);
    size_t size = strlen(token);
    if (strncmp(parser->at, token, size) != 0)
        return false;
    parser->at += size;
    return true;
}

static struct str text_word(struct text_parser *parser) {
    const char *start = parser->at;
    while (isalnum((unsigned char)*parser->at) || *parser->at == '_')
        parser->at++;
    return (struct str){start, (size_t)(parser->at - start)};
}

/* 'text' with '' for a quote. */
static struct str text_quoted(struct text_parser *parser) {
    struct strbuf buffer;
    strbuf_init(&buffer);
    if (!text_take(parser, "'"))
        fail_msg("quote expected at %s", parser->at);
    for (;; parser->at++) {
        if (*parser->at == '\'' && *++parser->at != '\'')
            break;
        if (!*parser->at)
            fail_msg("no closing quote");
        strbuf_append_char(&buffer, *parser->at);
    }
    struct str text = {str_copy(parser->arena, strbuf_str(&buffer)), buffer.size};
    strbuf_release(&buffer);
    return text;
}

static const struct type *text_type(struct text_parser *parser) {
    static const struct {
        const char *name;
        const struct type *type;
    } types[] = {{"boolean", &type_boolean},
                 {"tinyint", &type_tinyint},
                 {"smallint", &type_smallint},
                 {"int", &type_int},
                 {"bigint", &type_bigint},
                 {"float", &type_float},
                 {"double", &type_double},
                 {"string", &type_string},
                 {"bytes", &type_bytes},
                 {"date", &type_date},
                 {"time", &type_time},
                 {"timestamp", &type_timestamp3},
                 {"timestamp_ltz", &type_timestamp_ltz3},
                 {"null", &type_null},
                 {"interval_month", &type_interval_month},
                 {"interval_second", &type_interval_second}};
    struct str word = text_word(parser);
    unsigned first = 0, second = 0;
    if (*parser->at == '(' && isdigit((unsigned char)parser->at[1])) {
        parser->at++;
        first = (unsigned)strtoul(parser->at, (char **)(uintptr_t)&parser->at, 10);
        if (*parser->at == ',')
            second = (unsigned)strtoul(parser->at + 1, (char **)(uintptr_t)&parser->at, 10);
        parser->at++;
        if (str_equal(word, STR("decimal")))
            return type_decimal(parser->arena, first, second);
        if (str_equal(word, STR("timestamp")))
            return type_timestamp(parser->arena, TYPE_TIMESTAMP, first);
        if (str_equal(word, STR("timestamp_ltz")))
            return type_timestamp(parser->arena, TYPE_TIMESTAMP_LTZ, first);
        if (str_equal(word, STR("varchar")))
            return type_varchar(parser->arena, TYPE_VARCHAR, first);
        if (str_equal(word, STR("char")))
            return type_varchar(parser->arena, TYPE_CHAR, first);
    }
    if (str_equal(word, STR("array")) || str_equal(word, STR("map"))) {
        parser->at++;
        const struct type *key = NULL, *element = text_type(parser);
        if (*parser->at == ',') {
            parser->at++;
            key = element;
            element = text_type(parser);
        }
        parser->at++;
        return key ? type_map(parser->arena, key, element) : type_array(parser->arena, element);
    }
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (str_equal(word, str_from(types[i].name)))
            return types[i].type;
    }
    fail_msg("unknown type %.*s", STR_FORMAT(word));
    return NULL;
}

static struct expression *text_call(struct text_parser *parser, struct str name) {
    struct expression *arguments[64];
    uint32_t count = 0;
    while (!text_take(parser, ")")) {
        if (count && !text_take(parser, ","))
            fail_msg("comma expected at %s", parser->at);
        arguments[count++] = text_expression(parser);
        if (!arguments[count - 1])
            return NULL;
    }
    struct expression *result = NULL;
    const char *function = str_copy(parser->arena, name);
    if (expression_call(parser->arena, function, arguments, count, TEXT_REPLACE, &result, &parser->error) != STATUS_OK)
        return NULL;
    return result;
}

static struct expression *text_typed(struct text_parser *parser, const struct type *type, struct str text) {
    struct expression *result = NULL;
    if (expression_typed_literal(parser->arena, type, text, TEXT_REPLACE, &result, &parser->error) != STATUS_OK)
        return NULL;
    return result;
}

static struct expression *text_word_literal(struct text_parser *parser, struct str word) {
    if (str_equal(word, STR("NULL")))
        return expression_null(parser->arena, &type_null, TEXT_REPLACE);
    if (str_equal(word, STR("TRUE")) || str_equal(word, STR("FALSE")))
        return expression_boolean(parser->arena, word.size == 4, TEXT_REPLACE);
    if (str_equal(word, STR("MONTHS")) || str_equal(word, STR("MICROSECONDS"))) {
        text_space(parser);
        const char *start = parser->at;
        while (isdigit((unsigned char)*parser->at) || *parser->at == '-')
            parser->at++;
        struct str number = {start, (size_t)(parser->at - start)};
        return text_typed(parser, word.size == 6 ? &type_interval_month : &type_interval_second, number);
    }
    const struct type *type = str_equal(word, STR("DATE"))            ? &type_date
                              : str_equal(word, STR("TIME"))          ? &type_time
                              : str_equal(word, STR("TIMESTAMP"))     ? &type_timestamp3
                              : str_equal(word, STR("TIMESTAMP_LTZ")) ? &type_timestamp_ltz3
                              : str_equal(word, STR("BYTES"))         ? &type_bytes
                                                                      : NULL;
    if (!type)
        fail_msg("unknown word %.*s", STR_FORMAT(word));
    return text_typed(parser, type, text_quoted(parser));
}

static struct expression *text_number(struct text_parser *parser) {
    const char *start = parser->at;
    while (isdigit((unsigned char)*parser->at) || strchr("+-.eE", *parser->at)) {
        if (!*parser->at)
            break;
        parser->at++;
    }
    struct expression *result = NULL;
    struct str text = {start, (size_t)(parser->at - start)};
    if (expression_number(parser->arena, text, TEXT_REPLACE, &result, &parser->error) != STATUS_OK)
        return NULL;
    return result;
}

static struct expression *text_primary(struct text_parser *parser) {
    text_space(parser);
    char c = *parser->at;
    if (c == '\'')
        return expression_string(parser->arena, text_quoted(parser), TEXT_REPLACE);
    if (isdigit((unsigned char)c) || c == '-' || c == '.')
        return text_number(parser);
    if (c == '"') {
        const char *start = ++parser->at;
        parser->at = strchr(start, '"') + 1;
        struct str name = {start, (size_t)(parser->at - 1 - start)};
        text_take(parser, "(");
        return text_call(parser, name);
    }
    struct str word = text_word(parser);
    return text_take(parser, "(") ? text_call(parser, word) : text_word_literal(parser, word);
}

static struct expression *text_expression(struct text_parser *parser) {
    bool keep = text_take(parser, "#");
    struct expression *result = text_primary(parser);
    while (result && (text_take(parser, "::") || text_take(parser, "?:"))) {
        bool try_cast = parser->at[-2] == '?';
        if (expression_cast(parser->arena, result, text_type(parser), try_cast ? CAST_TRY : CAST_EXPLICIT, TEXT_REPLACE,
                            &result, &parser->error) != STATUS_OK)
            return NULL;
    }
    if (result && keep)
        result->position = TEXT_KEEP;
    return result;
}

/* ---- evaluation ---- */

struct text_columns {
    struct column columns[64];
    uint32_t count;
    bool dictionary;
};

/* The literal in every row whose number is not divisible by three; between them NULLs. */
static struct column text_column(struct arena *arena, const struct expression *literal, bool dictionary) {
    struct column column;
    if (dictionary && (type_is_string(literal->type) || literal->type->kind == TYPE_BIGINT) &&
        !column_is_null(&literal->literal, 0)) {
        column_init(&column, arena, literal->type, 2);
        column_copy_value(&column, arena, 0, 2, &literal->literal, 0);
        column_copy_value(&column, arena, 1, 2, &literal->literal, 0);
        column.kind = COLUMN_DICTIONARY;
        column.dictionary_size = 2;
        column.codes = ARENA_ARRAY(arena, uint16_t, TEXT_ROWS);
        column.validity = validity_new(arena, TEXT_ROWS, true);
        for (uint32_t row = 0; row < TEXT_ROWS; row++) {
            column.codes[row] = row % 3 ? row % 2 : 60000;
            validity_set(column.validity, row, row % 3);
        }
        return column;
    }
    column_init(&column, arena, literal->type, TEXT_ROWS);
    size_t size = layout_size(type_layout(literal->type));
    if (size)
        memset(column.values, 0, size * TEXT_ROWS);
    for (uint32_t row = 0; row < TEXT_ROWS; row++) {
        if (row % 3 && !column_is_null(&literal->literal, 0))
            column_copy_value(&column, arena, row, TEXT_ROWS, &literal->literal, 0);
        else
            column_set_null(&column, arena, row, TEXT_ROWS);
    }
    return column;
}

static struct expression *text_with_columns(struct arena *arena, struct expression *expression,
                                            struct text_columns *columns) {
    struct expression *copy = arena_copy(arena, expression, sizeof *expression);
    if (expression->kind == EXPRESSION_LITERAL && expression->position != TEXT_KEEP) {
        columns->columns[columns->count] = text_column(arena, expression, columns->dictionary);
        return expression_column(arena, columns->count++, expression->type, 1);
    }
    if (expression->kind == EXPRESSION_CALL) {
        uint32_t count = expression->call.argument_count;
        copy->call.arguments = ARENA_ARRAY(arena, struct expression *, count + 1);
        bool has_unit = strstr(expression->call.function->signature, "unit") != NULL;
        for (uint32_t i = 0; i < count; i++) {
            struct expression *argument = expression->call.arguments[i];
            bool unit = has_unit && type_is_string(argument->type); /* always a literal */
            copy->call.arguments[i] = unit ? argument : text_with_columns(arena, argument, columns);
        }
    }
    return copy;
}

static const char *text_value(struct arena *arena, const struct column *column, uint32_t row) {
    struct strbuf out;
    strbuf_init(&out);
    column_print_value(&out, column, row);
    const char *text = str_copy(arena, strbuf_str(&out));
    strbuf_release(&out);
    return text;
}

static struct evaluation_context text_context(void) {
    struct evaluation_context context = {.now_us = 1714564800123456,
                                         .statement_start_us = 1714564800000000,
                                         .watermark_us = INT64_MIN,
                                         .random_state = 7};
    context.zone = time_zone_find("Europe/Berlin");
    return context;
}

/* Prints "!sqlstate" for an error. */
static const char *text_run(struct arena *arena, struct expression *expression, const struct text_columns *columns,
                            const struct selection *selection) {
    struct evaluation_context context = text_context();
    struct evaluator *evaluator;
    struct error error = {0};
    struct column result;
    struct batch batch = {.row_count = TEXT_ROWS,
                          .column_count = columns->count,
                          .columns = (struct column *)(uintptr_t)columns->columns};
    enum status status = evaluator_open(arena, &expression, 1, &evaluator, &error);
    for (int round = 0; round < 2 && status == STATUS_OK; round++)
        status = evaluator_run(evaluator, &batch, selection, &context, arena, &result, &error);
    if (status != STATUS_OK)
        return arena_printf(arena, "!%s", status_sqlstate(status));
    const char *first = text_value(arena, &result, selection_row(selection, 0));
    for (uint32_t i = 1; i < selection->count; i++) {
        const char *other = text_value(arena, &result, selection_row(selection, i));
        if (strcmp(first, other) != 0)
            return arena_printf(arena, "rows differ: %s | %s", first, other);
    }
    return first;
}

static void text_check_columns(struct arena *arena, struct expression *expression, const char *text,
                               const char *expected) {
    struct selection some = {NULL, 0}, few = {NULL, 0};
    uint16_t *rows = ARENA_ARRAY(arena, uint16_t, TEXT_ROWS);
    uint32_t count = 0;
    for (uint16_t row = 0; row < TEXT_ROWS; row++) {
        if (row % 3)
            rows[count++] = row;
    }
    some = (struct selection){rows, count};
    few = (struct selection){rows, 5};
    for (int dictionary = 0; dictionary < 2; dictionary++) {
        struct text_columns columns = {.dictionary = dictionary};
        struct expression *with_columns = text_with_columns(arena, expression, &columns);
        const struct selection *selections[] = {&some, &few};
        for (int i = 0; i < 2; i++) {
            const char *found = text_run(arena, with_columns, &columns, selections[i]);
            if (strcmp(found, expected) != 0)
                text_fail("%s over %s columns, %s rows: %s instead of %s", text, dictionary ? "dictionary" : "flat",
                          i ? "few" : "many", found, expected);
        }
        /* All rows: those between are NULL inputs and must not fail nor disturb the others. */
        if (expected[0] == '!')
            continue;
        struct evaluation_context context = text_context();
        struct evaluator *evaluator;
        struct error error = {0};
        struct column result;
        struct selection all = {NULL, TEXT_ROWS};
        struct batch batch = {.row_count = TEXT_ROWS, .column_count = columns.count, .columns = columns.columns};
        assert_int_equal(evaluator_open(arena, &with_columns, 1, &evaluator, &error), STATUS_OK);
        if (evaluator_run(evaluator, &batch, &all, &context, arena, &result, &error) != STATUS_OK)
            text_fail("%s over all rows: %s", text, error.message);
        for (uint32_t i = 0; i < count; i++) {
            const char *found = text_value(arena, &result, rows[i]);
            if (strcmp(found, expected) == 0)
                continue;
            text_fail("%s over all rows, row %u: %s instead of %s", text, rows[i], found, expected);
            break;
        }
    }
}

struct text_case {
    const char *text;
    const char *expected; /* printed value, or "!sqlstate" */
    const char *type;     /* NULL: not looked at */
};
#define CASE(text, expected) \
    { text, expected, NULL }
#define TYPED(text, expected, type) \
    { text, expected, type }

static void text_check(const struct text_case *test) {
    struct arena arena;
    arena_init(&arena);
    struct text_parser parser = {.at = test->text, .arena = &arena};
    struct expression *expression = text_expression(&parser);
    if (!expression) {
        const char *found = arena_printf(&arena, "!%s", status_sqlstate(parser.error.status));
        if (strcmp(found, test->expected) != 0)
            text_fail("%s: %s (%s) instead of %s", test->text, found, parser.error.message, test->expected);
        arena_release(&arena);
        return;
    }
    text_space(&parser);
    if (*parser.at)
        fail_msg("%s: text left: %s", test->text, parser.at);
    if (test->type && strcmp(type_text(&arena, expression->type), test->type) != 0)
        text_fail("%s: type %s instead of %s", test->text, type_text(&arena, expression->type), test->type);
    struct evaluation_context context = text_context();
    struct column value;
    struct error error = {0};
    enum status status = expression_evaluate_constant(&arena, expression, &context, &value, &error);
    const char *found =
        status == STATUS_OK ? text_value(&arena, &value, 0) : arena_printf(&arena, "!%s", status_sqlstate(status));
    if (strcmp(found, test->expected) != 0)
        text_fail("%s: %s (%s) instead of %s", test->text, found, error.message, test->expected);
    text_check_columns(&arena, expression, test->text, test->expected);
    arena_release(&arena);
}

static inline void text_check_all(const struct text_case *tests, size_t count) {
    text_failures = 0;
    for (size_t i = 0; i < count; i++)
        text_check(&tests[i]);
    assert_int_equal(text_failures, 0);
}
#define TEXT_CHECK_ALL(tests) text_check_all(tests, sizeof(tests) / sizeof((tests)[0]))
