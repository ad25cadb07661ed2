-- A day as text is grouped by as the day, a number as text as the number.
CREATE TABLE t (a INT, b STRING, day_of DATE, ts TIMESTAMP(3), ltz TIMESTAMP_LTZ(3), n INT NOT NULL, WATERMARK FOR ts AS ts) WITH ('connector' = 'datagen');
EXPLAIN VERBOSE SELECT a, DATE_FORMAT(ts, 'yyyy-MM-dd') AS d, COUNT(*) AS c FROM t GROUP BY a, DATE_FORMAT(ts, 'yyyy-MM-dd');
EXPLAIN SELECT DATE_FORMAT(ltz, 'dd.MM.yyyy') AS d, CAST(n AS STRING) AS n, MAX(a) AS m FROM t GROUP BY DATE_FORMAT(ltz, 'dd.MM.yyyy'), CAST(n AS STRING) HAVING CAST(n AS STRING) <> '7';
EXPLAIN SELECT DISTINCT CAST(a AS STRING) FROM t;
EXPLAIN SELECT window_start, DATE_FORMAT(ts, 'yyyyMMdd') AS d, COUNT(*) AS c FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' HOUR)) GROUP BY window_start, window_end, DATE_FORMAT(ts, 'yyyyMMdd');
-- What was grouped by days is grouped by days again.
EXPLAIN SELECT d, MAX(c) AS m FROM (SELECT a, DATE_FORMAT(ts, 'yyyy-MM-dd') AS d, COUNT(*) AS c FROM t GROUP BY a, DATE_FORMAT(ts, 'yyyy-MM-dd')) GROUP BY d;
-- These texts do not tell a day, or cut a number.
EXPLAIN SELECT DATE_FORMAT(ts, 'yyyy-MM') AS d, COUNT(*) AS c FROM t GROUP BY DATE_FORMAT(ts, 'yyyy-MM');
EXPLAIN SELECT DATE_FORMAT(ts, 'yy-MM-dd') AS d, COUNT(*) AS c FROM t GROUP BY DATE_FORMAT(ts, 'yy-MM-dd');
EXPLAIN SELECT DATE_FORMAT(ts, b) AS d, COUNT(*) AS c FROM t GROUP BY DATE_FORMAT(ts, b);
EXPLAIN SELECT CAST(a AS VARCHAR(2)) AS d, COUNT(*) AS c FROM t GROUP BY CAST(a AS VARCHAR(2));
