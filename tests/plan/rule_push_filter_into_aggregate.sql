-- Conditions on keys choose groups, before they are built.
CREATE TABLE t (a INT, b STRING, x DOUBLE, r ROW<i INT, s STRING, n ROW<deep INT, other INT>>, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'datagen');
EXPLAIN VERBOSE SELECT b, c FROM (SELECT b, COUNT(*) AS c FROM t GROUP BY b) WHERE b = 'x' AND c > 1;
EXPLAIN VERBOSE SELECT b, COUNT(*) FROM t GROUP BY b, TUMBLE(ts, 10s) HAVING b <> 'x' AND window_start > TIMESTAMP '2024-01-01 00:00:00';
EXPLAIN VERBOSE SELECT COUNT(*) FROM t HAVING COUNT(*) > 1;
