-- file: bid/b.csv
-- | 1,100,2020-04-15 08:05:00,c1,4.5
-- | 2,101,2020-04-15 08:05:03,c2,14.5
-- | 1,102,2020-04-15 08:05:11,c1,2.5
-- | 3,100,2020-04-15 08:05:21,c3,7.25
-- | 1,103,2020-04-15 08:06:21,c1,1.0
-- | 2,100,2020-04-15 08:07:21,c2,9.0
-- Bids of an auction, as in benchmarks and tutorials: filters, counts, windows, and aggregates of aggregates.
CREATE TABLE bid (auction BIGINT, bidder BIGINT, `dateTime` TIMESTAMP(3), channel VARCHAR, price DOUBLE, extra AS channel || '-' || CAST(auction AS STRING), WATERMARK FOR `dateTime` AS `dateTime` - INTERVAL '4' SECOND) WITH ('connector' = 'filesystem', 'path' = 'bid', 'format' = 'csv');
-- types differ: a time attribute is a plain TIMESTAMP
SELECT auction, bidder, 0.908 * price AS price, `dateTime`, extra FROM bid;
SELECT auction, price FROM bid WHERE MOD(auction, 2) = 0;
SELECT channel, DATE_FORMAT(`dateTime`, 'yyyy-MM-dd') AS `day`, DATE_FORMAT(MAX(`dateTime`), 'HH:mm') AS `minute`, COUNT(*) AS total_bids, COUNT(*) FILTER (WHERE price < 5) AS rank1, COUNT(*) FILTER (WHERE price >= 5 AND price < 10) AS rank2, COUNT(DISTINCT bidder) AS total_bidders, COUNT(DISTINCT bidder) FILTER (WHERE price < 5) AS rank1_bidders FROM bid GROUP BY channel, DATE_FORMAT(`dateTime`, 'yyyy-MM-dd');
SELECT auction, DATE_FORMAT(`dateTime`, 'yyyy-MM-dd') AS `day`, COUNT(*), MIN(price), MAX(price), AVG(price), SUM(price) FROM bid GROUP BY auction, DATE_FORMAT(`dateTime`, 'yyyy-MM-dd');
SELECT auction, bidder, price, CASE WHEN HOUR(`dateTime`) >= 8 AND HOUR(`dateTime`) <= 18 THEN 'dayTime' WHEN HOUR(`dateTime`) <= 6 OR HOUR(`dateTime`) >= 20 THEN 'nightTime' ELSE 'otherTime' END AS bidTimeType, SPLIT_INDEX(extra, '-', 1) FROM bid;
SELECT bidder, COUNT(*) AS bid_count, SESSION_START(`dateTime`, INTERVAL '10' SECOND) AS starttime, SESSION_END(`dateTime`, INTERVAL '10' SECOND) AS endtime FROM bid GROUP BY bidder, SESSION(`dateTime`, INTERVAL '10' SECOND);
SELECT REGEXP_EXTRACT(extra, '([a-z]+)([0-9]+)', 2) AS d, LOWER(channel) FROM bid WHERE REGEXP_EXTRACT(extra, '(c)', 1) IS NOT NULL OR LOWER(channel) IN ('apple', 'google');
-- types differ: a time attribute is a plain TIMESTAMP
SELECT window_start, window_end, window_time, auction, COUNT(*) FROM TABLE(HOP(TABLE bid, DESCRIPTOR(`dateTime`), INTERVAL '10' SECONDS, INTERVAL '1' MINUTE)) GROUP BY auction, window_start, window_end, window_time;
SELECT AVG(p), MAX(p) FROM (SELECT auction, SUM(price) AS p FROM bid GROUP BY auction);
-- types differ: an aggregate of values that are never NULL may be NULL here
SELECT channel, SUM(p), COUNT(*), MIN(p), MAX(c) FROM (SELECT auction, channel, SUM(price) AS p, COUNT(*) AS c FROM bid GROUP BY auction, channel HAVING COUNT(*) > 1) GROUP BY channel;
SELECT MIN(m), MAX(m), COUNT(DISTINCT m) FROM (SELECT bidder, MAX(price) AS m FROM bid GROUP BY bidder);
SELECT FIRST_VALUE(c), LAST_VALUE(c) FROM (SELECT channel, COUNT(*) AS c FROM bid WHERE channel = 'c1' GROUP BY channel);
SELECT STDDEV_POP(p), VAR_POP(p), STDDEV_SAMP(p), VAR_SAMP(p), AVG(p) FROM (SELECT auction, SUM(price) AS p FROM bid GROUP BY auction);
SELECT c, COUNT(*), SUM(SUM(x)) FROM (SELECT auction AS a, COUNT(*) AS c, SUM(price) AS x FROM bid GROUP BY auction) GROUP BY c;
SELECT c, COUNT(*) AS n, SUM(x) FROM (SELECT auction AS a, COUNT(*) AS c, SUM(price) AS x FROM bid GROUP BY auction) GROUP BY c HAVING COUNT(*) = 1;
SELECT COUNT(*) FROM (SELECT channel FROM bid GROUP BY channel HAVING SUM(price) > 8 AND COUNT(*) < 3);
SELECT DISTINCT c FROM (SELECT auction, COUNT(*) AS c FROM bid GROUP BY auction);
SELECT a FROM (SELECT auction AS a FROM bid UNION ALL SELECT bidder FROM bid) GROUP BY a HAVING COUNT(*) > 1;
SELECT channel, c FROM (SELECT channel, COUNT(*) AS c FROM bid GROUP BY channel) UNION SELECT 'x', CAST(3 AS BIGINT);
SELECT auction, c FROM (SELECT auction, COUNT(*) AS c FROM bid GROUP BY auction) ORDER BY c DESC, auction LIMIT 2;
SELECT c, COUNT(*) FROM (SELECT auction, COUNT(*) AS c FROM bid GROUP BY auction ORDER BY c DESC LIMIT 2) GROUP BY c;
-- types differ: an aggregate of values that are never NULL may be NULL here
SELECT window_start, MAX(c), SUM(s) FROM (SELECT window_start, window_end, channel, COUNT(*) AS c, SUM(price) AS s FROM TABLE(TUMBLE(TABLE bid, DESCRIPTOR(`dateTime`), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end, channel) GROUP BY window_start;
SELECT CAST(`dateTime` AS DATE) AS d, EXTRACT(HOUR FROM `dateTime`) AS h, COUNT(*) FROM bid GROUP BY CAST(`dateTime` AS DATE), EXTRACT(HOUR FROM `dateTime`);
SELECT CUBE_CHANNEL, cnt FROM (SELECT COALESCE(channel, 'ALL') AS CUBE_CHANNEL, COUNT(*) AS cnt FROM bid GROUP BY CUBE (channel));
SELECT channel, auction, COUNT(*) FROM bid GROUP BY GROUPING SETS ((channel, auction), channel, ());
SELECT channel, auction, COUNT(*) FROM bid GROUP BY channel, ROLLUP (auction);
SELECT b.`channel`, b.price FROM bid AS b WHERE b.price IN (4.5, 7.25) AND b.channel IS NOT NULL AND NOT (b.auction = 2);
SELECT window_start AS `start`, window_end AS `end`, SUM(price) AS `sum` FROM TABLE(CUMULATE(TABLE bid, DESCRIPTOR(`dateTime`), INTERVAL '10' SECOND, INTERVAL '1' MINUTE)) GROUP BY window_start, window_end HAVING SUM(price) > 5;
SELECT TUMBLE_START(`dateTime`, INTERVAL '1' MINUTE) AS ws, COUNT(*) c FROM bid GROUP BY TUMBLE(`dateTime`, INTERVAL '1' MINUTE) HAVING COUNT(*) > 1;
SELECT CUMULATE_START(`dateTime`, INTERVAL '1' MINUTE) FROM bid;
CREATE TEMPORARY VIEW v AS WITH x AS (SELECT auction, COUNT(*) AS c FROM bid GROUP BY auction) SELECT * FROM x WHERE c > 1;
SELECT * FROM v;
SELECT * FROM (SELECT auction, price FROM bid) AS t(a, p) WHERE p > 5;
SELECT COUNT(1), COUNT(channel), SUM(1), SUM(CASE WHEN price > 5 THEN 1 ELSE 0 END), SUM(IF(price > 5, price, 0)) FROM bid;
-- types differ: a time attribute is a plain TIMESTAMP
SELECT MAX(channel), MIN(`dateTime`), MAX(`dateTime`) FROM bid;
SELECT auction, LISTAGG(channel, ',') FROM bid GROUP BY auction;
SELECT COUNT(*) OVER () FROM bid;
-- types differ: a time attribute is a plain TIMESTAMP
SELECT TIMESTAMPADD(HOUR, 8, `dateTime`), `dateTime` + INTERVAL '8' HOUR, TIMESTAMPDIFF(SECOND, TIMESTAMP '2020-04-15 08:00:00', `dateTime`), UNIX_TIMESTAMP(DATE_FORMAT(`dateTime`, 'yyyy-MM-dd HH:mm:ss')), FROM_UNIXTIME(1586937900), TO_DATE('2020-04-15'), FLOOR(price), CEIL(price), ROUND(price, 1), ABS(-price), CAST(price AS DECIMAL(10, 1)), CONCAT(channel, '_', CAST(auction AS VARCHAR)), UPPER(channel), SUBSTR(channel, 1, 1) FROM bid;
SELECT auction AS `select`, bidder AS `from`, price AS `group`, channel AS `order` FROM bid WHERE auction > 2;
SELECT /* a hint-like comment */ auction /* end */ FROM bid -- trailing
WHERE auction = 3;
