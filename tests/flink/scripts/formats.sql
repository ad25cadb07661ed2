-- file: in.json
-- | {"a": 1, "b": "x", "c": 1.5, "d": true, "e": "2024-05-01 12:00:00", "f": [1, 2], "g": {"k": 1}, "h": {"x": 1, "y": "z"}, "i": "2024-05-01", "j": "10:11:12", "k": "2024-05-01 12:00:00Z"}
-- | {"a": null, "b": null}
-- | {"b": 5, "a": "7", "c": "2.5", "d": "true", "unknown": {"deep": [1]}}
-- | {"a": 3.0, "b": {"q": [1, 2]}, "c": 2, "d": false, "f": [], "g": {}}
-- | {"a": 4, "b": true, "c": 1e2}
-- file: bad.json
-- | {"a": 1}
-- | {"a": "x"}
-- | not json
-- | {"a": 2
-- | {"a": 3}
-- | {"a": 99999999999}
-- |
-- | {"a": 5}
-- file: iso.json
-- | {"e": "2024-05-01T12:00:00.123", "k": "2024-05-01T12:00:00.5Z"}
-- file: in.csv
-- | 1,x,1.5,true,2024-05-01 12:00:00
-- | ,,,,
-- | 2,"a ""b"", c",2,false,2024-05-01 12:00:00.123
-- | 3,NULL,3.25,true,2024-05-01 00:00:00
-- file: semi.csv
-- | # comment
-- | 1;'a;b';n/a
-- | 2;  x ;'q'
-- | 3
-- | 4;y;z;more
-- file: bad.csv
-- | 1,a
-- | x,b
-- | 2
-- | 3,c
-- JSON and CSV options, bad records, missing fields, INSERT and reading back.
CREATE TABLE j (a INT, b STRING, c DOUBLE, d BOOLEAN, e TIMESTAMP(3), f ARRAY<INT>, g MAP<STRING, INT>, h ROW<x INT, y STRING>, i DATE, j TIME, k TIMESTAMP_LTZ(3)) WITH ('connector' = 'filesystem', 'path' = 'in.json', 'format' = 'json');
SELECT * FROM j;
SELECT a, h.x, h.y, f[1], g['k'], CARDINALITY(f) FROM j;
CREATE TABLE j2 (a INT, z INT) WITH ('connector' = 'filesystem', 'path' = 'in.json', 'format' = 'json', 'json.fail-on-missing-field' = 'true');
-- differs: a record that cannot be read is counted and kept as a dead letter here; Flink's job fails
SELECT * FROM j2;
CREATE TABLE jb (a INT) WITH ('connector' = 'filesystem', 'path' = 'bad.json', 'format' = 'json');
-- differs: a record that cannot be read is counted and kept as a dead letter here; Flink's job fails
SELECT * FROM jb;
CREATE TABLE jbi (a INT) WITH ('connector' = 'filesystem', 'path' = 'bad.json', 'format' = 'json', 'json.ignore-parse-errors' = 'true');
SELECT * FROM jbi;
CREATE TABLE iso (e TIMESTAMP(3), k TIMESTAMP_LTZ(3)) WITH ('connector' = 'filesystem', 'path' = 'iso.json', 'format' = 'json', 'json.timestamp-format.standard' = 'ISO-8601');
SELECT * FROM iso;
CREATE TABLE iso_as_sql (e TIMESTAMP(3)) WITH ('connector' = 'filesystem', 'path' = 'iso.json', 'format' = 'json');
-- differs: a timestamp with T is read here
SELECT * FROM iso_as_sql;
CREATE TABLE c (a INT, b STRING, c DOUBLE, d BOOLEAN, e TIMESTAMP(3)) WITH ('connector' = 'filesystem', 'path' = 'in.csv', 'format' = 'csv');
-- differs: an empty field that is no text is NULL here; Flink's job fails
SELECT * FROM c;
CREATE TABLE cn (a STRING, b STRING, c STRING, d STRING, e STRING) WITH ('connector' = 'filesystem', 'path' = 'in.csv', 'format' = 'csv', 'csv.null-literal' = 'NULL');
SELECT * FROM cn;
CREATE TABLE cs (a INT, b STRING, c STRING) WITH ('connector' = 'filesystem', 'path' = 'semi.csv', 'format' = 'csv', 'csv.field-delimiter' = ';', 'csv.quote-character' = '''', 'csv.allow-comments' = 'true', 'csv.null-literal' = 'n/a', 'csv.ignore-parse-errors' = 'true');
SELECT * FROM cs;
CREATE TABLE cb (a INT, b STRING) WITH ('connector' = 'filesystem', 'path' = 'bad.csv', 'format' = 'csv');
-- differs: a record that cannot be read is counted and kept as a dead letter here; Flink's job fails
SELECT * FROM cb;
CREATE TABLE cbi (a INT, b STRING) WITH ('connector' = 'filesystem', 'path' = 'bad.csv', 'format' = 'csv', 'csv.ignore-parse-errors' = 'true');
SELECT * FROM cbi;
CREATE TABLE r (line STRING) WITH ('connector' = 'filesystem', 'path' = 'bad.csv', 'format' = 'raw');
SELECT * FROM r;
CREATE TABLE oj (a INT, b STRING, c DOUBLE, d BOOLEAN, e TIMESTAMP(3), f ARRAY<INT>, g MAP<STRING, INT>, h ROW<x INT, y STRING>, i DATE, j TIME, k TIMESTAMP_LTZ(3)) WITH ('connector' = 'filesystem', 'path' = 'out_json', 'format' = 'json');
INSERT INTO oj SELECT * FROM j;
SELECT * FROM oj;
CREATE TABLE oj_raw (line STRING) WITH ('connector' = 'filesystem', 'path' = 'out_json', 'format' = 'raw');
SELECT * FROM oj_raw;
CREATE TABLE oc (a INT, b STRING, c DOUBLE, d BOOLEAN, e TIMESTAMP(3), f DECIMAL(10, 3), g DATE, h BYTES) WITH ('connector' = 'filesystem', 'path' = 'out_csv', 'format' = 'csv');
INSERT INTO oc VALUES (1, 'x', 1.5e0, TRUE, TIMESTAMP '2024-05-01 12:00:00', 1.250, DATE '2024-01-01', X'616263'), (2, 'a "b", c', 1e10, FALSE, TIMESTAMP '2024-05-01 12:00:00.123', 12345.678, DATE '1999-12-31', X'00'), (CAST(NULL AS INT), CAST(NULL AS STRING), CAST(NULL AS DOUBLE), CAST(NULL AS BOOLEAN), CAST(NULL AS TIMESTAMP(3)), CAST(NULL AS DECIMAL(10, 3)), CAST(NULL AS DATE), CAST(NULL AS BYTES)), (3, '', 0e0, TRUE, TIMESTAMP '1970-01-01 00:00:00', 0, DATE '1970-01-01', X'');
CREATE TABLE oc_raw (line STRING) WITH ('connector' = 'filesystem', 'path' = 'out_csv', 'format' = 'raw');
-- differs: fields are quoted only when they must be here, and decimals keep their scale; the values are the same
SELECT * FROM oc_raw;
-- differs: an empty field that is no text is NULL here; Flink's job fails
SELECT * FROM oc;
CREATE TABLE od (a INT, b DECIMAL(10, 2), c TIMESTAMP(3), d DOUBLE, n STRING) WITH ('connector' = 'filesystem', 'path' = 'out_json2', 'format' = 'json', 'json.timestamp-format.standard' = 'ISO-8601', 'json.encode.decimal-as-plain-number' = 'true', 'json.encode.ignore-null-fields' = 'true');
INSERT INTO od (a, b, c, d) SELECT 1, 10.50, TIMESTAMP '2024-05-01 12:00:00', 1e20;
CREATE TABLE od_raw (line STRING) WITH ('connector' = 'filesystem', 'path' = 'out_json2', 'format' = 'raw');
SELECT * FROM od_raw;
INSERT INTO od SELECT 1;
INSERT INTO od SELECT 'x', 1, 2, 3, 4;
CREATE TABLE oi (a BIGINT, b STRING, c VARCHAR(2), d CHAR(4), e DECIMAL(5, 1)) WITH ('connector' = 'filesystem', 'path' = 'out_json3', 'format' = 'json');
INSERT INTO oi SELECT 1, 'abc', 'abc', 'ab', 1.25;
SELECT * FROM oi;
INSERT INTO oi (b, a) SELECT 'q', 5;
SELECT a, b FROM oi;
