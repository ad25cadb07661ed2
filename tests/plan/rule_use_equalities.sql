-- Above a filter column = constant, the column is that constant: CASE picks its branch and only that is read.
CREATE TABLE t (a INT, b STRING, x DOUBLE, r ROW<i INT, s STRING, n ROW<deep INT, other INT>>, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'datagen');
EXPLAIN VERBOSE SELECT CASE WHEN a = 0 THEN r.i WHEN a = 1 THEN r.n.deep ELSE r.n.other END AS v, a FROM t WHERE a = 1;
EXPLAIN VERBOSE SELECT x FROM t WHERE x = 0.0E0;
EXPLAIN VERBOSE SELECT d FROM (SELECT a, CASE a WHEN 0 THEN r.s WHEN 1 THEN b END AS d FROM t) WHERE a = 0 AND d <> 'x';
