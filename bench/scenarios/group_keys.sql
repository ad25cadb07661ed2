-- ${KEYS} distinct BIGINT keys, two updates each, in no order: an unwindowed group by.
CREATE TABLE numbers (i BIGINT) WITH (
    'connector' = 'datagen', 'rows-per-second' = '0', 'number-of-rows' = '${ROWS}',
    'fields.i.kind' = 'sequence', 'fields.i.start' = '0', 'fields.i.end' = '${LAST}');

CREATE TABLE result (k BIGINT, n BIGINT, total BIGINT, PRIMARY KEY (k) NOT ENFORCED) WITH ('connector' = 'blackhole');

INSERT INTO result
SELECT k, COUNT(*), SUM(i) FROM (SELECT MOD(i * 7919, ${KEYS}) AS k, i FROM numbers) GROUP BY k;
