-- JSON strings: escapes, surrogate pairs, numbers and booleans read as text.
-- format: jsonl
-- file: t.json
-- | {"s": "a\"b\\c\/d"}
-- | {"s": "tab\tline\nend"}
-- | {"s": "\u00e9\ud83d\ude00"}
-- | {"s": 12.50}
-- | {"s": true}
-- | {"s": ""}
CREATE TABLE t (s STRING) WITH ('connector' = 'filesystem', 'path' = 't.json', 'format' = 'json');
SELECT s, CHAR_LENGTH(s) AS n FROM t;
