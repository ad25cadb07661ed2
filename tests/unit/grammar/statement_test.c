/* statement_test.c: statements that move rows, look and steer become the right tree. */
#include "tests/unit/grammar/tree.h"

static const struct example rows[] = {
    {"INSERT INTO t SELECT 1", "(insert t (select 1))"},
    {"INSERT INTO c.d.t (a, b) VALUES (1, 2), (3, 4)", "(insert c.d.t (columns a b) (values (row 1 2) (row 3 4)))"},
    {"INSERT OVERWRITE t PARTITION (day = '2024', hour) SELECT a FROM s",
     "(insert-overwrite t (partition day='2024' hour) (select a (from s)))"},
    {"INSERT INTO t /*+ OPTIONS('a'='b') */ WITH x AS (SELECT 1) SELECT * FROM x",
     "(insert t (hint OPTIONS (options a='b')) (query (with (x (select 1))) (select * (from x))))"},
    {"INSERT INTO t (SELECT 1)", "(insert t (select 1))"},
    {"INSERT INTO t (a) (SELECT 1)", "(insert t (columns a) (select 1))"},
    {"EXECUTE INSERT INTO t SELECT 1", "(insert t (select 1))"},
    {"EXECUTE SELECT 1", "(select 1)"},
    {"ANALYZE TABLE t COMPUTE STATISTICS", "(analyze-table t)"},
    {"ANALYZE TABLE t PARTITION (a = 1, b) COMPUTE STATISTICS FOR COLUMNS x, y",
     "(analyze-table t (partition a=1 b) (columns x y))"},
    {"ANALYZE TABLE t COMPUTE STATISTICS FOR ALL COLUMNS", "(analyze-table t all-columns)"},
    {"TRUNCATE TABLE t", "(truncate-table t)"},
    {"DELETE FROM t", "(delete t)"},
    {"DELETE FROM t AS x WHERE x.a = 1", "(delete t (alias x) (where (= x.a 1)))"},
    {"UPDATE t SET a = 1, b = b + 1 WHERE c", "(update t (set a 1) (set b (+ b 1)) (where c))"},
};

static const struct example sets[] = {
    {"EXECUTE STATEMENT SET BEGIN INSERT INTO a SELECT 1; INSERT INTO b SELECT 2; END; SELECT 3",
     "(statement-set (insert a (select 1)) (insert b (select 2))); (select 3)"},
    {"BEGIN STATEMENT SET; INSERT INTO a SELECT CASE WHEN x THEN 1 END FROM y; INSERT INTO b SELECT 2; END;",
     "(statement-set (insert a (select (case (when x 1)) (from y))) (insert b (select 2)))"},
    {"EXPLAIN STATEMENT SET BEGIN INSERT INTO a SELECT 1; INSERT INTO b SELECT 1; END",
     "(explain (statement-set (insert a (select 1)) (insert b (select 1))))"},
    {"EXPLAIN CREATE TABLE t AS SELECT 1; EXPLAIN CREATE VIEW v AS SELECT 1; EXPLAIN (SELECT 1); EXPLAIN BEGIN "
     "STATEMENT SET; INSERT INTO a SELECT 1; END",
     "(explain (create-table t (as (select 1)))); (explain (create-view v (as (select 1)))); (explain (select 1)); "
     "(explain (statement-set (insert a (select 1))))"},
    {"ADD JAR '/x.jar'; REMOVE JAR '/x.jar'; COMPILE PLAN '/p' FOR INSERT INTO t SELECT 1; COMPILE PLAN '/p' IF NOT "
     "EXISTS FOR STATEMENT SET BEGIN INSERT INTO t SELECT 1; END; EXECUTE PLAN '/p'; COMPILE AND EXECUTE PLAN '/p' FOR "
     "INSERT INTO t SELECT 1",
     "(add-jar (file '/x.jar')); (remove-jar (file '/x.jar')); (compile-plan (file '/p') (insert t (select 1))); "
     "(compile-plan (file '/p') if-not-exists (statement-set (insert t (select 1)))); (execute-plan (file '/p') "
     "execute); (compile-plan (file '/p') execute (insert t (select 1)))"},
};

static const struct example settings[] = {
    {"SET; SET 'a.b' = 'c d'; SET 'a' = 10; SET a.b-c = 10s; SET a=/tmp/x y ; SET a = true -- comment",
     "(set); (set (key 'a.b') (value 'c d')); (set (key 'a') (value '10')); (set (key 'a.b-c') (value '10s')); (set "
     "(key 'a') (value '/tmp/x y')); (set (key 'a') (value 'true'))"},
    {"RESET; RESET 'a'; RESET a.b", "(reset); (reset (key 'a')); (reset (key 'a.b'))"},
    {"SET execution.checkpointing.interval = 10 s; SET 'x' = rocks-db; SET a TO 'b'; SET a='b;c';",
     "(set (key 'execution.checkpointing.interval') (value '10 s')); (set (key 'x') (value 'rocks-db')); (set (key "
     "'a') (value 'b')); (set (key 'a') (value 'b;c'))"},
    {";;; SELECT 1;; /* c */ SELECT 2 -- d", "(select 1); (select 2)"},
};

