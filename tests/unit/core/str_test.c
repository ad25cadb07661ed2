/* str_test.c: borrowed and growing strings, and the small parsers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/arena.h"
#include "core/base/array.h"
#include "core/base/base64.h"
#include "core/base/json_string.h"
#include "core/base/str.h"

static void comparing(void **state) {
    (void)state;
    assert_true(str_equal(STR("abc"), STR("abc")));
    assert_false(str_equal(STR("abc"), STR("abd")));
    assert_false(str_equal(STR("abc"), STR("ab")));
    assert_true(str_equal((struct str){0}, STR("")));
    assert_true(str_equal_ignore_case(STR("aBc[\xC3\x84"), STR("AbC[\xC3\x84")));
    assert_false(str_equal_ignore_case(STR("[a"), STR("{a"))); /* 32 apart, but no letters */
    assert_false(str_equal_ignore_case(STR("ab"), STR("abc")));
    assert_true(text_equal_ignore_case("SELECT", "select"));
    assert_false(text_equal_ignore_case("select", "selects"));
    assert_false(text_equal_ignore_case("selects", "select"));
    assert_true(str_compare(STR("a"), STR("b")) < 0);
    assert_true(str_compare(STR("b"), STR("a")) > 0);
    assert_true(str_compare(STR("ab"), STR("abc")) < 0);
    assert_true(str_compare(STR("\xFF"), STR("a")) > 0); /* bytes, not chars */
    assert_int_equal(str_compare(STR("abc"), STR("abc")), 0);
    assert_int_equal(str_compare((struct str){0}, STR("")), 0);
}

static void prefixes_and_trimming(void **state) {
    (void)state;
    assert_true(str_starts_with(STR("table.exec"), STR("table.")));
    assert_false(str_starts_with(STR("table"), STR("table.")));
    assert_true(str_starts_with(STR("x"), (struct str){0}));
    assert_true(str_equal(str_trim(STR(" \t a b\r\n ")), STR("a b")));
    assert_true(str_equal(str_trim(STR("  ")), STR("")));
    assert_true(str_equal(str_trim((struct str){0}), STR("")));
}

static void copies(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena);
    assert_string_equal(str_copy(&arena, (struct str){"abcdef", 3}), "abc");
    assert_string_equal(str_copy(&arena, (struct str){0}), "");
    assert_string_equal(text_lower(&arena, "AbZ-\xC3\x84"), "abz-\xC3\x84");
    arena_release(&arena);
}

static void distances(void **state) {
    (void)state;
    assert_int_equal(text_distance("", "", 3), 0);
    assert_int_equal(text_distance("city", "CITY", 3), 0);
    assert_int_equal(text_distance("city", "ctiy", 3), 1); /* swap */
    assert_int_equal(text_distance("city", "cty", 3), 1);  /* delete */
    assert_int_equal(text_distance("cty", "city", 3), 1);  /* insert */
    assert_int_equal(text_distance("city", "cite", 3), 1); /* replace */
    assert_int_equal(text_distance("kitten", "sitting", 5), 3);
    assert_int_equal(text_distance("kitten", "sitting", 2), 3); /* capped at limit + 1 */
    assert_int_equal(text_distance("a", "abcdefgh", 2), 3);
    char long_a[100], long_b[100];
    memset(long_a, 'a', sizeof long_a - 1);
    memset(long_b, 'A', sizeof long_b - 1);
    long_a[99] = long_b[99] = '\0';
    assert_int_equal(text_distance(long_a, long_b, 3), 0);
    long_b[50] = 'x';
    assert_int_equal(text_distance(long_a, long_b, 3), 4); /* too long to look closer */
}

static void nearest_names(void **state) {
    (void)state;
    static const char *const names[] = {"city", "temperature", "humidity", "ts", "id"};
    assert_string_equal(text_nearest("ciyt", names, COUNT_OF(names)), "city");
    assert_string_equal(text_nearest("temprature", names, COUNT_OF(names)), "temperature");
    assert_string_equal(text_nearest("TEMPERATUR", names, COUNT_OF(names)), "temperature");
    assert_string_equal(text_nearest("tz", names, COUNT_OF(names)), "ts");
    assert_null(text_nearest("country", names, COUNT_OF(names)));
    assert_null(text_nearest("x", names, COUNT_OF(names)));
    assert_null(text_nearest("city", names, 0));
    static const char *const letters[] = {"a", "b"};
    assert_null(text_nearest("c", letters, 2)); /* one letter is never a slip of another */
}

