/* lexer_test.c: bytes to tokens: encodings, comments, hints, bare settings; and scripts of any length. */
#include "tests/unit/grammar/tree.h"

static void check(const char *text, size_t size, const char *expected) {
    struct strbuf tree;
    print_script(&tree, (struct str){text, size});
    assert_string_equal(strbuf_text(&tree), expected);
    strbuf_release(&tree);
}
#define CHECK(literal, expected) check(literal, sizeof(literal) - 1, expected)

static void test_invalid_utf8_is_refused_at_its_place(void **state) {
    (void)state;
    CHECK("SELECT 'a\xff'", "22021 10: text is not valid UTF-8: byte 0xFF");
    CHECK("SELECT `a\xc3`", "22021 10: text is not valid UTF-8: byte 0xC3");
    CHECK("SELECT a\xc0\x80", "22021 9: text is not valid UTF-8: byte 0xC0");
    CHECK("SELECT \xed\xa0\x80", "22021 8: text is not valid UTF-8: byte 0xED");
    CHECK("SELECT 1 -- \xfe\n", "22021 13: text is not valid UTF-8: byte 0xFE");
    CHECK("SELECT 1 /* \x80 */", "22021 13: text is not valid UTF-8: byte 0x80");
    CHECK("SELECT 'abc\xf0\x9f\x98", "22021 12: text is not valid UTF-8: byte 0xF0");
    CHECK("\xf8", "22021 1: text is not valid UTF-8: byte 0xF8");
}

static void test_nul_is_refused_at_its_place(void **state) {
    (void)state;
    CHECK("SELECT\0 1", "22021 7: text contains a NUL byte");
    CHECK("SELECT 'a\0b'", "22021 10: text contains a NUL byte");
    CHECK("SELECT `\0`", "22021 9: text contains a NUL byte");
    CHECK("SELECT 1 -- \0", "22021 13: text contains a NUL byte");
    CHECK("SELECT 1 /*\0*/", "22021 12: text contains a NUL byte");
    CHECK("SET a = b\0c", "22021 10: text contains a NUL byte");
    CHECK("\0", "22021 1: text contains a NUL byte");
}

static void test_unicode(void **state) {
    (void)state;
    CHECK("\xEF\xBB\xBFSELECT größe AS `naïve` FROM 表", "(select (as \"naïve\" größe) (from 表))");
    CHECK("SELECT\xC2\xA0'日本 😀'\xE3\x80\x80x", "(select (as x '日本 😀'))");
    CHECK("SELECT U&'\\D83D\\DE00', E'\\uD83D\\uDE00\\U0001F600'", "(select '😀' '😀😀')");
}

static void test_comments_and_hints(void **state) {
    (void)state;
    CHECK("SELECT 1 -- no ' end ;\n, 2", "(select 1 2)");
    CHECK("SELECT /* a /* b */ 1", "(select 1)");
    CHECK("SELECT */**/ FROM t", "(select * (from t))");
    CHECK("SELECT 2*/*x*/3", "(select (* 2 3))");
    CHECK("SELECT 1-- comment at the end", "(select 1)");
    CHECK("SELECT 1 /**/", "(select 1)");
    CHECK("SELECT a FROM t /*+ OPTIONS('a'='*/') */", "(select a (from (table t (hint OPTIONS (options a='*/')))))");
    CHECK("-- nothing", "");
    CHECK(" \n\t\r ;;; ", "");
    CHECK("", "");
}

static void test_quotes(void **state) {
    (void)state;
    CHECK("SELECT '', '''', `a``b`, \"a\"\"b\", '`\"'", "(select '' ''' \"a`b\" \"a\"b\" '`\"')");
    CHECK("SELECT 'a\nb'", "(select 'a\nb')");
    CHECK("SELECT E'it\\'s', E'it''s', 'back\\slash'", "(select 'it's' 'it's' 'back\\slash')");
}

static void test_numbers(void **state) {
    (void)state;
    CHECK("SELECT 007, 0.50, 1E-3, 1.5e+2, 9223372036854775807, 9223372036854775808",
          "(select 7 0.50m 0.001e 150e 9223372036854775807 9223372036854775808m)");
    CHECK("SELECT 1-1, 1 -1, a-1", "(select (- 1 1) (- 1 1) (- a 1))");
    CHECK("SELECT - 9223372036854775809", "(select -9223372036854775809m)");
    CHECK("SELECT 1H, 2M3S", "(select (duration 3600000000us) (duration 123000000us))");
    CHECK("SELECT 10 s", "(select (as s 10))");
}

static void test_operators(void **state) {
    (void)state;
    CHECK("SELECT a<b,a<=b,a<>b,a!=b,a>=b,a::int,a||b",
          "(select (< a b) (<= a b) (<> a b) (<> a b) (>= a b) (cast a int) "
          "(|| a b))");
    CHECK("SELECT a<-1, a>-b", "(select (< a -1) (> a (negate b)))");
}

