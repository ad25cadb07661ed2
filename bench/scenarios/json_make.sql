-- Writes the flat JSON records that the file and Kafka scenarios read: about 270 bytes each.
CREATE TABLE records (auction BIGINT, bidder BIGINT, price BIGINT, channel STRING, url STRING, dateTime TIMESTAMP(3), extra STRING)
WITH (${TARGET});

INSERT INTO records SELECT auction, bidder, price, channel, url, dateTime, extra FROM bid;
