-- A string without its end.
-- expect-error: 42601
SELECT 'abc;
