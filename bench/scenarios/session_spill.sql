-- Sessions over ${KEYS} BIGINT keys, of which a fifth has four fifths of the rows, with room for about a quarter of those that are open.
SET 'state.backend.type' = '${BACKEND}';
SET 'execution.runtime-mode' = 'streaming';
SET 'state.backend.memory.budget' = '${BUDGET}';
CREATE TABLE numbers (r BIGINT, part INT, seq BIGINT, ts AS TO_TIMESTAMP_LTZ(seq, 3), WATERMARK FOR ts AS ts) WITH (
    'connector' = 'datagen', 'rows-per-second' = '0', 'number-of-rows' = '${ROWS}',
    'fields.r.min' = '0', 'fields.r.max' = '${LAST}', 'fields.part.min' = '0', 'fields.part.max' = '4',
    'fields.seq.kind' = 'sequence', 'fields.seq.start' = '0', 'fields.seq.end' = '${ROWS}');
CREATE TABLE result (k BIGINT, n BIGINT, total BIGINT, s TIMESTAMP_LTZ(3)) WITH ('connector' = 'blackhole');
INSERT INTO result
SELECT k, COUNT(*), SUM(r), SESSION_START(ts, INTERVAL '${SECONDS}' SECOND)
FROM (SELECT CASE WHEN part < 4 THEN MOD(r, ${KEYS} / 5) ELSE ${KEYS} / 5 + MOD(r, ${KEYS} / 5 * 4) END AS k, r, ts FROM numbers)
GROUP BY k, SESSION(ts, INTERVAL '${SECONDS}' SECOND);
