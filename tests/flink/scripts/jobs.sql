-- file: in/clicks.json
-- | {"user_id": 1, "url": "/a", "cost": 1.5, "epoch_ms": 1714564800000}
-- | {"user_id": 2, "url": "/b", "cost": 0.5, "epoch_ms": 1714564805000}
-- | {"user_id": 1, "url": "/b", "cost": 2.5, "epoch_ms": 1714564807000}
-- | {"user_id": 1, "url": "/c", "cost": 1.0, "epoch_ms": 1714564861000}
-- | {"user_id": 3, "url": "/a", "cost": 4.0, "epoch_ms": 1714564862000}
-- file: orders/all.csv
-- | 1,apple,10.50,2024-03-09 22:15:00
-- | 2,pear,3.25,2024-03-09 23:45:00
-- | 3,apple,7.00,2024-03-10 01:30:00
-- | 4,"fig, dried",12.00,2024-03-10 07:59:00
-- | 5,pear,,2024-03-11 03:00:00
-- Whole jobs: computed columns, views, windows in a session time zone, several sinks, reading back.
SET 'table.local-time-zone' = 'America/Los_Angeles';
CREATE TABLE clicks (
    `user_id` BIGINT,
    `url` STRING,
    `cost` DOUBLE,
    `epoch_ms` BIGINT,
    `event_time` AS TO_TIMESTAMP_LTZ(`epoch_ms`, 3),
    WATERMARK FOR `event_time` AS `event_time` - INTERVAL '5' SECOND
) WITH (
    'connector' = 'filesystem',
    'path' = 'in',
    'format' = 'json'
);
CREATE TEMPORARY VIEW paid AS
SELECT *, CASE WHEN cost >= 1 THEN 'high' ELSE 'low' END AS `class` FROM clicks WHERE cost > 0;
SELECT user_id, url, cost, CAST(event_time AS STRING), `class` FROM paid;
SELECT window_start, window_end, url, COUNT(*), COUNT(DISTINCT user_id), SUM(cost)
FROM TABLE(TUMBLE(TABLE paid, DESCRIPTOR(event_time), INTERVAL '1' MINUTES))
GROUP BY window_start, window_end, url;
SELECT window_start, window_end, COUNT(*) FROM TABLE(TUMBLE(TABLE paid, DESCRIPTOR(event_time), INTERVAL '1' DAY)) GROUP BY window_start, window_end;
CREATE TABLE orders (
    id INT,
    product STRING,
    price DECIMAL(10, 2),
    placed STRING,
    at_ltz AS CAST(placed AS TIMESTAMP_LTZ(3)),
    with_tax AS price * 1.19,
    WATERMARK FOR at_ltz AS at_ltz - INTERVAL '1' HOUR
) WITH ('connector' = 'filesystem', 'path' = 'orders', 'format' = 'csv', 'csv.null-literal' = '', 'csv.ignore-parse-errors' = 'true');
SELECT id, product, price, with_tax, at_ltz > TO_TIMESTAMP_LTZ(0, 3) FROM orders;
SELECT window_start, window_end, COUNT(*), SUM(price), SUM(with_tax), AVG(price), MAX(product)
FROM TABLE(TUMBLE(TABLE orders, DESCRIPTOR(at_ltz), INTERVAL '1' DAY)) GROUP BY window_start, window_end;
SELECT window_start, window_end, COUNT(*)
FROM TABLE(HOP(TABLE orders, DESCRIPTOR(at_ltz), INTERVAL '6' HOUR, INTERVAL '12' HOUR)) GROUP BY window_start, window_end;
SELECT product, COUNT(*), SUM(price), MIN(price) FROM orders GROUP BY product;
CREATE TABLE by_product (product STRING, w TIMESTAMP(3), total DECIMAL(38, 2)) WITH ('connector' = 'filesystem', 'path' = 'by_product', 'format' = 'json');
CREATE TABLE dear (id INT, product STRING) WITH ('connector' = 'filesystem', 'path' = 'dear', 'format' = 'csv');
EXECUTE STATEMENT SET BEGIN
INSERT INTO by_product SELECT product, window_end, SUM(price) FROM TABLE(TUMBLE(TABLE orders, DESCRIPTOR(at_ltz), INTERVAL '1' DAY)) GROUP BY product, window_start, window_end;
INSERT INTO dear SELECT id, product FROM orders WHERE price > 5;
END;
SELECT * FROM by_product;
SELECT * FROM dear;
INSERT INTO dear (product, id) VALUES ('late', 9), ('later', 10);
SELECT COUNT(*), MAX(id) FROM dear;
