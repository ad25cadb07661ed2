-- Filters move below projections.
CREATE TABLE t (a INT, b STRING, x DOUBLE, r ROW<i INT, s STRING, n ROW<deep INT, other INT>>, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'datagen');
EXPLAIN VERBOSE SELECT c FROM (SELECT a + 1 AS c, b FROM t) WHERE c > 10 AND b = 'x';
EXPLAIN VERBOSE SELECT c FROM (SELECT RAND() AS c, b FROM t) WHERE c > 0.5 AND b = 'x';
