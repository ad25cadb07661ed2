-- What needs no row is computed once; what fails is left to run time; three-valued logic.
CREATE TABLE t (a INT, b STRING, x DOUBLE, r ROW<i INT, s STRING, n ROW<deep INT, other INT>>, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'datagen');
EXPLAIN VERBOSE SELECT a + (1 + 2), UPPER('x') || b, CASE WHEN 1 = 2 THEN a ELSE a + 1 END, 1 / 0 FROM t;
EXPLAIN VERBOSE SELECT a FROM t WHERE (1 = 1 AND a > 1) OR (a > 5 AND NULL IS NOT NULL);
EXPLAIN VERBOSE SELECT a FROM t WHERE a > 1 AND 1 = 0;
EXPLAIN VERBOSE SELECT a FROM t WHERE a > 1 AND NULL;
EXPLAIN VERBOSE SELECT COALESCE(NULL, a), NOT NOT (a > 1), CAST('2024-01-01' AS DATE), a IS NULL OR TRUE FROM t;
