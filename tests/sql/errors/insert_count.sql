-- INSERT of too few columns.
-- expect-error: 42804
CREATE TABLE t (a INT, b INT) WITH ('connector' = 'blackhole');
INSERT INTO t SELECT 1;
