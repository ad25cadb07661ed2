-- EXPLAIN says which state RocksDB has room for; 'state.backend' is Flink's older name of the setting.
CREATE TABLE t (k INT, v INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'datagen', 'number-of-rows' = '1000');
SET 'state.backend' = 'rocksdb';
SET 'state.backend.memory.budget' = '1 mb';
EXPLAIN SELECT k, COUNT(*) FROM t GROUP BY k;
EXPLAIN SELECT COUNT(*) FROM t;
EXPLAIN SELECT window_start, COUNT(*) FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end;
EXPLAIN SELECT * FROM t ORDER BY v;
EXPLAIN SELECT k, COUNT(*) FROM t GROUP BY k, SESSION(ts, INTERVAL '10' SECOND);
SELECT k, COUNT(*) AS n FROM (VALUES (1), (2), (1)) AS v(k) GROUP BY k;
SET 'state.backend.type' = 'hashmap';
SELECT k, COUNT(*) AS n FROM (VALUES (1), (2), (1)) AS v(k) GROUP BY k;
