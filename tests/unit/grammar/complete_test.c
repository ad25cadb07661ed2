/* complete_test.c: what an editor asks: is it complete, which tokens are there, what may come next. */
#include "tests/unit/grammar/tree.h"

static void test_is_complete(void **state) {
    (void)state;
    static const char *const complete[] = {
        "",
        "  \n",
        "-- comment\n",
        "/* comment */",
        "SELECT 1;",
        "SELECT 1; -- done",
        "SELECT 1;; ;",
        "SELECT ';' FROM t;",
        "SELECT 1; SELECT 2;\n",
        "EXECUTE STATEMENT SET BEGIN INSERT INTO a SELECT 1; END;",
        "BEGIN STATEMENT SET; INSERT INTO a SELECT CASE WHEN b THEN 1 END; END;",
        "SELECT CASE WHEN a THEN 1 END;",
        "nonsense @ ;",
        "SET a = b;",
    };
    static const char *const incomplete[] = {
        "SELECT 1",
        "SELECT 'a;",
        "SELECT 'it''s;",
        "SELECT `a;",
        "SELECT \"a;",
        "SELECT 1 /* ;",
        "/* comment",
        "SELECT 1; SELECT 2",
        "SELECT 1 -- ;",
        "SELECT E'\\';",
        "EXECUTE STATEMENT SET BEGIN INSERT INTO a SELECT 1;",
        "BEGIN STATEMENT SET;",
        "BEGIN STATEMENT SET; INSERT INTO a SELECT CASE WHEN b THEN 1 END;",
        "BEGIN STATEMENT SET; INSERT INTO a SELECT 1; END",
    };
    for (size_t i = 0; i < COUNT_OF(complete); i++)
        if (!sql_is_complete(str_from(complete[i])))
            fail_msg("%s", complete[i]);
    for (size_t i = 0; i < COUNT_OF(incomplete); i++)
        if (sql_is_complete(str_from(incomplete[i])))
            fail_msg("%s", incomplete[i]);
}

static void test_statement_end(void **state) {
    (void)state;
    struct str text = STR("SELECT 1 ; SELECT 2");
    bool complete;
    assert_int_equal(sql_statement_end(text, 0, &complete), 10);
    assert_true(complete);
    assert_int_equal(sql_statement_end(text, 10, &complete), text.size);
    assert_false(complete);
    assert_int_equal(sql_statement_end(text, text.size, &complete), text.size);
    assert_true(complete);
}

static void test_tokenize(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena);
    struct str text = STR("SELECT a, `b` , 'c' + 10s -- d\nFROM /* e */ @ 'f");
    struct sql_token_ranges ranges;
    sql_tokenize(&arena, text, &ranges);
    static const struct {
        enum sql_token_class class;
        const char *text;
    } expected[] = {
        {SQL_TOKEN_KEYWORD, "SELECT"},  {SQL_TOKEN_NAME, "a"},          {SQL_TOKEN_PUNCTUATION, ","},
        {SQL_TOKEN_QUOTED_NAME, "`b`"}, {SQL_TOKEN_PUNCTUATION, ","},   {SQL_TOKEN_STRING, "'c'"},
        {SQL_TOKEN_OPERATOR, "+"},      {SQL_TOKEN_NUMBER, "10s"},      {SQL_TOKEN_COMMENT, "-- d"},
        {SQL_TOKEN_KEYWORD, "FROM"},    {SQL_TOKEN_COMMENT, "/* e */"}, {SQL_TOKEN_ERROR, "@"},
        {SQL_TOKEN_ERROR, "'f"},
    };
    assert_int_equal(ranges.count, COUNT_OF(expected));
    for (unsigned i = 0; i < ranges.count; i++) {
        struct str piece = {text.data + ranges.items[i].offset, ranges.items[i].size};
        assert_true(str_equal(piece, str_from(expected[i].text)));
        assert_int_equal(ranges.items[i].class, expected[i].class);
    }
    arena_release(&arena);
}

static bool has(const struct sql_expected *expected, const char *word) {
    for (size_t i = 0; i < expected->word_count; i++)
        if (strcmp(expected->words[i], word) == 0)
            return true;
    return false;
}

