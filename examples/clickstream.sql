-- Visits: the clicks of one person belong to one visit as long as they are at most 30 minutes apart.
--
--     streamsql -f examples/clickstream.sql           from the root of the repository
--
-- Also shown: nested JSON, a computed column, FILTER.
CREATE TABLE clicks (
    person STRING,
    page ROW<url STRING, section STRING>,
    at_ms BIGINT,
    ts AS TO_TIMESTAMP_LTZ(at_ms, 3),
    WATERMARK FOR ts AS ts - INTERVAL '5' MINUTE
) WITH (
    'connector' = 'filesystem',
    'path' = 'examples/data/clicks.json',
    'format' = 'json'
);

SELECT person,
       window_start AS started,
       COUNT(*) AS clicks,
       COUNT(DISTINCT page.section) AS sections,
       COUNT(*) FILTER (WHERE page.url LIKE '%/checkout%') > 0 AS bought
FROM TABLE(SESSION(TABLE clicks PARTITION BY person, DESCRIPTOR(ts), INTERVAL '30' MINUTE))
GROUP BY person, window_start, window_end;
