-- DISTINCT is grouping by every column.
CREATE TABLE t (a INT, b STRING, x DOUBLE, r ROW<i INT, s STRING, n ROW<deep INT, other INT>>, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'datagen');
EXPLAIN VERBOSE SELECT DISTINCT a, b FROM t;
EXPLAIN VERBOSE SELECT a FROM t UNION SELECT 1;
