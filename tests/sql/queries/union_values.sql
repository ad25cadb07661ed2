-- UNION ALL, VALUES as a table and as a query, DISTINCT, subqueries, WITH.
-- file: orders.csv
-- | 1,ann,10,1.50,books
-- | 2,bob,20,2.50,food
-- | 3,ann,30,0.25,food
-- | 4,cid,,9.99,
-- | 5,bob,20,4.00,books
-- | 6,,5,1.00,toys
CREATE TABLE orders (id BIGINT, who STRING, amount INT, price DECIMAL(10, 2), kind STRING)
WITH ('connector' = 'filesystem', 'path' = 'orders.csv', 'format' = 'csv', 'csv.null-literal' = '');
SELECT id FROM (SELECT id FROM orders WHERE id = 1 UNION ALL SELECT id FROM orders WHERE id >= 5 UNION ALL SELECT CAST(7 AS BIGINT)) AS u ORDER BY id;
VALUES (1, 'a'), (2, 'b');
SELECT n * 2 AS d, t FROM (VALUES (1, 'x'), (2, CAST(NULL AS STRING))) AS v (n, t);
SELECT DISTINCT amount FROM orders ORDER BY amount NULLS LAST;
SELECT s.who FROM (SELECT who, amount FROM orders WHERE amount > 5) AS s WHERE s.amount < 25 ORDER BY s.who;
WITH big AS (SELECT id, amount FROM orders WHERE amount >= 20) SELECT COUNT(*) AS n, MAX(id) AS m FROM big;
SELECT 1 AS a UNION ALL SELECT 2.5 UNION ALL SELECT CAST(NULL AS INT);
