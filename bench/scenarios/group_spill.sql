-- ${KEYS} BIGINT keys, of which a fifth has four fifths of the updates, with room for about a quarter of the groups: a group by above RocksDB.
SET 'state.backend.type' = 'rocksdb';
SET 'execution.runtime-mode' = 'streaming';
SET 'state.backend.memory.budget' = '${BUDGET}';
CREATE TABLE numbers (r BIGINT, part INT) WITH (
    'connector' = 'datagen', 'rows-per-second' = '0', 'number-of-rows' = '${ROWS}',
    'fields.r.min' = '0', 'fields.r.max' = '${LAST}', 'fields.part.min' = '0', 'fields.part.max' = '4');

CREATE TABLE result (k BIGINT, n BIGINT, total BIGINT, PRIMARY KEY (k) NOT ENFORCED) WITH ('connector' = 'blackhole');

INSERT INTO result
SELECT k, COUNT(*), SUM(r)
FROM (SELECT CASE WHEN part < 4 THEN MOD(r, ${KEYS} / 5) ELSE ${KEYS} / 5 + MOD(r, ${KEYS} / 5 * 4) END AS k, r FROM numbers)
GROUP BY k;
