/* datetime_functions_test.c: date and time functions. The session's zone is Europe/Berlin; now is 2024-05-01 12:00:00.123456 UTC. */
#include "tests/unit/core/expression_text.h"

static void test_extract(void **state) {
    (void)state;
    static const struct text_case tests[] = {
        TYPED("extract(#'YEAR', TIMESTAMP '2024-05-01 12:34:56.789')", "2024", "BIGINT NOT NULL"),
        CASE("extract(#'QUARTER', DATE '2024-05-01')", "2"),
        CASE("extract(#'MONTH', DATE '2024-05-01')", "5"),
        CASE("extract(#'WEEK', DATE '2021-01-03')", "53"),
        CASE("extract(#'ISOYEAR', DATE '2021-01-03')", "2020"),
        CASE("extract(#'DAY', DATE '2024-05-31')", "31"),
        CASE("extract(#'DOW', DATE '2024-05-05')", "1"),
        CASE("extract(#'ISODOW', DATE '2024-05-05')", "7"),
        CASE("extract(#'DOY', DATE '2024-12-31')", "366"),
        CASE("extract(#'CENTURY', DATE '2000-12-31')", "20"),
        CASE("extract(#'DECADE', DATE '2024-12-31')", "202"),
        CASE("extract(#'MILLENNIUM', DATE '2001-01-01')", "3"),
        CASE("extract(#'HOUR', TIMESTAMP '1969-12-31 23:34:56')", "23"),
        CASE("extract(#'MINUTE', TIME '12:34:56')", "34"),
        CASE("extract(#'SECOND', TIMESTAMP '2024-05-01 12:34:56.789')", "56"),
        CASE("extract(#'MILLISECOND', TIMESTAMP '2024-05-01 12:34:56.789')", "789"),
        CASE("extract(#'EPOCH', TIMESTAMP '1970-01-02 00:00:00')", "86400"),
        CASE("extract(#'HOUR', TIMESTAMP_LTZ '2024-05-01 12:00:00Z')", "14"),
        CASE("extract(#'EPOCH', TIMESTAMP_LTZ '1970-01-01 00:00:01Z')", "1"),
        CASE("extract(#'fortnight', DATE '2024-05-31')", "!22000"),
        CASE("extract(#'HOUR', MICROSECONDS 93784000000)", "2"),
        CASE("extract(#'DAY', MICROSECONDS 93784000000)", "1"),
        CASE("extract(#'YEAR', MONTHS 30)", "2"),
        CASE("year(DATE '2024-05-01')", "2024"),
        CASE("quarter(DATE '2024-05-01')", "2"),
        CASE("month(TIMESTAMP '2024-05-01 00:00:00')", "5"),
        CASE("week(DATE '2024-05-01')", "18"),
        CASE("dayofyear(DATE '2024-02-01')", "32"),
        CASE("dayofmonth(DATE '2024-02-01')", "1"),
        CASE("dayofweek(DATE '2024-05-01')", "4"),
        CASE("hour(TIMESTAMP '2024-05-01 12:34:56')", "12"),
        CASE("minute(TIMESTAMP '2024-05-01 12:34:56')", "34"),
        CASE("second(TIMESTAMP '2024-05-01 12:34:56')", "56"),
        CASE("year('2024-05-01')", "2024"),
        CASE("hour(NULL::timestamp)", "NULL"),
        CASE("hour(5)", "!42804"),
    };
    TEXT_CHECK_ALL(tests);
}

