/* catalogue_test.c: names, what hides what, what a failure leaves, and that a long session does not grow. */
#include "tests/unit/planner/statement.h"

#include <malloc.h>

static const struct catalogue_object *object(struct fixture *fixture, const char *name) {
    const struct catalogue_object *found = catalogue_find_text(fixture->catalogue, name);
    assert_non_null(found);
    return found;
}

static void weather_is_there_and_gives_way(void **state) {
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture);
    const struct catalogue_object *weather = object(&fixture, "weather");
    assert_int_equal(weather->column_count, 4);
    assert_int_equal(weather->watermark_column, 3);
    assert_true(weather->builtin);
    run_ok(&fixture, "CREATE TABLE weather (a INT) WITH ('connector' = 'print')");
    assert_int_equal(object(&fixture, "weather")->column_count, 1);
    assert_int_equal(run(&fixture, "CREATE TABLE weather (a INT) WITH ('connector' = 'print')"),
                     STATUS_DUPLICATE_TABLE);
    fixture_release(&fixture);
}

static void names_match_exactly_first(void **state) {
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture);
    run_ok(&fixture, "CREATE TABLE Orders (a INT, A INT) WITH ('connector' = 'print')");
    assert_ptr_equal(object(&fixture, "ORDERS"), object(&fixture, "Orders"));
    assert_int_equal(catalogue_object_column(object(&fixture, "Orders"), "A"), 1);
    assert_int_equal(catalogue_object_column(object(&fixture, "Orders"), "a"), 0);
    assert_int_equal(catalogue_object_column(object(&fixture, "Orders"), "b"), -1);
    fixture_release(&fixture);
}

static void temporary_hides_permanent(void **state) {
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture);
    run_ok(&fixture, "CREATE TABLE t (a INT) WITH ('connector' = 'print')");
    run_ok(&fixture, "CREATE TEMPORARY TABLE t (a INT, b INT) WITH ('connector' = 'print')");
    assert_int_equal(object(&fixture, "t")->column_count, 2);
    run_ok(&fixture, "DROP TEMPORARY TABLE t");
    assert_int_equal(object(&fixture, "t")->column_count, 1);
    fixture_release(&fixture);
}

static void failures_change_nothing(void **state) {
    (void)state;
    static const char *const wrong[] = {
        "CREATE OR REPLACE TABLE t (a INT) WITH ('connector' = 'nothing')",
        "CREATE OR REPLACE VIEW v AS SELECT nothing FROM t",
        "ALTER TABLE t DROP (a)",
        "ALTER TABLE t ADD (a INT)",
        "ALTER TABLE t ADD (x AS nothing + 1)",
        "ALTER TABLE t SET ('nothing' = '1')",
        "ALTER TABLE t RENAME a TO b",
        "ALTER TABLE t RENAME TO v",
        "ALTER VIEW v AS SELECT nothing FROM t",
        "DROP TABLE v",
        "DROP DATABASE default_database",
        "DROP CATALOG default_catalog",
        "USE nowhere",
    };
    struct fixture fixture;
    fixture_init(&fixture);
    run_ok(&fixture, "CREATE TABLE t (a INT, b INT, c AS a + b) WITH ('connector' = 'datagen')");
    run_ok(&fixture, "CREATE VIEW v AS SELECT c FROM t");
    struct strbuf before, after;
    strbuf_init(&before);
    strbuf_init(&after);
    catalogue_show_create(&before, object(&fixture, "t"));
    catalogue_show_create(&before, object(&fixture, "v"));
    uint64_t version = catalogue_version(fixture.catalogue);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        if (run(&fixture, wrong[i]) == STATUS_OK)
            fail_msg("accepted: %s", wrong[i]);
        assert_true(fixture.error.message[0]);
    }
    catalogue_show_create(&after, object(&fixture, "t"));
    catalogue_show_create(&after, object(&fixture, "v"));
    assert_string_equal(before.data, after.data);
    assert_int_equal(catalogue_version(fixture.catalogue), version);
    strbuf_release(&before);
    strbuf_release(&after);
    fixture_release(&fixture);
}

/* What SHOW CREATE prints makes the same object. */
static void show_create_round_trips(void **state) {
    (void)state;
    static const char *const statements[] = {
        "CREATE TABLE x (`a b` INT NOT NULL COMMENT 'it''s', r ROW<i INT, s STRING>, c AS `a b` * 2, "
        "ts TIMESTAMP_LTZ(3), WATERMARK FOR ts AS ts - INTERVAL '1' MINUTE, "
        "CONSTRAINT k PRIMARY KEY (`a b`) NOT ENFORCED) COMMENT 'a ''table''' WITH ('connector' = 'datagen')",
        "CREATE TEMPORARY VIEW x (a, b) AS SELECT city, temp FROM weather WHERE temp > 1",
    };
    for (size_t i = 0; i < sizeof statements / sizeof statements[0]; i++) {
        struct fixture fixture;
        struct strbuf first, second;
        fixture_init(&fixture);
        strbuf_init(&first);
        strbuf_init(&second);
        run_ok(&fixture, statements[i]);
        catalogue_show_create(&first, object(&fixture, "x"));
        run_ok(&fixture, i == 0 ? "DROP TABLE x" : "DROP VIEW x");
        run_ok(&fixture, first.data);
        catalogue_show_create(&second, object(&fixture, "x"));
        assert_string_equal(first.data, second.data);
        strbuf_release(&first);
        strbuf_release(&second);
        fixture_release(&fixture);
    }
}

