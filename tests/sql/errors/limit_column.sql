-- expect-error: 42703
SELECT * FROM weather LIMIT x;
