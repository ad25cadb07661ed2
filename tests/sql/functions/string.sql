-- String functions, as Flink defines them.
-- format: vertical
SELECT
    LOWER('AbC ÉT') AS lower,
    UPPER('abC ét') AS upper,
    LOWER(CAST(NULL AS STRING)) AS lower_null,
    CHAR_LENGTH('日本語') AS char_length,
    CHARACTER_LENGTH('') AS character_length,
    SUBSTRING('abcdef' FROM 2 FOR 3) AS substring,
    SUBSTRING('abcdef' FROM 5) AS substring_rest,
    SUBSTRING('abcdef', 2, 2) AS substring_comma,
    SUBSTRING('abc' FROM 10) AS substring_beyond,
    SUBSTRING('日本語文' FROM 2 FOR 2) AS substring_wide,
    '[' || TRIM('  a b ') || ']' AS trim,
    TRIM(BOTH 'x' FROM 'xxaxbxx') AS trim_both;
SELECT
    TRIM(LEADING 'x' FROM 'xxaxx') AS trim_leading,
    TRIM(TRAILING 'x' FROM 'xxaxx') AS trim_trailing,
    '[' || LTRIM('  a ') || ']' AS ltrim,
    '[' || RTRIM('  a ') || ']' AS rtrim,
    CONCAT('a', 'b', 'c') AS concat,
    CONCAT('a', CAST(NULL AS STRING)) AS concat_null,
    'a' || 'b' || 'c' AS bars,
    'a' || CAST(NULL AS STRING) AS bars_null,
    CONCAT_WS('-', 'a', CAST(NULL AS STRING), 'b') AS concat_ws,
    POSITION('c' IN 'abcabc') AS position_found,
    POSITION('z' IN 'abc') AS position_missing,
    POSITION('語' IN '日本語') AS position_wide;
SELECT
    REPLACE('hello', 'l', 'LL') AS replace,
    REPLACE('hello', 'z', 'x') AS replace_none,
    OVERLAY('abcdef' PLACING 'XY' FROM 2 FOR 3) AS overlay,
    LEFT('abc', 2) AS left_two,
    RIGHT('abc', 2) AS right_two,
    LEFT('abc', 0) AS left_zero,
    LPAD('hi', 5, '?!') AS lpad,
    LPAD('hello', 2, '?') AS lpad_cut,
    RPAD('hi', 5, '?!') AS rpad,
    REPEAT('ab', 3) AS repeat,
    REVERSE('日本語') AS reverse,
    INITCAP('hello wORLD') AS initcap;
SELECT
    ASCII('Az') AS ascii,
    CHR(66) AS chr,
    LOCATE('b', 'abcb') AS locate,
    LOCATE('b', 'abcb', 3) AS locate_from,
    INSTR('abcb', 'b') AS instr,
    SPLIT_INDEX('a,b,c', ',', 1) AS split_index,
    SPLIT_INDEX('a,b,c', ',', 5) AS split_index_beyond,
    SPLIT_INDEX('https://x.org/a/b', '/', 3) AS split_index_url,
    STARTSWITH('streamsql', 'stream') AS starts,
    ENDSWITH('streamsql', 'stream') AS ends,
    MD5('') AS md5,
    SHA256('abc') AS sha256;

-- A negative length gives NULL, whatever the arguments.
SELECT SUBSTRING('hello', 2, -1) AS n, SUBSTRING('hello', 2) AS s;
