-- Computed columns, comments, NOT NULL, a primary key; DESCRIBE and SHOW CREATE TABLE.
-- file: t.csv
-- | 1,1250,1714564800
-- | 2,5,0
CREATE TABLE t (
    id BIGINT NOT NULL COMMENT 'the key',
    cents INT,
    euros AS CAST(cents AS DECIMAL(10, 2)) / 100,
    seconds BIGINT,
    ts AS TO_TIMESTAMP_LTZ(seconds, 0),
    WATERMARK FOR ts AS ts - INTERVAL '5' SECOND,
    PRIMARY KEY (id) NOT ENFORCED
) COMMENT 'amounts' WITH ('connector' = 'filesystem', 'path' = 't.csv', 'format' = 'csv');
SELECT id, euros, ts FROM t;
DESCRIBE t;
SHOW COLUMNS FROM t LIKE '%s';
