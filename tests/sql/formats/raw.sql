-- raw: the line is the value.
-- file: t.txt
-- | a, b
-- | {"x": 1}
-- |   spaces  
CREATE TABLE t (line STRING) WITH ('connector' = 'filesystem', 'path' = 't.txt', 'format' = 'raw');
SELECT line, CHAR_LENGTH(line) AS n FROM t;
