-- Arguments that no overload takes.
-- expect-error: 42804
SELECT SQRT('x');
