-- expect-error: 42601
SELECT 'it's' AS a;
