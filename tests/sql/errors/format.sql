-- An unknown format.
-- expect-error: 22023
CREATE TABLE t (a INT) WITH ('connector' = 'filesystem', 'path' = 'x', 'format' = 'jsn');
