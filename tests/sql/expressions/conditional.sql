-- CASE, COALESCE, NULLIF, IF; branches that are not taken are not evaluated.
-- format: vertical
SELECT
    CASE WHEN 1 > 2 THEN 'a' WHEN 2 > 1 THEN 'b' ELSE 'c' END AS searched,
    CASE 3 WHEN 1 THEN 'one' WHEN 3 THEN 'three' END AS simple_case,
    CASE WHEN FALSE THEN 1 END AS no_else,
    CASE WHEN CAST(NULL AS BOOLEAN) THEN 1 ELSE 2 END AS null_condition,
    CASE WHEN TRUE THEN 1 ELSE 2.5 END AS widened,
    COALESCE(CAST(NULL AS INT), 7, 8) AS first_given,
    COALESCE(CAST(NULL AS INT), CAST(NULL AS INT)) AS all_null,
    NULLIF(1, 1) AS nullif_same,
    NULLIF(1, 2) AS nullif_other,
    IF(1 < 2, 'yes', 'no') AS iff,
    CASE WHEN 0 = 0 THEN 1 ELSE 1 / 0 END AS guarded,
    COALESCE(1, 1 / 0) AS guarded_coalesce;
SELECT
    CASE WHEN TRUE THEN CASE WHEN FALSE THEN 1 ELSE 2 END END AS nested;
