-- Every aggregate in a window, with FILTER and DISTINCT.
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
SELECT TUMBLE_START(ts, 1m) AS s, COUNT(*) AS n, COUNT(DISTINCT k) AS ks, SUM(v) FILTER (WHERE k = 'a') AS a, MIN(v) AS lo, MAX(v) AS hi, AVG(v) AS mean,
       FIRST_VALUE(v) AS f, LAST_VALUE(v) AS l, LISTAGG(k, '') AS order_of_input, VAR_POP(CAST(v AS DOUBLE)) AS vp
FROM events GROUP BY TUMBLE(ts, 1m);
