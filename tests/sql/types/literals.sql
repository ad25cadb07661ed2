-- Literals of every type, and the formats' ways to write them.
-- format: jsonl
SELECT TRUE AS b, CAST(1 AS TINYINT) AS t, CAST(2 AS SMALLINT) AS s, 3 AS i, 4000000000 AS l, CAST(1.5 AS FLOAT) AS f,
       1.5e0 AS d, 1.50 AS m, 'text "quoted"' AS v, X'00ff' AS x, DATE '2024-05-01' AS dt, TIME '12:00:00' AS tm,
       TIMESTAMP '2024-05-01 12:00:00.123' AS ts, CAST(NULL AS STRING) AS n;
SELECT ARRAY[1, 2, 3] AS a, MAP['k', 1] AS m, ROW(1, 'x') AS r, ARRAY[1, 2, 3][2] AS e, CARDINALITY(ARRAY[1, 2]) AS c;
SELECT 'a' || 'b' AS id, 'it''s' AS id, 'line
break' AS id;
SELECT CAST('NaN' AS DOUBLE) AS nan, CAST('Infinity' AS DOUBLE) AS inf, CAST(1e20 AS DOUBLE) AS big, 1e-7 AS small;
