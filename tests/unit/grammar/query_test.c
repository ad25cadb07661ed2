/* query_test.c: every clause of a query becomes the right tree. */
#include "tests/unit/grammar/tree.h"

static const struct example match[] = {
    {"SELECT * FROM t MATCH_RECOGNIZE (PARTITION BY s ORDER BY ts MEASURES FIRST(A.p) AS fp, LAST(B.p) AS lp ONE ROW "
     "PER MATCH AFTER MATCH SKIP PAST LAST ROW PATTERN (A B+ C* D? E{2} F{1,} G{,3} H{1,3}?) WITHIN INTERVAL '1' HOUR "
     "DEFINE A AS A.p > 1, B AS B.p > PREV(B.p)) AS m",
     "(select * (from (as m (match t (partition s) (order ts) (measures (fp (first A.p)) (lp (last B.p))) "
     "skip-past-last (pattern (seq A (repeat 1..-1 B) (repeat 0..-1 C) (repeat 0..1 D) (repeat 2..2 E) (repeat 1..-1 "
     "F) (repeat 0..3 G) (repeat 1..3 reluctant H))) (within (interval 3600000000us HOUR)) (define (A (> A.p 1)) (B (> "
     "B.p (prev B.p))))))))"},
    {"SELECT * FROM t MATCH_RECOGNIZE (ORDER BY ts ALL ROWS PER MATCH AFTER MATCH SKIP TO NEXT ROW PATTERN ((A | B)+? "
     "(C D)* () ^ $ {- E -} PERMUTE(F, G)) SUBSET u = (A, B) DEFINE A AS TRUE)",
     "(select * (from (match t (order ts) all-rows skip-to-next (pattern (seq (repeat 1..-1 reluctant (alt A B)) "
     "(repeat 0..-1 (seq C D)) (seq) (start) (end) (exclude E) (permute F G))) (u A B) (define (A TRUE)))))"},
    {"SELECT * FROM t MATCH_RECOGNIZE (ORDER BY ts AFTER MATCH SKIP TO FIRST A PATTERN (A*? B | C) DEFINE A AS TRUE), "
     "u",
     "(select * (from (comma (match t (order ts) (skip-to-first A) (pattern (alt (seq (repeat 0..-1 reluctant A) B) "
     "C)) (define (A TRUE))) u)))"},
    {"SELECT * FROM t MATCH_RECOGNIZE (ORDER BY ts AFTER MATCH SKIP TO LAST A PATTERN (A) DEFINE A AS TRUE)",
     "(select * (from (match t (order ts) (skip-to-last A) (pattern A) (define (A TRUE)))))"},
};

static const struct example emit[] = {
    {"SELECT COUNT(*) FROM t GROUP BY a EMIT ON CLOSE", "(query (select (count *) (from t) (group a)) emit-on-close)"},
    {"SELECT COUNT(*) FROM t GROUP BY a EMIT ON WINDOW CLOSE",
     "(query (select (count *) (from t) (group a)) emit-on-close)"},
    {"SELECT COUNT(*) FROM t GROUP BY a EMIT ON UPDATE",
     "(query (select (count *) (from t) (group a)) emit-on-update)"},
    {"SELECT COUNT(*) FROM t EMIT CHANGES", "(query (select (count *) (from t)) emit-on-update)"},
    {"SELECT COUNT(*) FROM t ORDER BY 1 LIMIT 3 EMIT EVERY 1s",
     "(query (select (count *) (from t)) (order 1) (limit 3) (emit-every (duration 1000000us)))"},
    {"SELECT COUNT(*) FROM t EMIT EVERY INTERVAL '1' MINUTE",
     "(query (select (count *) (from t)) (emit-every (interval 60000000us MINUTE)))"},
};

static const struct example with[] = {
    {"WITH a AS (SELECT 1), b (x, y) AS (VALUES (1, 2)) SELECT * FROM a, b",
     "(query (with (a (select 1)) (b (columns x y) (values (row 1 2)))) (select * (from (comma a b))))"},
    {"WITH RECURSIVE r AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT * FROM r LIMIT 5",
     "(query (with-recursive (r (union-all (select 1) (select (+ n 1) (from r))))) (select * (from r)) (limit 5))"},
    {"WITH a AS (SELECT 1) (SELECT * FROM a) ORDER BY 1",
     "(query (with (a (select 1))) (select * (from a)) (order 1))"},
};

