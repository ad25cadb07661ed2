-- Numbers. Integer division and remainder truncate toward zero.
-- format: vertical
SELECT
    1 + 2 AS add,
    1 - 2 AS subtract,
    3 * 4 AS multiply,
    7 / 2 AS divide,
    -7 / 2 AS divide_negative,
    7 % 3 AS modulo,
    -7 % 3 AS modulo_negative,
    MOD(7, -3) AS mod_function,
    2 + 3 * 4 - 1 AS precedence,
    (2 + 3) * 4 AS grouping,
    - (3 - 5) AS unary,
    + 3 AS plus_sign;
SELECT
    ABS(-3) AS abs_negative,
    ABS(CAST(-1.5 AS DOUBLE)) AS abs_double,
    SIGN(-3) AS sign_negative,
    FLOOR(CAST(-1.5 AS DOUBLE)) AS floor_double,
    CEIL(CAST(1.2 AS DOUBLE)) AS ceil_double,
    FLOOR(-1.5) AS floor_decimal,
    CEIL(1.2) AS ceil_decimal,
    ROUND(2.345, 2) AS round_decimal,
    ROUND(2.5, 0) AS round_half_up,
    ROUND(-2.5, 0) AS round_negative,
    ROUND(CAST(2.5 AS DOUBLE), 0) AS round_double,
    TRUNCATE(2.987, 2) AS truncated;
SELECT
    POWER(2, 10) AS power,
    SQRT(16) AS sqrt,
    LN(1) AS ln_one,
    LOG10(1000) AS log10,
    LOG2(8) AS log2,
    EXP(0) AS exp_zero,
    GREATEST(1, 3, 2) AS greatest,
    LEAST('b', 'a', 'c') AS least,
    GREATEST(1, CAST(NULL AS INT)) AS greatest_null,
    SIN(0) AS sin_zero,
    COS(0) AS cos_zero,
    PI() AS pi;
SELECT
    CAST(7 AS DOUBLE) / 2 AS double_division,
    CAST(1 AS DOUBLE) / 0 AS double_infinity,
    CAST(0 AS DOUBLE) / 0 AS double_nan,
    1 + CAST(NULL AS INT) AS int_null,
    9223372036854775806 + 1 AS big,
    1 + 2.5 AS mixed,
    1_000_000 + 1 AS hex_free;
