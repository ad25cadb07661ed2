-- A text that is no number.
-- expect-error: 22P02
SELECT CAST(s AS INT) AS n FROM (VALUES ('x1'), ('1')) AS v (s);
