-- A script as written for Flink's SQL client, unchanged.
-- file: in/clicks.json
-- | {"user_id": 1, "url": "/a", "cost": 1.5, "epoch_ms": 1714564800000}
-- | {"user_id": 2, "url": "/b", "cost": 0.5, "epoch_ms": 1714564805000}
-- | {"user_id": 1, "url": "/b", "cost": 2.5, "epoch_ms": 1714564807000}
-- | {"user_id": 1, "url": "/c", "cost": 1.0, "epoch_ms": 1714564861000}
-- | {"user_id": 3, "url": "/a", "cost": 4.0, "epoch_ms": 1714564862000}
SET 'execution.runtime-mode' = 'streaming';
SET 'table.exec.source.idle-timeout' = '10 s';

CREATE TABLE clicks (
    `user_id` BIGINT,
    `url` STRING,
    `cost` DOUBLE,
    `epoch_ms` BIGINT,
    `event_time` AS TO_TIMESTAMP(FROM_UNIXTIME(`epoch_ms` / 1000)),
    WATERMARK FOR `event_time` AS `event_time` - INTERVAL '5' SECOND
) WITH (
    'connector' = 'filesystem',
    'path' = 'in',
    'format' = 'json'
);

CREATE TABLE per_minute (
    window_start TIMESTAMP(3),
    url STRING,
    clicks BIGINT,
    users BIGINT,
    cost DOUBLE
) WITH (
    'connector' = 'filesystem',
    'path' = 'out',
    'format' = 'json'
);

CREATE TEMPORARY VIEW paid AS
SELECT *, CASE WHEN cost >= 1 THEN 'high' ELSE 'low' END AS `class` FROM clicks WHERE cost > 0;

INSERT INTO per_minute
SELECT window_start, url, COUNT(*), COUNT(DISTINCT user_id), SUM(cost)
FROM TABLE(
    TUMBLE(TABLE paid, DESCRIPTOR(event_time), INTERVAL '1' MINUTES))
GROUP BY window_start, window_end, url;

SET 'execution.runtime-mode' = 'batch';
SELECT * FROM per_minute ORDER BY window_start, url;
SELECT `class`, COUNT(*) AS cnt FROM paid GROUP BY `class` ORDER BY `class`;
