-- SESSION: a gap of 5 seconds ends a session; both forms, with and without keys.
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
SELECT SESSION_START(ts, 5s) AS s, SESSION_END(ts, 5s) AS e, COUNT(*) AS n FROM events GROUP BY SESSION(ts, 5s);
SELECT k, window_start, window_end, SUM(v) AS total
FROM TABLE(SESSION(TABLE events PARTITION BY k, DESCRIPTOR(ts), INTERVAL '5' SECOND)) GROUP BY k, window_start, window_end ORDER BY window_start, k;
