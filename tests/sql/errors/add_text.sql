-- expect-error: 42804
SELECT 'a' + 1;
