/* planner_test.c: what a plan promises beyond its text: ids of state, sharing, notices, and that it borrows nothing. */
#include "tests/unit/planner/statement.h"

static const char *aggregate_id(struct fixture *fixture, const char *sql) {
    run_ok(fixture, sql);
    for (size_t i = 0; i < fixture->result.plan->n_nodes; i++) {
        const Plan__Node *node = fixture->result.plan->nodes[i];
        if (node->operation_case == PLAN__NODE__OPERATION_WINDOW_AGGREGATE ||
            node->operation_case == PLAN__NODE__OPERATION_GROUP_AGGREGATE)
            return node->stable_id;
    }
    fail_msg("no aggregate");
    return NULL;
}

static void ids_are_of_role_and_columns(void **state) {
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture);
    const char *id = aggregate_id(&fixture, "SELECT city, AVG(temp) FROM weather GROUP BY city, TUMBLE(ts, 10s)");
    /* A filter before it and a projection after it move the node, not its id. */
    assert_string_equal(id, aggregate_id(&fixture, "SELECT AVG(temp) + 1, city FROM weather WHERE humidity > 0 "
                                                   "GROUP BY city, TUMBLE(ts, 10s) HAVING city <> 'x'"));
    assert_string_not_equal(
        id, aggregate_id(&fixture, "SELECT city, AVG(temp) FROM weather GROUP BY city, TUMBLE(ts, 20s)"));
    assert_string_not_equal(
        id, aggregate_id(&fixture, "SELECT city, MAX(temp) FROM weather GROUP BY city, TUMBLE(ts, 10s)"));
    assert_string_not_equal(id, aggregate_id(&fixture, "SELECT city, AVG(temp) FROM weather GROUP BY city"));
    fixture.options.statement_name = "another";
    assert_string_not_equal(
        id, aggregate_id(&fixture, "SELECT city, AVG(temp) FROM weather GROUP BY city, TUMBLE(ts, 10s)"));
    fixture_release(&fixture);
}

static void ids_are_unique_in_a_plan(void **state) {
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture);
    run_ok(&fixture, "SELECT city, COUNT(*) FROM weather WHERE temp > 1 GROUP BY city UNION ALL "
                     "SELECT city, COUNT(*) FROM weather WHERE temp > 2 GROUP BY city UNION ALL "
                     "SELECT city, COUNT(*) FROM weather WHERE temp > 3 GROUP BY city");
    const Plan__Plan *plan = fixture.result.plan;
    for (size_t i = 0; i < plan->n_nodes; i++)
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(plan->nodes[i]->stable_id, plan->nodes[k]->stable_id);
    fixture_release(&fixture);
}

static size_t count_nodes(const Plan__Plan *plan, Plan__Node__OperationCase operation) {
    size_t count = 0;
    for (size_t i = 0; i < plan->n_nodes; i++)
        count += plan->nodes[i]->operation_case == operation;
    return count;
}

static void equal_parts_are_shared(void **state) {
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture);
    run_ok(&fixture, "CREATE TABLE a (city STRING, n BIGINT) WITH ('connector' = 'print')");
    run_ok(&fixture, "CREATE TABLE b (city STRING, n BIGINT) WITH ('connector' = 'print')");
    run_ok(&fixture, "EXECUTE STATEMENT SET BEGIN "
                     "INSERT INTO a SELECT city, COUNT(*) FROM weather GROUP BY city, TUMBLE(ts, 10s); "
                     "INSERT INTO b SELECT city, COUNT(*) FROM weather GROUP BY city, TUMBLE(ts, 10s); END");
    assert_int_equal(count_nodes(fixture.result.plan, PLAN__NODE__OPERATION_SCAN), 1);
    assert_int_equal(count_nodes(fixture.result.plan, PLAN__NODE__OPERATION_WINDOW_AGGREGATE), 1);
    assert_int_equal(count_nodes(fixture.result.plan, PLAN__NODE__OPERATION_SINK), 2);
    run_ok(&fixture, "SELECT RAND() FROM weather UNION ALL SELECT RAND() FROM weather");
    assert_int_equal(count_nodes(fixture.result.plan, PLAN__NODE__OPERATION_SCAN), 1);
    assert_int_equal(count_nodes(fixture.result.plan, PLAN__NODE__OPERATION_CALC), 2); /* drawn for each */
    fixture_release(&fixture);
}

static void implicit_keys_give_a_notice(void **state) {
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture);
    run_ok(&fixture, "SELECT city, AVG(temp) FROM weather GROUP BY TUMBLE(ts, 10s)");
    assert_int_equal(fixture.result.notices.count, 1);
    assert_int_equal(fixture.result.notices.items[0].position, 8);
    run_ok(&fixture, "SELECT city, AVG(temp) FROM weather GROUP BY city, TUMBLE(ts, 10s)");
    assert_int_equal(fixture.result.notices.count, 0);
    fixture_release(&fixture);
}

