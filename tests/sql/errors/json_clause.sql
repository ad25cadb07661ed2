-- expect-error: 42601
SELECT JSON_VALUE('{"a": 1}', '$.a' EMPTY ARRAY ON EMPTY);
