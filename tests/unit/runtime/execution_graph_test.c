/* execution_graph_test.c: plans of SQL text as graphs of tasks, and the channels between their instances. */
#include "tests/unit/planner/statement.h"

#include "runtime/execution_graph.h"

static struct fixture fixture;

static int setup(void **state) {
    (void)state;
    fixture_init(&fixture);
    run_ok(&fixture, "CREATE TABLE bids (auction BIGINT, bidder BIGINT, price BIGINT, ts TIMESTAMP(3), "
                     "WATERMARK FOR ts AS ts - INTERVAL '1' SECOND) WITH ('connector' = 'kafka', 'topic' = 'bids', "
                     "'properties.bootstrap.servers' = 'localhost:9092', 'format' = 'json', "
                     "'scan.startup.mode' = 'earliest-offset')");
    run_ok(&fixture, "CREATE TABLE hole (auction BIGINT, n BIGINT) WITH ('connector' = 'blackhole')");
    return 0;
}

static int teardown(void **state) {
    (void)state;
    fixture_release(&fixture);
    return 0;
}

static struct execution_graph graph_of(uint32_t parallelism, const char *sql) {
    struct execution_graph graph;
    char text[16];
    snprintf(text, sizeof text, "%u", parallelism);
    assert_int_equal(settings_set(&fixture.settings, "parallelism.default", text, NULL, NULL), STATUS_OK);
    run_ok(&fixture, sql);
    assert_int_equal(execution_graph_build(&fixture.arena, fixture.result.plan, &graph, &fixture.error), STATUS_OK);
    return graph;
}

static void expect(uint32_t parallelism, const char *sql, const char *expected) {
    struct execution_graph graph = graph_of(parallelism, sql);
    struct strbuf text;
    strbuf_init(&text);
    execution_graph_print(&text, &graph);
    assert_string_equal(strbuf_text(&text), expected);
    strbuf_release(&text);
}

static void one_task_is_one_fragment(void **state) {
    (void)state;
    expect(1, "SELECT auction, SUM(price) FROM bids GROUP BY auction", "0 x1: Scan 0, GroupAggregate 1, Sink 2\n");
    expect(1, "SELECT 1 UNION ALL SELECT 2", "0 x1: Values 0, Values 1, UnionAll 2, Sink 3\n");
}

static void aggregates_are_hashed_by_their_keys(void **state) {
    (void)state;
    expect(3, "SELECT auction, SUM(price) FROM bids GROUP BY auction",
           "0 x3: Scan 0\n"
           "1 x3: GroupAggregate 1 <- 0 by hash[0]\n"
           "2 x1: Sink 2 <- 1 by singleton\n");
    expect(2,
           "INSERT INTO hole SELECT bidder, COUNT(*) FROM TABLE(HOP(TABLE bids, DESCRIPTOR(ts), INTERVAL '2' SECOND, "
           "INTERVAL '10' SECOND)) GROUP BY bidder, window_start, window_end",
           "0 x2: Scan 0\n"
           "1 x2: WindowAggregate 1, Calc 2, Sink 3 <- 0 by hash[0]\n");
    expect(4, "SELECT COUNT(*) FROM bids",
           "0 x4: Scan 0\n"
           "1 x1: GroupAggregate 1, Sink 2 <- 0 by singleton\n");
}

/* Another key: sent again; the same one: not. */
static void aggregates_over_aggregates(void **state) {
    (void)state;
    expect(3, "SELECT n, COUNT(*) FROM (SELECT auction, COUNT(*) AS n FROM bids GROUP BY auction) GROUP BY n",
           "0 x3: Scan 0\n"
           "1 x3: GroupAggregate 1 <- 0 by hash[0]\n"
           "2 x3: GroupAggregate 2 <- 1 by hash[1]\n"
           "3 x1: Sink 3 <- 2 by singleton\n");
    expect(3, "SELECT a, MAX(n) FROM (SELECT auction AS a, COUNT(*) AS n FROM bids GROUP BY auction) GROUP BY a",
           "0 x3: Scan 0\n"
           "1 x3: GroupAggregate 1, GroupAggregate 2 <- 0 by hash[0]\n"
           "2 x1: Sink 3 <- 2 by singleton\n");
}

/* A generator is one instance; what needs all rows stays with it. */
static void singletons_are_chained(void **state) {
    (void)state;
    expect(3, "SELECT city, temp FROM weather LIMIT 3", "0 x1: Scan 0, Limit 1, Sink 2\n");
    expect(3, "SELECT x FROM (VALUES (3), (1)) AS t (x) ORDER BY x", "0 x1: Values 0, Sort 1, Sink 2\n");
}

