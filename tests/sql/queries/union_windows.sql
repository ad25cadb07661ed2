-- A window over UNION ALL: the watermark is the least of the inputs'.
-- file: events.csv
-- | 2024-05-01 12:00:01.000,a,1
-- | 2024-05-01 12:00:04.000,b,2
-- | 2024-05-01 12:00:03.000,a,3
-- | 2024-05-01 12:00:11.000,a,4
-- | 2024-05-01 12:00:19.999,b,5
-- | 2024-05-01 12:00:20.000,a,6
-- | 2024-05-01 12:00:45.000,b,7
-- file: more.csv
-- | 2024-05-01 12:00:05.000,c,100
-- | 2024-05-01 12:00:25.000,c,200
-- | 2024-05-01 12:01:00.000,c,300
CREATE TABLE events (ts TIMESTAMP(3), k STRING, v INT, WATERMARK FOR ts AS ts - INTERVAL '2' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'events.csv', 'format' = 'csv');
CREATE TABLE more (ts TIMESTAMP(3), k STRING, v INT, WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = 'more.csv', 'format' = 'csv');
CREATE VIEW both_ AS SELECT ts, k, v FROM events UNION ALL SELECT ts, k, v FROM more;
SELECT window_start, COUNT(*) AS n, SUM(v) AS total FROM TABLE(TUMBLE(TABLE both_, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY window_start, window_end;
