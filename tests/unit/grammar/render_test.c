/* render_test.c: errors as people see them: the caret stands under the place. */
#include "tests/unit/grammar/tree.h"

static void check(const char *text, sql_position position, const char *expected) {
    struct error error = {0};
    struct strbuf buffer;
    strbuf_init(&buffer);
    FAIL_AT(&error, position, STATUS_SYNTAX_ERROR, "wrong");
    sql_render_error(&buffer, str_from(text), 0, &error);
    assert_string_equal(strbuf_text(&buffer), expected);
    strbuf_release(&buffer);
}

static void test_a_whole_error(void **state) {
    (void)state;
    struct str text = STR("SELECT 1;\n\nSELECT a\n  FORM t");
    struct arena arena;
    struct ast_script script;
    struct error error = {0};
    struct strbuf buffer;
    arena_init(&arena);
    strbuf_init(&buffer);
    assert_int_equal(sql_parse(&arena, text, &script, &error), STATUS_SYNTAX_ERROR);
    assert_int_equal(script.count, 1);
    sql_render_error(&buffer, text, 0, &error);
    assert_string_equal(
        strbuf_text(&buffer),
        "ERROR 42601: syntax error at \"FORM\"\n"
        "line 4, column 3\n"
        "      FORM t\n"
        "      ^\n"
        "DETAIL: expected one of: a name, ',', FROM, WHERE, GROUP, HAVING, ORDER, LIMIT, AS, UNION, EXCEPT, "
        "INTERSECT, ...\n"
        "HINT: did you mean FROM?\n");
    strbuf_release(&buffer);
    arena_release(&arena);
}

static void test_places(void **state) {
    (void)state;
    check("abc", 0, "ERROR 42601: wrong\n");
    check("abc", 99, "ERROR 42601: wrong\n");
    check("abc", 1, "ERROR 42601: wrong\nline 1, column 1\n    abc\n    ^\n");
    check("abc", 4, "ERROR 42601: wrong\nline 1, column 4\n    abc\n       ^\n");
    check("", 1, "ERROR 42601: wrong\nline 1, column 1\n    \n    ^\n");
    check("a\nb\n", 5, "ERROR 42601: wrong\nline 3, column 1\n    \n    ^\n");
    check("a\nb\n", 2, "ERROR 42601: wrong\nline 1, column 2\n    a\n     ^\n");
    check("a\r\nbc\r\n", 5, "ERROR 42601: wrong\nline 2, column 2\n    bc\n     ^\n");
}

static void test_wide_characters_and_tabs(void **state) {
    (void)state;
    check("ü = x", 6, "ERROR 42601: wrong\nline 1, column 5\n    ü = x\n        ^\n");
    check("日本 x", 8, "ERROR 42601: wrong\nline 1, column 4\n    日本 x\n         ^\n");
    check("\ta\tb", 4, "ERROR 42601: wrong\nline 1, column 4\n     a b\n       ^\n");
    check("e\xcc\x81x", 4, "ERROR 42601: wrong\nline 1, column 3\n    e\xcc\x81x\n     ^\n");
    check("a\x01\xff z", 5, "ERROR 42601: wrong\nline 1, column 5\n    a?? z\n        ^\n");
}

static void test_long_lines_are_cut_around_the_caret(void **state) {
    (void)state;
    char line[1001];
    for (int i = 0; i < 1000; i++)
        line[i] = (char)('0' + i / 10 % 10);
    line[1000] = '\0';
    struct error error = {0};
    for (sql_position position = 1; position <= 1001; position++) {
        struct strbuf buffer;
        strbuf_init(&buffer);
        FAIL_AT(&error, position, STATUS_SYNTAX_ERROR, "wrong");
        sql_render_error(&buffer, str_from(line), 0, &error);
        const char *shown = strchr(strchr(buffer.data, '\n') + 1, '\n') + 1;
        const char *caret = strchr(shown, '\n') + 1;
        size_t width = (size_t)(caret - shown - 1);
        size_t column = strspn(caret, " ");
        assert_true(width <= 4 + 3 + 100 + 3);
        assert_int_equal(caret[column], '^');
        if (position <= 1000)
            assert_int_equal(shown[column], line[position - 1]);
        else
            assert_int_equal(column, width);
        strbuf_release(&buffer);
    }
}

static void test_locate(void **state) {
    (void)state;
    unsigned line, column;
    assert_false(sql_locate(STR("a"), 0, &line, &column));
    assert_false(sql_locate(STR("a"), 3, &line, &column));
    assert_true(sql_locate(STR("a\nüb"), 5, &line, &column));
    assert_int_equal(line, 2);
    assert_int_equal(column, 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_whole_error),
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_wide_characters_and_tabs),
        cmocka_unit_test(test_long_lines_are_cut_around_the_caret),
        cmocka_unit_test(test_locate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
