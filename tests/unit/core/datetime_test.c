/* datetime_test.c: calendar, text forms, time zones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <time.h>

#include "core/data/datetime.h"

static struct strbuf text;

static const char *timestamp_text(int64_t timestamp_us, unsigned precision) {
    strbuf_reset(&text);
    timestamp_print(&text, timestamp_us, precision);
    return strbuf_text(&text);
}

static int64_t at(const char *timestamp) {
    int64_t timestamp_us = -1;
    assert_true(timestamp_parse(str_from(timestamp), &timestamp_us, NULL, NULL));
    return timestamp_us;
}

static void calendar(void **state) {
    (void)state;
    /* Every day of 0001 … 9999 in steps of 13, against its neighbours and gmtime. */
    for (int32_t days = days_from_civil(1, 1, 1); days <= days_from_civil(9999, 12, 31); days += 13) {
        int32_t year;
        unsigned month, day;
        civil_from_days(days, &year, &month, &day);
        assert_int_equal(days_from_civil(year, month, day), days);
        time_t seconds = (time_t)days * 86400;
        struct tm expected;
        gmtime_r(&seconds, &expected);
        assert_int_equal(year, expected.tm_year + 1900);
        assert_int_equal(month, expected.tm_mon + 1);
        assert_int_equal(day, expected.tm_mday);
    }
    assert_int_equal(floor_divide(-1, 10), -1);
    assert_int_equal(floor_divide(-10, 10), -1);
    assert_int_equal(floor_divide(9, 10), 0);
}

static void adding_months(void **state) {
    (void)state;
    assert_int_equal(timestamp_add_months(at("2024-01-31 10:00:00"), 1), at("2024-02-29 10:00:00"));
    assert_int_equal(timestamp_add_months(at("2024-03-31"), -13), at("2023-02-28"));
    assert_int_equal(timestamp_add_months(at("1969-12-31 23:59:59.999999"), 12), at("1970-12-31 23:59:59.999999"));
    assert_int_equal(timestamp_add_months(0, INT64_MAX), INT64_MAX);
    assert_int_equal(timestamp_add_months(at("2024-05-15"), -5), at("2023-12-15"));
}

static void parsing(void **state) {
    (void)state;
    assert_int_equal(at("1970-01-01"), 0);
    assert_int_equal(at("1970-01-01 00:00:01.5"), 1500000);
    assert_int_equal(at("1970-01-01T00:01"), 60 * US_PER_SECOND);
    assert_int_equal(at("1969-12-31 23:59:59.999999"), -1);
    assert_int_equal(at("1970-01-01 00:00:00.123456789"), 123456);
    int64_t timestamp_us, offset_us;
    bool has_zone;
    assert_true(timestamp_parse(STR("2024-05-01T12:00:00+02:00"), &timestamp_us, &has_zone, &offset_us));
    assert_true(has_zone && offset_us == 2 * US_PER_HOUR && timestamp_us == at("2024-05-01 12:00:00"));
    assert_true(timestamp_parse(STR("2024-05-01 12:00:00.5 -0330"), &timestamp_us, &has_zone, &offset_us));
    assert_true(has_zone && offset_us == -(3 * US_PER_HOUR + 30 * US_PER_MINUTE));
    assert_true(timestamp_parse(STR("2024-05-01T12:00:00Z"), &timestamp_us, &has_zone, &offset_us));
    assert_true(has_zone && offset_us == 0);
    static const char *const wrong[] = {"",
                                        "2024",
                                        "2024-13-01",
                                        "2023-02-29",
                                        "2024-05-01 24:00:00",
                                        "2024-05-01x",
                                        "2024-05-01 12",
                                        "2024-05-01 12:00:00.",
                                        "0000-01-01",
                                        "2024-05-01 12:00:60",
                                        "2024-05-01 12:00:00+19:00",
                                        "2024-05-01 12:00:00 ",
                                        "2024-05-01 ",
                                        "24-05-01",
                                        "2024-05-01 12:00:00 UTC",
                                        "2024-05-01 12:00:00+"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        if (timestamp_parse(str_from(wrong[i]), &timestamp_us, &has_zone, &offset_us))
            fail_msg("accepted \"%s\"", wrong[i]);
    int64_t time_us;
    assert_true(time_parse(STR("23:59:59.999"), &time_us) && time_us == US_PER_DAY - 1000);
    assert_false(time_parse(STR("23"), &time_us));
    int32_t days;
    assert_true(date_parse(STR("2000-02-29"), &days) && days == 11016);
    assert_false(date_parse(STR("2000-02-29 00:00"), &days));
}

static void printing(void **state) {
    (void)state;
    assert_string_equal(timestamp_text(at("2024-05-01 12:00:00.123456"), 3), "2024-05-01 12:00:00.123");
    assert_string_equal(timestamp_text(at("2024-05-01 12:00:00.129"), 0), "2024-05-01 12:00:00");
    assert_string_equal(timestamp_text(-1, 6), "1969-12-31 23:59:59.999999");
    assert_string_equal(timestamp_text(0, 9), "1970-01-01 00:00:00.000000000");
    assert_string_equal(timestamp_text(INT64_MAX, 6), "294247-01-10 04:00:54.775807");
    assert_string_equal(timestamp_text(INT64_MIN, 6), "-290308-12-21 19:59:05.224192");
    strbuf_reset(&text);
    time_print(&text, 45296 * US_PER_SECOND + 7000, 3);
    assert_string_equal(strbuf_text(&text), "12:34:56.007");
}

static void assert_local(const char *zone_name, const char *utc, const char *local) {
    const struct time_zone *zone = time_zone_find(zone_name);
    assert_non_null(zone);
    int64_t utc_us = at(utc);
    assert_string_equal(timestamp_text(utc_us + time_zone_offset_us(zone, utc_us), 0), local);
}

static void zone_offsets(void **state) {
    (void)state;
    assert_local("UTC", "2024-05-01 12:00:00", "2024-05-01 12:00:00");
    assert_local("GMT+02:00", "2024-05-01 12:00:00", "2024-05-01 14:00:00");
    assert_local("-03:30", "2024-05-01 12:00:00", "2024-05-01 08:30:00");
    assert_local("Europe/Berlin", "2024-03-31 00:59:59", "2024-03-31 01:59:59");
    assert_local("Europe/Berlin", "2024-03-31 01:00:00", "2024-03-31 03:00:00");
    assert_local("Europe/Berlin", "2024-10-27 01:00:00", "2024-10-27 02:00:00");
    assert_local("Europe/Berlin", "2150-07-01 00:00:00", "2150-07-01 02:00:00"); /* by the footer's rule */
    assert_local("Europe/Berlin", "2150-01-01 00:00:00", "2150-01-01 01:00:00");
    assert_local("America/New_York", "1970-06-01 12:00:00", "1970-06-01 08:00:00");
    assert_local("Australia/Sydney", "2150-01-15 00:00:00", "2150-01-15 11:00:00"); /* summer over new year */
    assert_local("Asia/Kolkata", "2030-01-01 00:00:00", "2030-01-01 05:30:00");
    assert_local("Europe/Dublin", "2050-07-01 12:00:00",
                 "2050-07-01 13:00:00"); /* winter is the negative summer time */
    assert_ptr_equal(time_zone_find("Europe/Berlin"), time_zone_find("Europe/Berlin"));
    static const char *const unknown[] = {"",       "Mars/Base", "../../etc/passwd", "/etc/passwd", "+25:00",
                                          "Europe", "GMT+x"};
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++)
        assert_null(time_zone_find(unknown[i]));
}

