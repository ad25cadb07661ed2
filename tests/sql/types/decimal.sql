-- DECIMAL arithmetic: precision and scale follow Flink's rules.
-- format: vertical
SELECT
    1.25 + 2.5 AS add,
    1.00 - 0.01 AS subtract,
    1.25 * 1.25 AS multiply,
    1.00 / 3 AS divide,
    CAST(5 AS DECIMAL(10, 2)) AS whole,
    CAST(1.005 AS DECIMAL(10, 2)) AS rounded,
    CAST(-1.005 AS DECIMAL(10, 2)) AS rounded_negative,
    12345678901234567890123456789012345678 AS widest,
    CAST(99999999999999999999999999999999999999 AS DECIMAL(38, 0)) - 1 AS widest_sum,
    CAST('0.00000000000000000000000000000000000001' AS DECIMAL(38, 38)) AS smallest,
    CAST('12.345' AS DECIMAL(5, 2)) AS from_text,
    CAST(12.9 AS INT) AS to_int;
SELECT
    CAST(-12.9 AS INT) AS to_int_negative,
    CAST(1.25 AS DOUBLE) AS to_double,
    1.10 = 1.1 AS compare,
    2.0 > 1 AS compare_int,
    1.5 IN (1, 1.5) AS in_list,
    TRY_CAST('123456' AS DECIMAL(5, 2)) AS too_wide;
