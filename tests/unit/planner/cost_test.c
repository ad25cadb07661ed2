/* cost_test.c: what estimates decide: the order of conditions, and whether changes are held back. */
#include "tests/unit/planner/statement.h"

#include "planner/cost.h"

static const char *condition_of(struct fixture *fixture, const char *where) {
    struct strbuf text;
    run_ok(fixture, arena_printf(&fixture->arena, "SELECT 1 FROM t WHERE %s", where));
    strbuf_init(&text);
    plan_print(&text, fixture->result.plan);
    char *start = strstr(text.data, "where=[");
    assert_non_null(start);
    char *end = strstr(start, "], changes");
    const char *copy = arena_strndup(&fixture->arena, start + 7, (size_t)(end - start - 7));
    strbuf_release(&text);
    return copy;
}

static void make_table(struct fixture *fixture) {
    fixture_init(fixture);
    run_ok(fixture, "CREATE TABLE t (a INT, b INT, s STRING) WITH ('connector' = 'datagen', "
                    "'statistics.a.distinct-count' = '2', 'statistics.b.distinct-count' = '1000000')");
}

static void selective_and_cheap_conditions_go_first(void **state) {
    (void)state;
    struct fixture fixture;
    make_table(&fixture);
    assert_string_equal(condition_of(&fixture, "a = 1 AND b = 1"), "b = 1 AND a = 1");
    assert_string_equal(condition_of(&fixture, "s LIKE '%x%' AND a > 1"), "a > 1 AND s LIKE '%x%'");
    assert_string_equal(condition_of(&fixture, "a IS NOT NULL AND b = 1"), "b = 1 AND a IS NOT NULL");
    assert_string_equal(condition_of(&fixture, "a > 1 AND b > 1"), "a > 1 AND b > 1"); /* equal: as written */
    fixture_release(&fixture);
}

static void what_may_fail_never_overtakes_its_guard(void **state) {
    (void)state;
    struct fixture fixture;
    make_table(&fixture);
    assert_string_equal(condition_of(&fixture, "a <> 0 AND 10 / a = 3"), "a <> 0 AND 10 / a = 3");
    assert_string_equal(condition_of(&fixture, "s IS NOT NULL AND CAST(s AS INT) = 3"),
                        "s IS NOT NULL AND CAST(s AS INT) = 3");
    assert_string_equal(condition_of(&fixture, "10 / a = 3 AND b = 1"), "b = 1 AND 10 / a = 3");
    fixture_release(&fixture);
}

static uint64_t mini_batch_of(struct fixture *fixture, const char *rows_per_second, const char *keys) {
    run_ok(fixture, "DROP TABLE IF EXISTS r");
    run_ok(fixture, arena_printf(&fixture->arena,
                                 "CREATE TABLE r (k INT, v INT) WITH ('connector' = 'datagen', "
                                 "'statistics.rows-per-second' = '%s', 'statistics.k.distinct-count' = '%s')",
                                 rows_per_second, keys));
    run_ok(fixture, "SELECT k, SUM(v) FROM r GROUP BY k");
    return find_node(fixture->result.plan, PLAN__NODE__OPERATION_GROUP_AGGREGATE)->group_aggregate->mini_batch_rows;
}

static void changes_are_held_back_where_they_merge(void **state) {
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture);
    assert_int_not_equal(mini_batch_of(&fixture, "100000", "100"), 0);
    assert_int_equal(mini_batch_of(&fixture, "100000", "100000000"), 0); /* every row is another group */
    assert_int_equal(mini_batch_of(&fixture, "1", "10"), 0);             /* nothing comes to merge */
    bool has_effect;
    assert_int_equal(settings_set(&fixture.settings, "table.exec.mini-batch.enabled", "true", &has_effect, NULL),
                     STATUS_OK);
    assert_int_not_equal(mini_batch_of(&fixture, "1", "10"), 0); /* asked for */
    assert_int_equal(settings_set(&fixture.settings, "table.exec.mini-batch.enabled", "false", &has_effect, NULL),
                     STATUS_OK);
    assert_int_equal(mini_batch_of(&fixture, "100000", "100"), 0);
    fixture_release(&fixture);
}

static void statistics_flow_upward(void **state) {
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture);
    run_ok(&fixture, "CREATE TABLE t (k INT, v INT) WITH ('connector' = 'datagen', 'number-of-rows' = '1000', "
                     "'statistics.k.distinct-count' = '10')");
    run_ok(&fixture, "SELECT k, COUNT(*) FROM t WHERE k = 1 GROUP BY k");
    const Plan__Plan *plan = fixture.result.plan;
    assert_true(find_node(plan, PLAN__NODE__OPERATION_SCAN)->row_count == 1000);
    assert_true(find_node(plan, PLAN__NODE__OPERATION_CALC)->row_count == 100);
    const Plan__Node *aggregate = find_node(plan, PLAN__NODE__OPERATION_GROUP_AGGREGATE);
    assert_true(aggregate->row_count <= 10 && aggregate->row_count > 0);
    assert_true(aggregate->state_bytes > 0 && aggregate->state_bytes < 10000);
    run_ok(&fixture, "SELECT city FROM weather");
    assert_true(find_node(fixture.result.plan, PLAN__NODE__OPERATION_SCAN)->row_count < 0);
    fixture_release(&fixture);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(selective_and_cheap_conditions_go_first),
        cmocka_unit_test(what_may_fail_never_overtakes_its_guard),
        cmocka_unit_test(changes_are_held_back_where_they_merge),
        cmocka_unit_test(statistics_flow_upward),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
