-- FILTER and DISTINCT, alone and together.
-- file: orders.csv
-- | 1,ann,10,1.50,books
-- | 2,bob,20,2.50,food
-- | 3,ann,30,0.25,food
-- | 4,cid,,9.99,
-- | 5,bob,20,4.00,books
-- | 6,,5,1.00,toys
CREATE TABLE orders (id BIGINT, who STRING, amount INT, price DECIMAL(10, 2), kind STRING)
WITH ('connector' = 'filesystem', 'path' = 'orders.csv', 'format' = 'csv', 'csv.null-literal' = '');
SELECT COUNT(*) FILTER (WHERE amount > 10) AS big, SUM(amount) FILTER (WHERE who = 'bob') AS bob,
       COUNT(DISTINCT amount) AS different, SUM(DISTINCT amount) AS once,
       COUNT(DISTINCT who) FILTER (WHERE kind = 'food') AS eaters, MAX(price) FILTER (WHERE FALSE) AS nothing
FROM orders;
SELECT kind, COUNT(*) FILTER (WHERE amount IS NULL) AS missing FROM orders GROUP BY kind ORDER BY kind NULLS LAST;
