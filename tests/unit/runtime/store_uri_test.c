/* store_uri_test.c: addresses of stores in parts, escapes, and the INI files of credentials. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/arena.h"
#include "runtime/store/percent.h"
#include "runtime/store/s3_credentials.h"
#include "runtime/store/store_uri.h"

static void parts(void **state) {
    (void)state;
    static const struct {
        const char *text, *scheme, *authority, *path;
    } cases[] = {
        {"file:///a/b%20c/", "file", "", "/a/b c"},   {"file:///", "file", "", "/"},
        {"S3://bucket", "s3", "bucket", ""},          {"s3://bucket/", "s3", "bucket", ""},
        {"s3://bucket/a/b//", "s3", "bucket", "a/b"}, {"gs://b?x=1", "gs", "b", ""},
        {"gs://b/p?x=1&y=a%2Fb", "gs", "b", "p"},
    };
    struct arena arena;
    arena_init(&arena);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct store_uri uri;
        struct error error;
        assert_int_equal(store_uri_parse(cases[i].text, &arena, &uri, &error), STATUS_OK);
        assert_string_equal(uri.scheme, cases[i].scheme);
        assert_string_equal(uri.authority, cases[i].authority);
        assert_string_equal(uri.path, cases[i].path);
    }
    arena_release(&arena);
}

static void options(void **state) {
    (void)state;
    static const char *const known[] = {"region", "endpoint", NULL};
    struct arena arena;
    arena_init(&arena);
    struct store_uri uri;
    struct error error;
    assert_int_equal(store_uri_parse("s3://b/p?endpoint=http%3A%2F%2Fh&region=r", &arena, &uri, &error), STATUS_OK);
    assert_string_equal(store_uri_option(&uri, "endpoint"), "http://h");
    assert_string_equal(store_uri_option(&uri, "region"), "r");
    assert_null(store_uri_option(&uri, "other"));
    assert_int_equal(store_uri_check_options(&uri, known, &error), STATUS_OK);
    assert_int_equal(store_uri_parse("s3://b/p?regoin=r", &arena, &uri, &error), STATUS_OK);
    assert_int_equal(store_uri_check_options(&uri, known, &error), STATUS_INVALID_OPTION);
    assert_string_equal(error.hint, "did you mean \"region\"?");
    assert_int_equal(store_uri_parse("s3://b/p?region", &arena, &uri, &error), STATUS_INVALID_OPTION);
    assert_int_equal(store_uri_parse("s3://b/?a=1&a=2&a=3&a=4&a=5&a=6&a=7&a=8&a=9", &arena, &uri, &error),
                     STATUS_LIMIT_EXCEEDED);
    arena_release(&arena);
}

static void escapes(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena);
    struct strbuf out;
    strbuf_init(&out);
    percent_encode(&out, STR("aZ0-._~/ +=\xC3\xA4"), true);
    assert_string_equal(out.data, "aZ0-._~/%20%2B%3D%C3%A4");
    assert_string_equal(percent_decode(&arena, strbuf_str(&out)), "aZ0-._~/ +=\xC3\xA4");
    strbuf_reset(&out);
    percent_encode(&out, STR("a/b"), false);
    assert_string_equal(out.data, "a%2Fb");
    strbuf_release(&out);
    static const char *const bad[] = {"%", "%4", "a%", "%4g", "%g4", "%00", "x%zz", "%%41"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_null(percent_decode(&arena, str_from(bad[i])));
    assert_string_equal(percent_decode(&arena, STR("%41%6a%6A")), "Ajj");
    arena_release(&arena);
}

static void ini(void **state) {
    (void)state;
    static const char text[] = "x=0\n[default]\n# x=1\n x = nested\nx = 2 \r\ny=a=b\n[profile p]\nx=3\n[default]\nz=4";
    struct arena arena;
    arena_init(&arena);
    assert_string_equal(s3_credentials_ini(str_from(text), "[default]", "x", &arena), "2");
    assert_string_equal(s3_credentials_ini(str_from(text), "[default]", "y", &arena), "a=b");
    assert_string_equal(s3_credentials_ini(str_from(text), "[default]", "z", &arena), "4");
    assert_string_equal(s3_credentials_ini(str_from(text), "[profile p]", "x", &arena), "3");
    assert_null(s3_credentials_ini(str_from(text), "[profile p]", "y", &arena));
    assert_null(s3_credentials_ini(str_from(""), "[default]", "x", &arena));
    arena_release(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts),
        cmocka_unit_test(options),
        cmocka_unit_test(escapes),
        cmocka_unit_test(ini),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
