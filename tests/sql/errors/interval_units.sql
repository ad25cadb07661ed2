-- expect-error: 42601
SELECT (5 + 3) day;
