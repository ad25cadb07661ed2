-- GROUPING SETS, ROLLUP, CUBE: keys outside of a row's set are NULL, GROUPING tells them from NULLs of the data.
CREATE VIEW t AS SELECT * FROM (VALUES (1, 'x', 10), (1, 'y', 20), (2, 'x', 30), (CAST(NULL AS INT), 'x', 5)) AS v (a, b, n);
SELECT a, b, SUM(n) AS s, GROUPING(a, b) AS g, COUNT(*) AS c FROM t GROUP BY ROLLUP (a, b) ORDER BY g, a, b;
SELECT a, b, SUM(n) AS s FROM t GROUP BY CUBE (a, b) HAVING SUM(n) > 10 ORDER BY s, a, b;
SELECT COALESCE(CAST(a AS STRING), 'all') AS k, SUM(n) AS s FROM t WHERE a IS NOT NULL GROUP BY GROUPING SETS ((a), ()) ORDER BY GROUPING(a), k;
SELECT b, a + 1 AS c, MAX(n) AS m FROM t GROUP BY b, ROLLUP (a + 1) ORDER BY b, c, m;
SELECT a, COUNT(*) AS c FROM t WHERE n > 100 GROUP BY GROUPING SETS ((a), ());
