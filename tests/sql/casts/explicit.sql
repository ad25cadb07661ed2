-- CAST, :: and TRY_CAST.
-- format: vertical
SELECT
    CAST('42' AS INT) AS text_int,
    CAST(' 42 ' AS INT) AS text_int_spaces,
    CAST('-9223372036854775808' AS BIGINT) AS text_bigint,
    CAST('1.5e3' AS DOUBLE) AS text_double,
    CAST('true' AS BOOLEAN) AS text_boolean,
    CAST('2024-02-29' AS DATE) AS text_date,
    CAST('12:34:56' AS TIME) AS text_time,
    CAST('2024-05-01 12:00:00.123' AS TIMESTAMP(3)) AS text_timestamp,
    CAST(42 AS STRING) AS int_text,
    CAST(CAST(1.5 AS DOUBLE) AS STRING) AS double_text,
    CAST(TRUE AS STRING) AS boolean_text,
    CAST(DATE '2024-05-01' AS STRING) AS date_text;
SELECT
    CAST(TIMESTAMP '2024-05-01 12:00:00.5' AS STRING) AS timestamp_text,
    CAST(1 AS BOOLEAN) AS int_boolean,
    CAST(FALSE AS INT) AS boolean_int,
    CAST(CAST(-1.9 AS DOUBLE) AS INT) AS double_int,
    CAST(TIMESTAMP '2024-05-01 23:59:59' AS DATE) AS timestamp_date,
    CAST(DATE '2024-05-01' AS TIMESTAMP(3)) AS date_timestamp,
    CAST(TIMESTAMP '2024-05-01 12:00:00.987' AS TIMESTAMP(0)) AS timestamp_precision,
    '7'::INT + 1 AS colons,
    ('1.5'::DOUBLE)::STRING AS colons_chain,
    CAST('abcdef' AS CHAR(3)) AS char_cut,
    CAST('abcdef' AS VARCHAR(4)) AS varchar_cut,
    CAST(NULL AS INT) AS null_int;
SELECT
    TRY_CAST('abc' AS INT) AS try_bad,
    TRY_CAST('12' AS INT) AS try_good,
    TRY_CAST('300' AS TINYINT) AS try_overflow,
    TRY_CAST('2023-02-29' AS DATE) AS try_bad_date,
    CAST('AB' AS BYTES) AS bytes,
    CAST(X'4142' AS STRING) AS from_bytes;
