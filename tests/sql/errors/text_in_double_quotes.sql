-- expect-error: 42703
SELECT * FROM weather WHERE city = "Berlin";
