-- A materialized view is read like a view; that its rows are not kept is said.
CREATE MATERIALIZED VIEW m AS SELECT 1 AS a;
SHOW MATERIALIZED VIEWS;
SELECT a FROM m;
