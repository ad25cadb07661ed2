-- MIN, MAX, SUM, AVG, COUNT DISTINCT of every type.
-- file: t.csv
-- | true,-1,7,9000000000,1.5,2.25,12.34,zebra,2024-05-01,2024-05-01 12:00:00.000
-- | false,3,-100,-9000000000,-0.5,-2.25,,"long enough to be stored outside, twice",2024-02-29,2024-05-01 12:00:00.001
-- | ,1,100,0,,1000,-1.5,apple,,2024-05-01 12:00:00.000
-- | true,,,,,0,,,2024-02-29,
CREATE TABLE t (o BOOLEAN, t TINYINT, i INT, l BIGINT, f FLOAT, d DOUBLE, m DECIMAL(8, 2), s STRING, dt DATE, ts TIMESTAMP(3))
WITH ('connector' = 'filesystem', 'path' = 't.csv', 'format' = 'csv', 'csv.null-literal' = '');
SELECT MIN(t) AS t, MIN(i) AS i, MIN(l) AS l, MIN(f) AS f, MIN(d) AS d, MIN(m) AS m, MIN(s) AS s, MIN(dt) AS dt, MIN(ts) AS ts FROM t;
SELECT MAX(t) AS t, MAX(i) AS i, MAX(l) AS l, MAX(f) AS f, MAX(d) AS d, MAX(m) AS m, MAX(s) AS s, MAX(dt) AS dt, MAX(ts) AS ts FROM t;
SELECT SUM(t) AS t, SUM(i) AS i, SUM(l) AS l, SUM(f) AS f, SUM(d) AS d, SUM(m) AS m FROM t;
SELECT AVG(t) AS t, AVG(i) AS i, AVG(l) AS l, AVG(f) AS f, AVG(d) AS d, AVG(m) AS m FROM t;
SELECT COUNT(DISTINCT o) AS o, COUNT(DISTINCT t) AS t, COUNT(DISTINCT i) AS i, COUNT(DISTINCT d) AS d, COUNT(DISTINCT m) AS m, COUNT(DISTINCT s) AS s, COUNT(DISTINCT dt) AS dt, COUNT(DISTINCT ts) AS ts FROM t;
SELECT s, COUNT(*) AS n FROM t GROUP BY s ORDER BY s;
SELECT dt, m, COUNT(*) AS n FROM t GROUP BY dt, m ORDER BY dt, m;
