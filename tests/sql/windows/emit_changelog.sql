-- EMIT ON UPDATE row by row: each window's count grows by updates.
-- format: changelog
-- batch-rows: 1
-- file: events.csv
-- | 2024-05-01 12:00:01.000,a,1
-- | 2024-05-01 12:00:04.000,b,2
-- | 2024-05-01 12:00:03.000,a,3
-- | 2024-05-01 12:00:11.000,a,4
-- | 2024-05-01 12:00:19.999,b,5
-- | 2024-05-01 12:00:20.000,a,6
-- | 2024-05-01 12:00:45.000,b,7
CREATE TABLE events (ts TIMESTAMP(3), k STRING, v INT, WATERMARK FOR ts AS ts - INTERVAL '2' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'events.csv', 'format' = 'csv');
SELECT k, TUMBLE_START(ts, 10s) AS s, COUNT(*) AS n FROM events WHERE v <= 4 GROUP BY k, TUMBLE(ts, 10s) EMIT ON UPDATE;
