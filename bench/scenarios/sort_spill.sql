-- ${ROWS} rows of about 50 bytes in the order of a BIGINT and a string, ${WHERE}: a sort in memory or with sorted runs in RocksDB.
SET 'state.backend.type' = '${WHERE}';
SET 'state.backend.memory.budget' = '${BUDGET}';
CREATE TABLE numbers (id BIGINT, k BIGINT, name STRING) WITH (
    'connector' = 'datagen', 'rows-per-second' = '0', 'number-of-rows' = '${ROWS}', 'seed' = '5',
    'fields.id.kind' = 'sequence', 'fields.id.start' = '1', 'fields.id.end' = '${ROWS}',
    'fields.k.min' = '0', 'fields.k.max' = '1000000000', 'fields.name.length' = '20');

CREATE TABLE result (id BIGINT, k BIGINT, name STRING) WITH ('connector' = 'blackhole');

INSERT INTO result SELECT * FROM numbers ORDER BY k, name;
