-- A sum beyond BIGINT.
-- expect-error: 22003
SELECT n + 1 AS q FROM (VALUES (9223372036854775807)) AS v (n);
