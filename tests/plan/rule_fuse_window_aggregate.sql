-- Grouping by the bounds of a window table function needs no row per window.
CREATE TABLE t (a INT, b STRING, x DOUBLE, r ROW<i INT, s STRING, n ROW<deep INT, other INT>>, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'datagen');
EXPLAIN VERBOSE SELECT b, window_start, COUNT(*), SUM(a) FILTER (WHERE x > 0) FROM TABLE(HOP(TABLE t, DESCRIPTOR(ts), 2s, 10s)) GROUP BY b, window_start, window_end;
EXPLAIN VERBOSE SELECT window_start, MAX(window_end) FROM TABLE(HOP(TABLE t, DESCRIPTOR(ts), 2s, 10s)) GROUP BY window_start, window_end;
EXPLAIN VERBOSE SELECT b, COUNT(*) FROM TABLE(SESSION(TABLE t PARTITION BY b, DESCRIPTOR(ts), 2s)) GROUP BY b, window_start, window_end;
