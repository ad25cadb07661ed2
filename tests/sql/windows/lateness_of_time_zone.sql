-- A window over TIMESTAMP_LTZ is cut in the session's zone.
-- file: t.csv
-- | 1714563000
-- | 1714564800
-- | 1714566600
CREATE TABLE t (s BIGINT, ts AS TO_TIMESTAMP_LTZ(s, 0), WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = 't.csv', 'format' = 'csv');
SET 'table.local-time-zone' = 'Asia/Kolkata';
SELECT window_start, window_end, COUNT(*) AS n FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' HOUR)) GROUP BY window_start, window_end;
