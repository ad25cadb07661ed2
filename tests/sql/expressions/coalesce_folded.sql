-- A first argument that turns out to be a constant while planning, shorter than the result's type.
SELECT COALESCE(CASE WHEN TRUE THEN 'zz top' END, CONCAT('Foo bar', s)) AS a,
       COALESCE(CASE WHEN TRUE THEN 33.46 END, m - m) AS b,
       COALESCE(NULLIF(67.22, 32.53), m - 21.23) AS c
FROM (VALUES ('x', CAST(1.25 AS DECIMAL(10, 2)))) AS t(s, m);
