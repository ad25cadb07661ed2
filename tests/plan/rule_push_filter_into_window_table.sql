-- A row's window does not depend on other rows, but for sessions, where whole partitions may go.
CREATE TABLE t (a INT, b STRING, x DOUBLE, r ROW<i INT, s STRING, n ROW<deep INT, other INT>>, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'datagen');
EXPLAIN VERBOSE SELECT b, window_start FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), 10s)) WHERE b = 'x' AND window_start > TIMESTAMP '2024-01-01 00:00:00';
EXPLAIN VERBOSE SELECT b, COUNT(*) FROM TABLE(SESSION(TABLE t PARTITION BY b, DESCRIPTOR(ts), 10s)) WHERE b = 'x' GROUP BY b, window_start, window_end;
