-- ALTER TABLE: options, columns, names.
-- file: one.csv
-- | 1,x
-- file: two.csv
-- | 2,y
CREATE TABLE t (a INT, b STRING) WITH ('connector' = 'filesystem', 'path' = 'one.csv', 'format' = 'csv');
SELECT * FROM t;
ALTER TABLE t SET ('path' = 'two.csv');
SELECT * FROM t;
ALTER TABLE t RENAME TO u;
SELECT b FROM u;
ALTER TABLE u RENAME b TO c;
SELECT c FROM u;
ALTER TABLE u ADD d AS a * 10;
SELECT d FROM u;
SHOW TABLES;
