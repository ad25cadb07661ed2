-- expect-error: 22000
SELECT JSON_OBJECTAGG(k VALUE v) FROM (VALUES ('b', 1), ('a', 2), ('b', 3)) AS t (k, v);
