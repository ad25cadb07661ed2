-- An aggregate in WHERE.
-- expect-error: 42803
SELECT city FROM weather WHERE COUNT(*) > 1;