static const struct example grouping[] = {
    {"SELECT a, b, SUM(c) FROM t WHERE d > 1 GROUP BY a, b HAVING SUM(c) > 1 QUALIFY ROW_NUMBER() OVER (ORDER BY a) = "
     "1",
     "(select a b (sum c) (from t) (where (> d 1)) (group a b) (having (> (sum c) 1)) (qualify (= (row_number (over "
     "(order a))) 1)))"},
    {"SELECT a FROM t GROUP BY ()", "(select a (from t) (group (list)))"},
    {"SELECT a FROM t GROUP BY GROUPING SETS ((a, b), a, (), ROLLUP (a, b))",
     "(select a (from t) (group (sets (list a b) a (list) (rollup a b))))"},
    {"SELECT a FROM t GROUP BY ROLLUP (a, (b, c)), CUBE (a, b), d",
     "(select a (from t) (group (rollup a (list b c)) (cube a b) d))"},
    {"SELECT a FROM t GROUP BY a, (b, c), TUMBLE(ts, 10s), HOP(ts, INTERVAL '1' MINUTE, INTERVAL '5' MINUTE)",
     "(select a (from t) (group a (list b c) (tumble ts (duration 10000000us)) (hop ts (interval 60000000us MINUTE) "
     "(interval 300000000us MINUTE))))"},
};

static const struct example table_functions[] = {
    {"SELECT * FROM TABLE(TUMBLE(TABLE bid, DESCRIPTOR(ts), INTERVAL '10' MINUTE, INTERVAL '1' MINUTE))",
     "(select * (from (table-function (tumble (table bid) (descriptor ts) (interval 600000000us MINUTE) (interval "
     "60000000us MINUTE)))))"},
    {"SELECT * FROM TABLE(HOP(DATA => TABLE bid, TIMECOL => DESCRIPTOR(ts), SLIDE => INTERVAL '5' MINUTES, SIZE => "
     "INTERVAL '10' MINUTES)) AS w",
     "(select * (from (as w (table-function (hop DATA=>(table bid) TIMECOL=>(descriptor ts) SLIDE=>(interval "
     "300000000us MINUTE) SIZE=>(interval 600000000us MINUTE))))))"},
    {"SELECT * FROM SESSION(TABLE t PARTITION BY (a, b), DESCRIPTOR(ts), INTERVAL '5' MINUTE)",
     "(select * (from (table-function (session (table t (partition a b)) (descriptor ts) (interval 300000000us "
     "MINUTE)))))"},
    {"SELECT * FROM TABLE(SESSION(TABLE t PARTITION BY a ORDER BY ts DESC, DESCRIPTOR(ts), 5m))",
     "(select * (from (table-function (session (table t (partition a) (order (desc ts))) (descriptor ts) (duration "
     "300000000us)))))"},
    {"SELECT * FROM TUMBLE(t, ts, 10s) x, CUMULATE(TABLE (SELECT * FROM t), DESCRIPTOR(ts), 1m, 1h)",
     "(select * (from (comma (as x (table-function (tumble t ts (duration 10000000us)))) (table-function (cumulate "
     "(table (select * (from t))) (descriptor ts) (duration 60000000us) (duration 3600000000us))))))"},
    {"SELECT * FROM t, LATERAL TABLE(split(a)) AS s (w)",
     "(select * (from (comma t (lateral (as s (columns w) (table-function (split a)))))))"},
    {"SELECT * FROM t LEFT JOIN LATERAL TABLE(split(a, ',')) AS s (w) ON TRUE",
     "(select * (from (left-join t (lateral (as s (columns w) (table-function (split a ',')))) (on TRUE))))"},
    {"SELECT * FROM t CROSS JOIN UNNEST(arr) WITH ORDINALITY AS u (x, i), LATERAL (SELECT t.a) l, UNNEST(a, b)",
     "(select * (from (comma (comma (cross-join t (as u (columns x i) (unnest-ordinality (of arr)))) (lateral (as l "
     "(select t.a)))) (unnest (of a b)))))"},
    {"SELECT * FROM f(TABLE t PARTITION BY ROW(), DESCRIPTOR(x))",
     "(select * (from (table-function (f (table t) (descriptor x)))))"},
};

