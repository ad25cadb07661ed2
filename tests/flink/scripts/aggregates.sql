-- file: t.json
-- | {"id": 1, "k": "a", "n": 10, "d": 1.50, "f": 1.5, "b": true}
-- | {"id": 2, "k": "a", "n": 20, "d": 2.25, "f": 2.5, "b": false}
-- | {"id": 3, "k": "b", "n": null, "d": 0.10, "f": -1, "b": true}
-- | {"id": 4, "k": "b", "n": 7}
-- | {"id": 5, "k": null, "n": 7, "d": 1.10, "f": 0.5, "b": true}
-- | {"id": 6, "k": "a", "n": 10, "d": 1.50, "f": 1.5, "b": false}
-- Aggregates, GROUP BY, HAVING, DISTINCT.
CREATE TABLE t (id INT, k STRING, n INT, d DECIMAL(3, 2), f DOUBLE, b BOOLEAN) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT COUNT(*), COUNT(n), COUNT(k), COUNT(DISTINCT n), COUNT(DISTINCT k), SUM(n), AVG(n), MIN(n), MAX(n), SUM(d), AVG(d), MIN(d), MAX(d), SUM(f), AVG(f), MIN(f), MAX(k), MIN(k) FROM t;
SELECT k, COUNT(*), SUM(n), AVG(n), SUM(d), AVG(d), AVG(f), MIN(n), MAX(f) FROM t GROUP BY k;
SELECT SUM(CAST(n AS TINYINT)), SUM(CAST(n AS SMALLINT)), SUM(CAST(n AS BIGINT)), SUM(CAST(n AS FLOAT)), AVG(CAST(n AS TINYINT)), AVG(CAST(n AS BIGINT)), AVG(CAST(n AS FLOAT)), SUM(CAST(n AS DECIMAL(10, 3))), AVG(CAST(n AS DECIMAL(10, 3))), AVG(CAST(n AS DECIMAL(38, 18))), SUM(CAST(n AS DECIMAL(38, 18))), AVG(CAST(n AS DECIMAL(10, 0))) FROM t;
SELECT STDDEV_POP(f), STDDEV_SAMP(f), VAR_POP(f), VAR_SAMP(f), VARIANCE(f), STDDEV(f) FROM t;
-- differs: DOUBLE of whole numbers and decimals here; Flink cuts the result to the type of the argument
SELECT STDDEV_POP(n), STDDEV_SAMP(n), VAR_POP(n), VAR_SAMP(n) FROM t;
-- differs: DOUBLE of whole numbers and decimals here; Flink cuts the result to the type of the argument
SELECT VAR_POP(d), VAR_SAMP(d), STDDEV_POP(d) FROM t;
SELECT STDDEV_POP(CAST(n AS DOUBLE)), STDDEV_SAMP(CAST(n AS DOUBLE)), VAR_POP(CAST(d AS DOUBLE)), VAR_SAMP(CAST(n AS DOUBLE)) FROM t;
SELECT k, VAR_SAMP(f), STDDEV_SAMP(f), VAR_POP(f) FROM t GROUP BY k;
-- differs: the filter counts here; Flink 2.0 ignores it on a COUNT(*) without GROUP BY
SELECT COUNT(*) FILTER (WHERE n > 7), COUNT(*) FROM t;
SELECT k, COUNT(*) FILTER (WHERE n > 7), COUNT(*) FROM t GROUP BY k;
-- differs: the filter counts here; Flink 2.0 ignores it on a COUNT(*) without GROUP BY
SELECT COUNT(*) FILTER (WHERE n > 7), COUNT(DISTINCT n) FILTER (WHERE k = 'a') FROM t;
SELECT SUM(n) FILTER (WHERE k = 'a'), COUNT(DISTINCT n) FILTER (WHERE k = 'a'), AVG(f) FILTER (WHERE b), SUM(n) FILTER (WHERE FALSE), COUNT(n) FILTER (WHERE b IS NULL) FROM t;
SELECT SUM(DISTINCT n), AVG(DISTINCT n), MIN(DISTINCT n), COUNT(DISTINCT d), SUM(DISTINCT d) FROM t;
-- differs: COUNT of several columns works here
SELECT COUNT(DISTINCT k, n) FROM t;
-- differs: COUNT of several columns works here
SELECT COUNT(k, n) FROM t;
SELECT FIRST_VALUE(k), LAST_VALUE(k), FIRST_VALUE(n), LAST_VALUE(n), LAST_VALUE(d) FROM t;
SELECT k, FIRST_VALUE(id), LAST_VALUE(id), LISTAGG(CAST(id AS STRING)) FROM t GROUP BY k;
SELECT LISTAGG(k), LISTAGG(k, '-'), LISTAGG(DISTINCT k), LISTAGG(k) FILTER (WHERE n > 7) FROM t;
SELECT COLLECT(n), ARRAY_AGG(n), ARRAY_AGG(k) FROM t;
SELECT k, ARRAY_AGG(id) FROM t GROUP BY k;
-- differs: an aggregate of no rows is one row here, as in batch SQL; Flink's streaming mode has none
SELECT COUNT(*), SUM(n), MIN(k), AVG(f), LISTAGG(k), FIRST_VALUE(n), STDDEV_POP(f), COUNT(DISTINCT n) FROM t WHERE FALSE;
SELECT k, COUNT(*) FROM t WHERE FALSE GROUP BY k;
SELECT k, SUM(n) AS total FROM t GROUP BY k HAVING SUM(n) > 10;
SELECT k FROM t GROUP BY k HAVING COUNT(*) > 1;
SELECT SUM(n) FROM t HAVING COUNT(*) > 100;
SELECT k, n, COUNT(*) FROM t GROUP BY k, n;
SELECT UPPER(k), COUNT(*) + 1, SUM(n) * 2, MAX(n) - MIN(n) FROM t GROUP BY UPPER(k);
SELECT DISTINCT k FROM t;
SELECT DISTINCT k, n > 7 FROM t;
SELECT COUNT(*) FROM (SELECT DISTINCT k FROM t);
SELECT MAX(c) FROM (SELECT k, COUNT(*) AS c FROM t GROUP BY k);
SELECT c, COUNT(*) FROM (SELECT k, COUNT(*) AS c FROM t GROUP BY k) GROUP BY c;
SELECT SUM(s), MIN(s), MAX(s), AVG(s), COUNT(DISTINCT s) FROM (SELECT k, SUM(n) AS s FROM t GROUP BY k);
SELECT n % 2, COUNT(*) FROM t GROUP BY n % 2;
SELECT b, COUNT(*) FROM t GROUP BY b;
SELECT d, COUNT(*) FROM t GROUP BY d;
SELECT MIN(DATE '2024-01-01'), MAX(TIMESTAMP '2024-01-01 10:00:00.5'), MIN(b), MAX(b) FROM t;
SELECT k, id FROM t GROUP BY k;
SELECT SUM(k) FROM t;
SELECT AVG(n) AS a, AVG(n) AS a FROM t;
-- differs: Flink has it in batch mode only
SELECT APPROX_COUNT_DISTINCT(k) FROM t;
SELECT CASE WHEN n > 7 THEN 'hi' ELSE 'lo' END AS c, COUNT(*) FROM t GROUP BY CASE WHEN n > 7 THEN 'hi' ELSE 'lo' END;
SELECT 1, COUNT(*) FROM t GROUP BY 1 + 0;
SELECT k, COUNT(*) FROM t GROUP BY GROUPING SETS ((k), ());
SELECT ARRAY_AGG(x IGNORE NULLS), ARRAY_AGG(x RESPECT NULLS), ARRAY_AGG(DISTINCT x IGNORE NULLS) FROM (VALUES (1), (3), (3), (CAST(NULL AS INT))) AS t (x);
SELECT g, ARRAY_AGG(x IGNORE NULLS), ARRAY_AGG(x), COUNT(*) FROM (VALUES (1, 1), (1, CAST(NULL AS INT)), (2, CAST(NULL AS INT))) AS t (g, x) GROUP BY g;
-- differs: FILTER may follow IGNORE NULLS
SELECT ARRAY_AGG(x IGNORE NULLS) FILTER (WHERE x > 1) FROM (VALUES (1), (3), (CAST(NULL AS INT))) AS t (x);
-- differs: a function may stand before IGNORE NULLS
SELECT ARRAY_AGG(UPPER(x) IGNORE NULLS) FROM (VALUES ('a'), (CAST(NULL AS STRING)), ('a')) AS t (x);
-- differs: FIRST_VALUE passes over NULLs, so it may say so
SELECT FIRST_VALUE(x) IGNORE NULLS FROM (VALUES (CAST(NULL AS INT)), (3)) AS t (x);
