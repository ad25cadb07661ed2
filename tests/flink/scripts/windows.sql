-- file: events.json
-- | {"id": 1, "k": "a", "v": 1, "ts": "2024-05-01 12:00:01"}
-- | {"id": 2, "k": "b", "v": 2, "ts": "2024-05-01 12:00:04.500"}
-- | {"id": 3, "k": "a", "v": 3, "ts": "2024-05-01 12:00:03"}
-- | {"id": 4, "k": "a", "v": 4, "ts": "2024-05-01 12:00:12"}
-- | {"id": 5, "k": "b", "v": 5, "ts": "2024-05-01 12:00:09.999"}
-- | {"id": 6, "k": "a", "v": 6, "ts": "2024-05-01 12:00:10"}
-- | {"id": 7, "k": null, "v": 7, "ts": "2024-05-01 12:00:25"}
-- | {"id": 8, "k": "a", "v": 8, "ts": "2024-05-01 12:00:21"}
-- | {"id": 9, "k": "a", "v": null, "ts": "2024-05-01 12:01:00"}
-- Window table functions and group windows over out-of-order rows.
CREATE TABLE e (id INT, k STRING, v INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'events.json', 'format' = 'json');
-- differs: an expression is shown as it was written here; Flink quotes its names
DESCRIBE e;
-- types differ: a time attribute is a plain timestamp in the type of a query and of a view here
SELECT * FROM e;
SELECT window_start, window_end, k, COUNT(*), SUM(v) FROM TABLE(TUMBLE(TABLE e, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY window_start, window_end, k;
-- types differ: a time attribute is a plain timestamp in the type of a query and of a view here
SELECT window_start, window_end, window_time, COUNT(*) AS c FROM TABLE(TUMBLE(TABLE e, DESCRIPTOR(ts), INTERVAL '10' SECONDS)) GROUP BY window_start, window_end, window_time;
-- types differ: a time attribute is a plain timestamp in the type of a query and of a view here
SELECT * FROM TABLE(TUMBLE(TABLE e, DESCRIPTOR(ts), INTERVAL '10' SECOND));
SELECT window_start, COUNT(*) FROM TABLE(TUMBLE(TABLE e, DESCRIPTOR(ts), INTERVAL '10' SECOND, INTERVAL '3' SECOND)) GROUP BY window_start, window_end;
SELECT window_start, COUNT(*) FROM TABLE(TUMBLE(TABLE e, DESCRIPTOR(ts), INTERVAL '10' SECOND, INTERVAL '-3' SECOND)) GROUP BY window_start, window_end;
SELECT window_start, COUNT(*) FROM TABLE(TUMBLE(DATA => TABLE e, TIMECOL => DESCRIPTOR(ts), SIZE => INTERVAL '10' SECOND)) GROUP BY window_start, window_end;
SELECT window_start, window_end, COUNT(*), SUM(v) FROM TABLE(HOP(TABLE e, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '10' SECOND)) GROUP BY window_start, window_end;
-- differs: a size that is no multiple of the slide works here
SELECT window_start, window_end, k, MAX(v) FROM TABLE(HOP(TABLE e, DESCRIPTOR(ts), INTERVAL '4' SECOND, INTERVAL '10' SECOND)) GROUP BY k, window_end, window_start;
SELECT window_start, COUNT(*) FROM TABLE(HOP(TABLE e, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '10' SECOND, INTERVAL '1' SECOND)) GROUP BY window_start, window_end;
SELECT window_start, window_end, COUNT(*), SUM(v) FROM TABLE(CUMULATE(TABLE e, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '20' SECOND)) GROUP BY window_start, window_end;
SELECT window_start, window_end, COUNT(*) FROM TABLE(CUMULATE(TABLE e, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '10' SECOND, INTERVAL '2' SECOND)) GROUP BY window_start, window_end;
SELECT window_start, window_end, k, COUNT(*), SUM(v) FROM TABLE(SESSION(TABLE e PARTITION BY k, DESCRIPTOR(ts), INTERVAL '5' SECOND)) GROUP BY k, window_start, window_end;
SELECT window_start, window_end, COUNT(*) FROM TABLE(SESSION(TABLE e, DESCRIPTOR(ts), INTERVAL '4' SECOND)) GROUP BY window_start, window_end;
SELECT window_start, COUNT(DISTINCT k), COUNT(*) FILTER (WHERE v > 3), AVG(v), MIN(v), MAX(k), STDDEV_POP(CAST(v AS DOUBLE)) FROM TABLE(TUMBLE(TABLE e, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY window_start, window_end;
SELECT window_start, SUM(v) AS s FROM TABLE(TUMBLE(TABLE e, DESCRIPTOR(ts), INTERVAL '10' SECOND)) WHERE k = 'a' GROUP BY window_start, window_end HAVING SUM(v) > 4;
-- differs: a size that is no multiple of the slide works here
SELECT window_start, window_end, COUNT(*) FROM TABLE(HOP(TABLE e, DESCRIPTOR(ts), INTERVAL '3' SECOND, INTERVAL '10' SECOND)) GROUP BY window_start, window_end;
SELECT k, COUNT(*) FROM TABLE(TUMBLE(TABLE e, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY k;
SELECT window_start, k, c FROM (SELECT window_start, window_end, k, COUNT(*) AS c FROM TABLE(TUMBLE(TABLE e, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY window_start, window_end, k) WHERE c > 1;
SELECT TUMBLE_START(ts, INTERVAL '10' SECOND), TUMBLE_END(ts, INTERVAL '10' SECOND), COUNT(*), SUM(v) FROM e GROUP BY TUMBLE(ts, INTERVAL '10' SECOND);
-- types differ: a time attribute is a plain timestamp in the type of a query and of a view here
SELECT TUMBLE_START(ts, INTERVAL '10' SECOND) AS s, TUMBLE_ROWTIME(ts, INTERVAL '10' SECOND) AS r, k, COUNT(*) AS c FROM e GROUP BY k, TUMBLE(ts, INTERVAL '10' SECOND);
SELECT HOP_START(ts, INTERVAL '5' SECOND, INTERVAL '10' SECOND), HOP_END(ts, INTERVAL '5' SECOND, INTERVAL '10' SECOND), COUNT(*) FROM e GROUP BY HOP(ts, INTERVAL '5' SECOND, INTERVAL '10' SECOND);
SELECT SESSION_START(ts, INTERVAL '4' SECOND), SESSION_END(ts, INTERVAL '4' SECOND), k, COUNT(*) FROM e GROUP BY k, SESSION(ts, INTERVAL '4' SECOND);
CREATE TEMPORARY VIEW per_window AS SELECT window_start, window_end, window_time, k, SUM(v) AS s FROM TABLE(TUMBLE(TABLE e, DESCRIPTOR(ts), INTERVAL '5' SECOND)) GROUP BY window_start, window_end, window_time, k;
-- differs: a time attribute is a plain timestamp in the type of a query and of a view here
DESCRIBE per_window;
SELECT window_start, SUM(s), COUNT(*) FROM TABLE(TUMBLE(TABLE per_window, DESCRIPTOR(window_time), INTERVAL '20' SECOND)) GROUP BY window_start, window_end;
-- types differ: a time attribute is a plain timestamp in the type of a query and of a view here
SELECT ts FROM e WHERE ts > TIMESTAMP '2024-05-01 12:00:10';
CREATE TABLE z (id INT, k STRING, v INT, ts TIMESTAMP_LTZ(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = 'utc.json', 'format' = 'json');
SELECT window_start, COUNT(*) FROM TABLE(TUMBLE(TABLE e, DESCRIPTOR(v), INTERVAL '10' SECOND)) GROUP BY window_start, window_end;
SELECT window_start, COUNT(*) FROM TABLE(HOP(TABLE e, DESCRIPTOR(ts), INTERVAL '10' SECOND, INTERVAL '5' SECOND)) GROUP BY window_start, window_end;
SELECT window_start, COUNT(*) FROM TABLE(TUMBLE(TABLE e, DESCRIPTOR(ts), INTERVAL '1' DAY)) GROUP BY window_start, window_end;
