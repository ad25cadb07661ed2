-- ORDER BY with directions and NULLs (lowest unless said otherwise), LIMIT, OFFSET, positions, aliases.
-- file: orders.csv
-- | 1,ann,10,1.50,books
-- | 2,bob,20,2.50,food
-- | 3,ann,30,0.25,food
-- | 4,cid,,9.99,
-- | 5,bob,20,4.00,books
-- | 6,,5,1.00,toys
CREATE TABLE orders (id BIGINT, who STRING, amount INT, price DECIMAL(10, 2), kind STRING)
WITH ('connector' = 'filesystem', 'path' = 'orders.csv', 'format' = 'csv', 'csv.null-literal' = '');
SELECT id, amount FROM orders ORDER BY amount, id;
SELECT id, amount FROM orders ORDER BY amount DESC NULLS LAST, id DESC LIMIT 3;
SELECT id FROM orders ORDER BY id OFFSET 4;
SELECT id FROM orders ORDER BY id LIMIT 2 OFFSET 1;
SELECT id FROM orders ORDER BY id FETCH FIRST 1 ROWS ONLY;
SELECT who, COUNT(*) AS n FROM orders GROUP BY who ORDER BY n DESC, who LIMIT 1;
SELECT id, price FROM orders ORDER BY 2 LIMIT 1;
SELECT id FROM orders ORDER BY price DESC LIMIT 1;
SELECT id FROM orders LIMIT 0;
