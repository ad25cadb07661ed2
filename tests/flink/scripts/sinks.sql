-- file: in/a.csv
-- | 1,abcdef
-- | 2,
-- | 3,xyz
-- Sinks: NOT NULL, and what may be written to which.
CREATE TABLE src (id INT, s VARCHAR(10)) WITH ('connector' = 'filesystem', 'path' = 'in', 'format' = 'csv', 'csv.null-literal' = '');
CREATE TABLE nn (id INT NOT NULL, s VARCHAR(10) NOT NULL) WITH ('connector' = 'filesystem', 'path' = 'nn', 'format' = 'json');
INSERT INTO nn SELECT id, s FROM src;
SET 'table.exec.sink.not-null-enforcer' = 'DROP';
INSERT INTO nn SELECT id, s FROM src;
SELECT * FROM nn;
INSERT INTO nn (id) SELECT id FROM src;
INSERT INTO nn SELECT id, CAST(NULL AS STRING) FROM src;
SELECT * FROM nn;
SET 'table.exec.sink.not-null-enforcer' = 'ERROR';
INSERT INTO nn SELECT id, s FROM src;
CREATE TABLE appends (s STRING, n BIGINT) WITH ('connector' = 'filesystem', 'path' = 'appends', 'format' = 'json');
-- differs: input that ends gives its final rows to a sink of inserts
INSERT INTO appends SELECT s, COUNT(*) FROM src GROUP BY s;
-- differs: input that ends gives its final rows to a sink of inserts
INSERT INTO appends SELECT DISTINCT s, CAST(1 AS BIGINT) FROM src;
-- differs: input that ends gives its final rows to a sink of inserts
INSERT INTO appends SELECT s, n FROM (SELECT s, COUNT(*) AS n FROM src GROUP BY s) WHERE n > 1;
CREATE TABLE holes (a INT, b STRING) WITH ('connector' = 'blackhole');
INSERT INTO holes SELECT id FROM src;
INSERT INTO holes SELECT s, id FROM src;
INSERT INTO holes (b) SELECT s FROM src;
INSERT INTO holes (b, a) SELECT s, id FROM src;
INSERT INTO holes (b, nosuch) SELECT s, id FROM src;
INSERT INTO holes (a, a) SELECT id, id FROM src;
SELECT * FROM holes;
INSERT INTO src SELECT 1, 'x' FROM nosuch;
