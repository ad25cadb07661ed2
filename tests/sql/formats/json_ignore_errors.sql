-- 'json.ignore-parse-errors': a field that cannot be read is NULL.
-- stderr: ignored
-- file: t.json
-- | {"a": 1, "b": "x"}
-- | {"a": "no", "b": "y"}
CREATE TABLE t (a INT, b STRING) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json', 'json.ignore-parse-errors' = 'true');
SELECT a, b FROM t;
