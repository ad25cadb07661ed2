CREATE TABLE bids (auction BIGINT, bidder BIGINT, price BIGINT, channel STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '1' SECOND)
WITH ('connector' = 'kafka', 'topic' = 'bids', 'properties.bootstrap.servers' = 'localhost:9092', 'format' = 'json',
      'scan.startup.mode' = 'earliest-offset');
CREATE TABLE totals (auction BIGINT, total BIGINT, PRIMARY KEY (auction) NOT ENFORCED)
WITH ('connector' = 'upsert-kafka', 'topic' = 'totals', 'properties.bootstrap.servers' = 'localhost:9092', 'key.format' = 'json', 'value.format' = 'json');
CREATE TABLE expensive (auction BIGINT, price BIGINT) WITH ('connector' = 'blackhole');
CREATE TABLE latest (price BIGINT, auction BIGINT, PRIMARY KEY (auction) NOT ENFORCED) WITH ('connector' = 'blackhole');

SELECT auction, SUM(price) FROM bids GROUP BY auction;

SET 'parallelism.default' = '3';

-- by the keys; the client is one
SELECT auction, SUM(price) FROM bids GROUP BY auction;
SELECT auction, window_end, MAX(price) FROM TABLE(TUMBLE(TABLE bids, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY auction, window_start, window_end;
-- an aggregate over an aggregate: another key, then the same one
SELECT n, COUNT(*) FROM (SELECT auction, COUNT(*) AS n FROM bids GROUP BY auction) GROUP BY n;
SELECT auction, COUNT(*) FROM (SELECT DISTINCT auction, bidder FROM bids) GROUP BY auction;
SELECT a, MAX(n) FROM (SELECT auction AS a, COUNT(*) AS n FROM bids GROUP BY auction) GROUP BY a;
-- without keys, and what is one by nature
SELECT COUNT(*) FROM bids;
SELECT * FROM (VALUES (1), (2)) AS t (x) ORDER BY x LIMIT 1;
-- a generator is one, its rows are shared
SELECT city, AVG(temp) FROM weather GROUP BY TUMBLE(ts, 10s);
-- unions take rows where they are
SELECT k, COUNT(*) FROM (SELECT auction AS k FROM bids WHERE price > 10 UNION ALL SELECT bidder FROM bids WHERE price < 5) GROUP BY k;
-- sinks: those that can be several take appended rows where they are, rows with a primary key by it, updates without one alone
INSERT INTO latest SELECT price, auction FROM bids;
INSERT INTO expensive SELECT auction, MAX(price) FROM bids GROUP BY auction;
EXECUTE STATEMENT SET BEGIN
  INSERT INTO totals SELECT auction, SUM(price) FROM bids GROUP BY auction;
  INSERT INTO expensive SELECT auction, price FROM bids WHERE price > 1000;
END;
-- a primary key of more than the rows are divided by, in another order and in other words: they stay; of less: they do not
CREATE TABLE days (`day` STRING, auction BIGINT, n BIGINT, PRIMARY KEY (auction, `day`) NOT ENFORCED)
WITH ('connector' = 'upsert-kafka', 'topic' = 'days', 'properties.bootstrap.servers' = 'localhost:9092', 'key.format' = 'json', 'value.format' = 'json');
INSERT INTO days SELECT DATE_FORMAT(ts, 'yyyy-MM-dd') AS `day`, auction, COUNT(*) FROM bids GROUP BY DATE_FORMAT(ts, 'yyyy-MM-dd'), auction;
INSERT INTO totals SELECT auction, n FROM (SELECT auction, bidder, COUNT(*) AS n FROM bids GROUP BY TUMBLE(ts, 1m), auction, bidder);
SELECT d, COUNT(*) FROM (SELECT DATE_FORMAT(ts, 'yyyy-MM-dd') AS d, COUNT(*) AS n FROM bids GROUP BY DATE_FORMAT(ts, 'yyyy-MM-dd')) GROUP BY d;
-- tables may say how many tasks read and write them at most
INSERT INTO expensive /*+ OPTIONS('sink.parallelism' = '2') */ SELECT auction, price FROM bids;
INSERT INTO expensive SELECT auction, price FROM bids /*+ OPTIONS('scan.parallelism' = '2') */;
-- in JSON
EXPLAIN JSON_EXECUTION_PLAN SELECT auction, SUM(price) FROM bids GROUP BY auction;
