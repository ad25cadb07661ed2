-- DDL and what it says about itself.
CREATE TABLE t (a INT NOT NULL, b STRING COMMENT 'the text', c DECIMAL(10, 2), d AS a * 2, e TIMESTAMP(3), f ARRAY<INT>, g MAP<STRING, INT>, h ROW<x INT, y STRING>, i VARCHAR(5), j BYTES, k TIMESTAMP_LTZ(3), l DOUBLE, m FLOAT, n BOOLEAN, o TIME, p DATE, q CHAR(3), r TINYINT, s SMALLINT, u BIGINT, WATERMARK FOR e AS e - INTERVAL '5' SECOND, PRIMARY KEY (a) NOT ENFORCED) COMMENT 'a table' WITH ('connector' = 'filesystem', 'path' = '/tmp/x', 'format' = 'json');
-- differs: an expression is shown as it was written here; Flink quotes its names
DESCRIBE t;
-- differs: an expression is shown as it was written here; Flink quotes its names
DESC t;
-- differs: STRING, BYTES and TIMESTAMP_LTZ keep their short names here; Flink spells them out
SHOW CREATE TABLE t;
-- differs: the demo's table weather is always there
SHOW TABLES;
-- differs: an expression is shown as it was written here; Flink quotes its names
SHOW COLUMNS FROM t;
CREATE TABLE t (a INT) WITH ('connector' = 'filesystem', 'path' = '/tmp/x', 'format' = 'json');
CREATE TABLE IF NOT EXISTS t (a INT) WITH ('connector' = 'filesystem', 'path' = '/tmp/x', 'format' = 'json');
CREATE TABLE u (a INT, p STRING) PARTITIONED BY (p) WITH ('connector' = 'filesystem', 'path' = '/tmp/x', 'format' = 'json');
DESCRIBE u;
CREATE TABLE l LIKE t;
-- differs: an expression is shown as it was written here; Flink quotes its names
DESCRIBE l;
-- differs: options are checked when the table is made here, and when it is used in Flink
CREATE TABLE l2 (z INT) WITH ('format' = 'csv') LIKE t (EXCLUDING WATERMARKS OVERWRITING OPTIONS);
-- differs: options are checked when the table is made here, and when it is used in Flink
SHOW CREATE TABLE l2;
ALTER TABLE u ADD (b INT);
ALTER TABLE u RENAME b TO c;
ALTER TABLE u DROP c;
ALTER TABLE u SET ('format' = 'csv');
-- differs: options are checked when the table is made here, and when it is used in Flink
ALTER TABLE u RESET ('format');
ALTER TABLE u RENAME TO u2;
-- differs: STRING, BYTES and TIMESTAMP_LTZ keep their short names here; Flink spells them out
SHOW CREATE TABLE u2;
DROP TABLE u2;
DROP TABLE u2;
DROP TABLE IF EXISTS u2;
CREATE VIEW w AS SELECT a, b FROM t;
-- differs: a view's query is shown as it was written here
SHOW CREATE VIEW w;
DESCRIBE w;
SHOW VIEWS;
DROP VIEW w;
SHOW CATALOGS;
SHOW CURRENT CATALOG;
SHOW DATABASES;
SHOW CURRENT DATABASE;
CREATE DATABASE db1;
USE db1;
SHOW CURRENT DATABASE;
SHOW TABLES;
USE default_database;
DROP DATABASE db1;
DROP DATABASE db1;
CREATE TABLE x1 (a INT, a STRING) WITH ('connector' = 'filesystem', 'path' = '/tmp/x', 'format' = 'json');
CREATE TABLE x2 (a INT, WATERMARK FOR a AS a) WITH ('connector' = 'filesystem', 'path' = '/tmp/x', 'format' = 'json');
CREATE TABLE x3 (a NOSUCHTYPE) WITH ('connector' = 'filesystem', 'path' = '/tmp/x', 'format' = 'json');
CREATE TABLE x4 (a INT, b AS PROCTIME(), c AS a + nosuch) WITH ('connector' = 'filesystem', 'path' = '/tmp/x', 'format' = 'json');
-- differs: options are checked when the table is made here, and when it is used in Flink
CREATE TABLE x5 (a INT, b AS PROCTIME(), c AS CAST(a AS STRING) || 'x', d TIMESTAMP(3) METADATA FROM 'ts' VIRTUAL) WITH ('connector' = 'filesystem', 'path' = '/tmp/x', 'format' = 'json');
-- differs: options are checked when the table is made here, and when it is used in Flink
DESCRIBE x5;
-- differs: options are checked when the table is made here, and when it is used in Flink
SHOW CREATE TABLE x5;
