-- LIKE and ILIKE.
-- format: vertical
SELECT
    'abc' LIKE 'abc' AS exact,
    'abc' LIKE 'a%' AS prefix,
    'abc' LIKE '%c' AS suffix,
    'abc' LIKE '%b%' AS inside,
    'abc' LIKE 'a_c' AS one,
    '日本' LIKE '日_' AS one_wide,
    'ab' LIKE 'a_c' AS too_short,
    'ABC' LIKE 'abc' AS case_matters,
    'ABC' ILIKE 'a%c' AS ilike,
    'ÉTÉ' ILIKE 'été' AS ilike_wide,
    'abc' NOT LIKE 'b%' AS negated,
    '' LIKE '%' AS empty;
SELECT
    '50%' LIKE '50!%' ESCAPE '!' AS escape_percent,
    '50x' LIKE '50!%' ESCAPE '!' AS escape_not,
    'a_b' LIKE 'a|_b' ESCAPE '|' AS escape_underscore,
    CAST(NULL AS STRING) LIKE '%' AS null_text,
    'a' LIKE CAST(NULL AS STRING) AS null_pattern,
    'abcabc' LIKE '%b%b%' AS two_parts,
    'aab' LIKE '%ab' AS backtrack;
