-- A required option that is not there.
-- expect-error: 22023
CREATE TABLE t (a INT) WITH ('connector' = 'filesystem', 'format' = 'csv');