static void test_arithmetic(void **state) {
    (void)state;
    static const struct text_case tests[] = {
        CASE("\"+\"(TIMESTAMP '2024-05-01 12:00:00', MICROSECONDS 1500000)", "2024-05-01 12:00:01"),
        TYPED("\"+\"(TIMESTAMP '2024-05-01 12:00:00.000', MICROSECONDS 1500000)", "2024-05-01 12:00:01.500",
              "TIMESTAMP(3) NOT NULL"),
        CASE("\"+\"(MICROSECONDS 1000000, TIMESTAMP '2024-05-01 12:00:00')", "2024-05-01 12:00:01"),
        CASE("\"-\"(TIMESTAMP '2024-05-01 00:00:00', MICROSECONDS 1000000)", "2024-04-30 23:59:59"),
        CASE("\"+\"(TIMESTAMP '2024-01-31 12:00:00', MONTHS 1)", "2024-02-29 12:00:00"),
        CASE("\"-\"(TIMESTAMP '2024-03-31 12:00:00', MONTHS 1)", "2024-02-29 12:00:00"),
        CASE("\"+\"(MONTHS 12, DATE '2024-02-29')", "2025-02-28"),
        TYPED("\"+\"(DATE '2024-05-01', #MICROSECONDS 86400000000)", "2024-05-02", "DATE NOT NULL"),
        TYPED("\"-\"(DATE '2024-05-01', #MICROSECONDS 3600000000)", "2024-04-30 23:00:00.000", "TIMESTAMP(3) NOT NULL"),
        CASE("\"+\"(TIME '23:30:00', MICROSECONDS 3600000000)", "00:30:00"),
        CASE("\"-\"(TIME '00:30:00', MICROSECONDS 3600000000)", "23:30:00"),
        CASE("\"=\"(\"-\"(TIMESTAMP '2024-05-02 00:00:00', TIMESTAMP '2024-05-01 00:00:00'), MICROSECONDS 86400000000)",
             "TRUE"),
        CASE("\"=\"(\"-\"(DATE '2024-05-02', DATE '2024-05-01'), MICROSECONDS 86400000000)", "TRUE"),
        CASE("\"=\"(\"*\"(MICROSECONDS 5, 3), MICROSECONDS 15)", "TRUE"),
        CASE("\"=\"(\"*\"(3, MICROSECONDS 5), MICROSECONDS 15)", "TRUE"),
        CASE("\"=\"(\"*\"(MICROSECONDS 5, 1.5), MICROSECONDS 8)", "TRUE"),
        CASE("\"=\"(\"*\"(2, MONTHS 3), MONTHS 6)", "TRUE"),
        CASE("\"=\"(\"/\"(MICROSECONDS 9, 3), MICROSECONDS 3)", "TRUE"),
        CASE("\"/\"(MICROSECONDS 9, 0)", "!22012"),
        CASE("\"=\"(\"+\"(MICROSECONDS 5, MICROSECONDS 3), MICROSECONDS 8)", "TRUE"),
        CASE("\"=\"(negate(MICROSECONDS 5), MICROSECONDS -5)", "TRUE"),
        CASE("\"+\"(TIMESTAMP '2024-05-01 12:00:00', MICROSECONDS 9223372036854775807)", "!22003"),
        CASE("\"+\"(TIMESTAMP '9999-05-01 12:00:00', MONTHS 100000)", "!22003"),
        CASE("\"+\"(NULL::timestamp, MONTHS 1)", "NULL"),
        CASE("timestampadd(#'WEEK', 1, DATE '2024-05-01')", "2024-05-08"),
        CASE("timestampadd(#'MONTH', -2, TIMESTAMP '2024-04-30 01:00:00')", "2024-02-29 01:00:00"),
        CASE("timestampadd(#'HOUR', 5, DATE '2024-05-01')", "2024-05-01 05:00:00.000"),
        CASE("timestampadd(#'EPOCH', 1, TIMESTAMP '2024-04-30 01:00:00')", "!22000"),
        TYPED("timestampdiff(#'DAY', TIMESTAMP '2003-01-02 10:00:00', TIMESTAMP '2003-01-03 10:00:00')", "1",
              "INT NOT NULL"),
        CASE("timestampdiff(#'DAY', TIMESTAMP '2003-01-02 10:00:00', TIMESTAMP '2003-01-03 09:59:59')", "0"),
        CASE("timestampdiff(#'MONTH', TIMESTAMP '2024-01-31 10:00:00', TIMESTAMP '2024-02-29 10:00:00')", "1"),
        CASE("timestampdiff(#'MONTH', TIMESTAMP '2024-03-31 10:00:00', TIMESTAMP '2024-01-01 00:00:00')", "-2"),
        CASE("timestampdiff(#'YEAR', DATE '2020-02-29', DATE '2024-02-28')", "3"),
        CASE("timestampdiff(#'SECOND', TIMESTAMP '0001-01-01 00:00:00', TIMESTAMP '2024-01-01 00:00:00')", "!22003"),
        CASE("at_time_zone(TIMESTAMP_LTZ '2024-05-01 12:00:00Z', 'America/New_York')", "2024-05-01 08:00:00.000"),
        CASE("\"=\"(at_time_zone(TIMESTAMP '2024-05-01 08:00:00', 'America/New_York'), TIMESTAMP_LTZ '2024-05-01 "
             "12:00:00Z')",
             "TRUE"),
        CASE("at_time_zone(TIMESTAMP '2024-05-01 08:00:00', 'Mars/Olympus')", "!22000"),
        CASE("convert_tz('1970-01-01 00:00:00', 'UTC', 'America/Los_Angeles')", "1969-12-31 16:00:00"),
        CASE("convert_tz('nonsense', 'UTC', 'America/Los_Angeles')", "NULL"),
    };
    TEXT_CHECK_ALL(tests);
}

