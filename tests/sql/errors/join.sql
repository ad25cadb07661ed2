-- Joins parse and are not executed yet.
-- expect-error: 0A000
SELECT a.city FROM weather AS a JOIN weather AS b ON a.city = b.city;
