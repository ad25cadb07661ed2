-- A row exactly one gap after the last joins its session, unless the watermark has closed it: with WATERMARK FOR ts AS ts
-- the second row closes a's first session, so the third opens a new one, whatever the batch size.
-- file: events.csv
-- | 2024-05-01 12:00:00.000,a
-- | 2024-05-01 12:00:05.000,b
-- | 2024-05-01 12:00:05.000,a
-- | 2024-05-01 12:00:05.000,b
-- | 2024-05-01 12:00:10.000,a
CREATE TABLE events (ts TIMESTAMP(3), k STRING, WATERMARK FOR ts AS ts)
WITH ('connector' = 'filesystem', 'path' = 'events.csv', 'format' = 'csv');
SELECT k, SESSION_START(ts, 5s) AS s, SESSION_END(ts, 5s) AS e, COUNT(*) AS n FROM events GROUP BY k, SESSION(ts, 5s);
