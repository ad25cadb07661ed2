-- expect-error: 42804
SELECT city, AVG(temp) FROM weather GROUP BY TUMBLE(ts, 10);
