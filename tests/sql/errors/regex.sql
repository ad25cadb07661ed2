-- A pattern that is none.
-- expect-error: 2201B
SELECT REGEXP_EXTRACT('x', '(', 0);
