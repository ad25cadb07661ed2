-- Three-valued logic: all combinations of AND, OR and NOT, and the IS forms.
-- format: vertical
SELECT
    TRUE AND TRUE AS t_and_t,
    TRUE AND FALSE AS t_and_f,
    TRUE AND CAST(NULL AS BOOLEAN) AS t_and_n,
    FALSE AND TRUE AS f_and_t,
    FALSE AND FALSE AS f_and_f,
    FALSE AND CAST(NULL AS BOOLEAN) AS f_and_n,
    CAST(NULL AS BOOLEAN) AND TRUE AS n_and_t,
    CAST(NULL AS BOOLEAN) AND FALSE AS n_and_f,
    CAST(NULL AS BOOLEAN) AND CAST(NULL AS BOOLEAN) AS n_and_n,
    TRUE OR TRUE AS t_or_t,
    TRUE OR FALSE AS t_or_f,
    TRUE OR CAST(NULL AS BOOLEAN) AS t_or_n;
SELECT
    FALSE OR TRUE AS f_or_t,
    FALSE OR FALSE AS f_or_f,
    FALSE OR CAST(NULL AS BOOLEAN) AS f_or_n,
    CAST(NULL AS BOOLEAN) OR TRUE AS n_or_t,
    CAST(NULL AS BOOLEAN) OR FALSE AS n_or_f,
    CAST(NULL AS BOOLEAN) OR CAST(NULL AS BOOLEAN) AS n_or_n,
    NOT TRUE AS not_t,
    NOT FALSE AS not_f,
    NOT CAST(NULL AS BOOLEAN) AS not_n,
    CAST(NULL AS BOOLEAN) IS TRUE AS n_is_true,
    CAST(NULL AS BOOLEAN) IS NOT TRUE AS n_is_not_true,
    CAST(NULL AS BOOLEAN) IS UNKNOWN AS n_is_unknown;
SELECT
    FALSE IS FALSE AS f_is_false,
    TRUE IS NOT FALSE AS t_is_not_false,
    1 = CAST(NULL AS INT) AS equal_null,
    CAST(NULL AS INT) = CAST(NULL AS INT) AS null_equal_null,
    1 IS DISTINCT FROM CAST(NULL AS INT) AS distinct_null,
    CAST(NULL AS INT) IS NOT DISTINCT FROM CAST(NULL AS INT) AS not_distinct_null,
    1 IN (1, CAST(NULL AS INT)) AS in_null_found,
    2 IN (1, CAST(NULL AS INT)) AS in_null_missing,
    2 NOT IN (1, CAST(NULL AS INT)) AS not_in_null,
    CAST(NULL AS INT) IN (1, 2) AS null_in,
    1 BETWEEN 0 AND CAST(NULL AS INT) AS between_null,
    1 BETWEEN 2 AND CAST(NULL AS INT) AS between_null_out;
SELECT
    CAST(NULL AS INT) IS NULL AS is_null,
    1 IS NOT NULL AS is_not_null;
