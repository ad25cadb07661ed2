-- expect-error: 42704
SELECT CAST('x' AS DATETIME);
