-- A NOT NULL column of a sink takes no NULL, whatever row brings it.
-- expect-error: 23502
-- batch-rows: 2048
CREATE TABLE t (a INT NOT NULL, b STRING) WITH ('connector' = 'blackhole');
INSERT INTO t SELECT x, 'ok' FROM (VALUES (1), (2)) AS v (x);
INSERT INTO t SELECT x, 'ok' FROM (VALUES (1), (NULL), (3)) AS v (x);
