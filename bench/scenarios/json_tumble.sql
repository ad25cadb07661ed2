-- Flat JSON -> seven columns -> a tumbling window over all of them.
CREATE TABLE records (auction BIGINT, bidder BIGINT, price BIGINT, channel STRING, url STRING, dateTime TIMESTAMP(3), extra STRING,
    WATERMARK FOR dateTime AS dateTime - INTERVAL '4' SECOND)
WITH (${SOURCE});

CREATE TABLE result (window_end TIMESTAMP(3), bids BIGINT, total BIGINT, highest BIGINT, auctions BIGINT, channels STRING, urls STRING, extras STRING)
WITH ('connector' = 'blackhole');

INSERT INTO result
SELECT window_end, COUNT(*), SUM(price), MAX(bidder), MAX(auction), MAX(channel), MAX(url), MAX(extra)
FROM TABLE(TUMBLE(TABLE records, DESCRIPTOR(dateTime), INTERVAL '10' SECOND))
GROUP BY window_start, window_end;
