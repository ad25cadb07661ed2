EXPLAIN SELECT city, AVG(temp) FROM weather GROUP BY TUMBLE(ts, 10s);
EXPLAIN SELECT 1;
EXPLAIN SELECT city, temp FROM weather WHERE temp > 20 AND city = 'Berlin';
EXPLAIN VALUES (1, 'a'), (2, NULL);
