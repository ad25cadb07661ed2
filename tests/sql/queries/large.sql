-- stop-restore: rows batches follow the pace of the generator
-- More rows than one batch holds: 10,000 rows, 997 groups, a sort of all.
CREATE TABLE numbers (n BIGINT) WITH ('connector' = 'datagen', 'fields.n.kind' = 'sequence', 'fields.n.start' = '1', 'fields.n.end' = '10000');
SELECT COUNT(*) AS c, SUM(n) AS s, MIN(n) AS lo, MAX(n) AS hi, AVG(n) AS mean FROM numbers;
SELECT COUNT(*) AS groups_, MIN(c) AS least, MAX(c) AS most, SUM(s) AS s FROM (SELECT n % 997 AS g, COUNT(*) AS c, SUM(n) AS s FROM numbers GROUP BY n % 997) AS x;
SELECT n FROM numbers ORDER BY n DESC LIMIT 3;
SELECT n FROM numbers ORDER BY n % 100, n OFFSET 9998;
SELECT COUNT(DISTINCT n % 1000) AS d, COUNT(*) FILTER (WHERE n % 3 = 0) AS thirds FROM numbers WHERE n > 5000;
SELECT n FROM numbers WHERE n BETWEEN 2047 AND 2050;
SELECT COUNT(*) AS c FROM (SELECT n FROM numbers UNION ALL SELECT -n FROM numbers) AS u WHERE n < 0;
SELECT COUNT(*) AS c, COUNT(DISTINCT t) AS d, MAX(t) AS m FROM (SELECT 'a text longer than twelve bytes ' || CAST(n % 50 AS STRING) AS t FROM numbers) AS x;
SELECT n FROM numbers LIMIT 2 OFFSET 3000;
