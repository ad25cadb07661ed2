-- An unknown option: the nearest name.
-- expect-error: 22023
CREATE TABLE t (a INT) WITH ('connector' = 'filesystem', 'pth' = 'x', 'format' = 'csv');
