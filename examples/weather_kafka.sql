-- The same from Kafka to Kafka: readings as JSON in the topic `weather`, averages as JSON to the topic `weather_averages`.
--
--     streamsql run examples/weather_kafka.sql        ends with Ctrl-C
--
-- A reading is {"city": "Oslo", "temp": 11.5, "humidity": 40.1, "ts": "2024-05-01 12:00:00.000"}. Both topics must exist.
CREATE TABLE weather_in (
    city STRING,
    temp DOUBLE,
    humidity DOUBLE,
    ts TIMESTAMP(3),
    WATERMARK FOR ts AS ts - INTERVAL '5' SECOND
) WITH (
    'connector' = 'kafka',
    'topic' = 'weather',
    'properties.bootstrap.servers' = 'localhost:9092',
    'properties.group.id' = 'weather-averages',
    'scan.startup.mode' = 'earliest-offset',
    'format' = 'json'
);

CREATE TABLE weather_out (
    city STRING,
    window_end TIMESTAMP(3),
    average DOUBLE
) WITH (
    'connector' = 'kafka',
    'topic' = 'weather_averages',
    'properties.bootstrap.servers' = 'localhost:9092',
    'format' = 'json'
);

INSERT INTO weather_out
SELECT city, window_end, AVG(temp)
FROM TABLE(TUMBLE(TABLE weather_in, DESCRIPTOR(ts), INTERVAL '10' SECOND))
GROUP BY city, window_start, window_end;
