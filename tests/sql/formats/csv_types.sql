-- CSV values of each type.
-- file: t.csv
-- | -128,9223372036854775807,0.5,1e100,-1.5,true,2024-02-29,23:59:59,2024-05-01 12:00:00.001,QUI=
-- | 127,-9223372036854775808,-3.25,0,999.999,FALSE,0001-01-01,00:00:00,9999-12-31 23:59:59.999,
CREATE TABLE t (t TINYINT, b BIGINT, f FLOAT, d DOUBLE, m DECIMAL(6, 3), o BOOLEAN, dt DATE, tm TIME, ts TIMESTAMP(3), x BYTES)
WITH ('connector' = 'filesystem', 'path' = 't.csv', 'format' = 'csv', 'csv.null-literal' = '');
SELECT * FROM t;
