-- A cast that cannot be.
-- expect-error: 42846
SELECT CAST(DATE '2024-05-01' AS BOOLEAN);
