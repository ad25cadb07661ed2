-- SELECT list: stars, aliases, expressions, WHERE.
-- file: orders.csv
-- | 1,ann,10,1.50,books
-- | 2,bob,20,2.50,food
-- | 3,ann,30,0.25,food
-- | 4,cid,,9.99,
-- | 5,bob,20,4.00,books
-- | 6,,5,1.00,toys
CREATE TABLE orders (id BIGINT, who STRING, amount INT, price DECIMAL(10, 2), kind STRING)
WITH ('connector' = 'filesystem', 'path' = 'orders.csv', 'format' = 'csv', 'csv.null-literal' = '');
SELECT * FROM orders WHERE id <= 2;
SELECT id, amount * price AS total FROM orders WHERE who = 'ann';
SELECT o.id, o.* FROM orders AS o WHERE o.amount IS NULL;
SELECT id AS x, id AS x FROM orders WHERE id = 1;
SELECT 1 AS one;
