/* keyword_test.c: the word table is sound, and soft words are names wherever a name may stand. */
#include "tests/unit/grammar/tree.h"

#include "grammar/sql.h"
#include "grammar/keywords.h"
#include "grammar/machine.h"

static void test_table_is_ordered(void **state) {
    (void)state;
    for (size_t i = 0; i + 1 < keyword_count; i++)
        if (strcmp(keywords[i].name, keywords[i + 1].name) >= 0)
            fail_msg("%s stands before %s", keywords[i].name, keywords[i + 1].name);
}

static void test_every_word_is_found(void **state) {
    (void)state;
    for (size_t i = 0; i < keyword_count; i++) {
        assert_ptr_equal(keyword_find(str_from(keywords[i].name)), &keywords[i]);
        struct arena arena;
        arena_init(&arena);
        assert_ptr_equal(keyword_find(str_from(text_lower(&arena, keywords[i].name))), &keywords[i]);
        arena_release(&arena);
    }
    assert_null(keyword_find(STR("nonsense")));
    assert_null(keyword_find(STR("SELEC")));
    assert_null(keyword_find(STR("a_word_that_is_longer_than_any_keyword_could_be")));
    assert_null(keyword_find(STR("")));
}

static void test_every_token_has_a_name(void **state) {
    (void)state;
    for (int kind = 0; kind < machine_token_count(); kind++)
        if (kind != TOKEN_SIGN && kind != TOKEN_SUBQUERY && token_name(kind) == NULL)
            fail_msg("token %d has no row in keywords.def", kind);
    assert_string_equal(token_name(TOKEN_TEMPORARY), "TEMPORARY");
    assert_string_equal(token_name(TOKEN_COMMA), "','");
    assert_null(token_name(-1));
}

/* '@' stands for the word. */
static const char *const patterns[] = {
    "SELECT t.@, a AS @ FROM x.@ AS @",
    "SELECT @ FROM t",
    "SELECT a, @, b FROM t",
    "SELECT * FROM @, b",
    "SELECT * FROM @ WHERE @ = 1",
    "SELECT MAX(@) FROM t GROUP BY @, TUMBLE(@, 10s)",
    "SELECT a FROM t ORDER BY @ DESC, @",
    "SELECT a @ FROM t",
    "SELECT COUNT(*) @ FROM t",
    "SELECT CASE @ WHEN @ THEN @ ELSE @ END FROM t",
    "SELECT @ IS NULL, @ IN (@), @ BETWEEN @ AND @ FROM t",
    "SELECT SUM(@) OVER (PARTITION BY @ ORDER BY @) FROM t",
    "SELECT @ FROM TABLE(TUMBLE(TABLE @, DESCRIPTOR(@), 10s))",
    "WITH @ AS (SELECT 1) SELECT * FROM @",
    "CREATE TABLE @ (a INT)",
    "CREATE TABLE t (a ROW<@ INT>)",
    "INSERT INTO @ (@, a) SELECT 1",
    "UPDATE @ SET @ = @",
    "DROP TABLE @",
    "DESCRIBE @",
};

static void test_soft_words_are_names(void **state) {
    (void)state;
    for (size_t i = 0; i < keyword_count; i++) {
        for (size_t k = 0; !keywords[i].reserved && k < COUNT_OF(patterns); k++) {
            struct strbuf text, tree;
            strbuf_init(&text);
            for (const char *p = patterns[k]; *p; p++)
                if (*p == '@')
                    strbuf_append_text(&text, keywords[i].name);
                else
                    strbuf_append_char(&text, *p);
            print_script(&tree, strbuf_str(&text));
            if (tree.data[0] != '(')
                fail_msg("%s\n%s", strbuf_text(&text), tree.data);
            strbuf_release(&text);
            strbuf_release(&tree);
        }
    }
}

static void test_reserved_words_are_names_in_quotes_only(void **state) {
    (void)state;
    for (size_t i = 0; i < keyword_count; i++) {
        if (!keywords[i].reserved)
            continue;
        struct strbuf text, tree;
        strbuf_init(&text);
        strbuf_printf(&text, "SELECT a AS %s FROM t", keywords[i].name);
        print_script(&tree, strbuf_str(&text));
        assert_memory_equal(tree.data, "42601 13:", 9);
        strbuf_release(&tree);
        strbuf_reset(&text);
        strbuf_printf(&text, "SELECT a AS `%s` FROM t", keywords[i].name);
        print_script(&tree, strbuf_str(&text));
        assert_memory_equal(tree.data, "(select (as \"", 13);
        strbuf_release(&tree);
        strbuf_release(&text);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table_is_ordered),
        cmocka_unit_test(test_every_word_is_found),
        cmocka_unit_test(test_every_token_has_a_name),
        cmocka_unit_test(test_soft_words_are_names),
        cmocka_unit_test(test_reserved_words_are_names_in_quotes_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
