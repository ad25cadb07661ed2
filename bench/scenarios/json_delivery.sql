-- Bids as JSON from Kafka, counted per auction and second of event time, to Kafka. ${SOURCE}, ${SINK}: options of the tables.
CREATE TABLE records (
    auction BIGINT, bidder BIGINT, price BIGINT, channel STRING, dateTime TIMESTAMP(3),
    WATERMARK FOR dateTime AS dateTime - INTERVAL '4' SECOND
) WITH (${SOURCE});

CREATE TABLE counts (auction BIGINT, window_end TIMESTAMP(3), bids BIGINT, highest BIGINT) WITH (${SINK});

INSERT INTO counts
SELECT auction, window_end, COUNT(*), MAX(price)
FROM TABLE(TUMBLE(TABLE records, DESCRIPTOR(dateTime), INTERVAL '1' SECOND))
GROUP BY auction, window_start, window_end;