static void durations(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int64_t us;
    } cases[] = {
        {"10s", 10000000},
        {"1h30m", 5400000000},
        {"250ms", 250000},
        {"2d", 172800000000},
        {"5 min", 300000000},
        {"5 MIN", 300000000},
        {"10000", 10000000},
        {"0", 0},
        {"7us", 7},
        {"7\xC2\xB5s", 7},
        {"1w", 604800000000},
        {" 1 day 2 hours ", 93600000000},
        {"1 minute 1 second", 61000000},
        {"3 milliseconds", 3000},
        {"4 microseconds", 4},
        {"2 weeks", 1209600000000},
        {"9223372036854775807us", INT64_MAX},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        int64_t us = -1;
        struct error error = {0};
        assert_int_equal(duration_parse(str_from(cases[i].text), &us, &error), STATUS_OK);
        assert_int_equal(us, cases[i].us);
    }
}

static void bad_durations(void **state) {
    (void)state;
    static const char *const malformed[] = {"",     " ",     "s",    "10 s 5", "10x",   "1h30", "-1s",
                                            "1.5h", "1h-3m", "10ss", "1 2s",   "10 ,s", "+1s"};
    for (size_t i = 0; i < COUNT_OF(malformed); i++) {
        int64_t us;
        struct error error = {0};
        assert_int_equal(duration_parse(str_from(malformed[i]), &us, &error), STATUS_INVALID_TEXT);
        assert_non_null(strstr(error.hint, "1h30m"));
    }
    static const char *const too_long[] = {"9223372036854775808us", "99999999999999999999s", "9223372036855s",
                                           "106751991168d", "9223372036854775807us 1us"};
    for (size_t i = 0; i < COUNT_OF(too_long); i++) {
        int64_t us;
        assert_int_equal(duration_parse(str_from(too_long[i]), &us, NULL), STATUS_OUT_OF_RANGE);
    }
}

static void sizes(void **state) {
    (void)state;
    static const struct {
        const char *text;
        uint64_t bytes;
    } cases[] = {
        {"4096", 4096},        {"64mb", 64ull << 20},    {"1gb", 1ull << 30}, {"512 kb", 512ull << 10},
        {"2 TiB", 2ull << 40}, {"3 mebibytes", 3 << 20}, {"1b", 1},           {"1g", 1ull << 30},
        {" 7 bytes ", 7},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        uint64_t bytes = 0;
        assert_int_equal(size_parse(str_from(cases[i].text), &bytes, NULL), STATUS_OK);
        assert_int_equal(bytes, cases[i].bytes);
    }
    uint64_t bytes;
    struct error error = {0};
    assert_int_equal(size_parse(STR("1 mb 2 kb"), &bytes, &error), STATUS_INVALID_TEXT);
    assert_int_equal(size_parse(STR("mb"), &bytes, &error), STATUS_INVALID_TEXT);
    assert_int_equal(size_parse(STR(""), &bytes, &error), STATUS_INVALID_TEXT);
    assert_int_equal(size_parse(STR("-1"), &bytes, &error), STATUS_INVALID_TEXT);
    assert_int_equal(size_parse(STR("16777216tb"), &bytes, &error), STATUS_OUT_OF_RANGE);
    assert_int_equal(size_parse(STR("18446744073709551616"), &bytes, &error), STATUS_OUT_OF_RANGE);
}

static void integers(void **state) {
    (void)state;
    int64_t value = 0;
    assert_true(int_parse(STR("9223372036854775807"), &value));
    assert_int_equal(value, INT64_MAX);
    assert_true(int_parse(STR("-9223372036854775808"), &value));
    assert_int_equal(value, INT64_MIN);
    assert_true(int_parse(STR("+7"), &value));
    assert_int_equal(value, 7);
    assert_true(int_parse(STR("-0"), &value));
    assert_int_equal(value, 0);
    static const char *const bad[] = {"", "-", "+", "1a", " 1", "9223372036854775808", "-9223372036854775809", "--1"};
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_false(int_parse(str_from(bad[i]), &value));
    assert_false(int_parse((struct str){0}, &value));
}

