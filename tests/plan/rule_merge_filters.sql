-- Filters over filters become one; what stood below stays first.
CREATE TABLE t (a INT, b STRING, x DOUBLE, r ROW<i INT, s STRING, n ROW<deep INT, other INT>>, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'datagen');
EXPLAIN VERBOSE SELECT a FROM (SELECT * FROM t WHERE a > 1) WHERE 10 / a > 1 AND a > 1;
