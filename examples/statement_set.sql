-- One pass over the readings, two outputs: averages per minute as CSV, and every reading below 5 degrees as JSON.
--
--     streamsql run examples/statement_set.sql        writes below /tmp/streamsql-example
CREATE TABLE readings (
    WATERMARK FOR ts AS ts - INTERVAL '5' SECOND
) WITH ('connector' = 'weather', 'number-of-rows' = '2000', 'rows-per-second' = '0');

CREATE TABLE averages (
    window_start TIMESTAMP(3), city STRING, average DOUBLE
) WITH ('connector' = 'filesystem', 'path' = '/tmp/streamsql-example/averages', 'format' = 'csv');

CREATE TABLE cold (
    ts TIMESTAMP(3), city STRING, temp DOUBLE
) WITH ('connector' = 'filesystem', 'path' = '/tmp/streamsql-example/cold', 'format' = 'json');

EXECUTE STATEMENT SET
BEGIN
    INSERT INTO averages
    SELECT TUMBLE_START(ts, INTERVAL '1' MINUTE), city, AVG(temp)
    FROM readings
    GROUP BY city, TUMBLE(ts, INTERVAL '1' MINUTE);

    INSERT INTO cold
    SELECT ts, city, temp FROM readings WHERE temp < 5;
END;
