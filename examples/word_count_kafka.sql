-- How often each word occurs in the topic `words`, one word a record, up to what is there now.
--
--     streamsql -f examples/word_count_kafka.sql
--
-- Without 'scan.bounded.mode' the query goes on as words come in: on a terminal its table changes in place, and
-- --format changelog shows every change.
CREATE TABLE words (
    word STRING
) WITH (
    'connector' = 'kafka',
    'topic' = 'words',
    'properties.bootstrap.servers' = 'localhost:9092',
    'scan.startup.mode' = 'earliest-offset',
    'scan.bounded.mode' = 'latest-offset',
    'format' = 'raw'
);

SELECT LOWER(word) AS word, COUNT(*) AS occurrences
FROM words
WHERE CHAR_LENGTH(word) > 0
GROUP BY LOWER(word);
