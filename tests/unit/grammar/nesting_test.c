/* nesting_test.c: no depth of nesting overflows a stack: beyond the limit there is a clean error at a place. */
#include "tests/unit/grammar/tree.h"

#include <stdlib.h>

/* `open` n times, `middle`, `close` n times, between `before` and `after` */
struct nest {
    const char *before;
    const char *open;
    const char *middle;
    const char *close;
    const char *after;
};

static void nest(struct strbuf *text, const struct nest *nest, unsigned depth) {
    strbuf_append_text(text, nest->before);
    for (unsigned i = 0; i < depth; i++)
        strbuf_append_text(text, nest->open);
    strbuf_append_text(text, nest->middle);
    for (unsigned i = 0; i < depth; i++)
        strbuf_append_text(text, nest->close);
    strbuf_append_text(text, nest->after);
}

static const struct nest nests[] = {
    {"SELECT ", "(", "1", ")", ""},
    {"SELECT ", "(", "", "", ""},
    {"SELECT ", "CASE WHEN ", "1", " THEN 1 END", ""},
    {"SELECT ", "CASE ", "1", " WHEN 1 THEN 1 END", ""},
    {"SELECT ", "NOT ", "a", "", ""},
    {"SELECT ", "f(", "1", ")", ""},
    {"SELECT ", "- ", "a", "", ""},
    {"SELECT ", "ARRAY[", "1", "]", ""},
    {"SELECT ", "a[", "1", "]", ""},
    {"SELECT a", "[1]", "", "", ""},
    {"SELECT (a)", ".b", "", "", ""},
    {"SELECT a", "::int", "", "", ""},
    {"SELECT a", " IS NULL", "", "", ""},
    {"SELECT ", "1 + ", "1", "", ""},
    {"SELECT ", "1 = ", "1", "", ""},
    {"SELECT ", "a LIKE ", "b", "", ""},
    {"SELECT ", "CAST(", "1", " AS INT)", ""},
    {"SELECT ", "EXTRACT(DAY FROM ", "1", ")", ""},
    {"SELECT ", "a IN (", "1", ")", ""},
    {"SELECT ", "(SELECT ", "1", ")", ""},
    {"SELECT ", "EXISTS (SELECT ", "1", ")", ""},
    {"SELECT ", "a = ANY (SELECT ", "1", ")", ""},
    {"SELECT ", "SUM(a) OVER (ORDER BY ", "1", ")", ""},
    {"SELECT ", "SUM(a) FILTER (WHERE ", "TRUE", ")", ""},
    {"SELECT * FROM ", "(SELECT * FROM ", "t", ")", ""},
    {"SELECT * FROM ", "(a JOIN b ON x JOIN ", "c", " ON y)", ""},
    {"SELECT * FROM t", " CROSS JOIN t", "", "", ""},
    {"SELECT * FROM t", ", t", "", "", ""},
    {"SELECT * FROM ", "TABLE(f(TABLE (SELECT * FROM ", "t", ")))", ""},
    {"SELECT 1", " UNION ALL SELECT 1", "", "", ""},
    {"", "(", "SELECT 1", ")", ""},
    {"", "WITH a AS (", "SELECT 1", ") SELECT 1", ""},
    {"SELECT 1 FROM t GROUP BY ", "GROUPING SETS (", "a", ")", ""},
    {"SELECT CAST(a AS ", "ARRAY<", "INT", ">", ")"},
    {"SELECT CAST(a AS INT", " ARRAY", "", "", ")"},
    {"CREATE TABLE t (a ", "ROW<x ", "INT", ">", ")"},
    {"CREATE TABLE t (a ", "ROW(x ", "INT", ")", ")"},
    {"CREATE TABLE t (a ", "MAP<INT, ", "INT", ">", ")"},
    {"SELECT * FROM t MATCH_RECOGNIZE (PATTERN (", "(", "A", ")", ") DEFINE A AS TRUE)"},
    {"SELECT * FROM t MATCH_RECOGNIZE (PATTERN (", "(", "A", ")*", ") DEFINE A AS TRUE)"},
    {"SELECT * FROM t MATCH_RECOGNIZE (PATTERN (", "{- ", "A", " -}", ") DEFINE A AS TRUE)"},
};

static void check_depth(unsigned depth, bool fits) {
    for (size_t i = 0; i < COUNT_OF(nests); i++) {
        struct strbuf text, tree;
        strbuf_init(&text);
        nest(&text, &nests[i], depth);
        print_script(&tree, strbuf_str(&text));
        bool refused = strncmp(tree.data, "54001 ", 6) == 0;
        bool unfinished = nests[i].middle[0] == '\0' && nests[i].open[0] == '(';
        if (fits ? refused : !refused || strncmp(tree.data, "54001 0", 7) == 0)
            fail_msg("%s%s... x %u: %.100s", nests[i].before, nests[i].open, depth, tree.data);
        if (fits && !unfinished && strncmp(tree.data, "42601 ", 6) == 0)
            fail_msg("%s%s... x %u: %.100s", nests[i].before, nests[i].open, depth, tree.data);
        strbuf_release(&text);
        strbuf_release(&tree);
    }
}

static void test_shallow_fits(void **state) {
    (void)state;
    check_depth(90, true);
}

static void test_deep_is_refused(void **state) {
    (void)state;
    check_depth(1100, false);
    check_depth(10000, false);
}

static void test_very_deep_is_refused(void **state) {
    (void)state;
    check_depth(200000, false);
}

/* The depth of a tree, as somebody who recurses sees it. */
static unsigned height(const struct ast_expression *expression) {
    unsigned highest = 0;
    for (unsigned i = 0; expression->kind == AST_CALL && i < expression->call.arguments.count; i++) {
        unsigned below = height(expression->call.arguments.items[i].expression);
        highest = below > highest ? below : highest;
    }
    return highest + 1;
}

/* Generated conditions have thousands of terms: they are balanced, in order, instead of being refused. */
static void test_long_chains_are_shallow(void **state) {
    (void)state;
    enum { TERMS = 100000 };
    static const char *const operators[] = {"AND", "OR", "||"};
    for (size_t k = 0; k < COUNT_OF(operators); k++) {
        struct strbuf text;
        struct arena arena;
        struct ast_script script;
        struct error error = {0};
        strbuf_init(&text);
        strbuf_append_text(&text, "SELECT 0");
        for (int i = 1; i < TERMS; i++)
            strbuf_printf(&text, " %s %d", operators[k], i);
        arena_init(&arena);
        assert_int_equal(sql_parse(&arena, strbuf_str(&text), &script, &error), STATUS_OK);
        const struct ast_expression *top = script.items[0]->query->body->select->items.items[0].expression;
        assert_true(height(top) < 80);
        assert_int_equal(height(top), top->depth);
        assert_int_equal(top->end, text.size + 1);
        struct strbuf tree;
        strbuf_init(&tree);
        ast_print_expression(&tree, top);
        int next = 0;
        for (const char *p = tree.data; *p; p++)
            if (*p >= '0' && *p <= '9') {
                char *end;
                assert_int_equal(strtol(p, &end, 10), next);
                next++;
                p = end - 1;
            }
        assert_int_equal(next, TERMS);
        strbuf_release(&tree);
        strbuf_release(&text);
        arena_release(&arena);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shallow_fits),
        cmocka_unit_test(test_deep_is_refused),
        cmocka_unit_test(test_very_deep_is_refused),
        cmocka_unit_test(test_long_chains_are_shallow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
