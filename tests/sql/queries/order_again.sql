-- What stands behind an ORDER BY may have state of its own in the same back-end, and read and write it while sorted rows come.
CREATE TABLE t (id BIGINT, k BIGINT, v DOUBLE, name STRING) WITH ('connector' = 'datagen', 'number-of-rows' = '3000', 'rows-per-second' = '1000000', 'seed' = '11',
    'fields.id.kind' = 'sequence', 'fields.id.start' = '1', 'fields.id.end' = '3000', 'fields.k.min' = '0', 'fields.k.max' = '40', 'fields.v.min' = '-5', 'fields.v.max' = '5', 'fields.name.length' = '6');
SELECT id, k, name FROM (SELECT * FROM t ORDER BY k DESC, name LIMIT 60 OFFSET 5) ORDER BY name, id;
SELECT k, COUNT(*) AS n, MIN(name) AS first_name FROM (SELECT * FROM t ORDER BY v DESC LIMIT 700) GROUP BY k ORDER BY n DESC, k LIMIT 15;
SELECT k, COUNT(*) AS n FROM (SELECT * FROM t ORDER BY name, v LIMIT 900) GROUP BY k ORDER BY k;
