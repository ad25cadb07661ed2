-- Set operations other than UNION ALL.
-- expect-error: 0A000
SELECT 1 INTERSECT SELECT 1;
