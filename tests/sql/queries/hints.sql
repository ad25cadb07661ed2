-- OPTIONS hints change a table for one query.
-- file: orders.csv
-- | 1,ann,10,1.50,books
-- | 2,bob,20,2.50,food
-- | 3,ann,30,0.25,food
-- | 4,cid,,9.99,
-- | 5,bob,20,4.00,books
-- | 6,,5,1.00,toys
-- file: other.csv
-- | 1,x,1,1.00,y
CREATE TABLE orders (id BIGINT, who STRING, amount INT, price DECIMAL(10, 2), kind STRING)
WITH ('connector' = 'filesystem', 'path' = 'orders.csv', 'format' = 'csv', 'csv.null-literal' = '');
SELECT COUNT(*) AS n FROM orders /*+ OPTIONS('path' = 'other.csv') */;
SELECT COUNT(*) AS n FROM orders;