static void test_rounding(void **state) {
    (void)state;
    static const struct text_case tests[] = {
        CASE("floor(TIMESTAMP '2024-05-01 12:34:56.789', #'MINUTE')", "2024-05-01 12:34:00.000"),
        CASE("ceil(TIMESTAMP '2024-05-01 12:34:56.789', #'MINUTE')", "2024-05-01 12:35:00.000"),
        CASE("ceil(TIMESTAMP '2024-05-01 12:34:00', #'MINUTE')", "2024-05-01 12:34:00"),
        CASE("floor(TIMESTAMP '1969-12-31 23:59:59', #'HOUR')", "1969-12-31 23:00:00"),
        CASE("floor(TIMESTAMP '2024-05-01 12:34:56', #'DAY')", "2024-05-01 00:00:00"),
        CASE("floor(DATE '2024-05-01', #'WEEK')", "2024-04-28"),
        CASE("ceil(DATE '2024-05-01', #'WEEK')", "2024-05-05"),
        CASE("floor(DATE '2024-05-17', #'MONTH')", "2024-05-01"),
        CASE("ceil(DATE '2024-12-17', #'MONTH')", "2025-01-01"),
        CASE("floor(DATE '2024-05-17', #'QUARTER')", "2024-04-01"),
        CASE("ceil(DATE '2024-11-17', #'QUARTER')", "2025-01-01"),
        CASE("floor(DATE '2024-05-17', #'YEAR')", "2024-01-01"),
        CASE("ceil(DATE '2024-01-01', #'YEAR')", "2024-01-01"),
        CASE("floor(DATE '2024-05-17', #'DECADE')", "2020-01-01"),
        CASE("floor(DATE '2000-05-17', #'CENTURY')", "1901-01-01"),
        CASE("date_trunc(#'hour', TIMESTAMP '2024-05-01 12:34:56.789')", "2024-05-01 12:00:00.000"),
        CASE("date_trunc(#'week', DATE '2024-05-01')", "2024-04-29"),
        CASE("\"=\"(floor(TIMESTAMP_LTZ '2024-05-01 23:30:00Z', #'DAY'), TIMESTAMP_LTZ '2024-05-01 22:00:00Z')",
             "TRUE"),
        CASE("date_trunc(#'epoch', TIMESTAMP '2024-05-01 12:34:56.789')", "!22000"),
    };
    TEXT_CHECK_ALL(tests);
}

