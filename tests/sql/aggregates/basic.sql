-- Aggregates over groups and over everything; NULLs are ignored, a group may be NULL.
-- file: orders.csv
-- | 1,ann,10,1.50,books
-- | 2,bob,20,2.50,food
-- | 3,ann,30,0.25,food
-- | 4,cid,,9.99,
-- | 5,bob,20,4.00,books
-- | 6,,5,1.00,toys
CREATE TABLE orders (id BIGINT, who STRING, amount INT, price DECIMAL(10, 2), kind STRING)
WITH ('connector' = 'filesystem', 'path' = 'orders.csv', 'format' = 'csv', 'csv.null-literal' = '');
SELECT COUNT(*) AS n, COUNT(amount) AS amounts, SUM(amount) AS s, MIN(amount) AS lo, MAX(amount) AS hi, AVG(amount) AS mean
FROM orders;
SELECT who, COUNT(*) AS n, SUM(amount) AS s, SUM(price) AS p FROM orders GROUP BY who ORDER BY who NULLS LAST;
SELECT kind, COUNT(DISTINCT who) AS people FROM orders GROUP BY kind HAVING COUNT(*) > 1 ORDER BY kind NULLS FIRST;
SELECT COUNT(*) AS n, SUM(amount) AS s, MAX(who) AS w FROM orders WHERE id > 100;
SELECT who, SUM(amount) AS s FROM orders WHERE id > 100 GROUP BY who;
