-- A table with a primary key takes updates by key where its connector can; otherwise the INSERT is refused.
CREATE TABLE p (city STRING, n BIGINT, PRIMARY KEY (city) NOT ENFORCED) WITH ('connector' = 'print');
CREATE TABLE b (city STRING, n BIGINT, PRIMARY KEY (city) NOT ENFORCED) WITH ('connector' = 'blackhole');
INSERT INTO b SELECT k, COUNT(*) FROM (VALUES ('x'), ('y'), ('x')) AS v (k) GROUP BY k;
SHOW CREATE TABLE b;