static void utf8(void **state) {
    (void)state;
    static const struct {
        const char *text;
        size_t valid;
    } cases[] = {
        {"", 0},
        {"plain ascii text", 16},
        {"\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80", 9},
        {"12345678\xC3\xA4", 10},
        {"ab\xC3", 2},           /* cut */
        {"ab\xE2\x82", 2},       /* cut */
        {"a\x80", 1},            /* continuation first */
        {"\xC0\x80", 0},         /* overlong */
        {"\xC1\xBF", 0},         /* overlong */
        {"\xE0\x9F\xBF", 0},     /* overlong */
        {"\xF0\x8F\xBF\xBF", 0}, /* overlong */
        {"\xED\xA0\x80", 0},     /* surrogate */
        {"\xED\x9F\xBF", 3},     /* last before the surrogates */
        {"\xF4\x8F\xBF\xBF", 4}, /* U+10FFFF */
        {"\xF4\x90\x80\x80", 0}, /* above */
        {"\xF5\x80\x80\x80", 0},
        {"12345678901234567\xFF 90", 17},
        {"\xE2\x28\xA1", 0},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_int_equal(utf8_validate(cases[i].text, strlen(cases[i].text)), cases[i].valid);
    assert_int_equal(utf8_validate("a\0b", 3), 3); /* NUL is a character */
}

static void growing(void **state) {
    (void)state;
    struct strbuf buffer;
    strbuf_init(&buffer);
    assert_string_equal(strbuf_text(&buffer), "");
    strbuf_append_text(&buffer, "SELECT");
    strbuf_append_char(&buffer, ' ');
    strbuf_append_str(&buffer, STR("city"));
    strbuf_append(&buffer, NULL, 0);
    strbuf_printf(&buffer, " LIMIT %d", 10);
    assert_string_equal(strbuf_text(&buffer), "SELECT city LIMIT 10");
    assert_true(str_equal(strbuf_str(&buffer), STR("SELECT city LIMIT 10")));
    size_t capacity = buffer.capacity;
    strbuf_reset(&buffer);
    assert_int_equal(buffer.size, 0);
    assert_string_equal(strbuf_text(&buffer), "");
    assert_int_equal(buffer.capacity, capacity);
    strbuf_printf(&buffer, "%0300d", 7); /* longer than the room there is */
    assert_int_equal(buffer.size, 300);
    assert_int_equal(strlen(buffer.data), 300);
    assert_int_equal(buffer.data[299], '7');
    for (int i = 0; i < 10000; i++)
        strbuf_append_char(&buffer, 'x');
    assert_int_equal(buffer.size, 10300);
    assert_int_equal(buffer.data[buffer.size], '\0');
    strbuf_release(&buffer);
    assert_null(buffer.data);
}

/* The vectors of RFC 4648 §10, and bytes that are no text. */
static void base64(void **state) {
    (void)state;
    static const struct {
        struct str bytes;
        const char *text;
    } cases[] = {
        {STR(""), ""},
        {STR("f"), "Zg=="},
        {STR("fo"), "Zm8="},
        {STR("foo"), "Zm9v"},
        {STR("foob"), "Zm9vYg=="},
        {STR("fooba"), "Zm9vYmE="},
        {STR("foobar"), "Zm9vYmFy"},
        {{"\0\xFF\xFE\xFB\xEF\xBE", 6}, "AP/+++++"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct strbuf out;
        strbuf_init(&out);
        strbuf_append_char(&out, '>');
        base64_append(&out, cases[i].bytes);
        assert_string_equal(strbuf_text(&out) + 1, cases[i].text);
        assert_int_equal(out.size, 1 + base64_size(cases[i].bytes.size));
        strbuf_release(&out);
    }
}

static void json_strings(void **state) {
    (void)state;
    struct strbuf out;
    strbuf_init(&out);
    json_string_append(&out, STR(""));
    json_string_append(&out, STR("a \"quoted\" back\\slash/"));
    json_string_append(&out, (struct str){"\b\f\n\r\t\0\x1F\x7F", 8});
    json_string_append(&out, STR("Z\u00fcrich \U0001F600"));
    assert_string_equal(strbuf_text(&out),
                        "\"\"\"a \\\"quoted\\\" back\\\\slash/\"\"\\b\\f\\n\\r\\t\\u0000\\u001f\x7F\""
                        "\"Z\u00fcrich \U0001F600\"");
    strbuf_release(&out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comparing),     cmocka_unit_test(prefixes_and_trimming),
        cmocka_unit_test(copies),        cmocka_unit_test(distances),
        cmocka_unit_test(nearest_names), cmocka_unit_test(durations),
        cmocka_unit_test(bad_durations), cmocka_unit_test(sizes),
        cmocka_unit_test(integers),      cmocka_unit_test(utf8),
        cmocka_unit_test(growing),       cmocka_unit_test(base64),
        cmocka_unit_test(json_strings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
