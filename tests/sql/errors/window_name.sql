-- expect-error: 42883
SELECT city, AVG(temp) FROM weather GROUP BY TUMBEL(ts, 10s);
