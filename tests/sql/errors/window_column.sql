-- A window over a column that is no event time.
-- expect-error: 42P20
CREATE TABLE t (a INT, ts TIMESTAMP(3)) WITH ('connector' = 'datagen', 'number-of-rows' = '1');
SELECT COUNT(*) FROM t GROUP BY TUMBLE(ts, 10s);
