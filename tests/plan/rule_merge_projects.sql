-- Projections over projections become one, unless something would be drawn twice or grow without bound.
CREATE TABLE t (a INT, b STRING, x DOUBLE, r ROW<i INT, s STRING, n ROW<deep INT, other INT>>, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'datagen');
EXPLAIN VERBOSE SELECT c + 1 AS d FROM (SELECT a * 2 AS c FROM (SELECT a, b FROM t));
EXPLAIN VERBOSE SELECT c, c FROM (SELECT RAND() AS c FROM t);
