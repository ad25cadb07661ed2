-- expect-error: 22000
SELECT JSON_VALUE(a, '$.a' ERROR ON ERROR) FROM (VALUES ('{"b": 1}')) AS t (a);
