-- file: docs/d.csv
-- | 1,a,3,1.50
-- | 2,b,,2.25
-- | 3,c,5,
-- | 1,d,1,7.00
-- JSON: paths, clauses, texts and values, and the aggregates that make it.
SELECT JSON_OBJECT(), JSON_OBJECT('K1' VALUE 'V1', 'K2' VALUE 'V2'), JSON_OBJECT('a' VALUE 1, KEY 'b' VALUE TRUE, 'c' VALUE 1.50);
SELECT JSON_OBJECT(KEY 'K1' VALUE CAST(NULL AS STRING) NULL ON NULL), JSON_OBJECT(KEY 'K1' VALUE CAST(NULL AS STRING) ABSENT ON NULL), JSON_OBJECT('K1' VALUE CAST(NULL AS STRING));
SELECT JSON_OBJECT(KEY 'K1' VALUE JSON_OBJECT(KEY 'K2' VALUE 'V')), JSON_OBJECT('a' VALUE JSON_ARRAY(1, 'x')), JSON_ARRAY(JSON_ARRAY(1)), JSON_ARRAY(), JSON_ARRAY(1, '2'), JSON_ARRAY(CAST(NULL AS STRING) NULL ON NULL), JSON_ARRAY(CAST(NULL AS STRING) ABSENT ON NULL), JSON_ARRAY(CAST(NULL AS STRING));
-- differs: dates and times of day are written too
SELECT JSON_OBJECT('d' VALUE DATE '2024-01-02', 't' VALUE TIME '10:11:12', 'ts' VALUE TIMESTAMP '2024-01-02 03:04:05.678', 'f' VALUE CAST(1.5 AS FLOAT), 'dd' VALUE 1e10, 'by' VALUE X'4142', 'arr' VALUE ARRAY[1,2], 'm' VALUE MAP['a', 1], 'r' VALUE ROW(1, 'x'), 'big' VALUE 12345678901234, 'sm' VALUE 1e-7);
SELECT JSON_OBJECT('ltz' VALUE TO_TIMESTAMP_LTZ(0, 3), 'q' VALUE 'a"b\c');
SELECT JSON_STRING('Hello, World!'), JSON_STRING(CAST(NULL AS INT)), JSON_STRING(1), JSON_STRING(TRUE), JSON_STRING(1.20), JSON_STRING(TIMESTAMP '2024-01-02 03:04:05'), JSON_STRING(ARRAY[1, 2]), JSON_STRING(MAP['a', 1]), JSON_STRING(X'41');
SELECT '1' IS JSON, '[]' IS JSON, '{}' IS JSON, '"abc"' IS JSON, 'abc' IS JSON, CAST(NULL AS STRING) IS JSON, '1' IS JSON SCALAR, '1' IS JSON ARRAY, '1' IS JSON OBJECT, '{}' IS JSON SCALAR, '{}' IS JSON ARRAY, '{}' IS JSON OBJECT, '[1]' IS NOT JSON ARRAY, '' IS JSON, 'x' IS NOT JSON VALUE, '{"a":}' IS JSON, 'null' IS JSON SCALAR;
-- differs: Flink looks at the first value of a text only
SELECT '{} x' IS JSON;
SELECT JSON_QUOTE('V"1'), JSON_QUOTE('a\b/c'), JSON_QUOTE('é中'), JSON_QUOTE(CAST(NULL AS STRING)), JSON_QUOTE('');
-- differs: Flink 2.0 leaves control characters as they are
SELECT JSON_QUOTE(U&'x\000Ay\0001');
-- differs: Flink 2.0 makes a wrong escape of characters beyond U+FFFF
SELECT JSON_QUOTE(U&'\+01F600');
SELECT JSON_UNQUOTE('"V1"'), JSON_UNQUOTE('"V\"1"'), JSON_UNQUOTE('abc'), JSON_UNQUOTE('"a\u00e9\n"'), JSON_UNQUOTE('"bad'), JSON_UNQUOTE(CAST(NULL AS STRING)), JSON_UNQUOTE('[1]'), JSON_UNQUOTE('""'), JSON_UNQUOTE('"\ud83d\ude00"'), JSON_UNQUOTE('1');
SELECT JSON_VALUE('{"a": true}', '$.a' RETURNING BOOLEAN), JSON_VALUE('{"a": 12}', '$.a' RETURNING INTEGER), JSON_VALUE('{"a": 1.5}', '$.a' RETURNING DOUBLE), JSON_VALUE('{"a": "x"}', '$.a' RETURNING STRING);
-- differs: BIGINT too
SELECT JSON_VALUE('{"a": 12}', '$.a' RETURNING BIGINT);
-- differs: what does not read as the type is an error of the clause, in Flink of the job
SELECT JSON_VALUE('{"a": "12"}', '$.a' RETURNING INTEGER);
-- differs: what does not read as the type is an error of the clause, in Flink of the job
SELECT JSON_VALUE('{"a": "x"}', '$.a' RETURNING INTEGER);
-- differs: what does not read as the type is an error of the clause, in Flink of the job
SELECT JSON_VALUE('{"a": 1.7}', '$.a' RETURNING INTEGER), JSON_VALUE('{"a": 3}', '$.a' RETURNING DOUBLE), JSON_VALUE('{"a": "true"}', '$.a' RETURNING BOOLEAN), JSON_VALUE('{"a": 12345678901}', '$.a' RETURNING INTEGER);
SELECT JSON_VALUE('{"a": 1}', '$.b' DEFAULT 5 ON EMPTY), JSON_VALUE('{"a": 1}', 'lax $.b' RETURNING INTEGER DEFAULT 7 ON EMPTY), JSON_VALUE('{"a": {"x":1}}', '$.a' DEFAULT 'err' ON ERROR), JSON_VALUE('{"a": [1]}', '$.a' NULL ON ERROR), JSON_VALUE('bad', '$.a' DEFAULT 'e' ON ERROR), JSON_VALUE('{"a": 1}', 'strict $.b' DEFAULT 'e' ON ERROR);
SELECT JSON_VALUE('{"a": 1}', '$.b' ERROR ON EMPTY);
SELECT JSON_VALUE('{"a": 1}', 'strict $.b' ERROR ON ERROR);
SELECT JSON_VALUE('{"a.b": [0.998,0.996]}', '$.["a.b"][0]' RETURNING DOUBLE), JSON_VALUE('{"contains blank": "right"}', 'strict $.[''contains blank'']' NULL ON EMPTY DEFAULT 'wrong' ON ERROR);
SELECT JSON_QUERY('{ "a": { "b": 1 } }', '$.a'), JSON_QUERY('[1, 2]', '$'), JSON_QUERY(CAST(NULL AS STRING), '$'), JSON_QUERY('{"a":[{"c":"c1"},{"c":"c2"}]}', 'lax $.a[*].c'), JSON_QUERY('1', '$' WITH CONDITIONAL ARRAY WRAPPER), JSON_QUERY('1', '$' WITH WRAPPER), JSON_QUERY('[1]', '$' WITH CONDITIONAL WRAPPER), JSON_QUERY('[1]', '$' WITH UNCONDITIONAL ARRAY WRAPPER), JSON_QUERY('1', '$'), JSON_QUERY('{}', '$.invalid' EMPTY OBJECT ON EMPTY), JSON_QUERY('{}', 'strict $.invalid' EMPTY ARRAY ON ERROR), JSON_QUERY('{"a":"x"}', '$.a' WITHOUT ARRAY WRAPPER), JSON_QUERY('{"a":"x"}', '$.a' WITH WRAPPER);
SELECT JSON_QUERY('[1, 2]', '$' RETURNING ARRAY<STRING>), JSON_QUERY('{"a":["x","y"]}', '$.a' RETURNING ARRAY<STRING>), JSON_QUERY('{"a":[{"c":"c1"},{"c":"c2"}]}', '$.a[*].c' RETURNING ARRAY<STRING>), JSON_QUERY('{"a":{"b":1}}', '$.a' RETURNING ARRAY<STRING>);
SELECT JSON_QUERY('{}', '$.invalid' ERROR ON EMPTY);
SELECT JSON_QUERY('{}', 'strict $.invalid' ERROR ON ERROR);
SELECT JSON_EXISTS('{"a": true}', '$.a'), JSON_EXISTS('{"a": true}', '$.b'), JSON_EXISTS('{"a": [{ "b": 1 }]}', '$.a[0].b'), JSON_EXISTS('{"a": true}', 'strict $.b' TRUE ON ERROR), JSON_EXISTS('{"a": true}', 'strict $.b' FALSE ON ERROR), JSON_EXISTS('{"a": true}', 'strict $.b' UNKNOWN ON ERROR);
SELECT JSON_VALUE('{"a":[{"b":1},{"b":2}]}', '$.a[1].b'), JSON_QUERY('{"a":{"x":1,"y":2}}', '$.a.*'), JSON_QUERY('{"a":{"b":{"c":1}}}', '$..c'), JSON_VALUE('{"a":[1,2,3]}', '$.a[-1]'), JSON_QUERY('{"a":[1,2,3,4]}', '$.a[1:3]'), JSON_QUERY('{"b":{"a":1},"a":{"a":2}}', '$..a'), JSON_QUERY('[0,1,2,3]', '$[-2:]'), JSON_QUERY('[0,1,2,3]', '$[:-3]'), JSON_QUERY('{"a":[1]}', '$.a[5:]'), JSON_QUERY('{"a":5}', '$.a[*]'), JSON_QUERY('[{"a":1},5,{"a":[2]}]', '$[*].a');
-- differs: filters and functions in paths are not executed yet
SELECT JSON_QUERY('{"a":[{"b":1},{"b":2}]}', '$.a[?(@.b>1)]');
-- differs: filters and functions in paths are not executed yet
SELECT JSON_VALUE('{"a":[1,2,3]}', '$.a.length()');
SELECT JSON_EXISTS('{"a": null}', '$.a'), JSON_EXISTS('{"a": null}', 'lax $.a'), JSON_EXISTS('{"a": []}', '$.a[*]'), JSON_EXISTS('bad', '$.a' TRUE ON ERROR), JSON_EXISTS('bad', 'lax $.a' TRUE ON ERROR), JSON_EXISTS('{}', 'lax $.a' TRUE ON ERROR);
SELECT JSON_VALUE('{"a": null}', '$.a' DEFAULT 'x' ON EMPTY), JSON_VALUE('{"a": null}', 'lax $.a' DEFAULT 'x' ON EMPTY DEFAULT 'y' ON ERROR), JSON_VALUE('{"a": [1]}', 'lax $.a' DEFAULT 'x' ON EMPTY DEFAULT 'y' ON ERROR), JSON_VALUE('{"a": [1]}', 'strict $.a' DEFAULT 'x' ON EMPTY DEFAULT 'y' ON ERROR), JSON_VALUE('{"a": 1', 'lax $.b' DEFAULT 'x' ON EMPTY DEFAULT 'y' ON ERROR), JSON_VALUE('{"a": 1}', 'lax $.b' DEFAULT 'x' ON EMPTY DEFAULT 'y' ON ERROR);
SELECT JSON_VALUE('{"a": 1.50}', '$.a'), JSON_VALUE('{"a": -0}', '$.a'), JSON_VALUE('{"a": "\u00e9\n"}', '$.a'), JSON_VALUE('{"a": 12345678901234567890}', '$.a'), JSON_VALUE('{"a":{"b c":[10,{"d":false}]}}', '$.a[''b c''][1].d');
SELECT JSON_QUERY('{"a": null}', '$.a' EMPTY ARRAY ON EMPTY), JSON_QUERY('{"a": 5}', 'lax $.a' EMPTY ARRAY ON EMPTY EMPTY OBJECT ON ERROR), JSON_QUERY('{"a": 5}', '$.a' EMPTY ARRAY ON EMPTY EMPTY OBJECT ON ERROR), JSON_QUERY('{"a":[{"b":[1,2]},{"b":[3]}]}', '$.a[*].b'), JSON_QUERY('{"a":[{"b":[1,2]},{"b":[3]}]}', '$.a[*].b[*]'), JSON_QUERY('{"a":[1]}', '$.a[*]' WITH WRAPPER), JSON_QUERY('{"a":[1,2]}', '$.a[*]' WITH CONDITIONAL WRAPPER), JSON_QUERY('{"a":1}', '$.b[*]'), JSON_QUERY('{"a":1}', 'lax $.b[*]');
SELECT JSON_QUERY('{"a":[1,"x",null,{"k":2},[3]]}', '$.a' RETURNING ARRAY<STRING>), JSON_QUERY('{"a":[]}', '$.a' RETURNING ARRAY<STRING>), JSON_QUERY('{"a":1}', 'strict $.b' RETURNING ARRAY<STRING> EMPTY ARRAY ON ERROR);
CREATE TABLE docs (g INT, k STRING, v INT, d DECIMAL(5, 2)) WITH ('connector' = 'filesystem', 'path' = 'docs', 'format' = 'csv', 'csv.ignore-parse-errors' = 'true', 'csv.null-literal' = '');
SELECT JSON_OBJECT('g' VALUE g, 'k' VALUE k, 'v' VALUE v, 'd' VALUE d), JSON_ARRAY(g, k, v NULL ON NULL), JSON_ARRAY(v, d), JSON_STRING(v), JSON_STRING(ROW(g, k)), JSON_QUOTE(k), k IS JSON, CAST(g AS STRING) IS JSON SCALAR FROM docs;
-- differs: keys may be nullable columns; a NULL is an error
SELECT JSON_OBJECT(k VALUE v ABSENT ON NULL) FROM docs;
-- types differ: STRING, in Flink VARCHAR(2000)
SELECT JSON_OBJECTAGG(k VALUE v), JSON_OBJECTAGG(KEY k VALUE d ABSENT ON NULL), JSON_ARRAYAGG(k), JSON_ARRAYAGG(v), JSON_ARRAYAGG(v NULL ON NULL) FROM docs;
-- types differ: STRING, in Flink VARCHAR(2000)
SELECT g, JSON_OBJECTAGG(k VALUE v ABSENT ON NULL), JSON_ARRAYAGG(JSON_OBJECT('k' VALUE k)), COUNT(*) FROM docs GROUP BY g;
-- types differ: STRING, in Flink VARCHAR(2000)
SELECT JSON_ARRAYAGG(c), JSON_OBJECTAGG(CAST(c AS STRING) VALUE 1) FROM (SELECT k, COUNT(*) AS c FROM docs WHERE k = 'a' GROUP BY k);
-- differs: an aggregate of no rows is one row
SELECT JSON_OBJECTAGG(k VALUE v) FROM docs WHERE g > 9;
SELECT JSON_OBJECT('n' VALUE COUNT(*), 's' VALUE SUM(v), 'all' VALUE JSON_ARRAYAGG(k)) FROM docs;
SELECT JSON_OBJECT('a' VALUE CAST(NULL AS INT)), JSON_OBJECT(CAST(NULL AS STRING) VALUE 1);
SELECT JSON_OBJECT(1 VALUE 2);
SELECT JSON_VALUE('{"a":1}', '$.a' RETURNING DECIMAL(5, 2));
SELECT JSON_VALUE('{"a":1}', '$.a' EMPTY ARRAY ON EMPTY);
SELECT JSON_VALUE(a, '$.x' RETURNING INTEGER DEFAULT -1 ON EMPTY DEFAULT -2 ON ERROR), JSON_VALUE(a, 'lax $.x' RETURNING INTEGER DEFAULT -1 ON EMPTY DEFAULT -2 ON ERROR), JSON_QUERY(a, '$.y' WITH CONDITIONAL WRAPPER), JSON_EXISTS(a, 'lax $.x'), a IS JSON OBJECT FROM (VALUES ('{"x": 5, "y": [1]}'), ('{"y": "s"}'), ('oops'), (CAST(NULL AS STRING))) AS t (a);
SELECT JSON_QUERY('{"a":[{"y":1,"x":2.50, "y":1e3, "z":"\u00e9\/\n"}]}', '$.a'), JSON_OBJECT('b' VALUE JSON_OBJECT('z' VALUE 1, 'c' VALUE 2), 'a' VALUE 2, 'b' VALUE JSON_ARRAY(JSON_OBJECT('z' VALUE 1, 'c' VALUE 2))), JSON_STRING(MAP['b', 1, 'a', 2]), JSON_VALUE('{"a": 1E-3}', '$.a'), JSON_VALUE('{"a": 0.00000012}', '$.a'), JSON_VALUE('{"a": -12.50e1}', '$.a'), JSON_VALUE('{"a": 12e20}', '$.a');
-- types differ: STRING, in Flink VARCHAR(2000)
SELECT JSON_OBJECTAGG(k VALUE v), JSON_ARRAYAGG(k) FROM (VALUES ('b', 1), ('a', 2)) AS t (k, v);
SELECT JSON_OBJECTAGG(k VALUE v) FROM (VALUES ('b', 1), ('a', 2), ('b', 2)) AS t (k, v);
