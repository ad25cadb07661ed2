-- expect-error: 0A000
SELECT JSON_VALUE('{"a": 1}', '$.a' RETURNING DECIMAL(5, 2));
