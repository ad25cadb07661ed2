-- FIRST_VALUE, LAST_VALUE, LISTAGG, STRING_AGG, APPROX_COUNT_DISTINCT follow the order of the input.
-- file: orders.csv
-- | 1,ann,10,1.50,books
-- | 2,bob,20,2.50,food
-- | 3,ann,30,0.25,food
-- | 4,cid,,9.99,
-- | 5,bob,20,4.00,books
-- | 6,,5,1.00,toys
CREATE TABLE orders (id BIGINT, who STRING, amount INT, price DECIMAL(10, 2), kind STRING)
WITH ('connector' = 'filesystem', 'path' = 'orders.csv', 'format' = 'csv', 'csv.null-literal' = '');
SELECT FIRST_VALUE(who) AS f, LAST_VALUE(kind) AS l, LISTAGG(who) AS who, LISTAGG(kind, '-') AS kinds, STRING_AGG(who, ';') AS sa
FROM orders;
SELECT who, LISTAGG(CAST(id AS STRING), '+') AS ids FROM orders GROUP BY who ORDER BY who NULLS LAST;
SELECT APPROX_COUNT_DISTINCT(who) AS about FROM orders;
