-- expect-error: 42601
SELECT 1 WHERE 1 = 1 && 2 = 2;