static void local_to_utc(void **state) {
    (void)state;
    const struct time_zone *berlin = time_zone_find("Europe/Berlin");
    assert_int_equal(time_zone_to_utc(berlin, at("2024-07-01 12:00:00")), at("2024-07-01 10:00:00"));
    assert_int_equal(time_zone_to_utc(berlin, at("2024-03-31 02:30:00")), at("2024-03-31 01:30:00")); /* gap: 03:30 */
    assert_int_equal(time_zone_to_utc(berlin, at("2024-10-27 02:30:00")), at("2024-10-27 00:30:00")); /* the earlier */
    assert_int_equal(time_zone_to_utc(berlin, at("2024-10-27 03:00:00")), at("2024-10-27 02:00:00"));
    assert_int_equal(time_zone_to_utc_later(berlin, at("2024-07-01 12:00:00")), at("2024-07-01 10:00:00"));
    assert_int_equal(time_zone_to_utc_later(berlin, at("2024-03-31 02:30:00")), at("2024-03-31 01:30:00"));
    assert_int_equal(time_zone_to_utc_later(berlin, at("2024-10-27 01:59:59")), at("2024-10-26 23:59:59"));
    assert_int_equal(time_zone_to_utc_later(berlin, at("2024-10-27 02:30:00")), at("2024-10-27 01:30:00"));
    assert_int_equal(time_zone_to_utc_later(berlin, INT64_MAX), INT64_MAX);
}

/* Our reader against libc's for every zone name here, over 1901 … 2200. */
static void same_as_libc(void **state) {
    (void)state;
    static const char *const names[] = {"Europe/Berlin",       "America/New_York",  "America/Sao_Paulo",
                                        "Asia/Tokyo",          "Africa/Casablanca", "Pacific/Apia",
                                        "Australia/Lord_Howe", "Asia/Kathmandu"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const struct time_zone *zone = time_zone_find(names[i]);
        assert_non_null(zone);
        setenv("TZ", names[i], 1);
        tzset();
        for (int64_t seconds = -2177452800; seconds < 7258118400; seconds += 86400 * 3 + 1234) {
            time_t time = (time_t)seconds;
            struct tm local;
            localtime_r(&time, &local);
            if (time_zone_offset_us(zone, seconds * US_PER_SECOND) != local.tm_gmtoff * US_PER_SECOND)
                fail_msg("%s at %lld", names[i], (long long)seconds);
        }
    }
    unsetenv("TZ");
    tzset();
}

static int teardown(void **state) {
    (void)state;
    strbuf_release(&text);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calendar),     cmocka_unit_test(adding_months), cmocka_unit_test(parsing),
        cmocka_unit_test(printing),     cmocka_unit_test(zone_offsets),  cmocka_unit_test(local_to_utc),
        cmocka_unit_test(same_as_libc),
    };
    return cmocka_run_group_tests(tests, NULL, teardown);
}