static void test_bare_settings(void **state) {
    (void)state;
    CHECK("set a.b=c", "(set (key 'a.b') (value 'c'))");
    CHECK("SET a = 1 2  3 \n;SELECT 1", "(set (key 'a') (value '1 2  3')); (select 1)");
    CHECK("SET a = b\nSELECT 1", "42601 11: syntax error at \"SELECT\"");
    CHECK("SET /* c */ a -- d\n = -- e\n b", "(set (key 'a') (value 'b'))");
    CHECK("SET a = 'x' 'y'", "42601 13: syntax error at \"'y'\"");
    CHECK("SET a = gs://bucket/path?x=1&y=2#z", "(set (key 'a') (value 'gs://bucket/path?x=1&y=2#z'))");
    CHECK("UPDATE t SET a = b", "(update t (set a b))");
}

/* Many statements, one arena for each: positions go on counting from the start of the text. */
static void test_a_long_script_is_streamed(void **state) {
    (void)state;
    struct strbuf text;
    strbuf_init(&text);
    unsigned statements = 0;
    for (; text.size < 5 * 1024 * 1024; statements++)
        strbuf_printf(&text, "-- number %u\nSELECT a, 'text ; text', b + %u FROM t%u WHERE x = 1;\n", statements,
                      statements, statements);
    struct arena arena;
    arena_init(&arena);
    size_t largest = 0;
    unsigned seen = 0;
    for (size_t offset = 0;;) {
        struct ast_statement *statement;
        struct error error = {0};
        assert_int_equal(sql_parse_next(&arena, strbuf_str(&text), &offset, &statement, &error), STATUS_OK);
        if (statement == NULL)
            break;
        assert_memory_equal(text.data + statement->position - 1, "SELECT a", 8);
        assert_int_equal(text.data[statement->end - 1], ';');
        const struct ast_select *select = statement->query->body->select;
        assert_int_equal(select->items.items[2].expression->call.arguments.items[1].expression->literal.integer, seen);
        seen++;
        largest = arena.size_bytes > largest ? arena.size_bytes : largest;
        arena_reset(&arena);
    }
    assert_int_equal(seen, statements);
    assert_true(largest < 64 * 1024);
    arena_release(&arena);
    strbuf_release(&text);
}

static void test_one_huge_statement(void **state) {
    (void)state;
    struct strbuf text;
    strbuf_init(&text);
    strbuf_append_text(&text, "INSERT INTO t VALUES (0, 'a')");
    unsigned rows = 1;
    for (; text.size < 5 * 1024 * 1024; rows++)
        strbuf_printf(&text, ", (%u, 'a')", rows);
    struct arena arena;
    struct ast_script script;
    struct error error = {0};
    arena_init(&arena);
    assert_int_equal(sql_parse(&arena, strbuf_str(&text), &script, &error), STATUS_OK);
    const struct ast_query_body *body = script.items[0]->insert->query->body;
    assert_int_equal(body->values.count, rows);
    assert_int_equal(body->values.items[rows - 1].items[0]->literal.integer, rows - 1);
    arena_release(&arena);
    strbuf_release(&text);
}

/* After a failure the offset is behind the wrong statement. */
static void test_going_on_after_a_failure(void **state) {
    (void)state;
    struct str text =
        STR("SELECT 1; SELECT FROM; EXECUTE STATEMENT SET BEGIN INSERT INTO; INSERT INTO t SELECT 1; END; "
            "SELECT ';' @; SELECT 2");
    static const char *const expected[] = {"(select 1)", NULL, NULL, NULL, "(select 2)"};
    struct arena arena;
    arena_init(&arena);
    size_t offset = 0;
    for (size_t i = 0; i < COUNT_OF(expected); i++) {
        struct ast_statement *statement;
        struct error error = {0};
        enum status status = sql_parse_next(&arena, text, &offset, &statement, &error);
        assert_int_equal(status == STATUS_OK, expected[i] != NULL);
        if (expected[i]) {
            struct strbuf tree;
            strbuf_init(&tree);
            ast_print_statement(&tree, statement);
            assert_string_equal(strbuf_text(&tree), expected[i]);
            strbuf_release(&tree);
        }
    }
    assert_int_equal(offset, text.size);
    arena_release(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_invalid_utf8_is_refused_at_its_place),
        cmocka_unit_test(test_nul_is_refused_at_its_place),
        cmocka_unit_test(test_unicode),
        cmocka_unit_test(test_comments_and_hints),
        cmocka_unit_test(test_quotes),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_operators),
        cmocka_unit_test(test_bare_settings),
        cmocka_unit_test(test_a_long_script_is_streamed),
        cmocka_unit_test(test_one_huge_statement),
        cmocka_unit_test(test_going_on_after_a_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
