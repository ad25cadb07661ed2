-- A date that is none.
-- expect-error: 22007
SELECT DATE '2023-02-29';