static void test_text(void **state) {
    (void)state;
    static const struct text_case tests[] = {
        CASE("date_format(TIMESTAMP '2024-05-01 12:34:56.789', 'yyyy-MM-dd')", "2024-05-01"),
        CASE("date_format(TIMESTAMP '2024-05-01 02:03:04.789', 'yyyy/MM/dd HH:mm:ss.SSS')", "2024/05/01 02:03:04.789"),
        CASE("date_format(TIMESTAMP '2024-05-01 14:03:04', 'E, d MMM yy, h:m a')", "Wed, 1 May 24, 2:3 PM"),
        CASE("date_format(TIMESTAMP '2024-05-01 14:03:04', 'EEEE MMMM D Q w k''oclock'' ''''')",
             "Wednesday May 122 2 18 14oclock '"),
        CASE("date_format(TIMESTAMP_LTZ '2024-05-01 12:00:00Z', 'HH:mm XXX')", "14:00 +02:00"),
        CASE("date_format('2024-05-01 12:00:00', 'HH')", "12"),
        CASE("date_format(TIMESTAMP '2024-05-01 14:03:04', 'yyyy-jj')", "!22000"),
        CASE("date_format(NULL::timestamp, 'yyyy')", "NULL"),
        TYPED("to_timestamp('2024-05-01 12:34:56')", "2024-05-01 12:34:56.000", "TIMESTAMP(3)"),
        CASE("to_timestamp('01/05/2024 07-30', 'dd/MM/yyyy HH-mm')", "2024-05-01 07:30:00.000"),
        CASE("to_timestamp('2024-05-01T12:34:56.5', 'yyyy-MM-dd''T''HH:mm:ss.S')", "2024-05-01 12:34:56.500"),
        CASE("to_timestamp('1 May 2024 3 PM', 'd MMM yyyy h a')", "2024-05-01 15:00:00.000"),
        CASE("to_timestamp('2024-02-30 12:34:56')", "NULL"),
        CASE("to_timestamp('2024-02-30', 'yyyy-MM-dd')", "NULL"),
        CASE("to_timestamp('soon')", "NULL"),
        CASE("to_timestamp('2024', 'yyyy-MM')", "NULL"),
        TYPED("\"=\"(to_timestamp_ltz(1714564800000, 3), TIMESTAMP_LTZ '2024-05-01 12:00:00Z')", "TRUE", "BOOLEAN"),
        CASE("\"=\"(to_timestamp_ltz(1714564800, 0), TIMESTAMP_LTZ '2024-05-01 12:00:00Z')", "TRUE"),
        CASE("\"=\"(to_timestamp_ltz(1714564800.0, 0), TIMESTAMP_LTZ '2024-05-01 12:00:00Z')", "TRUE"),
        CASE("to_timestamp_ltz(1714564800, 1)", "!22000"),
        CASE("to_timestamp_ltz(9223372036854775807, 0)", "NULL"),
        CASE("\"=\"(to_timestamp_ltz('2024-05-01 12:00:00'), TIMESTAMP_LTZ '2024-05-01 12:00:00Z')", "TRUE"),
        CASE("\"=\"(to_timestamp_ltz('2024-05-01 21:00', 'yyyy-MM-dd HH:mm', 'Asia/Tokyo'), "
             "TIMESTAMP_LTZ '2024-05-01 12:00:00Z')",
             "TRUE"),
        CASE("to_timestamp_ltz('2024-05-01 21:00', 'yyyy-MM-dd HH:mm', 'Nowhere')", "!22000"),
        CASE("to_date('2024-05-01')", "2024-05-01"),
        CASE("to_date('20240501', 'yyyyMMdd')", "2024-05-01"),
        CASE("to_date('nope')", "NULL"),
        CASE("unix_timestamp('1970-01-01 01:00:01')", "1"),
        CASE("unix_timestamp('1970-01-01', 'yyyy-MM-dd')", "-3600"),
        CASE("from_unixtime(44)", "1970-01-01 01:00:44"),
        CASE("from_unixtime(1714564800, 'yyyy-MM-dd HH')", "2024-05-01 14"),
        CASE("from_unixtime(9223372036854775807)", "!22003"),
    };
    TEXT_CHECK_ALL(tests);
}

static void test_now(void **state) {
    (void)state;
    static const struct text_case tests[] = {
        TYPED("\"=\"(now(), TIMESTAMP_LTZ '2024-05-01 12:00:00Z')", "TRUE", "BOOLEAN NOT NULL"),
        CASE("\"=\"(current_timestamp(), TIMESTAMP_LTZ '2024-05-01 12:00:00Z')", "TRUE"),
        CASE("\"=\"(proctime(), TIMESTAMP_LTZ '2024-05-01 12:00:00.123Z')", "TRUE"),
        CASE("localtimestamp()", "2024-05-01 14:00:00.000"),
        CASE("current_date()", "2024-05-01"),
        CASE("current_time()", "14:00:00"),
        CASE("localtime()", "14:00:00"),
        CASE("unix_timestamp()", "1714564800"),
        CASE("current_watermark(TIMESTAMP '2024-05-01 12:00:00')", "NULL"),
    };
    TEXT_CHECK_ALL(tests);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_extract), cmocka_unit_test(test_arithmetic), cmocka_unit_test(test_rounding),
        cmocka_unit_test(test_text),    cmocka_unit_test(test_now),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
