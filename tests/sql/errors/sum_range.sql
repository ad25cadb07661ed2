-- expect-error: 22003
SELECT SUM(CAST(a AS INT)) FROM (VALUES (2147483647), (1)) AS t (a);
