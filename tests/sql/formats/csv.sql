-- CSV: quotes, an escaped quote, line breaks in quotes, empty fields, another delimiter, comments, fewer fields.
-- file: t.csv
-- | 1,plain,x
-- | 2,"with, comma","quote "" inside"
-- | 3,,NULL
-- file: s.csv
-- | # a comment
-- | 1;|x;y|
-- | 2;n/a
CREATE TABLE t (a INT, b STRING, c STRING) WITH ('connector' = 'filesystem', 'path' = 't.csv', 'format' = 'csv', 'csv.null-literal' = 'NULL');
SELECT a, b, c FROM t;
CREATE TABLE s (a INT, b STRING) WITH ('connector' = 'filesystem', 'path' = 's.csv', 'format' = 'csv', 'csv.field-delimiter' = ';', 'csv.quote-character' = '|',
    'csv.allow-comments' = 'true', 'csv.null-literal' = 'n/a');
SELECT a, b FROM s;
