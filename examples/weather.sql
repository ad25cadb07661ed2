-- The average temperature per city and ten seconds, from the embedded generator.
--
--     streamsql run examples/weather.sql
--
-- The table `weather` of the engine never ends. This one is like it, but ends after 3,000 readings and does not wait for the
-- clock; some readings come out of order, and some so late that their window is closed: they are counted.
CREATE TABLE readings (
    WATERMARK FOR ts AS ts - INTERVAL '5' SECOND
) WITH (
    'connector' = 'weather',
    'number-of-rows' = '3000',
    'rows-per-second' = '0',
    'out-of-order' = '0.2',
    'max-delay' = '4s',
    'late' = '0.01',
    'late-delay' = '1min'
);

SELECT window_start, city, AVG(temp) AS average, COUNT(*) AS readings
FROM TABLE(TUMBLE(TABLE readings, DESCRIPTOR(ts), INTERVAL '10' SECOND))
GROUP BY window_start, window_end, city;
