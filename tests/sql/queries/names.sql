-- Quoted names, soft keywords as names, case, comments, qualified names.
/* a comment; with a semicolon */
SELECT 1 AS `value`, 2 AS "day", 3 AS hour, 4 AS `with space`, 5 AS "Über", 6 AS timestamp_ -- the end
;
CREATE VIEW v AS SELECT 1 AS Value, 2 AS `order`;
SELECT VALUE, v.`order`, default_catalog.default_database.v.value FROM V;
SELECT t.a AS "x""y", 'it''s' AS `b``c` FROM (VALUES (1)) AS t (a);

-- An expression has no name, even when it comes down to a column.
SELECT CAST(a AS INT), COALESCE(a, 0), (a) FROM (VALUES (1)) AS t(a);
