/* json_functions_test.c: JSON_VALUE, JSON_QUERY, JSON_EXISTS. */
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
        CASE("json_value(" DOCUMENT ", '$[\"d e\"]')", "-1.5e3"),
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
        CASE("json_value('[1]', '$.*')", "!22000"),
        CASE("json_value('[1]', 'a')", "!22000"),
        CASE("json_value('[1]', '$[')", "!22000"),
        CASE("json_value(NULL, '$')", "NULL"),
        CASE("json_query(" DOCUMENT ", '$.a.b[3]')", "{\"c\":true}"),
        CASE("json_query('{\"a\" : [ 1,  \"b  c\" ] }', '$.a')", "[1,\"b  c\"]"),
        CASE("json_query(" DOCUMENT ", '$.a.b[0]')", "NULL"),
        CASE("json_query('[[[[', '$')", "NULL"),
        TYPED("json_exists(" DOCUMENT ", '$.a.b[2]')", "TRUE", "BOOLEAN"),
        CASE("json_exists(" DOCUMENT ", '$.a.x')", "FALSE"),
    };
    TEXT_CHECK_ALL(tests);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_json)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
