-- Arguments that no overload takes.
-- expect-error: 42883
SELECT SQRT('x');
