/* status_test.c: error records, and the table of status codes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/status.h"
#include "core/base/str.h"

static enum status fails(struct error *error) {
    return FAIL_AT(error, 7, STATUS_UNDEFINED_COLUMN, "column \"%s\" does not exist", "temprature");
}

static enum status passes_on(struct error *error) {
    TRY(fails(error));
    return STATUS_OK;
}

static void failure_travels(void **state) {
    (void)state;
    struct error error = {0};
    assert_int_equal(passes_on(&error), STATUS_UNDEFINED_COLUMN);
    assert_int_equal(error.status, STATUS_UNDEFINED_COLUMN);
    assert_string_equal(error.message, "column \"temprature\" does not exist");
    assert_int_equal(error.position, 7);
    assert_non_null(strstr(error.source_file, "status_test.c"));
    error_detail(&error, "columns are %s", "city, temp");
    error_hint(&error, "did you mean \"%s\"?", "temp");
    assert_string_equal(error.detail, "columns are city, temp");
    assert_string_equal(error.hint, "did you mean \"temp\"?");
    error.retriable = true;
    assert_int_equal(FAIL(&error, STATUS_FILE_ERROR, "other"), STATUS_FILE_ERROR); /* nothing of the first is left */
    assert_string_equal(error.detail, "");
    assert_string_equal(error.hint, "");
    assert_int_equal(error.position, 0);
    assert_false(error.retriable);
    error_reset(&error);
    assert_int_equal(error.status, STATUS_OK);
    assert_string_equal(error.message, "");
}

static void no_record_wanted(void **state) {
    (void)state;
    assert_int_equal(passes_on(NULL), STATUS_UNDEFINED_COLUMN);
    error_detail(NULL, "x");
    error_hint(NULL, "x");
    error_reset(NULL);
}

static void long_text_is_cut_between_characters(void **state) {
    (void)state;
    char text[1200];
    for (size_t shift = 0; shift < 4; shift++) {
        memset(text, 'a', shift);
        for (size_t i = shift; i + 4 < sizeof text; i += 3)
            memcpy(text + i, "\xE2\x82\xAC", 4);
        struct error error = {0};
        FAIL(&error, STATUS_INTERNAL, "%s", text);
        size_t size = strlen(error.message);
        assert_in_range(size, sizeof error.message - 4, sizeof error.message - 1);
        assert_int_equal(utf8_validate(error.message, size), size);
    }
}

static void every_code_has_its_row(void **state) {
    (void)state;
    assert_string_equal(status_sqlstate(STATUS_OK), "00000");
    assert_string_equal(status_sqlstate(STATUS_SYNTAX_ERROR), "42601");
    assert_string_equal(status_name(STATUS_SYNTAX_ERROR), "SYNTAX_ERROR");
    for (int i = 0; i < STATUS_COUNT; i++) {
        const char *sqlstate = status_sqlstate((enum status)i);
        assert_int_equal(strlen(sqlstate), 5);
        assert_int_equal(strspn(sqlstate, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"), 5);
        assert_true(strlen(status_summary((enum status)i)) > 0);
        for (int j = 0; j < i; j++)
            assert_string_not_equal(sqlstate, status_sqlstate((enum status)j));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(failure_travels),
        cmocka_unit_test(no_record_wanted),
        cmocka_unit_test(long_text_is_cut_between_characters),
        cmocka_unit_test(every_code_has_its_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
