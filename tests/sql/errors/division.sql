-- Division by zero.
-- expect-error: 22012
SELECT 1 / n AS q FROM (VALUES (0)) AS v (n);
