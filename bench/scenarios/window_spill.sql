-- Two tumbling windows over ${KEYS} BIGINT keys, of which a fifth has four fifths of the rows, with room for a part of a window's groups.
SET 'state.backend.type' = 'rocksdb';
SET 'execution.runtime-mode' = 'streaming';
SET 'state.backend.memory.budget' = '${BUDGET}';
CREATE TABLE numbers (r BIGINT, part INT, seq BIGINT, ts AS TO_TIMESTAMP_LTZ(seq, 3), WATERMARK FOR ts AS ts) WITH (
    'connector' = 'datagen', 'rows-per-second' = '0', 'number-of-rows' = '${ROWS}',
    'fields.r.min' = '0', 'fields.r.max' = '${LAST}', 'fields.part.min' = '0', 'fields.part.max' = '4',
    'fields.seq.kind' = 'sequence', 'fields.seq.start' = '0', 'fields.seq.end' = '${ROWS}');
CREATE TABLE result (k BIGINT, n BIGINT, total BIGINT, w TIMESTAMP(3)) WITH ('connector' = 'blackhole');
INSERT INTO result
SELECT k, COUNT(*), SUM(r), window_start
FROM TABLE(TUMBLE(TABLE (SELECT CASE WHEN part < 4 THEN MOD(r, ${KEYS} / 5) ELSE ${KEYS} / 5 + MOD(r, ${KEYS} / 5 * 4) END AS k, r, ts FROM numbers), DESCRIPTOR(ts), INTERVAL '${SECONDS}' SECOND))
GROUP BY k, window_start, window_end;
