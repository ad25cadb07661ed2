-- A folder and a glob are one table.
-- file: data/a.csv
-- | 1
-- | 2
-- file: data/b1.csv
-- | 3
-- file: data/b2.csv
-- | 4
-- | 5
CREATE TABLE every (a INT) WITH ('connector' = 'filesystem', 'path' = 'data', 'format' = 'csv');
SELECT COUNT(*) AS n, SUM(a) AS s FROM every;
CREATE TABLE some (a INT) WITH ('connector' = 'filesystem', 'path' = 'data/b*.csv', 'format' = 'csv');
SELECT a FROM some ORDER BY a;
