-- Days as text and numbers as text are kept as days and numbers (rule narrow_group_keys); what comes out is as written.
-- file: events.csv
-- | 1,2024-02-29 23:59:59.999,2024-03-01 04:59:59.999Z,7
-- | 2,2024-03-01 00:00:00.000,2024-03-01 05:00:00.000Z,-7
-- | 3,2024-02-29 00:00:00.000,2024-02-29 05:00:00.000Z,7
-- | 4,,,
-- | 5,0001-01-01 00:00:00.000,1970-01-01 00:00:00.000Z,9223372036854775807
-- | 6,9999-12-31 23:59:59.999,1969-12-31 23:59:59.999Z,-9223372036854775808
-- | 7,,,
-- | 8,1969-12-31 23:59:59.999,2024-03-10 06:59:59.000Z,0
-- | 9,1970-01-01 00:00:00.000,2024-03-10 07:00:00.000Z,0
SET 'table.local-time-zone' = 'America/New_York';
CREATE TABLE events (id INT, ts TIMESTAMP(3), at TIMESTAMP_LTZ(3), n BIGINT) WITH ('connector' = 'filesystem', 'path' = 'events.csv', 'format' = 'csv');
SELECT DATE_FORMAT(ts, 'yyyy-MM-dd') AS d, COUNT(*) AS c, MIN(id) AS m FROM events GROUP BY DATE_FORMAT(ts, 'yyyy-MM-dd') ORDER BY d;
SELECT DATE_FORMAT(at, '''day'' dd.MM.yyyy') AS d, COUNT(*) AS c, MIN(id) AS m FROM events GROUP BY DATE_FORMAT(at, '''day'' dd.MM.yyyy') ORDER BY d;
SELECT CAST(n AS STRING) AS t, CHAR_LENGTH(CAST(n AS STRING)) AS l, COUNT(*) AS c, MIN(id) AS m FROM events GROUP BY CAST(n AS STRING) ORDER BY t;
SELECT DISTINCT DATE_FORMAT(ts, 'yyyyMMdd') AS d, CAST(n AS STRING) AS t FROM events ORDER BY d, t;
SELECT d, COUNT(*) AS ids, SUM(c) AS c FROM (SELECT DATE_FORMAT(ts, 'yyyy-MM-dd') AS d, id, COUNT(*) AS c FROM events GROUP BY DATE_FORMAT(ts, 'yyyy-MM-dd'), id) GROUP BY d HAVING d LIKE '2024%' ORDER BY d;
SELECT DATE_FORMAT(ts, 'yyyy-MM-dd') AS d, CAST(n AS STRING) AS t, COUNT(*) AS c, GROUPING(CAST(n AS STRING)) AS g FROM events WHERE id < 4 GROUP BY GROUPING SETS ((DATE_FORMAT(ts, 'yyyy-MM-dd')), (CAST(n AS STRING))) ORDER BY d, t;
