EXPLAIN VERBOSE SELECT window_start, b, COUNT(*) FROM TABLE(HOP(TABLE t, DESCRIPTOR(ts), 2s, 10s)) WHERE window_start > TIMESTAMP '2024-01-01 00:00:00' AND a > 1 GROUP BY window_start, window_end, b;
EXPLAIN VERBOSE SELECT window_start, b, COUNT(*) FROM TABLE(HOP(TABLE t, DESCRIPTOR(ts), 2s, 10s)) WHERE window_start > ts GROUP BY window_start, window_end, b;
