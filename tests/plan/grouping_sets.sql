-- GROUPING SETS, ROLLUP and CUBE: one aggregation per set over one scan.
CREATE TABLE t (a INT, b STRING, n INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'datagen', 'number-of-rows' = '100');
SELECT a, b, SUM(n), GROUPING(a, b) FROM t GROUP BY GROUPING SETS ((a, b), (a), ());
SELECT a, b, SUM(n) FROM t GROUP BY ROLLUP (a, b) ORDER BY a, GROUPING_ID(b), SUM(n) LIMIT 5;
SELECT a + 1, COUNT(*) FROM t GROUP BY b, CUBE (a + 1) HAVING COUNT(*) > 1;
SELECT a, COUNT(*) FROM t GROUP BY GROUPING SETS ((a));
SELECT a, GROUPING(a) FROM t GROUP BY a;
SELECT window_start, a, COUNT(*) FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), 10s)) GROUP BY GROUPING SETS ((window_start, window_end, a), (window_start, window_end));
SELECT window_start, a, COUNT(*) FROM t GROUP BY TUMBLE(ts, 10s), ROLLUP (a);
SELECT GROUPING(n) FROM t GROUP BY ROLLUP (a);
SELECT GROUPING(a) FROM t;
SELECT n FROM t GROUP BY ROLLUP (a);
SELECT a FROM t GROUP BY CUBE (a, b, n, ts, a + 1, a + 2, a + 3);
