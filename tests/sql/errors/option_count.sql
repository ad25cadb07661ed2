-- expect-error: 22023
CREATE TABLE t (a INT) WITH ('connector' = 'blackhole', 'sink.parallelism' = '0');
