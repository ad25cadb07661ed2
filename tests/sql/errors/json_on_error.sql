SELECT JSON_VALUE(a, '$.a' ERROR ON ERROR) FROM (VALUES ('{"a": 1}'), ('{"b": 1}')) AS t (a);
