-- A file that is not there.
-- expect-error: 58P01
CREATE TABLE t (a INT) WITH ('connector' = 'filesystem', 'path' = '/nowhere/x.csv', 'format' = 'csv');
SELECT * FROM t;
