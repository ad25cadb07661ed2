-- A comparison of types that have none.
-- expect-error: 42804
SELECT city FROM weather WHERE ts > 5;
