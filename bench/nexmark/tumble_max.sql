-- q7 (its first stage): the highest price of every ten seconds
CREATE TABLE result (maxprice BIGINT, endtime TIMESTAMP(3)) WITH ('connector' = 'blackhole');

INSERT INTO result
SELECT MAX(price) AS maxprice, window_end AS endtime
FROM TABLE(TUMBLE(TABLE bid, DESCRIPTOR(dateTime), INTERVAL '10' SECOND))
GROUP BY window_start, window_end;