static const struct example looking[] = {
    {"EXPLAIN SELECT 1", "(explain (select 1))"},
    {"EXPLAIN PLAN FOR SELECT 1", "(explain (select 1))"},
    {"EXPLAIN ANALYZE SELECT 1", "(explain analyze (select 1))"},
    {"EXPLAIN ANALYZE VERBOSE SELECT 1", "(explain analyze verbose (select 1))"},
    {"EXPLAIN VERBOSE SELECT 1", "(explain verbose (select 1))"},
    {"EXPLAIN ESTIMATED_COST, CHANGELOG_MODE, JSON_EXECUTION_PLAN, PLAN_ADVICE INSERT INTO t SELECT 1",
     "(explain estimated-cost changelog-mode json-execution-plan plan-advice (insert t (select 1)))"},
    {"DESCRIBE t", "(describe table t)"},
    {"DESC EXTENDED c.d.t", "(describe table extended c.d.t)"},
    {"DESCRIBE CATALOG c", "(describe catalog c)"},
    {"DESC DATABASE d", "(describe database d)"},
    {"DESCRIBE FUNCTION f", "(describe function f)"},
    {"DESCRIBE JOB 'id'", "(describe-job (id 'id'))"},
    {"DESC extended", "(describe table extended)"},
    {"DESCRIBE catalog", "(describe table catalog)"},
    {"SHOW TABLES", "(show tables)"},
    {"SHOW TABLES FROM db LIKE 'x%'", "(show tables db (like 'x%'))"},
    {"SHOW TABLES IN c.d NOT LIKE 'x'", "(show tables c.d not (like 'x'))"},
    {"SHOW VIEWS ILIKE 'x'", "(show views (ilike 'x'))"},
    {"SHOW FUNCTIONS", "(show functions)"},
    {"SHOW USER FUNCTIONS", "(show user-functions)"},
    {"SHOW DATABASES", "(show databases)"},
    {"SHOW CATALOGS", "(show catalogs)"},
    {"SHOW CURRENT CATALOG", "(show current-catalog)"},
    {"SHOW CURRENT DATABASE", "(show current-database)"},
    {"SHOW COLUMNS FROM t LIKE 'a%'", "(show columns t (like 'a%'))"},
    {"SHOW CREATE TABLE t", "(show create-table t)"},
    {"SHOW CREATE VIEW c.v", "(show create-view c.v)"},
    {"SHOW SETTINGS", "(show settings)"},
    {"SHOW JOBS", "(show jobs)"},
    {"SHOW JARS", "(show jars)"},
    {"SHOW MODULES", "(show modules)"},
    {"SHOW FULL MODULES", "(show full-modules)"},
    {"SHOW PARTITIONS t", "(show partitions t)"},
    {"SHOW 'a.b'", "(show setting (key 'a.b'))"},
    {"SHOW MATERIALIZED VIEWS", "(show materialized-views)"},
    {"SHOW CONNECTORS", "(show connectors)"},
    {"SHOW FORMATS", "(show formats)"},
    {"SHOW PROCEDURES", "(show procedures)"},
    {"USE d", "(use database d)"},
    {"USE c.d", "(use database c.d)"},
    {"USE CATALOG c", "(use catalog c)"},
    {"USE MODULES a, b", "(use-modules (modules a b))"},
    {"LOAD MODULE m WITH ('a'='b')", "(load-module (modules m) (with a='b'))"},
    {"UNLOAD MODULE m", "(unload-module (modules m))"},
};

static const struct example steering[] = {
    {"STOP JOB 'id'", "(stop-job (id 'id'))"},
    {"STOP JOB 'id' WITH SAVEPOINT", "(stop-job (id 'id') savepoint)"},
    {"STOP JOB 'id' WITH SAVEPOINT WITH DRAIN", "(stop-job (id 'id') savepoint drain)"},
    {"CALL s.p(1, a => 2)", "(call (s.p 1 a=>2))"},
    {"HELP", "(help)"},
    {"QUIT", "(quit)"},
    {"EXIT", "(quit)"},
    {"CLEAR", "(clear)"},
};

static void test_rows(void **state) {
    (void)state;
    check_examples(rows, COUNT_OF(rows), "");
}

static void test_sets(void **state) {
    (void)state;
    check_examples(sets, COUNT_OF(sets), "");
}

static void test_settings(void **state) {
    (void)state;
    check_examples(settings, COUNT_OF(settings), "");
}

static void test_looking(void **state) {
    (void)state;
    check_examples(looking, COUNT_OF(looking), "");
}

static void test_steering(void **state) {
    (void)state;
    check_examples(steering, COUNT_OF(steering), "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),    cmocka_unit_test(test_sets),     cmocka_unit_test(test_settings),
        cmocka_unit_test(test_looking), cmocka_unit_test(test_steering),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
