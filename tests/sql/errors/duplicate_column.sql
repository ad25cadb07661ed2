-- A column named twice.
-- expect-error: 42701
CREATE TABLE t (a INT, a STRING) WITH ('connector' = 'blackhole');
