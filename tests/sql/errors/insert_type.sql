-- INSERT of a wrong type.
-- expect-error: 42804
CREATE TABLE t (a INT) WITH ('connector' = 'blackhole');
INSERT INTO t SELECT 'x';
