-- DDL: what the catalogue remembers.
CREATE TABLE t (
  id BIGINT NOT NULL COMMENT 'the key',
  name STRING,
  price DECIMAL(10, 2),
  r ROW<x INT, y ARRAY<STRING>>,
  ts TIMESTAMP(3),
  twice AS price * 2,
  pt AS PROCTIME(),
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND,
  PRIMARY KEY (id) NOT ENFORCED
) COMMENT 'a table' WITH ('connector' = 'datagen', 'rows-per-second' = '10', 'statistics.name.distinct-count' = '50');
DESCRIBE t;
SHOW CREATE TABLE t;
CREATE TABLE IF NOT EXISTS t (a INT) WITH ('connector' = 'datagen');
CREATE TABLE like_t (extra INT) WITH ('rows-per-second' = '20') LIKE t (EXCLUDING GENERATED);
SHOW CREATE TABLE like_t;
ALTER TABLE like_t ADD (more STRING AFTER id);
ALTER TABLE like_t RENAME extra TO additional;
ALTER TABLE like_t DROP WATERMARK;
ALTER TABLE like_t MODIFY (name VARCHAR(10));
ALTER TABLE like_t DROP (r, price);
ALTER TABLE like_t SET ('rows-per-second' = '30');
ALTER TABLE like_t RESET ('statistics.name.distinct-count');
ALTER TABLE like_t DROP PRIMARY KEY;
ALTER TABLE like_t RENAME TO changed;
SHOW CREATE TABLE changed;
CREATE VIEW v (a, b) COMMENT 'a view' AS SELECT id, UPPER(name) FROM t;
SHOW CREATE VIEW v;
DESCRIBE v;
ALTER VIEW v AS SELECT id FROM t;
DESCRIBE v;
CREATE TEMPORARY TABLE t (only INT) WITH ('connector' = 'datagen');
DESCRIBE t;
DROP TEMPORARY TABLE t;
DESCRIBE t;
CREATE DATABASE other;
USE other;
CREATE VIEW w AS SELECT * FROM default_database.v;
SHOW TABLES;
USE default_database;
SELECT * FROM other.w;
SHOW TABLES;
SHOW DATABASES;
DROP TABLE changed;
DROP TABLE IF EXISTS changed;
CREATE TABLE weather (mine INT) WITH ('connector' = 'datagen');
DESCRIBE weather;
CREATE TABLE n WITH ('connector' = 'nexmark');
DESCRIBE n;
-- refused
CREATE TABLE t (a INT) WITH ('connector' = 'datagen');
CREATE TABLE x (a INT, a STRING) WITH ('connector' = 'datagen');
CREATE TABLE x (a INT) WITH ('connector' = 'datagn');
CREATE TABLE x (a INT) WITH ('connector' = 'datagen', 'rows-per-secnd' = '1');
CREATE TABLE x (a INT) WITH ('connector' = 'datagen', 'rows-per-second' = 'many');
CREATE TABLE x (a INT) WITH ('connector' = 'datagen', 'statistics.row-cont' = '1');
CREATE TABLE x (a INT) WITH ('format' = 'json');
CREATE TABLE x WITH ('connector' = 'datagen');
CREATE TABLE x (a INT, WATERMARK FOR a AS a) WITH ('connector' = 'datagen');
CREATE TABLE x (ts TIMESTAMP(3), WATERMARK FOR tss AS ts) WITH ('connector' = 'datagen');
CREATE TABLE x (ts TIMESTAMP(3), WATERMARK FOR ts AS CURRENT_TIMESTAMP) WITH ('connector' = 'datagen');
CREATE TABLE x (a INT, b AS a + 1, c AS b + 1) WITH ('connector' = 'datagen');
CREATE TABLE x (a INT, PRIMARY KEY (b) NOT ENFORCED) WITH ('connector' = 'datagen');
CREATE TABLE x (a INT, PRIMARY KEY (a) ENFORCED) WITH ('connector' = 'datagen');
CREATE TABLE x (a INT METADATA FROM 'offset') WITH ('connector' = 'datagen');
CREATE VIEW x AS SELECT 1 AS a, 2 AS a;
CREATE VIEW x (a) AS SELECT 1, 2;
CREATE VIEW x AS SELECT nothing FROM t;
CREATE TABLE x (name INT) LIKE t;
ALTER TABLE t DROP (price);
ALTER TABLE t DROP (nothing);
ALTER TABLE nothing DROP (a);
DROP TABLE v;
DROP VIEW t;
DROP TABLE nothing;
DROP DATABASE other;
DROP DATABASE other CASCADE;
USE nowhere;
