-- No rows, no windows; a global aggregate over no rows is one row.
-- file: nothing.csv
CREATE TABLE nothing (ts TIMESTAMP(3), v INT, WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = 'nothing.csv', 'format' = 'csv');
SELECT TUMBLE_START(ts, 10s) AS s, COUNT(*) AS n FROM nothing GROUP BY TUMBLE(ts, 10s);
SELECT COUNT(*) AS n, MAX(v) AS m FROM nothing;
SELECT v, COUNT(*) AS n FROM nothing GROUP BY v;
SELECT v FROM nothing ORDER BY v LIMIT 3;
