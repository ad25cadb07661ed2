-- How often each word occurs in a file with one word a line.
--
--     streamsql -f examples/word_count.sql            from the root of the repository
CREATE TABLE words (
    word STRING
) WITH (
    'connector' = 'filesystem',
    'path' = 'examples/data/words.txt',
    'format' = 'raw'
);

SELECT LOWER(word) AS word, COUNT(*) AS occurrences
FROM words
WHERE CHAR_LENGTH(word) > 0
GROUP BY LOWER(word)
ORDER BY occurrences DESC, word;
