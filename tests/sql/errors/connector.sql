-- An unknown connector.
-- expect-error: 22023
CREATE TABLE t (a INT) WITH ('connector' = 'kafak');
