-- A column that two inputs have.
-- expect-error: 42701
CREATE VIEW v AS SELECT 1 AS a, 2 AS a;
