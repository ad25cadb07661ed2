-- Records that cannot be read are left out, counted, and the first is named; empty lines are not records.
-- stderr: checked
-- file: t.json
-- | {"a": 1}
-- | {"a":
-- | {"a": "x"}
-- | {"a": 99999999999}
-- | [1]
-- | {"a": 2}
CREATE TABLE t (a INT) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT a FROM t;
