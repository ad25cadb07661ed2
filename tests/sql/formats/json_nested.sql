-- JSON: nested rows, arrays, maps, missing fields, unknown fields, every scalar type.
-- format: jsonl
-- file: t.json
-- | {"id": 1, "u": {"name": "ann", "tags": ["x", "y"]}, "m": {"a": 1, "b": 2}, "ok": true, "d": 1.5, "price": 12.3, "day": "2024-05-01", "ts": "2024-05-01 12:00:00.123"}
-- | {"ts": "2024-05-01 00:00:00", "price": "0.01", "d": -2e2, "ok": false, "m": {}, "u": {"tags": [], "other": {"deep": [1, {"x": 2}]}}, "id": 2, "day": null}
-- | {"id":3,"d":3,"unknown":[1,2,{"a":"}"}]}
CREATE TABLE t (
    id BIGINT, u ROW<name STRING, tags ARRAY<STRING>>, m MAP<STRING, INT>, ok BOOLEAN, d DOUBLE, price DECIMAL(8, 2), day DATE, ts TIMESTAMP(3)
) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT * FROM t;
SELECT id, u.name AS name, u.tags[1] AS tag, m['a'] AS a, CARDINALITY(u.tags) AS n FROM t;
SELECT COUNT(u) AS users, COUNT(u.name) AS names FROM t;
