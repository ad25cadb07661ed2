-- A source whose rows replace each other by key: what was there before is kept, where it is needed, and nothing is kept that nobody reads.
CREATE TABLE users (id BIGINT, name STRING, city STRING, seen TIMESTAMP_LTZ(3) METADATA FROM 'timestamp', WATERMARK FOR seen AS seen, PRIMARY KEY (id) NOT ENFORCED)
WITH ('connector' = 'upsert-kafka', 'topic' = 'users', 'properties.bootstrap.servers' = 'localhost:9092', 'key.format' = 'json', 'value.format' = 'json');
CREATE TABLE copies (id BIGINT, name STRING, PRIMARY KEY (id) NOT ENFORCED)
WITH ('connector' = 'upsert-kafka', 'topic' = 'copies', 'properties.bootstrap.servers' = 'localhost:9092', 'key.format' = 'json', 'value.format' = 'json');
CREATE TABLE cities (city STRING, n BIGINT, PRIMARY KEY (city) NOT ENFORCED)
WITH ('connector' = 'upsert-kafka', 'topic' = 'cities', 'properties.bootstrap.servers' = 'localhost:9092', 'key.format' = 'json', 'value.format' = 'json');
CREATE TABLE inserts (id BIGINT) WITH ('connector' = 'kafka', 'topic' = 'x', 'properties.bootstrap.servers' = 'localhost:9092', 'format' = 'json');

EXPLAIN PLAN FOR INSERT INTO copies SELECT id, name FROM users;
EXPLAIN PLAN FOR INSERT INTO copies SELECT id, name FROM users WHERE id > 5 AND city = 'Bern';
EXPLAIN PLAN FOR INSERT INTO cities SELECT city, COUNT(*) FROM users GROUP BY city;
EXPLAIN PLAN FOR SELECT id FROM users /*+ OPTIONS('scan.bounded.mode' = 'latest-offset') */;
EXPLAIN PLAN FOR INSERT INTO inserts SELECT id FROM users;
EXPLAIN PLAN FOR SELECT window_start, COUNT(*) FROM TABLE(TUMBLE(TABLE users, DESCRIPTOR(seen), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end;