static const struct example joins[] = {
    {"SELECT * FROM a JOIN b ON a.x = b.x LEFT JOIN c USING (x, y) RIGHT OUTER JOIN d ON TRUE FULL JOIN e ON e.z = 1 "
     "CROSS JOIN f NATURAL JOIN g NATURAL LEFT JOIN h",
     "(select * (from (natural-left-join (natural-join (cross-join (full-join (right-join (left-join (join a b (on (= "
     "a.x b.x))) c (using x y)) d (on TRUE)) e (on (= e.z 1))) f) g) h)))"},
    {"SELECT * FROM a INNER JOIN (b JOIN c ON b.x = c.x) ON a.x = b.x",
     "(select * (from (join a (join b c (on (= b.x c.x))) (on (= a.x b.x)))))"},
    {"SELECT * FROM a JOIN b JOIN c ON b.x = c.x ON a.x = b.x",
     "(select * (from (join a (join b c (on (= b.x c.x))) (on (= a.x b.x)))))"},
    {"SELECT * FROM o ASOF JOIN r ON o.k = r.k AND o.t >= r.t",
     "(select * (from (asof-join o r (on (and (= o.k r.k) (>= o.t r.t))))))"},
    {"SELECT * FROM o LEFT ASOF JOIN r MATCH_CONDITION o.t >= r.t ON o.k = r.k",
     "(select * (from (asof-left-join o r (match (>= o.t r.t)) (on (= o.k r.k)))))"},
    {"SELECT * FROM o JOIN c /*+ OPTIONS('a'='b') */ FOR SYSTEM_TIME AS OF o.ts AS c ON o.id = c.id",
     "(select * (from (join o (as c (table c (hint OPTIONS (options a='b')) (as-of o.ts))) (on (= o.id c.id)))))"},
    {"SELECT * FROM ((SELECT 1 AS a) x JOIN (SELECT 2 AS a) y ON x.a = y.a)",
     "(select * (from (join (as x (select (as a 1))) (as y (select (as a 2))) (on (= x.a y.a)))))"},
};

static const struct example values[] = {
    {"VALUES (1, 'a'), (2, 'b')", "(values (row 1 'a') (row 2 'b'))"},
    {"VALUES 1, 2, 3", "(values (row 1) (row 2) (row 3))"},
    {"VALUES ROW(1, 2), (3, 4)", "(values (row 1 2) (row 3 4))"},
    {"TABLE t", "(table t)"},
};

static const struct example set_operations[] = {
    {"SELECT 1 UNION SELECT 2 UNION ALL SELECT 3 INTERSECT SELECT 4 EXCEPT DISTINCT SELECT 5",
     "(except (union-all (union (select 1) (select 2)) (intersect (select 3) (select 4))) (select 5))"},
    {"(SELECT 1) UNION ALL (SELECT 2 ORDER BY 1 LIMIT 1) ORDER BY 1",
     "(query (union-all (select 1) (query (select 2) (order 1) (limit 1))) (order 1))"},
    {"((SELECT 1))", "(select 1)"},
    {"SELECT ((SELECT 1)), ((1)), (((SELECT 1) UNION SELECT 2))",
     "(select (subquery (select 1)) 1 (subquery (union (select 1) (select 2))))"},
    {"SELECT * FROM ((SELECT 1) UNION SELECT 2) AS x", "(select * (from (as x (union (select 1) (select 2)))))"},
};

static const struct example paging[] = {
    {"SELECT a FROM t ORDER BY a, b DESC NULLS FIRST, c ASC NULLS LAST, d NULLS FIRST LIMIT 10 OFFSET 5",
     "(query (select a (from t)) (order a (desc nulls-first b) (asc nulls-last c) (nulls-first d)) (limit 10) (offset "
     "5))"},
    {"SELECT a FROM t LIMIT ALL", "(select a (from t))"},
    {"SELECT a FROM t OFFSET 5 ROWS FETCH NEXT 10 ROWS ONLY", "(query (select a (from t)) (limit 10) (offset 5))"},
    {"SELECT a FROM t FETCH FIRST ROW ONLY", "(query (select a (from t)) (limit 1))"},
    {"SELECT a FROM t OFFSET 2 LIMIT 3", "(query (select a (from t)) (limit 3) (offset 2))"},
};

