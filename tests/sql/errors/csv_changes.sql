-- The script stops at the first error.
-- expect-error: 22012
SELECT 1 AS a;
SELECT 1 / 0 AS b;
SELECT 2 AS c;
