-- A row behind the watermark whose window is closed is dropped and counted: 09 and 08 come after 12:00:10 is reached (the watermark is 11 and 24 by then); 24 is late for nobody, its window is open.
-- file: late.csv
-- | 2024-05-01 12:00:01.000,1
-- | 2024-05-01 12:00:12.000,2
-- | 2024-05-01 12:00:09.000,3
-- | 2024-05-01 12:00:25.000,4
-- | 2024-05-01 12:00:08.000,5
-- | 2024-05-01 12:00:24.000,6
CREATE TABLE late (ts TIMESTAMP(3), v INT, WATERMARK FOR ts AS ts - INTERVAL '1' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'late.csv', 'format' = 'csv');
SELECT TUMBLE_START(ts, 10s) AS s, LISTAGG(CAST(v AS STRING)) AS vs FROM late GROUP BY TUMBLE(ts, 10s);
