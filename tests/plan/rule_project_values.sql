-- Constants are computed before anything runs.
CREATE TABLE t (a INT, b STRING, x DOUBLE, r ROW<i INT, s STRING, n ROW<deep INT, other INT>>, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'datagen');
EXPLAIN VERBOSE SELECT 1 + 1 AS two, UPPER('x');
EXPLAIN VERBOSE SELECT x * 2 FROM (VALUES (1), (2), (3)) AS v (x);
EXPLAIN VERBOSE SELECT 1 / 0;
EXPLAIN VERBOSE SELECT NOW() IS NULL;
