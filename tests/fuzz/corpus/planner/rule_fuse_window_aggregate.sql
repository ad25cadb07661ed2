EXPLAIN VERBOSE SELECT b, window_start, COUNT(*), SUM(a) FILTER (WHERE x > 0) FROM TABLE(HOP(TABLE t, DESCRIPTOR(ts), 2s, 10s)) GROUP BY b, window_start, window_end;
EXPLAIN VERBOSE SELECT window_start, MAX(window_end) FROM TABLE(HOP(TABLE t, DESCRIPTOR(ts), 2s, 10s)) GROUP BY window_start, window_end;
EXPLAIN VERBOSE SELECT b, COUNT(*) FROM TABLE(SESSION(TABLE t PARTITION BY b, DESCRIPTOR(ts), 2s)) GROUP BY b, window_start, window_end;
