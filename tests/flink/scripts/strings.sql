-- Text functions with odd arguments; LIKE, SIMILAR TO, regular expressions.
-- types differ: texts that functions make are STRING here, without a length
SELECT 'a' || 'b', 'a' || CAST(NULL AS STRING), 'a' || '', CONCAT('a', 'b', 'c'), CONCAT('a', CAST(NULL AS STRING)), CONCAT_WS('-', 'a', CAST(NULL AS STRING), 'b'), CONCAT_WS(CAST(NULL AS STRING), 'a'), CONCAT_WS('-', '', 'x');
-- differs: a separator alone is refused here
SELECT CONCAT_WS('-');
-- types differ: texts that functions make are STRING here, without a length
SELECT UPPER('strasse é'), LOWER('ÀB'), INITCAP('hello wORLD-foo 1bar'), CHAR_LENGTH('žluť'), CHARACTER_LENGTH(''), CHAR_LENGTH('😀a'), REVERSE('abc'), REVERSE('žlu'), REPEAT('ab', 3), REPEAT('ab', 0), REPEAT('ab', -1);
-- types differ: texts that functions make are STRING here, without a length
SELECT SUBSTRING('hello', 2), SUBSTRING('hello', 2, 3), SUBSTRING('hello' FROM 2 FOR 3), SUBSTRING('hello', 0), SUBSTRING('hello', 0, 2), SUBSTRING('hello', -3), SUBSTRING('hello', -3, 2), SUBSTRING('hello', 10), SUBSTRING('hello', 2, 0), SUBSTRING('hello', -10, 3), SUBSTRING('hello', 4, 100), SUBSTR('hello', 2, 2), SUBSTRING('hello', CAST(NULL AS INT));
-- types differ: texts that functions make are STRING here, without a length
SELECT SUBSTRING('hello', 2, -1);
-- types differ: texts that functions make are STRING here, without a length
SELECT TRIM('  a '), TRIM(BOTH 'x' FROM 'xxaxx'), TRIM(LEADING 'x' FROM 'xxaxx'), TRIM(TRAILING 'x' FROM 'xxaxx'), LTRIM('  a '), RTRIM('  a '), TRIM(BOTH 'ab' FROM 'abcba'), LTRIM('xxa', 'x'), RTRIM('axx', 'x'), BTRIM('  a '), BTRIM('xax', 'x'), TRIM(LEADING FROM '  a');
SELECT POSITION('l' IN 'hello'), POSITION('z' IN 'hello'), POSITION('' IN 'hello'), LOCATE('l', 'hello'), LOCATE('l', 'hello', 4), LOCATE('l', 'hello', 0), INSTR('hello', 'l'), INSTR('hello', 'z'), LOCATE('', '');
-- types differ: LPAD and RPAD may be NULL
SELECT LPAD('a', 3, 'xy'), LPAD('abcd', 2, 'x'), RPAD('a', 4, 'xy'), RPAD('abcd', 2, 'x'), LPAD('', 0, 'x');
-- differs: NULL here; Flink fails because it says NOT NULL
SELECT LPAD('a', -1, 'x');
-- differs: NULL here; Flink fails because it says NOT NULL
SELECT LPAD('a', 3, '');
-- differs: the upper case of ß is SS, and nothing is cut off here; Flink cuts to the length of the argument
SELECT UPPER('straße é');
-- types differ: texts that functions make are STRING here, without a length
SELECT LEFT('hello', 2), LEFT('hello', 0), LEFT('hello', -1), LEFT('hello', 10), RIGHT('hello', 2), RIGHT('hello', 0), RIGHT('hello', -1), RIGHT('hello', 10);
-- types differ: texts that functions make are STRING here, without a length
SELECT REPLACE('abcabc', 'b', 'x'), REPLACE('abc', 'b', ''), TRANSLATE('abcab', 'ab', 'x'), TRANSLATE('hello', 'el', 'ip'), OVERLAY('abcdef' PLACING 'XY' FROM 3 FOR 2), OVERLAY('abcdef' PLACING 'XY' FROM 3), OVERLAY('abcdef' PLACING 'XY' FROM 10), OVERLAY('abc' PLACING 'X' FROM 0);
-- differs: inserts here, as in standard SQL; Flink takes 0 as the length of the new text
SELECT OVERLAY('abcdef' PLACING 'XYZ' FROM 1 FOR 0);
-- differs: an empty text is found nowhere here; Flink finds it between all characters
SELECT REPLACE('abc', '', 'x');
SELECT ASCII('a'), ASCII(''), ASCII('é'), CHR(97), CHR(353), CHR(-1), CHR(0), SPLIT_INDEX('a,b,c', ',', 1), SPLIT_INDEX('a,b,c', ',', 5), SPLIT_INDEX('a,b,c', ',', -1), SPLIT_INDEX('', ',', 0), SPLIT_INDEX('abc', 'b', 1), SPLIT_INDEX('a,,c', ',', 1);
-- types differ: texts that functions make are STRING here, without a length
SELECT STARTSWITH('abc', 'ab'), STARTSWITH('abc', ''), ENDSWITH('abc', 'bc'), ENDSWITH('abc', 'x'), ELT(2, 'a', 'b'), ELT(3, 'a', 'b'), ELT(0, 'a'), STR_TO_MAP('a=1,b=2'), STR_TO_MAP('a:1;b:2', ';', ':'), SPLIT('a,b,,c', ','), SPLIT('', ','), SPLIT('abc', '');
SELECT 'abc' LIKE 'a%', 'abc' LIKE 'a_c', '' LIKE '', '' LIKE '%', 'a%c' LIKE 'a\%c', 'a%c' LIKE 'a!%c' ESCAPE '!', 'abc' LIKE 'a!%c' ESCAPE '!', 'ABC' LIKE 'abc', 'abc' NOT LIKE '%b%', 'a' || CHR(10) || 'b' LIKE 'a%b', 'žlu' LIKE '_lu', 'abc' LIKE CAST(NULL AS STRING), 'a.c' LIKE 'a.c', 'abc' LIKE 'a.c', '😀' LIKE '_';
-- differs: an empty pattern matches the empty text only here
SELECT 'abc' LIKE '';
SELECT 'abc' SIMILAR TO 'a(b|x)c', 'abc' SIMILAR TO 'ab', 'abc' SIMILAR TO '%b%', 'abc' SIMILAR TO '_b_', 'aab' SIMILAR TO 'a+b', 'aab' SIMILAR TO 'a{2}b', 'abc' SIMILAR TO '[a-c]+', 'abc' NOT SIMILAR TO 'x%', 'a.c' SIMILAR TO 'a.c';
-- differs: a point is a plain character here, as in standard SQL
SELECT 'abc' SIMILAR TO 'a.c';
SELECT REGEXP('abc', 'b'), REGEXP('abc', '^b'), REGEXP(CAST(NULL AS STRING), 'a'), REGEXP_EXTRACT('foothebar', 'foo(.*?)(bar)', 2), REGEXP_EXTRACT('foothebar', 'foo(.*?)(bar)', 0), REGEXP_EXTRACT('foothebar', 'foo(.*?)(bar)'), REGEXP_EXTRACT('abc', 'x(y)', 1), REGEXP_EXTRACT('abc', 'a', 3), REGEXP_REPLACE('foobar', 'oo|ar', ''), REGEXP_REPLACE('a1b22', '[0-9]+', '#'), REGEXP_REPLACE('abc', '(b)', '[$1]'), REGEXP_REPLACE('abc', 'z', 'y');
-- differs: the empty expression matches everywhere here, as in Java
SELECT REGEXP('abc', '');
SELECT REGEXP_REPLACE('abc', '(', 'x');
-- differs: accepted here, refused by Flink
SELECT 'abc' RLIKE 'b';
-- differs: a broken regular expression is an error here
SELECT REGEXP_EXTRACT('abc', '(', 1);
-- differs: a broken regular expression is an error here
SELECT REGEXP('abc', '(');
SELECT REGEXP_COUNT('abcabc', 'b'), REGEXP_COUNT('abc', ''), REGEXP_INSTR('abcabc', 'c'), REGEXP_INSTR('abc', 'z'), REGEXP_SUBSTR('abc123', '[0-9]+'), REGEXP_SUBSTR('abc', '[0-9]+');
-- differs: a broken regular expression is an error here
SELECT REGEXP_COUNT('abc', '(');
-- types differ: texts that functions make are STRING here, without a length
SELECT MD5('a'), SHA1('a'), SHA224('a'), SHA256('a'), SHA384('a'), SHA512('a'), SHA2('a', 256), TO_BASE64('hello'), FROM_BASE64('aGVsbG8='), TO_BASE64(''), HEX('hello'), HEX(255), HEX(-1), BIN(5), BIN(-1), UNHEX('616263'), UNHEX('xyz');
-- differs: the odd first digit is a byte here; Flink 2.0 loses it
SELECT UNHEX('61626');
SELECT PARSE_URL('http://u@ex.com:80/p/a?q=1&r=2#f', 'HOST'), PARSE_URL('http://u@ex.com:80/p/a?q=1&r=2#f', 'PATH'), PARSE_URL('http://u@ex.com:80/p/a?q=1&r=2#f', 'QUERY'), PARSE_URL('http://u@ex.com:80/p/a?q=1&r=2#f', 'QUERY', 'r'), PARSE_URL('http://u@ex.com:80/p/a?q=1&r=2#f', 'REF'), PARSE_URL('http://u@ex.com:80/p/a?q=1&r=2#f', 'AUTHORITY'), PARSE_URL('http://u@ex.com:80/p/a?q=1&r=2#f', 'FILE'), PARSE_URL('http://u@ex.com:80/p/a?q=1&r=2#f', 'PROTOCOL'), PARSE_URL('http://u@ex.com:80/p/a?q=1&r=2#f', 'USERINFO'), PARSE_URL('nonsense', 'HOST'), URL_ENCODE('a b&č'), URL_DECODE('a+b%26'), URL_DECODE('%zz');
SELECT UPPER(s), LOWER(s), CHAR_LENGTH(s), SUBSTRING(s, n), LEFT(s, n), s || 'x', LPAD(s, n, '*'), REPEAT(s, n), TRIM(s), POSITION('b' IN s), s LIKE 'a%', REPLACE(s, 'b', 'c') FROM (VALUES ('abc', 2), ('', 1), ('ábč ', 3), (CAST(NULL AS STRING), 1), ('b', CAST(NULL AS INT))) AS t(s, n);
SELECT 'it''s', U&'\00e9', 'a\nb', CHAR_LENGTH('a\nb'), '日本語';
SELECT _UTF8'é';
SELECT UPPER(1);
SELECT CHAR_LENGTH(5);
-- differs: accepted here, refused by Flink
SELECT 1 || 'a';
-- differs: accepted here, refused by Flink
SELECT CONCAT(1, 'a');
-- differs: accepted here, refused by Flink
SELECT CONCAT('a', 1.5, TRUE);
SELECT REGEXP_EXTRACT_ALL('a1b22', '[0-9]+', 0);
SELECT _UTF8'é中', _UTF16'ab', N'abc', _UTF-16LE'x', _utf-8'it''s', _ISO-8859-1'x';
SELECT _b, n FROM (VALUES (1, 2)) AS t (_b, n);
SELECT REGEXP_EXTRACT_ALL('Hello, World! : Hello, World!', 'Hello, World!', 0), REGEXP_EXTRACT_ALL('1a2b3c', '([0-9])([a-z])', 2), REGEXP_EXTRACT_ALL('abc', 'x'), REGEXP_EXTRACT_ALL('abc', '(x)'), REGEXP_EXTRACT_ALL('a1b22', '([0-9]+)'), REGEXP_EXTRACT_ALL('abc', 'b', 1), REGEXP_EXTRACT_ALL('abc', 'b', -1), REGEXP_EXTRACT_ALL('ab', '(a)|(b)', 2), REGEXP_EXTRACT_ALL('ab', 'x*', 0), REGEXP_EXTRACT_ALL(CAST(NULL AS STRING), 'x*', 0);
SELECT TRANSLATE3('abc', 'b', 'x'), CURRENT_DATABASE();
SELECT DECODE(ENCODE('hello é中', 'UTF-16'), 'UTF-16'), DECODE(X'68c3a9', 'UTF-8'), DECODE(X'68e9', 'ISO-8859-1'), DECODE(X'68c3', 'UTF-8'), DECODE(X'68c3', 'US-ASCII'), DECODE(X'6800', 'UTF-16LE'), DECODE(CAST(NULL AS BYTES), 'UTF-8');
-- types differ: BYTES; Flink 2.0 says BINARY(1), and cuts results to it where they are constants
SELECT ENCODE(s, 'UTF-8'), ENCODE(s, 'UTF-16BE'), ENCODE(s, 'UTF-16'), ENCODE(s, 'UTF-16LE'), ENCODE(s, 'ISO-8859-1'), ENCODE(s, 'US-ASCII'), DECODE(ENCODE(s, 'UTF-16LE'), 'UTF-16LE') FROM (VALUES ('hello é中')) AS t (s);
SELECT DECODE(ENCODE('hello', 'UTF-8'), 'nosuch');
