-- OVER parses and is not executed yet.
-- expect-error: 0A000
SELECT ROW_NUMBER() OVER (PARTITION BY city ORDER BY ts) FROM weather;
