-- Sorting a stream that never ends.
-- expect-error: 0A000
SELECT city FROM weather ORDER BY temp;
