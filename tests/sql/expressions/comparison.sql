-- Comparisons, BETWEEN, IN over each kind of type.
-- format: vertical
SELECT
    1 < 2 AS int_less,
    'Z' < 'a' AS text_less,
    'ab' < 'abc' AS text_prefix,
    'z' < 'é' AS text_bytes,
    1 != 2 AS bang,
    1 <> 1 AS angle,
    CAST(1 AS TINYINT) = CAST(1 AS BIGINT) AS mixed_widths,
    1 = CAST(1.0 AS DOUBLE) AS int_double,
    DATE '2024-05-01' < DATE '2024-05-02' AS dates,
    TIMESTAMP '2024-05-01 00:00:00' >= TIMESTAMP '2024-04-30 23:59:59.999' AS timestamps,
    FALSE < TRUE AS booleans,
    X'00ff' < X'01' AS bytes;
SELECT
    5 BETWEEN 1 AND 5 AS between_in,
    6 BETWEEN 1 AND 5 AS between_out,
    6 NOT BETWEEN 1 AND 5 AS not_between,
    3 BETWEEN SYMMETRIC 5 AND 1 AS symmetric,
    'b' IN ('a', 'b') AS in_text,
    'c' NOT IN ('a', 'b') AS not_in_text,
    (1, 'a') = (1, 'a') AS row_equal,
    CAST('NaN' AS DOUBLE) = CAST('NaN' AS DOUBLE) AS nan_equal,
    CAST(-0.0 AS DOUBLE) = CAST(0.0 AS DOUBLE) AS negative_zero;