/* A union of different tasks is a task of its own; a node with two users has edges to both. */
static void unions_and_statement_sets(void **state) {
    (void)state;
    expect(3,
           "SELECT k, COUNT(*) FROM (SELECT auction AS k FROM bids UNION ALL SELECT CAST(1 AS BIGINT) FROM weather) "
           "GROUP BY k",
           "0 x3: Scan 0\n"
           "1 x1: Scan 1, Calc 2\n"
           "2 x3: UnionAll 3 <- 0 by forward <- 2 by forward\n"
           "3 x3: GroupAggregate 4 <- 3 by hash[0]\n"
           "4 x1: Sink 5 <- 4 by singleton\n");
    expect(2,
           "EXECUTE STATEMENT SET BEGIN INSERT INTO hole SELECT auction, COUNT(*) FROM bids GROUP BY auction; "
           "INSERT INTO hole SELECT bidder, COUNT(*) FROM bids GROUP BY bidder; END",
           "0 x2: Scan 0\n"
           "1 x2: GroupAggregate 1 <- 0 by hash[0]\n"
           "2 x1: Sink 2 <- 1 by singleton\n"
           "3 x2: GroupAggregate 3 <- 0 by hash[1]\n"
           "4 x1: Sink 4 <- 3 by singleton\n");
}

static void channels_of_edges(void **state) {
    (void)state;
    struct execution_graph graph = graph_of(3, "SELECT k, COUNT(*) FROM (SELECT auction AS k FROM bids UNION ALL "
                                               "SELECT CAST(1 AS BIGINT) FROM weather) GROUP BY k");
    assert_int_equal(graph.task_count, 3 + 1 + 3 + 3 + 1);
    assert_int_equal(graph.fragments[3].first_task, 7);
    const struct graph_edge *forward = &graph.edges[0], *one = &graph.edges[1], *hash = &graph.edges[2],
                            *singleton = &graph.edges[3];
    for (uint32_t producer = 0; producer < 3; producer++)
        for (uint32_t consumer = 0; consumer < 3; consumer++) {
            assert_int_equal(graph_edge_connects(&graph, forward, producer, consumer), producer == consumer);
            assert_true(graph_edge_connects(&graph, hash, producer, consumer));
            assert_int_equal(graph_edge_connects(&graph, singleton, producer, consumer), consumer == 0);
            assert_int_equal(graph_edge_connects(&graph, one, 0, consumer), consumer == 0);
        }
}

/* Fewer instances than producers: each producer still has one consumer. */
static void forward_to_fewer(void **state) {
    (void)state;
    struct graph_fragment fragments[] = {{.parallelism = 5}, {.parallelism = 2}};
    struct execution_graph graph = {.fragments = fragments, .fragment_count = 2};
    struct graph_edge edge = {.to_fragment = 1, .distribution = PLAN__DISTRIBUTION__FORWARD};
    for (uint32_t producer = 0; producer < 5; producer++) {
        uint32_t first, count;
        graph_edge_consumers(&graph, &edge, producer, &first, &count);
        assert_int_equal(first, producer % 2);
        assert_int_equal(count, 1);
    }
}

static void too_many_tasks(void **state) {
    (void)state;
    struct execution_graph graph;
    graph_of(1024, "SELECT 1");
    run_ok(&fixture,
           "SELECT COUNT(*) FROM (SELECT a, COUNT(*) AS m FROM (SELECT n AS a, COUNT(*) AS n FROM (SELECT "
           "price, COUNT(*) AS n FROM (SELECT auction, MAX(price) AS price FROM bids GROUP BY auction) GROUP BY "
           "price) GROUP BY n) GROUP BY a) GROUP BY m");
    assert_int_equal(execution_graph_build(&fixture.arena, fixture.result.plan, &graph, &fixture.error),
                     STATUS_TOO_COMPLEX);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_task_is_one_fragment),   cmocka_unit_test(aggregates_are_hashed_by_their_keys),
        cmocka_unit_test(aggregates_over_aggregates), cmocka_unit_test(singletons_are_chained),
        cmocka_unit_test(unions_and_statement_sets),  cmocka_unit_test(channels_of_edges),
        cmocka_unit_test(forward_to_fewer),           cmocka_unit_test(too_many_tasks),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
