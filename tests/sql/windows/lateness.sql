-- Allowed lateness keeps a closed window for late rows and corrects its result: 09 comes within 10 s (an update), 08 does not.
-- file: late.csv
-- | 2024-05-01 12:00:01.000,1
-- | 2024-05-01 12:00:12.000,2
-- | 2024-05-01 12:00:09.000,3
-- | 2024-05-01 12:00:25.000,4
-- | 2024-05-01 12:00:08.000,5
-- | 2024-05-01 12:00:24.000,6
CREATE TABLE late (ts TIMESTAMP(3), v INT, WATERMARK FOR ts AS ts - INTERVAL '1' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'late.csv', 'format' = 'csv');
SET 'table.exec.emit.allow-lateness' = '10 s';
SELECT TUMBLE_START(ts, 10s) AS s, SUM(v) AS total FROM late GROUP BY TUMBLE(ts, 10s);
