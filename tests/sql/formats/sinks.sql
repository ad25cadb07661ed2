-- What the sinks write can be read back: csv, json, raw; quotes, NULLs, nested values.
-- format: jsonl
CREATE TABLE c (s STRING, n INT, d DOUBLE, ts TIMESTAMP(3)) WITH ('connector' = 'filesystem', 'path' = 'c', 'format' = 'csv', 'csv.null-literal' = 'NULL');
INSERT INTO c VALUES ('plain', 1, CAST(1.5 AS DOUBLE), TIMESTAMP '2024-05-01 12:00:00.123'), ('q"uo,te', CAST(NULL AS INT), CAST(NULL AS DOUBLE), TIMESTAMP '2024-05-01 12:00:00'), ('', 2, CAST(-1e300 AS DOUBLE), CAST(NULL AS TIMESTAMP(3)));
SELECT * FROM c;
CREATE TABLE j (s STRING, a ARRAY<INT>, r ROW<x INT, y STRING>, m MAP<STRING, DOUBLE>, b BYTES, o BOOLEAN) WITH ('connector' = 'filesystem', 'path' = 'j', 'format' = 'json');
INSERT INTO j VALUES ('t"\', ARRAY[1, 2], ROW(1, 'é'), MAP['k', CAST(0.5 AS DOUBLE)], X'00ff', TRUE);
SELECT * FROM j;
CREATE TABLE raw_lines (line STRING) WITH ('connector' = 'filesystem', 'path' = 'j', 'format' = 'raw');
SELECT line FROM raw_lines;
CREATE TABLE r (line STRING) WITH ('connector' = 'filesystem', 'path' = 'r', 'format' = 'raw');
INSERT INTO r SELECT s FROM c WHERE n IS NOT NULL AND s <> '';
SELECT line FROM r;
