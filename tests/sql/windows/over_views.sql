-- A window over a view with a condition; the same window from two queries; HAVING over a window.
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
CREATE VIEW evens AS SELECT ts, k, v FROM events WHERE v % 2 = 0;
SELECT window_start, SUM(v) AS total FROM TABLE(TUMBLE(TABLE evens, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY window_start, window_end;
SELECT k, TUMBLE_START(ts, 10s) AS s, COUNT(*) AS n FROM events GROUP BY k, TUMBLE(ts, 10s) HAVING COUNT(*) > 1;
SELECT k, COUNT(*) AS windows, SUM(n) AS everything FROM (SELECT k, COUNT(*) AS n FROM events GROUP BY k, TUMBLE(ts, 10s)) AS w GROUP BY k ORDER BY k;
