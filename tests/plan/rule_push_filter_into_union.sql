-- Filters move into every input of a union.
CREATE TABLE t (a INT, b STRING, x DOUBLE, r ROW<i INT, s STRING, n ROW<deep INT, other INT>>, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'datagen');
EXPLAIN VERBOSE SELECT a FROM (SELECT a FROM t UNION ALL SELECT r.i FROM t UNION ALL SELECT 7) WHERE a > 1;