/* `words` must all be offered, `others` must not; both are separated by spaces. */
static void check_offers(const char *text, const char *partial, bool name, const char *after, const char *words,
                         const char *others) {
    struct arena arena;
    struct sql_expected expected;
    arena_init(&arena);
    sql_expected_tokens(&arena, str_from(text), &expected);
    if (!str_equal(expected.partial, str_from(partial)))
        fail_msg("%s: partial is \"%.*s\"", text, STR_FORMAT(expected.partial));
    if (expected.name != name)
        fail_msg("%s: name is %d", text, expected.name);
    assert_string_equal(expected.after, after);
    char *save;
    for (char *word = strtok_r(arena_strdup(&arena, words), " ", &save); word; word = strtok_r(NULL, " ", &save))
        if (!has(&expected, word))
            fail_msg("%s: %s is not offered", text, word);
    for (char *word = strtok_r(arena_strdup(&arena, others), " ", &save); word; word = strtok_r(NULL, " ", &save))
        if (has(&expected, word))
            fail_msg("%s: %s is offered", text, word);
    arena_release(&arena);
}

static void test_expected_tokens(void **state) {
    (void)state;
    check_offers("", "", false, "", "SELECT INSERT CREATE SHOW SET EXPLAIN WITH (", "FROM WHERE AND");
    check_offers("SEL", "SEL", false, "", "SELECT", "INSERT (");
    check_offers("sel", "sel", false, "", "SELECT", "INSERT");
    check_offers("SELECT ", "", true, "SELECT", "DISTINCT CASE CAST ( *", "FROM WHERE BY");
    check_offers("SELECT a ", "", true, "SELECT", "FROM WHERE AS , ::", "SELECT BY VALUES");
    check_offers("SELECT a FR", "FR", true, "SELECT", "FROM", "WHERE");
    check_offers("SELECT a FROM ", "", true, "FROM", "TABLE LATERAL UNNEST (", "WHERE GROUP");
    check_offers("SELECT a FROM t ", "", true, "FROM", "WHERE GROUP JOIN LEFT EMIT LIMIT ,", "FROM BY");
    check_offers("SELECT a FROM t LEFT ", "", false, "LEFT", "JOIN OUTER", "FROM");
    check_offers("SELECT a FROM t GROUP ", "", false, "GROUP", "BY", "FROM");
    check_offers("SELECT a FROM t EMIT ", "", false, "EMIT", "ON EVERY CHANGES", "");
    check_offers("SELECT a FROM t EMIT ON ", "", false, "ON", "CLOSE UPDATE WINDOW", "EVERY");
    check_offers("SELECT 1; SHOW ", "", false, "SHOW", "TABLES VIEWS CREATE", "SELECT");
    check_offers("CREATE TABLE t (a INT) ", "", false, "TABLE", "WITH LIKE COMMENT AS", "FROM");
    check_offers("CREATE TABLE t (a INT, ", "", true, "TABLE", "WATERMARK PRIMARY CONSTRAINT", "WITH");
    check_offers("SELECT x.", "", true, "SELECT", "*", "FROM");
    check_offers("BEGIN STATEMENT SET; INSERT ", "", false, "INSERT", "INTO", "SELECT");
    check_offers("SELECT FROM WHERE ", "", false, "WHERE", "", "SELECT");
}

static void test_nothing_to_complete_inside_of_quotes(void **state) {
    (void)state;
    static const char *const texts[] = {"SELECT 'a", "SELECT `a", "SELECT 1 -- a", "SELECT /* a"};
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct arena arena;
        struct sql_expected expected;
        arena_init(&arena);
        sql_expected_tokens(&arena, str_from(texts[i]), &expected);
        assert_true(expected.inside);
        assert_int_equal(expected.word_count, 0);
        arena_release(&arena);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_is_complete),
        cmocka_unit_test(test_statement_end),
        cmocka_unit_test(test_tokenize),
        cmocka_unit_test(test_expected_tokens),
        cmocka_unit_test(test_nothing_to_complete_inside_of_quotes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
