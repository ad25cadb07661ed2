/* cast_test.c: CAST and TRY_CAST between all kinds of types ("::" is CAST, "?:" TRY_CAST). */
#include "tests/unit/core/expression_text.h"

static void test_numbers(void **state) {
    (void)state;
    static const struct text_case tests[] = {
        CASE("abs(5)::bigint", "5"),
        CASE("abs(300)::tinyint", "!22003"),
        CASE("abs(300)?:tinyint", "NULL"),
        CASE("negate(-12.9e0)::int", "12"),
        CASE("negate(12.9e0)::int", "-12"),
        CASE("abs(1e30)::bigint", "!22003"),
        CASE("sqrt(-1)::int", "!22003"),
        CASE("abs(2147483648e0)::int", "!22003"),
        CASE("abs(5)::double", "5.0"),
        CASE("abs(5)::float", "5.0"),
        CASE("abs(5)::decimal(5,2)", "5.00"),
        CASE("abs(5000)::decimal(5,2)", "!22003"),
        CASE("abs(5.678)::decimal(3,1)", "5.7"),
        CASE("abs(99.99)::decimal(3,1)", "!22003"),
        CASE("abs(99.99)?:decimal(3,1)", "NULL"),
        CASE("abs(5.99)::int", "5"),
        CASE("abs(300.5)::tinyint", "!22003"),
        CASE("abs(5.25)::double", "5.25"),
        CASE("abs(5.25e0)::decimal(4,1)", "5.3"),
        CASE("abs(1e30)::decimal(4,1)", "!22003"),
        CASE("abs(5)::boolean", "TRUE"),
        CASE("not(TRUE)::int", "0"),
        CASE("abs(5)::date", "!42846"),
        CASE("abs(5)::timestamp", "!42846"),
        CASE("NULL::int", "NULL"),
        CASE("abs(NULL::int)::string", "NULL"),
    };
    TEXT_CHECK_ALL(tests);
}

static void test_text(void **state) {
    (void)state;
    static const struct text_case tests[] = {
        CASE("lower(' 12 ')::int", "12"),
        CASE("lower('-12.9')::int", "-12"),
        CASE("lower('1x')::int", "!22P02"),
        CASE("lower('')::int", "!22P02"),
        CASE("lower('1x')?:int", "NULL"),
        CASE("lower('99999999999')::int", "!22003"),
        CASE("lower('99999999999999999999')::bigint", "!22003"),
        CASE("lower('1e3')::double", "1000.0"),
        CASE("lower('abc')::double", "!22P02"),
        CASE("lower('12.345')::decimal(5,2)", "12.35"),
        CASE("lower('12345')::decimal(5,2)", "!22P02"),
        CASE("lower('YES')::boolean", "TRUE"),
        CASE("lower('maybe')::boolean", "!22P02"),
        CASE("lower('2024-05-01')::date", "2024-05-01"),
        CASE("lower('2024-13-01')::date", "!22007"),
        CASE("lower('2024-05-01 12:34:56.789')::timestamp", "2024-05-01 12:34:56.789"),
        CASE("lower('2024-05-01 12:34:56.789')::timestamp(0)", "2024-05-01 12:34:56"),
        CASE("lower('12:34:56')::time", "12:34:56"),
        CASE("\"=\"(lower('2024-05-01 14:00:00')::timestamp_ltz, TIMESTAMP_LTZ '2024-05-01 12:00:00Z')", "TRUE"),
        CASE("abs(-5)::string", "5"),
        CASE("negate(9223372036854775807)::string", "-9223372036854775807"),
        CASE("abs(5.50)::string", "5.50"),
        CASE("abs(5.5e0)::string", "5.5"),
        CASE("not(TRUE)::string", "FALSE"),
        CASE("current_date()::string", "2024-05-01"),
        CASE("localtimestamp()::string", "2024-05-01 14:00:00.000"),
        CASE("now()::string", "2024-05-01 14:00:00.000"),
        CASE("array(1, 2)::string", "[1, 2]"),
        TYPED("lower('hello')::varchar(3)", "hel", "VARCHAR(3) NOT NULL"),
        CASE("concat(lower('hi')::char(4), '|')", "hi  |"),
        CASE("lower('grüße')::varchar(3)", "grü"),
        CASE("hex(lower('AB')::bytes)", "6162"),
    };
    TEXT_CHECK_ALL(tests);
}

static void test_datetime(void **state) {
    (void)state;
    static const struct text_case tests[] = {
        CASE("localtimestamp()::date", "2024-05-01"),
        CASE("localtimestamp()::time", "14:00:00"),
        CASE("current_date()::timestamp", "2024-05-01 00:00:00.000"),
        CASE("now()::timestamp", "2024-05-01 14:00:00.000"),
        CASE("now()::date", "2024-05-01"),
        CASE("\"=\"(localtimestamp()::timestamp_ltz, now())", "TRUE"),
        CASE("proctime()::timestamp(1)", "2024-05-01 14:00:00.1"),
    };
    TEXT_CHECK_ALL(tests);
}

static void test_nested(void **state) {
    (void)state;
    static const struct text_case tests[] = {
        CASE("array(1, NULL)::array(string)", "[1, NULL]"),
        CASE("array('1', 'x')::array(int)", "!22P02"),
        CASE("array('1', 'x')?:array(int)", "[1, NULL]"),
        CASE("\"[]\"(map('a', '1')::map(string,int), 'a')", "1"),
        CASE("array(1)::int", "!42846"),
    };
    TEXT_CHECK_ALL(tests);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_numbers), cmocka_unit_test(test_text),
                                       cmocka_unit_test(test_datetime), cmocka_unit_test(test_nested)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
