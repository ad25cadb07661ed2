-- A word that the grammar does not take: what was expected, and the nearest.
-- expect-error: 42601
SELECT 1 AS a,
       2 AS b
FORM weather;
