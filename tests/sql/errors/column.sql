-- An unknown column: the nearest name.
-- expect-error: 42703
SELECT city, humidty FROM weather;
