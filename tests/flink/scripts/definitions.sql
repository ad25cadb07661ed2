-- file: in/a.csv
-- | 1,2.50,3,2024-01-01 00:00:00
-- | 2,1.00,4,2024-01-01 00:00:10
-- ALTER TABLE MODIFY, CREATE TABLE … AS with columns, catalogs and databases.
CREATE TABLE source_table (id BIGINT, price DOUBLE, quantity INT, order_time TIMESTAMP(3)) WITH ('connector' = 'filesystem', 'path' = 'in', 'format' = 'csv');
CREATE TABLE ctas1 (`desc` STRING, quantity DOUBLE, cost AS price * quantity, WATERMARK FOR order_time AS order_time - INTERVAL '5' SECOND) WITH ('connector' = 'filesystem', 'path' = 'ctas1', 'format' = 'json') AS SELECT id, price, quantity, order_time FROM source_table;
-- types differ: a time attribute is a plain TIMESTAMP
SELECT * FROM ctas1;
CREATE TABLE ctas2 (quantity, id, price, order_time) WITH ('connector' = 'filesystem', 'path' = 'ctas2', 'format' = 'csv') AS SELECT id, price, quantity, order_time FROM source_table;
SELECT * FROM ctas2;
CREATE TABLE ctas3 (quantity, id) WITH ('connector' = 'filesystem', 'path' = 'ctas3', 'format' = 'csv') AS SELECT id, price, quantity, order_time FROM source_table;
CREATE TABLE ctas4 (quantity, nosuch) WITH ('connector' = 'filesystem', 'path' = 'ctas4', 'format' = 'csv') AS SELECT id, quantity FROM source_table;
CREATE TABLE ctas5 WITH ('connector' = 'filesystem', 'path' = 'ctas5', 'format' = 'csv') AS SELECT id + 1 AS next_id, price AS a FROM source_table;
SELECT * FROM ctas5;
CREATE TABLE m (a INT COMMENT 'first', b STRING, c DOUBLE COMMENT 'third', d INT) WITH ('connector' = 'filesystem', 'path' = 'in2', 'format' = 'json');
ALTER TABLE m MODIFY c INT FIRST;
DESCRIBE m;
-- differs: STRING keeps its short name here; Flink spells it out
SHOW CREATE TABLE m;
SELECT * FROM m;
ALTER TABLE m MODIFY (a BIGINT AFTER d, b INT COMMENT 'second' AFTER c);
-- differs: STRING keeps its short name here; Flink spells it out
SHOW CREATE TABLE m;
SELECT * FROM m;
ALTER TABLE m MODIFY b INT AFTER nosuch;
ALTER TABLE m MODIFY nosuch INT;
INSERT INTO m VALUES (1, 2, 3, 4);
SELECT * FROM m;
CREATE CATALOG cat2 COMMENT 'x' WITH ('type' = 'generic_in_memory', 'default-database' = 'dd');
CREATE CATALOG cat3 WITH ('type' = 'generic_in_memory', 'nosuch' = 'dd');
USE CATALOG cat2;
SHOW CURRENT DATABASE;
SHOW DATABASES;
CREATE TABLE cat2.dd.tt (a INT) WITH ('connector' = 'blackhole');
SHOW TABLES FROM cat2.dd;
ALTER DATABASE dd SET ('k' = 'v');
ALTER DATABASE nosuch SET ('k' = 'v');
USE CATALOG default_catalog;
DROP CATALOG cat2;
SHOW MODULES;
SHOW FULL MODULES;
USE MODULES core;
USE MODULES nosuch;
