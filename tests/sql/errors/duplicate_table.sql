-- A table that exists.
-- expect-error: 42P07
CREATE TABLE t (a INT) WITH ('connector' = 'blackhole');
CREATE TABLE t (a INT) WITH ('connector' = 'blackhole');
