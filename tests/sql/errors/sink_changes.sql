-- A change stream into a sink that can only append.
-- expect-error: 0A000
CREATE TABLE t (a STRING, n BIGINT) WITH ('connector' = 'filesystem', 'path' = 'x', 'format' = 'csv');
SET 'execution.runtime-mode' = 'streaming';
INSERT INTO t SELECT city, COUNT(*) FROM weather GROUP BY city;
