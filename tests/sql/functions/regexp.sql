-- Regular expressions.
-- format: vertical
SELECT
    REGEXP_EXTRACT('foobar', 'foo(.)(ar)', 1) AS extract_one,
    REGEXP_EXTRACT('foobar', 'foo(.)(ar)', 2) AS extract_two,
    REGEXP_EXTRACT('foobar', 'o+', 0) AS extract_all,
    REGEXP_EXTRACT('foobar', 'x(.)', 1) AS extract_none,
    REGEXP_EXTRACT('https://a.b/c?q=1&channel_id=77', '(&|^)channel_id=([^&]*)', 2) AS extract_channel,
    REGEXP_REPLACE('foobar', 'oo|ar', '') AS replaced,
    REGEXP_REPLACE('abc', 'x', 'y') AS replaced_none,
    REGEXP('abc', '^a.c$') AS found,
    'abc' SIMILAR TO '(a|b)%c' AS similar,
    'abc' SIMILAR TO 'a' AS similar_not;