static void views_resolve_where_they_were_made(void **state) {
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture);
    run_ok(&fixture, "CREATE TABLE t (a INT) WITH ('connector' = 'datagen')");
    run_ok(&fixture, "CREATE VIEW v AS SELECT a FROM t");
    run_ok(&fixture, "CREATE DATABASE other");
    run_ok(&fixture, "USE other");
    run_ok(&fixture, "CREATE TABLE t (b INT) WITH ('connector' = 'datagen')");
    run_ok(&fixture, "SELECT a FROM default_database.v");
    run_ok(&fixture, "SELECT b FROM t");
    run_ok(&fixture, "SELECT a FROM default_catalog.default_database.t");
    assert_int_equal(run(&fixture, "SELECT a FROM v"), STATUS_UNDEFINED_TABLE);
    fixture_release(&fixture);
}

static void like_patterns(void **state) {
    (void)state;
    static const struct {
        const char *text, *pattern;
        bool ignore_case, matches;
    } cases[] = {
        {"orders", "orders", false, true},
        {"orders", "ord%", false, true},
        {"orders", "%s", false, true},
        {"orders", "o_ders", false, true},
        {"orders", "Ord%", false, false},
        {"orders", "Ord%", true, true},
        {"orders", "", false, false},
        {"", "%", false, true},
        {"", "", false, true},
        {"a%b", "a\\%b", false, true},
        {"axb", "a\\%b", false, false},
        {"a_b", "a\\_b", false, true},
        {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", "%a%a%a%a%a%a%a%a%a%a%a%a%c", false, false},
        {"abc", "%b%", false, true},
        {"abc", "_", false, false},
        {"abc", "___", false, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (catalogue_like(cases[i].text, str_from(cases[i].pattern), cases[i].ignore_case) != cases[i].matches)
            fail_msg("%s LIKE %s", cases[i].text, cases[i].pattern);
}

static void lists_are_sorted_and_complete(void **state) {
    (void)state;
    struct fixture fixture;
    struct catalogue_names names;
    fixture_init(&fixture);
    run_ok(&fixture, "CREATE TABLE b (a INT) WITH ('connector' = 'print')");
    run_ok(&fixture, "CREATE TEMPORARY TABLE b (a INT) WITH ('connector' = 'print')");
    run_ok(&fixture, "CREATE VIEW a AS SELECT 1 AS one");
    run_ok(&fixture, "CREATE MATERIALIZED VIEW m AS SELECT 1 AS one");
    assert_int_equal(catalogue_list(fixture.catalogue, CATALOGUE_LIST_TABLES, NULL, &fixture.arena, &names, NULL),
                     STATUS_OK);
    assert_int_equal(names.count, 4);
    assert_string_equal(names.items[0], "a");
    assert_string_equal(names.items[1], "b");
    assert_string_equal(names.items[3], "weather");
    assert_int_equal(catalogue_list(fixture.catalogue, CATALOGUE_LIST_VIEWS, NULL, &fixture.arena, &names, NULL),
                     STATUS_OK);
    assert_int_equal(names.count, 1);
    assert_int_equal(
        catalogue_list(fixture.catalogue, CATALOGUE_LIST_MATERIALIZED_VIEWS, NULL, &fixture.arena, &names, NULL),
        STATUS_OK);
    assert_int_equal(names.count, 1);
    fixture_release(&fixture);
}

static size_t heap_in_use(void) {
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

static void a_long_session_does_not_grow(void **state) {
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture);
    size_t before = 0;
    for (int i = 0; i < 300; i++) {
        run_ok(&fixture, "CREATE OR REPLACE TABLE t (a INT, b AS a + 1) WITH ('connector' = 'datagen')");
        run_ok(&fixture, "CREATE OR REPLACE VIEW v AS SELECT b FROM t");
        run_ok(&fixture, "ALTER TABLE t ADD (c STRING)");
        run_ok(&fixture, "SELECT COUNT(*) FROM v GROUP BY b");
        assert_int_not_equal(run(&fixture, "CREATE TABLE x (a NOTHING) WITH ('connector' = 'datagen')"), STATUS_OK);
        arena_reset(&fixture.arena);
        if (i == 50)
            before = heap_in_use();
    }
    assert_true(heap_in_use() <= before + 4096);
    fixture_release(&fixture);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weather_is_there_and_gives_way),
        cmocka_unit_test(names_match_exactly_first),
        cmocka_unit_test(temporary_hides_permanent),
        cmocka_unit_test(failures_change_nothing),
        cmocka_unit_test(show_create_round_trips),
        cmocka_unit_test(views_resolve_where_they_were_made),
        cmocka_unit_test(like_patterns),
        cmocka_unit_test(lists_are_sorted_and_complete),
        cmocka_unit_test(a_long_session_does_not_grow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
