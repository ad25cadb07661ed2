-- JSON_OBJECTAGG and JSON_ARRAYAGG over rows that are taken back: every group's count changes as its rows come.
SELECT JSON_OBJECTAGG(k VALUE c) AS counts, JSON_ARRAYAGG(JSON_OBJECT('k' VALUE k, 'c' VALUE c)) FILTER (WHERE k = 'a') AS a
FROM (SELECT k, COUNT(*) AS c FROM (VALUES ('b'), ('a'), ('a'), ('c'), ('a'), ('b')) AS t (k) GROUP BY k);
SELECT JSON_OBJECTAGG(k VALUE v) AS kept, JSON_OBJECTAGG(k VALUE v ABSENT ON NULL) AS left_out, JSON_ARRAYAGG(v) AS absent, JSON_ARRAYAGG(v NULL ON NULL) AS nulls
FROM (VALUES ('z', 1), ('y', CAST(NULL AS INT)), ('x', 3)) AS t (k, v);
SELECT JSON_OBJECTAGG(k VALUE v) AS none, JSON_ARRAYAGG(v) AS nothing FROM (VALUES ('z', 1)) AS t (k, v) WHERE v > 1;
