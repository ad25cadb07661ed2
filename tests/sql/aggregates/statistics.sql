-- Variance and deviation: 2, 4, 4, 4, 5, 5, 7, 9 has mean 5 and population variance 4.
-- file: x.csv
-- | 2
-- | 4
-- | 4
-- | 4
-- | 5
-- | 5
-- | 7
-- | 9
CREATE TABLE x (v DOUBLE) WITH ('connector' = 'filesystem', 'path' = 'x.csv', 'format' = 'csv');
SELECT AVG(v) AS mean, VAR_POP(v) AS vp, STDDEV_POP(v) AS sp, VAR_SAMP(v) * 7 AS vs7, COUNT(v) AS n FROM x;
SELECT STDDEV_SAMP(v) AS one, VAR_POP(v) AS zero FROM x WHERE v = 9;
