-- Unions of unions are one union.
CREATE TABLE t (a INT, b STRING, x DOUBLE, r ROW<i INT, s STRING, n ROW<deep INT, other INT>>, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'datagen');
EXPLAIN VERBOSE SELECT * FROM (SELECT a FROM t UNION ALL SELECT r.i FROM t) UNION ALL (SELECT 1 UNION ALL SELECT 2);
