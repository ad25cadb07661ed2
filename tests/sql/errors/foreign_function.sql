-- expect-error: 42883
SELECT LEN('x');
