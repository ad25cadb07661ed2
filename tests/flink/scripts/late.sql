-- file: late.json
-- | {"id": 1, "ts": "2024-05-01 12:00:01"}
-- | {"id": 2, "ts": "2024-05-01 12:00:30"}
-- | {"id": 3, "ts": "2024-05-01 12:00:02"}
-- | {"id": 4, "ts": "2024-05-01 12:00:31"}
-- Late rows: Flink's watermark moves every 200 ms of wall-clock time, so a short file has no late rows there; a watermark per record makes them equal.
CREATE TABLE e (id INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'late.json', 'format' = 'json', 'scan.watermark.emit.strategy' = 'on-event');
SELECT window_start, COUNT(*) FROM TABLE(TUMBLE(TABLE e, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY window_start, window_end;
CREATE TABLE p (id INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'late.json', 'format' = 'json');
-- may differ: a late row counts as late by its place among the rows here, by wall-clock time there
SELECT window_start, COUNT(*) FROM TABLE(TUMBLE(TABLE p, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY window_start, window_end;
