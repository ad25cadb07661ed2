-- INSERT INTO a file and reading it back: column lists, VALUES, statement sets, CREATE TABLE AS.
-- file: orders.csv
-- | 1,ann,10,1.50,books
-- | 2,bob,20,2.50,food
-- | 3,ann,30,0.25,food
-- | 4,cid,,9.99,
-- | 5,bob,20,4.00,books
-- | 6,,5,1.00,toys
CREATE TABLE orders (id BIGINT, who STRING, amount INT, price DECIMAL(10, 2), kind STRING)
WITH ('connector' = 'filesystem', 'path' = 'orders.csv', 'format' = 'csv', 'csv.null-literal' = '');
CREATE TABLE out (who STRING, total INT) WITH ('connector' = 'filesystem', 'path' = 'out', 'format' = 'json');
INSERT INTO out SELECT who, amount FROM orders WHERE amount = 20;
INSERT INTO out (total) VALUES (1), (2);
SELECT * FROM out ORDER BY total, who;
CREATE TABLE small (id BIGINT) WITH ('connector' = 'filesystem', 'path' = 'small', 'format' = 'csv');
CREATE TABLE large (id BIGINT) WITH ('connector' = 'filesystem', 'path' = 'large', 'format' = 'csv');
EXECUTE STATEMENT SET BEGIN
    INSERT INTO small SELECT id FROM orders WHERE amount < 15;
    INSERT INTO large SELECT id FROM orders WHERE amount >= 15;
END;
SELECT id FROM small ORDER BY id;
SELECT id FROM large ORDER BY id;
CREATE TABLE copy WITH ('connector' = 'filesystem', 'path' = 'copy', 'format' = 'json') AS SELECT id, price FROM orders WHERE kind = 'food';
SELECT * FROM copy ORDER BY id;
