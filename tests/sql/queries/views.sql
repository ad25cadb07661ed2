-- Views expand where they are used; SHOW and DESCRIBE see them; they can be dropped.
-- file: orders.csv
-- | 1,ann,10,1.50,books
-- | 2,bob,20,2.50,food
-- | 3,ann,30,0.25,food
-- | 4,cid,,9.99,
-- | 5,bob,20,4.00,books
-- | 6,,5,1.00,toys
CREATE TABLE orders (id BIGINT, who STRING, amount INT, price DECIMAL(10, 2), kind STRING)
WITH ('connector' = 'filesystem', 'path' = 'orders.csv', 'format' = 'csv', 'csv.null-literal' = '');
CREATE VIEW sums (person, total) AS SELECT who, SUM(amount) FROM orders GROUP BY who;
SELECT * FROM sums WHERE total > 30 ORDER BY person;
CREATE TEMPORARY VIEW top AS SELECT person FROM sums WHERE person IS NOT NULL;
SELECT COUNT(*) AS n FROM top;
SHOW VIEWS;
DROP VIEW top;
DROP VIEW sums;
SHOW VIEWS;
