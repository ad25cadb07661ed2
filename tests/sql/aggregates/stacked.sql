-- An aggregate over an aggregate: retractions keep it right.
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
SELECT n, COUNT(*) AS keys FROM (SELECT k, COUNT(*) AS n FROM events WHERE v <> 7 GROUP BY k) AS c GROUP BY n ORDER BY n;
SELECT SUM(hi) AS s, MIN(hi) AS lo FROM (SELECT k, MAX(v) AS hi FROM events GROUP BY k) AS m;