static const struct example select[] = {
    {"SELECT DISTINCT a FROM t", "(select distinct a (from t))"},
    {"SELECT ALL a, t.*, * FROM t", "(select a t.* * (from t))"},
    {"SELECT DISTINCT ON (a, b) a, b, c FROM t ORDER BY a, b, c DESC",
     "(query (select (distinct-on a b) a b c (from t)) (order a b (desc c)))"},
    {"SELECT a x, b AS \"y z\" FROM c.d.t AS u (p, q), v w, (SELECT 1) s, (VALUES (1, 'a'), (2, 'b')) AS z (i, n)",
     "(select (as x a) (as \"y z\" b) (from (comma (comma (comma (as u (columns p q) c.d.t) (as w v)) (as s (select "
     "1))) (as z (columns i n) (values (row 1 'a') (row 2 'b'))))))"},
    {"SELECT /*+ STATE_TTL('a'='1d', 'b'='2d'), BROADCAST(a, b.c) LOOKUP('table'='c', x='y') NOHINT */ * FROM t /*+ "
     "OPTIONS('k'='v', 'l'='w') */ AS x",
     "(select (hint STATE_TTL (options a='1d' b='2d')) (hint BROADCAST (arguments a b.c)) (hint LOOKUP (options "
     "table='c' x='y')) (hint NOHINT) * (from (as x (table t (hint OPTIONS (options k='v' l='w'))))))"},
    {"SELECT SUM(a) OVER w, SUM(b) OVER v FROM t WINDOW w AS (PARTITION BY x ORDER BY y), v AS (w)",
     "(select (sum a (over-name w)) (sum b (over-name v)) (from t) (window w (partition x) (order y)) (window v (base "
     "w)))"},
};

static const struct example soft[] = {
    {"SELECT value, day, hour, timestamp, date, time, year, month, minute, second, key, type, count, row, rows, first, "
     "last, window, `table`, range, current, next, plan, system, language, comment, job, status, catalog, database "
     "FROM t",
     "(select value day hour timestamp date time year month minute second key type count row rows first last window "
     "\"table\" range current next plan system language comment job status catalog database (from t))"},
    {"SELECT value AS day, hour timestamp, a date, b lim, c key, d first FROM date AS time, year month",
     "(select (as day value) (as timestamp hour) (as date a) (as lim b) (as key c) (as first d) (from (comma (as time "
     "date) (as month year))))"},
};

static void test_match(void **state) {
    (void)state;
    check_examples(match, COUNT_OF(match), "");
}

static void test_emit(void **state) {
    (void)state;
    check_examples(emit, COUNT_OF(emit), "");
}

static void test_with(void **state) {
    (void)state;
    check_examples(with, COUNT_OF(with), "");
}

static void test_grouping(void **state) {
    (void)state;
    check_examples(grouping, COUNT_OF(grouping), "");
}

static void test_table_functions(void **state) {
    (void)state;
    check_examples(table_functions, COUNT_OF(table_functions), "");
}

static void test_joins(void **state) {
    (void)state;
    check_examples(joins, COUNT_OF(joins), "");
}

static void test_values(void **state) {
    (void)state;
    check_examples(values, COUNT_OF(values), "");
}

static void test_set_operations(void **state) {
    (void)state;
    check_examples(set_operations, COUNT_OF(set_operations), "");
}

static void test_paging(void **state) {
    (void)state;
    check_examples(paging, COUNT_OF(paging), "");
}

static void test_select(void **state) {
    (void)state;
    check_examples(select, COUNT_OF(select), "");
}

static void test_soft(void **state) {
    (void)state;
    check_examples(soft, COUNT_OF(soft), "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_match),
        cmocka_unit_test(test_emit),
        cmocka_unit_test(test_with),
        cmocka_unit_test(test_grouping),
        cmocka_unit_test(test_table_functions),
        cmocka_unit_test(test_joins),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_set_operations),
        cmocka_unit_test(test_paging),
        cmocka_unit_test(test_select),
        cmocka_unit_test(test_soft),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
