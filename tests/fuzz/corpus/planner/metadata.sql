SELECT * FROM k;
SELECT `partition`, COUNT(*) FROM k GROUP BY `partition`;
SELECT payload.user_name, SUM(payload.amount) FROM k WHERE `partition` = 0 GROUP BY payload.user_name, TUMBLE(event_time, 1m);
INSERT INTO k SELECT id, ms, payload, CURRENT_TIMESTAMP FROM k;
INSERT INTO k (id, written_at) SELECT id, TIMESTAMP '2024-01-01 00:00:00' FROM k;
INSERT INTO k (id, `offset`) SELECT id, 1 FROM k;
CREATE TABLE late (a INT METADATA FROM 'ofset' VIRTUAL) WITH ('connector' = 'kafka', 'topic' = 'x', 'properties.bootstrap.servers' = 'localhost:9092', 'format' = 'json');
CREATE TABLE late (a BOOLEAN METADATA FROM 'timestamp' VIRTUAL) WITH ('connector' = 'kafka', 'topic' = 'x', 'properties.bootstrap.servers' = 'localhost:9092', 'format' = 'json');
