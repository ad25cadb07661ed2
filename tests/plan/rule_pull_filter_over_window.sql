-- A condition on the bounds of the window that is grouped by chooses groups: afterwards it does as well.
CREATE TABLE t (a INT, b STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'datagen');
EXPLAIN VERBOSE SELECT window_start, b, COUNT(*) FROM TABLE(HOP(TABLE t, DESCRIPTOR(ts), 2s, 10s)) WHERE window_start > TIMESTAMP '2024-01-01 00:00:00' AND a > 1 GROUP BY window_start, window_end, b;
EXPLAIN VERBOSE SELECT window_start, b, COUNT(*) FROM TABLE(HOP(TABLE t, DESCRIPTOR(ts), 2s, 10s)) WHERE window_start > ts GROUP BY window_start, window_end, b;
