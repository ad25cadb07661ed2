-- Metadata and computed columns of a Kafka table: read, computed, written.
CREATE TABLE k (
  id BIGINT,
  ms BIGINT,
  payload ROW<user_name STRING, amount DECIMAL(10, 2)>,
  event_time AS TO_TIMESTAMP_LTZ(ms, 3),
  written_at TIMESTAMP(3) METADATA FROM 'timestamp',
  `partition` INT METADATA VIRTUAL,
  `offset` BIGINT METADATA VIRTUAL,
  WATERMARK FOR event_time AS event_time - INTERVAL '30' SECOND
) WITH ('connector' = 'kafka', 'topic' = 'orders', 'properties.bootstrap.servers' = 'localhost:9092', 'format' = 'json', 'scan.startup.mode' = 'earliest-offset');
DESCRIBE k;
SELECT * FROM k;
SELECT `partition`, COUNT(*) FROM k GROUP BY `partition`;
SELECT payload.user_name, SUM(payload.amount) FROM k WHERE `partition` = 0 GROUP BY payload.user_name, TUMBLE(event_time, 1m);
INSERT INTO k SELECT id, ms, payload, CURRENT_TIMESTAMP FROM k;
INSERT INTO k (id, written_at) SELECT id, TIMESTAMP '2024-01-01 00:00:00' FROM k;
INSERT INTO k (id, `offset`) SELECT id, 1 FROM k;
CREATE TABLE late (a INT METADATA FROM 'ofset' VIRTUAL) WITH ('connector' = 'kafka', 'topic' = 'x', 'properties.bootstrap.servers' = 'localhost:9092', 'format' = 'json');
CREATE TABLE late (a BOOLEAN METADATA FROM 'timestamp' VIRTUAL) WITH ('connector' = 'kafka', 'topic' = 'x', 'properties.bootstrap.servers' = 'localhost:9092', 'format' = 'json');
