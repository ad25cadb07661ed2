/* function_table_test.c: the catalogue of functions is sound: unique ids, readable signatures, documentation, look-ups;
 * and calls by wrong names or types give helpful errors. */
#include <ctype.h>

#include "core/functions/signature.h"
#include "tests/unit/core/expression_text.h"

static void every_row_is_sound(void **state) {
    (void)state;
    uint32_t count;
    const struct function *functions = function_table(&count);
    assert_true(count > 300);
    for (uint32_t i = 0; i < count; i++) {
        const struct function *function = &functions[i];
        struct signature signature;
        if (!signature_parse(function->signature, &signature))
            fail_msg("signature of %s cannot be read: %s", function->id, function->signature);
        size_t size = strlen(function->documentation);
        if (size < 3 || (function->documentation[size - 1] != '.' && !strstr(function->documentation, "…")))
            fail_msg("documentation of %s is not a sentence", function->id);
        assert_ptr_equal(function_by_id(function->id), function);
        assert_true(i == 0 || strcmp(functions[i - 1].name, function->name) <= 0);
        for (const char *c = function->name; *c; c++)
            assert_false(isupper((unsigned char)*c));
        for (const char *c = function->id; *c; c++)
            assert_true(islower((unsigned char)*c) || isdigit((unsigned char)*c) || *c == '_');
        if (function->flags & FUNCTION_DENSE)
            assert_true(function->flags & FUNCTION_STRICT);
        if (function->flags & FUNCTION_LAZY)
            assert_false(function->flags & FUNCTION_STRICT);
        for (uint32_t k = i + 1; k < count; k++)
            assert_string_not_equal(function->id, functions[k].id);
    }
}

static void every_name_is_found(void **state) {
    (void)state;
    uint32_t count;
    const char *const *names = function_names(&count);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t overloads;
        if (!function_overloads(names[i], &overloads) || overloads == 0)
            fail_msg("\"%s\" leads nowhere", names[i]);
        assert_true(function_name_exists(names[i]));
        if (i && strcmp(names[i - 1], names[i]) >= 0)
            fail_msg("\"%s\" is not in order or twice", names[i]);
    }
    assert_true(function_name_exists("CHARACTER_LENGTH"));
    assert_false(function_name_exists("no_such_function"));
    assert_null(function_by_id("no_such_function"));
}

/* Every name that the parser gives operators and special forms. */
static void the_parsers_names_exist(void **state) {
    (void)state;
    static const char *const names[] = {
        "+",
        "-",
        "*",
        "/",
        "%",
        "||",
        "negate",
        "plus",
        "=",
        "<>",
        "<",
        "<=",
        ">",
        ">=",
        "and",
        "or",
        "not",
        "is_null",
        "is_not_null",
        "is_true",
        "is_not_true",
        "is_false",
        "is_not_false",
        "is_unknown",
        "is_not_unknown",
        "is_distinct_from",
        "is_not_distinct_from",
        "between",
        "between_symmetric",
        "like",
        "ilike",
        "similar_to",
        "rlike",
        "[]",
        "row",
        "array",
        "map",
        "at_time_zone",
        "extract",
        "floor",
        "ceil",
        "timestampadd",
        "timestampdiff",
        "substring",
        "trim",
        "ltrim",
        "rtrim",
        "position",
        "overlay",
        "current_timestamp",
        "current_date",
        "current_time",
        "localtime",
        "localtimestamp",
        "in",
        "case",
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (!function_name_exists(names[i]))
            fail_msg("\"%s\" is not in the catalogue", names[i]);
    }
}

static void mistakes_are_explained(void **state) {
    (void)state;
    struct arena arena;
    struct error error = {0};
    struct expression *result = NULL, *argument;
    arena_init(&arena);
    argument = expression_int(&arena, 1, 7);
    assert_int_equal(expression_call(&arena, "substrin", &argument, 1, 5, &result, &error), STATUS_UNDEFINED_FUNCTION);
    assert_string_equal(error.message, "function \"substrin\" does not exist");
    assert_string_equal(error.hint, "did you mean \"substring\"?");
    assert_int_equal(error.position, 5);
    assert_int_equal(expression_call(&arena, "LOWER", &argument, 1, 5, &result, &error), STATUS_DATATYPE_MISMATCH);
    assert_string_equal(error.message, "LOWER cannot be applied to (INT)");
    assert_string_equal(error.detail, "accepted: string");
    assert_int_equal(expression_call(&arena, "cast_safe", &argument, 1, 5, &result, &error), STATUS_UNDEFINED_FUNCTION);
    assert_int_equal(expression_call(&arena, "cast", &argument, 1, 5, &result, &error), STATUS_UNDEFINED_FUNCTION);
    assert_int_equal(expression_cast(&arena, argument, &type_string, CAST_IMPLICIT, 5, &result, &error),
                     STATUS_DATATYPE_MISMATCH);
    assert_string_equal(error.hint, "use CAST(... AS STRING)");
    assert_int_equal(expression_cast(&arena, argument, &type_timestamp3, CAST_EXPLICIT, 5, &result, &error),
                     STATUS_CANNOT_COERCE);
    arena_release(&arena);
}

static void literals_are_typed(void **state) {
    (void)state;
    static const struct text_case tests[] = {
        TYPED("1", "1", "INT NOT NULL"),
        TYPED("2147483648", "2147483648", "BIGINT NOT NULL"),
        TYPED("-2147483648", "-2147483648", "INT NOT NULL"),
        TYPED("9223372036854775808", "9223372036854775808", "DECIMAL(19, 0) NOT NULL"),
        TYPED("1.50", "1.50", "DECIMAL(3, 2) NOT NULL"),
        TYPED("0.908", "0.908", "DECIMAL(4, 3) NOT NULL"),
        TYPED("1e3", "1000.0", "DOUBLE NOT NULL"),
        TYPED("'abc'", "abc", "CHAR(3) NOT NULL"),
        TYPED("DATE '2024-05-01'", "2024-05-01", "DATE NOT NULL"),
        TYPED("TIMESTAMP '2024-05-01 12:00:00.25'", "2024-05-01 12:00:00.25", "TIMESTAMP(2) NOT NULL"),
        CASE("DATE '2024-02-30'", "!22007"),
        CASE("TIMESTAMP 'soon'", "!22007"),
        CASE("TIMESTAMP '2024-05-01 12:00:00Z'", "!22007"),
        CASE("123456789012345678901234567890123456789", "!22003"),
        CASE("NULL", "NULL"),
    };
    TEXT_CHECK_ALL(tests);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_is_sound),      cmocka_unit_test(every_name_is_found),
        cmocka_unit_test(the_parsers_names_exist), cmocka_unit_test(mistakes_are_explained),
        cmocka_unit_test(literals_are_typed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
