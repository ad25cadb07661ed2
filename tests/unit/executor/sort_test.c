/* sort_test.c: ORDER BY: keys, NULLs, stability, and the bounded heap against sorting everything. */
#include "tests/unit/executor/chain.h"

static Plan__Node *sort_node(struct chain *chain, const char *schema, const Plan__SortKey *keys, size_t key_count) {
    Plan__Node *node = chain_init(chain, schema, schema);
    node->operation_case = PLAN__NODE__OPERATION_SORT;
    node->sort = ARENA_NEW(&chain->arena, Plan__Sort);
    plan__sort__init(node->sort);
    node->sort->keys = ARENA_ARRAY(&chain->arena, Plan__SortKey *, key_count);
    node->sort->n_keys = key_count;
    for (size_t i = 0; i < key_count; i++) {
        node->sort->keys[i] = ARENA_NEW(&chain->arena, Plan__SortKey);
        plan__sort_key__init(node->sort->keys[i]);
        node->sort->keys[i]->column = keys[i].column;
        node->sort->keys[i]->descending = keys[i].descending;
        node->sort->keys[i]->nulls_first = keys[i].nulls_first;
    }
    return node;
}

static void sorts_by_several_keys_and_keeps_ties_in_order(void **state) {
    (void)state;
    struct chain chain;
    Plan__SortKey keys[] = {{.column = 1}, {.column = 0, .descending = true}};
    chain_open(&chain, sort_node(&chain, "a BIGINT,b STRING,c BIGINT", keys, 2));
    chain_push(&chain, "1 pear 1\n-5 apple 2\n1 pear 3");
    chain_push(&chain, "7 apple 4\n2 apricot-jam-without-sugar 5\n2 apricot-jam-with-sugar 6\n9 pear 7");
    chain_expect(&chain, "");
    chain_end(&chain);
    chain_expect(&chain, "+I 7 apple 4\n+I -5 apple 2\n+I 2 apricot-jam-with-sugar 6\n"
                         "+I 2 apricot-jam-without-sugar 5\n+I 9 pear 7\n+I 1 pear 1\n+I 1 pear 3\n");
    chain_close(&chain);
}

static void places_nulls_as_told(void **state) {
    (void)state;
    for (int nulls_first = 0; nulls_first < 2; nulls_first++)
        for (int descending = 0; descending < 2; descending++) {
            struct chain chain;
            Plan__SortKey keys[] = {{.column = 0, .descending = descending, .nulls_first = nulls_first}};
            chain_open(&chain, sort_node(&chain, "a DOUBLE", keys, 1));
            chain_push(&chain, "2.5\nNULL\n-1\nNaN\nNULL\n-0.0");
            chain_end(&chain);
            char expected[200];
            snprintf(expected, sizeof expected, "%s%s%s", nulls_first ? "+I NULL\n+I NULL\n" : "",
                     descending ? "+I NaN\n+I 2.5\n+I -0.0\n+I -1.0\n" : "+I -1.0\n+I -0.0\n+I 2.5\n+I NaN\n",
                     nulls_first ? "" : "+I NULL\n+I NULL\n");
            chain_expect(&chain, expected);
            chain_close(&chain);
        }
}

/* The rows of the answer with a limit are a piece of the answer without. */
static char *run_random(unsigned seed, uint64_t limit, uint64_t offset, bool has_limit, uint32_t batch_rows) {
    struct chain chain;
    Plan__SortKey keys[] = {{.column = 0}, {.column = 1, .descending = true, .nulls_first = true}};
    Plan__Node *node = sort_node(&chain, "a BIGINT,b STRING,c BIGINT", keys, 2);
    node->sort->has_limit = has_limit;
    node->sort->limit = limit;
    node->sort->offset = offset;
    chain_open(&chain, node);
    srand(seed);
    struct strbuf rows;
    strbuf_init(&rows);
    enum { ROWS = 70000 };
    for (uint32_t i = 0; i < ROWS; i++) {
        strbuf_printf(&rows, "%s%d ", rows.size ? "\n" : "", rand() % 1000 - 500);
        int text = rand() % 50;
        strbuf_printf(&rows, text ? "text-of-some-length-%d" : "NULL", text);
        strbuf_printf(&rows, " %u", i);
        if ((i + 1) % batch_rows == 0 || i + 1 == ROWS) {
            chain_push(&chain, rows.data);
            strbuf_reset(&rows);
        }
    }
    chain_end(&chain);
    char *result = memory_strdup(strbuf_text(&chain.out));
    strbuf_release(&rows);
    chain_close(&chain);
    return result;
}

static void limit_gives_a_piece_of_the_whole(void **state) {
    (void)state;
    char *whole = run_random(3, 0, 0, false, 2000);
    char *piece = run_random(3, 50, 7, true, 2000);
    char *from = whole;
    for (int i = 0; i < 7; i++)
        from = strchr(from, '\n') + 1;
    char *to = from;
    for (int i = 0; i < 50; i++)
        to = strchr(to, '\n') + 1;
    *to = '\0';
    assert_string_equal(piece, from);
    free(whole);
    free(piece);
}

static void limit_keeps_little(void **state) {
    (void)state;
    char *small = run_random(4, 3, 0, true, 100);
    char *large = run_random(4, 3, 0, true, 60000);
    assert_string_equal(small, large);
    free(small);
    free(large);
}

static void no_limit_rows(void **state) {
    (void)state;
    struct chain chain;
    Plan__SortKey keys[] = {{.column = 0}};
    Plan__Node *node = sort_node(&chain, "a BIGINT", keys, 1);
    node->sort->has_limit = true;
    chain_open(&chain, node);
    assert_true(chain.stop_wanted);
    chain_push(&chain, "1");
    chain_end(&chain);
    chain_expect(&chain, "");
    chain_close(&chain);
}

static void refuses_changes(void **state) {
    (void)state;
    struct chain chain;
    Plan__SortKey keys[] = {{.column = 0}};
    chain_open(&chain, sort_node(&chain, "a BIGINT", keys, 1));
    assert_int_equal(chain_try_push(&chain, 0, "-D 1"), STATUS_UNSUPPORTED);
    chain_close(&chain);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sorts_by_several_keys_and_keeps_ties_in_order),
        cmocka_unit_test(places_nulls_as_told),
        cmocka_unit_test(limit_gives_a_piece_of_the_whole),
        cmocka_unit_test(limit_keeps_little),
        cmocka_unit_test(no_limit_rows),
        cmocka_unit_test(refuses_changes),
        RESTORED(sorts_by_several_keys_and_keeps_ties_in_order),
        RESTORED(places_nulls_as_told),
        RESTORED(limit_gives_a_piece_of_the_whole),
        RESTORED(limit_keeps_little),
        RESTORED(no_limit_rows),
        RESTORED(refuses_changes),
        LAYERED(sorts_by_several_keys_and_keeps_ties_in_order),
        LAYERED(places_nulls_as_told),
        LAYERED(limit_gives_a_piece_of_the_whole),
        LAYERED(limit_keeps_little),
        LAYERED(no_limit_rows),
        LAYERED(refuses_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
