-- Aggregates pick their columns themselves, but not behind a filter, which would pass on what only it reads.
CREATE TABLE t (a INT, b STRING, x DOUBLE, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'datagen');
EXPLAIN VERBOSE SELECT b, SUM(x), COUNT(*) FILTER (WHERE x > 1) FROM t GROUP BY b;
EXPLAIN VERBOSE SELECT b, SUM(x), MAX(a) FROM t GROUP BY b, TUMBLE(ts, 10s);
EXPLAIN VERBOSE SELECT COUNT(*) FROM t;
EXPLAIN VERBOSE SELECT b, SUM(x) FROM t WHERE a > 1 GROUP BY b;