/* The plan is printed after everything it was made from is gone: for the address sanitizer. */
static void plans_borrow_nothing(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena);
    struct fixture fixture;
    fixture_init(&fixture);
    run_ok(&fixture,
           "CREATE TABLE t (a INT, r ROW<x STRING, y INT>, c AS a + 1, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) "
           "WITH ('connector' = 'datagen', 'statistics.a.distinct-count' = '7')");
    run_ok(&fixture, "CREATE VIEW v AS SELECT a, c, r.x AS text, ts FROM t WHERE c > 3");
    char *sql = memory_strdup("SELECT text || 'y', SUM(c) FROM v GROUP BY text, TUMBLE(ts, 10s) HAVING SUM(c) > 1");
    struct str text = str_from(sql);
    struct ast_statement *statement;
    struct arena syntax;
    arena_init(&syntax);
    size_t offset = 0;
    assert_int_equal(sql_parse_next(&syntax, text, &offset, &statement, &fixture.error), STATUS_OK);
    struct planner_options options = {.settings = &fixture.settings, .sql_text = text};
    struct planner_result result;
    assert_int_equal(plan_statement(&arena, fixture.catalogue, statement, &options, &result, &fixture.error),
                     STATUS_OK);
    char *before = plan_text(result.plan);
    arena_release(&syntax);
    free(sql);
    fixture_release(&fixture);
    char *after = plan_text(result.plan);
    assert_string_equal(before, after);
    assert_string_equal(result.plan->sql + strlen(result.plan->sql) - 3, "> 1");
    free(before);
    free(after);
    arena_release(&arena);
}

static void pieces_of_expressions_do_not_grow_without_bound(void **state) {
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture);
    struct strbuf sql; /* thirty times a + a: a tree of 2^30 leaves if it were merged */
    strbuf_init(&sql);
    strbuf_append_text(&sql, "SELECT a FROM ");
    for (int i = 0; i < 30; i++)
        strbuf_append_text(&sql, "(SELECT a + a AS a FROM ");
    strbuf_append_text(&sql, "(SELECT temp AS a FROM weather)");
    for (int i = 0; i < 30; i++)
        strbuf_append_text(&sql, ")");
    run_ok(&fixture, sql.data);
    assert_true(plan_pack(&fixture.arena, fixture.result.plan).size < 1 << 20);
    strbuf_release(&sql);
    fixture_release(&fixture);
}

static void views_that_multiply_are_refused(void **state) {
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture);
    run_ok(&fixture, "CREATE VIEW v0 AS SELECT temp FROM weather");
    enum status status = STATUS_OK;
    for (int i = 1; status == STATUS_OK && i < 30; i++) {
        char sql[200];
        snprintf(sql, sizeof sql, "CREATE VIEW v%d AS SELECT * FROM v%d UNION ALL SELECT * FROM v%d", i, i - 1, i - 1);
        status = run(&fixture, sql);
        arena_reset(&fixture.arena);
    }
    assert_int_equal(status, STATUS_TOO_COMPLEX);
    fixture_release(&fixture);
}

static void views_in_a_circle_are_refused(void **state) {
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture);
    run_ok(&fixture, "CREATE VIEW a AS SELECT temp FROM weather");
    run_ok(&fixture, "CREATE VIEW b AS SELECT temp FROM a");
    run_ok(&fixture, "CREATE OR REPLACE VIEW a AS SELECT temp FROM b");
    assert_int_equal(run(&fixture, "SELECT * FROM a"), STATUS_TOO_COMPLEX);
    assert_int_not_equal(fixture.error.position, 0);
    fixture_release(&fixture);
}

static void unsupported_points_at_its_place(void **state) {
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture);
    assert_int_equal(run(&fixture, "SELECT 1 WHERE 1 IN (SELECT 2)"), STATUS_UNSUPPORTED);
    assert_int_equal(fixture.error.position, 16);
    assert_string_equal(status_sqlstate(fixture.error.status), "0A000");
    fixture_release(&fixture);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_are_of_role_and_columns),
        cmocka_unit_test(ids_are_unique_in_a_plan),
        cmocka_unit_test(equal_parts_are_shared),
        cmocka_unit_test(implicit_keys_give_a_notice),
        cmocka_unit_test(plans_borrow_nothing),
        cmocka_unit_test(pieces_of_expressions_do_not_grow_without_bound),
        cmocka_unit_test(views_that_multiply_are_refused),
        cmocka_unit_test(views_in_a_circle_are_refused),
        cmocka_unit_test(unsupported_points_at_its_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
