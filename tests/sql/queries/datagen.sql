-- stop-restore: rows batches follow the pace of the generator
-- datagen: sequences, bounds, lengths; the same seed of a sequence gives the same rows.
CREATE TABLE g (id INT, r INT, s STRING, d DOUBLE) WITH ('connector' = 'datagen', 'number-of-rows' = '500',
    'fields.id.kind' = 'sequence', 'fields.id.start' = '1', 'fields.id.end' = '1000', 'fields.r.min' = '5', 'fields.r.max' = '7', 'fields.s.length' = '10', 'fields.d.min' = '0', 'fields.d.max' = '1');
SELECT COUNT(*) AS n, MIN(id) AS first_, MAX(id) AS last_, MIN(r) AS lo, MAX(r) AS hi, MIN(CHAR_LENGTH(s)) AS l, MAX(CHAR_LENGTH(s)) AS m, MIN(d) >= 0 AND MAX(d) <= 1 AS in_range FROM g;
