-- ROW, ARRAY, MAP and JSON.
-- types differ: ELEMENT may be NULL, for an empty array
SELECT ARRAY[1, 2, 3][1], CARDINALITY(ARRAY[1, 2]), ARRAY[1, CAST(NULL AS INT)], ARRAY['a', 'bcd'], ARRAY[1, 2.5], ELEMENT(ARRAY[5]), ARRAY[ARRAY[1], ARRAY[2, 3]];
-- differs: NULL beyond the end here; Flink's ARRAY of NOT NULL values gives -1
SELECT ARRAY[1, 2, 3][4];
SELECT MAP['a', 1, 'b', 2]['b'], CARDINALITY(MAP['a', 1]), MAP['a', 1, 'bb', 2.5], MAP_KEYS(MAP['a', 1]), MAP_VALUES(MAP['a', 1]), MAP[1, 'x'][1], MAP_FROM_ARRAYS(ARRAY['a', 'b'], ARRAY[1, 2]);
-- differs: NULL without the key here; Flink's MAP of NOT NULL values gives -1
SELECT MAP['a', 1]['z'];
SELECT ROW(1, 'a'), (1, 'a'), ROW(1, ROW(2, 3)), CAST(ROW(1, 'a') AS ROW<x INT, y STRING>).x;
SELECT ARRAY_CONTAINS(ARRAY[1, 2], 2), ARRAY_CONTAINS(ARRAY[1, 2], 5), ARRAY_DISTINCT(ARRAY[1, 2, 1]), ARRAY_POSITION(ARRAY[1, 2], 2), ARRAY_REMOVE(ARRAY[1, 2, 1], 1), ARRAY_REVERSE(ARRAY[1, 2]), ARRAY_SLICE(ARRAY[1, 2, 3], 2, 3), ARRAY_SORT(ARRAY[3, 1, 2]), ARRAY_UNION(ARRAY[1], ARRAY[1, 2]), ARRAY_CONCAT(ARRAY[1], ARRAY[2]), ARRAY_MAX(ARRAY[1, 5, 2]), ARRAY_MIN(ARRAY[4, 1]), ARRAY_JOIN(ARRAY['a', 'b'], '-'), ARRAY_APPEND(ARRAY[1], 2), ARRAY_PREPEND(ARRAY[1], 0), ARRAY_EXCEPT(ARRAY[1, 2], ARRAY[2]), ARRAY_INTERSECT(ARRAY[1, 2], ARRAY[2]);
SELECT JSON_VALUE('{"a": 1}', '$.a'), JSON_VALUE('{"a": {"b": "x"}}', '$.a.b'), JSON_VALUE('{"a": [1, 2]}', '$.a[1]'), JSON_VALUE('{"a": 1}', '$.z'), JSON_VALUE('bad', '$.a'), JSON_EXISTS('{"a": 1}', '$.a'), JSON_EXISTS('{"a": 1}', '$.b'), JSON_QUERY('{"a": {"b": 1}}', '$.a'), JSON_QUERY('{"a": [1, 2]}', '$.a'), JSON_QUERY('{"a": 1}', '$.a');
SELECT JSON_VALUE('{"a": 1}', '$.a' RETURNING INT);
SELECT JSON_QUERY('{"a": 1}', '$.a' WITH WRAPPER);
SELECT '{"a": 1}' IS JSON;
SELECT JSON_OBJECT('a' VALUE 1, 'b' VALUE 'x');
SELECT JSON_ARRAY(1, 'a', TRUE);
SELECT JSON_STRING(ARRAY[1, 2]);
SELECT JSON_QUOTE('a"b');
SELECT a[1], a[i], CARDINALITY(a), m['k'], t.r.x, t.r.y FROM (SELECT ARRAY[1, 2] AS a, 2 AS i, MAP['k', 5] AS m, 'q' AS s, CAST(ROW(1, 'z') AS ROW<x INT, y STRING>) AS r) t;
-- differs: accepted here, refused by Flink
SELECT ARRAY[];
-- differs: NULL here; Flink refuses the constant 0
SELECT ARRAY[1, 2][0];
SELECT MAP_ENTRIES(MAP['a', 1]);
SELECT MAP_ENTRIES(MAP['a', 1, 'b', 2]), MAP_ENTRIES(CAST(NULL AS MAP<STRING, INT>)), MAP_ENTRIES(MAP['a', 1])[1].key;
SELECT MAP_UNION(MAP['a', 1], MAP['b', 2, 'a', 3]), MAP_UNION(MAP['a', 1]), MAP_UNION(MAP['a', 1], CAST(NULL AS MAP<STRING, INT>));
