-- Windows over 10,000 seconds of generated rows: every window is full.
CREATE TABLE r (WATERMARK FOR ts AS ts - INTERVAL '5' SECOND) WITH ('connector' = 'weather', 'number-of-rows' = '10000', 'rows-per-second' = '0');
SELECT COUNT(*) AS windows, MIN(n) AS least, MAX(n) AS most, SUM(n) AS everything FROM (SELECT COUNT(*) AS n FROM r GROUP BY TUMBLE(ts, 10s)) AS w;
SELECT COUNT(*) AS windows, SUM(n) AS everything FROM (SELECT COUNT(*) AS n FROM r GROUP BY HOP(ts, 5s, 20s)) AS w;
SELECT COUNT(*) AS windows, MIN(n) AS least, MAX(n) AS most FROM (SELECT COUNT(*) AS n FROM r GROUP BY CUMULATE(ts, 10s, 1m)) AS w;
SELECT COUNT(*) AS sessions, SUM(n) AS everything FROM (SELECT COUNT(*) AS n FROM r GROUP BY SESSION(ts, 2s)) AS w;
SELECT COUNT(DISTINCT s) AS windows, SUM(n) AS everything FROM (SELECT city, TUMBLE_START(ts, 1m) AS s, COUNT(*) AS n FROM r GROUP BY city, TUMBLE(ts, 1m)) AS w;
