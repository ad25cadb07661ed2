-- A column that is neither grouped nor aggregated.
-- expect-error: 42803
SELECT city, humidity, COUNT(*) FROM weather GROUP BY city;
