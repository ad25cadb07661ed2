-- TUMBLE in GROUP BY, with the auxiliary functions and a duration literal.
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
SELECT k, TUMBLE_START(ts, INTERVAL '10' SECOND) AS s, TUMBLE_END(ts, INTERVAL '10' SECOND) AS e, COUNT(*) AS n, SUM(v) AS total
FROM events GROUP BY k, TUMBLE(ts, INTERVAL '10' SECOND) ORDER BY s, k;
SELECT TUMBLE_START(ts, 10s) AS s, SUM(v) AS total FROM events GROUP BY TUMBLE(ts, 10s);
SELECT TUMBLE_ROWTIME(ts, 10s) AS r FROM events GROUP BY TUMBLE(ts, 10s) LIMIT 1;
