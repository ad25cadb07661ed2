-- SELECT lists, names, VALUES, UNION ALL, ORDER BY, LIMIT, views, WITH.
SELECT 1, 2 AS x, 1 + 1, 'a' AS `b c`, COUNT(*), SUM(1) FROM (VALUES (1)) AS t(a);
SELECT * FROM (VALUES (1, 'a'), (2, 'bcd')) AS t;
SELECT * FROM (VALUES (1, 'a'), (2, 'bcd')) AS t(a, b);
SELECT t.*, a + 1, t.a FROM (VALUES (1, 'a'), (2, 'bcd')) AS t(a, b);
SELECT a, a, b AS a FROM (VALUES (1, 2)) AS t(a, b);
VALUES (1, 'x'), (2, 'yz');
SELECT a FROM (VALUES (1), (2.5), (CAST(NULL AS INT))) AS t(a);
SELECT a FROM (VALUES (1), (CAST(2 AS BIGINT))) AS t(a);
SELECT a FROM (VALUES ('a'), ('abc')) AS t(a);
CREATE TEMPORARY VIEW v AS SELECT a, b, a * 2 AS dbl FROM (VALUES (3, 'x'), (1, 'y'), (2, 'z'), (1, 'w')) AS t(a, b);
-- differs: a bounded query may be sorted without LIMIT here; Flink's streaming mode refuses
SELECT * FROM v ORDER BY a, b;
SELECT * FROM v ORDER BY a DESC, b LIMIT 2;
SELECT * FROM v ORDER BY a, b LIMIT 2 OFFSET 1;
SELECT a FROM v ORDER BY b FETCH FIRST 2 ROWS ONLY;
SELECT a, b FROM v ORDER BY 1 DESC, 2 DESC LIMIT 1;
SELECT dbl AS q FROM v ORDER BY q LIMIT 3;
SELECT COUNT(*) FROM (SELECT * FROM v LIMIT 2);
SELECT a FROM v UNION ALL SELECT a + 10 FROM v;
SELECT a FROM v UNION SELECT a + 1 FROM v;
SELECT a, 'x' AS b FROM v UNION ALL SELECT 1.5, 'abc' FROM v;
SELECT a FROM v WHERE b IN ('x', 'y') AND a > 1 OR b = 'w';
SELECT x.a, x.b FROM v AS x WHERE x.a = 1;
SELECT `v`.`a` FROM `default_catalog`.`default_database`.`v`;
-- differs: joins are not executed yet
WITH w AS (SELECT a + 1 AS n FROM v), z (m) AS (SELECT n * 2 FROM w) SELECT n, m FROM w, z WHERE FALSE;
WITH w AS (SELECT a + 1 AS n FROM v) SELECT n, COUNT(*) FROM w GROUP BY n;
WITH w (m) AS (SELECT a + 1 FROM v) SELECT m FROM w WHERE m > 2;
CREATE TEMPORARY VIEW v2 (p, q) AS SELECT a, b FROM v;
SELECT p, q FROM v2;
DESCRIBE v2;
SHOW VIEWS;
-- differs: the demo's table weather is always there
SHOW TABLES;
-- differs: names are found whatever their case here
SELECT A FROM v;
SELECT nothing FROM v;
SELECT * FROM nowhere;
CREATE TEMPORARY VIEW v AS SELECT 1;
CREATE TEMPORARY VIEW IF NOT EXISTS v AS SELECT 1;
DROP TEMPORARY VIEW v2;
DROP TEMPORARY VIEW IF EXISTS v2;
DROP TEMPORARY VIEW v2;
SELECT SUM(a) + COUNT(b) AS s, MAX(b) FROM v;
SELECT a AS b FROM v WHERE b = 'x';
SELECT a AS g, COUNT(*) FROM v GROUP BY a;
SELECT -a, NOT (a > 1), (a), a IS NULL FROM v;
SELECT a FROM (SELECT a FROM (SELECT a, b FROM v WHERE a < 3) WHERE b <> 'w') AS s;
SELECT CAST(a AS STRING), CASE WHEN a > 1 THEN b END, COALESCE(b, 'x') FROM v;
SELECT a, b FROM v ORDER BY a FETCH NEXT 1 ROW ONLY;
SELECT t.r.* FROM (SELECT CAST(ROW(1, ROW(2, 'x')) AS ROW<a INT, b ROW<c INT, d STRING>>) AS r) t;
SELECT t.r.b.* FROM (SELECT CAST(ROW(1, ROW(2, 'x')) AS ROW<a INT, b ROW<c INT, d STRING>>) AS r) t;
SELECT t.*, t.r.b.c FROM (SELECT 5 AS x, CAST(ROW(1, ROW(2, 'x')) AS ROW<a INT, b ROW<c INT, d STRING>>) AS r) t;
-- differs: the table's name may be left out
SELECT r.* FROM (SELECT CAST(ROW(1, 2) AS ROW<a INT, b INT>) AS r) t;
SELECT t.x.* FROM (SELECT 5 AS x) t;
SELECT nosuch.* FROM (SELECT 5 AS x) t;
