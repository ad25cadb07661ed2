/* json_functions_test.c: paths, checks and texts of JSON; what its clauses do is in tests/sql and tests/flink. */
#include "tests/unit/core/expression_text.h"

#define DOCUMENT "'{\"a\": {\"b\": [10, \"x\\u00e9\\n\", null, {\"c\": true}]}, \"d e\": -1.5e3, \"\\u0066\": \"g\"}'"

static void test_json(void **state) {
    (void)state;
    static const struct text_case tests[] = {
        CASE("json_value(" DOCUMENT ", '$.a.b[0]')", "10"),
        CASE("json_value(" DOCUMENT ", 'lax $.a.b[0]')", "10"),
        CASE("json_value(" DOCUMENT ", '$.a.b[1]')", "xé\n"),
        CASE("json_value(" DOCUMENT ", '$.a.b[2]')", "NULL"),
        CASE("json_value(" DOCUMENT ", '$.a.b[3].c')", "true"),
        CASE("json_value(" DOCUMENT ", '$.a.b[4]')", "NULL"),
        CASE("json_value(" DOCUMENT ", '$[\"d e\"]')", "-1.5E+3"),
        CASE("json_value(" DOCUMENT ", '$.f')", "g"),
        CASE("json_value(" DOCUMENT ", '$.a')", "NULL"),
        CASE("json_value(" DOCUMENT ", '$.zz')", "NULL"),
        CASE("json_value('\"\\ud83d\\ude00 ok\"', '$')", "😀 ok"),
        CASE("json_value('not json', '$.a')", "NULL"),
        CASE("json_value('{\"a\": tru', '$.a')", "NULL"),
        CASE("json_value('{\"a\": \"x', '$.a')", "NULL"),
        CASE("json_value('', '$')", "NULL"),
        CASE("json_value('5 6', '$')", "NULL"),
        CASE("json_value('[1, 2]', '$[1]')", "2"),
        CASE("json_value('[]', '$[0]')", "NULL"),
        CASE("json_value('[1]', '$.*')", "NULL"),
        CASE("json_value('[1]', '$[?(@.a)]')", "!22000"),
        CASE("json_value('[1, 2, 3]', '$[-1]')", "3"),
        CASE("json_value('[1, 2, 3]', '$[-4]')", "NULL"),
        CASE("json_value('[1e3, -0, 0.00000012, 1E-3, -1.50e1]', '$[0]')", "1E+3"),
        CASE("json_value('[1e3, -0, 0.00000012, 1E-3, -1.50e1]', '$[1]')", "0"),
        CASE("json_value('[1e3, -0, 0.00000012, 1E-3, -1.50e1]', '$[2]')", "1.2E-7"),
        CASE("json_value('[1e3, -0, 0.00000012, 1E-3, -1.50e1]', '$[3]')", "0.001"),
        CASE("json_value('[1e3, -0, 0.00000012, 1E-3, -1.50e1]', '$[4]')", "-15.0"),
        CASE("json_value('[1]', 'a')", "!22000"),
        CASE("json_value('[1]', '$[')", "!22000"),
        CASE("json_value(NULL, '$')", "NULL"),
        CASE("json_query(" DOCUMENT ", '$.a.b[3]')", "{\"c\":true}"),
        CASE("json_query('{\"a\" : [ 1,  \"b  c\" ] }', '$.a')", "[1,\"b  c\"]"),
        CASE("json_query(" DOCUMENT ", '$.a.b[0]')", "NULL"),
        CASE("json_query('[[[[', '$')", "NULL"),
        TYPED("json_exists(" DOCUMENT ", '$.a.b[3]')", "TRUE", "BOOLEAN"),
        CASE("json_exists(" DOCUMENT ", '$.a.x')", "FALSE"),
        CASE("json_exists('{\"a\": null}', '$.a')", "FALSE"),
        CASE("json_exists('[]', '$[*]')", "TRUE"),
    };
    TEXT_CHECK_ALL(tests);
}

static void test_many(void **state) {
    (void)state;
    const struct text_case tests[] = {
        CASE("json_query('[{\"a\": 1}, 5, {\"a\": [2]}]', '$[*].a')", "[1,[2]]"),
        CASE("json_query('{\"b\": {\"a\": 1}, \"a\": {\"a\": 2}}', '$..a')", "[{\"a\":2},1,2]"),
        CASE("json_query('[0, 1, 2, 3, 4]', '$[1:3]')", "[1,2]"),
        CASE("json_query('[0, 1, 2, 3, 4]', '$[-2:]')", "[3,4]"),
        CASE("json_query('[0, 1, 2, 3, 4]', '$[:-3]')", "[0,1]"),
        CASE("json_query('[0, 1]', '$[5:]')", "[]"),
        CASE("json_query('{\"x\": [}', '$.x[*]')", "NULL"),
        CASE("json_query('{\"b\" : 1, \"a\" : \"\\u00e9\\/\", \"b\" : 1e3}', '$')", "{\"a\":\"é/\",\"b\":1E+3}"),
    };
    TEXT_CHECK_ALL(tests);
}

static void test_checks(void **state) {
    (void)state;
    const struct text_case tests[] = {
        TYPED("is_json_value('{\"a\": [1, -2.5e+3, true, null, \"\\u00e9\"]}')", "TRUE", "BOOLEAN NOT NULL"),
        CASE("is_json_value('[1,]')", "FALSE"),
        CASE("is_json_value('[1 2]')", "FALSE"),
        CASE("is_json_value('{\"a\"}')", "FALSE"),
        CASE("is_json_value('{\"a\": 1,}')", "FALSE"),
        CASE("is_json_value('{1: 2}')", "FALSE"),
        CASE("is_json_value('[}')", "FALSE"),
        CASE("is_json_value('01')", "FALSE"),
        CASE("is_json_value('1.')", "FALSE"),
        CASE("is_json_value('-')", "FALSE"),
        CASE("is_json_value('\"a')", "FALSE"),
        CASE("is_json_value('\"\\x\"')", "FALSE"),
        CASE("is_json_value('\"\\u12g4\"')", "FALSE"),
        CASE("is_json_value('nul')", "FALSE"),
        CASE("is_json_value('1 1')", "FALSE"),
        CASE("is_json_value('')", "FALSE"),
        CASE("is_json_value(concat(repeat('[', 500), repeat(']', 500)))", "TRUE"),
        CASE("is_json_value(concat(repeat('[', 501), repeat(']', 501)))", "FALSE"),
        CASE("is_json_value(NULL)", "FALSE"),
        CASE("is_json_scalar(' 1 ')", "TRUE"),
        CASE("is_json_array('[]')", "TRUE"),
        CASE("is_json_object('[]')", "FALSE"),
        CASE("json_quote('é\"/\n😀')", "\"\\u00e9\\\"\\/\\n\\ud83d\\ude00\""),
        CASE("json_unquote('\"a\\n\"')", "a\n"),
        CASE("json_unquote('\"a')", "\"a"),
        CASE("json_string('a\"b')", "\"a\\\"b\""),
    };
    TEXT_CHECK_ALL(tests);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_json), cmocka_unit_test(test_many),
                                       cmocka_unit_test(test_checks)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
