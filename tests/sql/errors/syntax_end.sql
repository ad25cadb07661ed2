-- The text ends too early.
-- expect-error: 42601
SELECT city FROM
