-- expect-error: 42704
SELECT CAST('1' AS INTEGR);
