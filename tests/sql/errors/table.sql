-- An unknown table: the nearest name.
-- expect-error: 42P01
SELECT 1 AS before;
SELECT * FROM wether;
