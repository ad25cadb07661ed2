-- An unknown function: the nearest name.
-- expect-error: 42883
SELECT UPPR('x');
