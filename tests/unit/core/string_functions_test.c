/* string_functions_test.c: string functions, patterns, encodings. */
#include "tests/unit/core/expression_text.h"

static void test_case(void **state) {
    (void)state;
    static const struct text_case tests[] = {
        TYPED("lower('ABC xyz')", "abc xyz", "STRING NOT NULL"),
        CASE("lower('A LONGER TEXT, 123 [@]')", "a longer text, 123 [@]"),
        CASE("lower('already lower case')", "already lower case"),
        CASE("lower('ÄÖÜ ÉÈ')", "äöü éè"),
        CASE("lower('')", ""),
        TYPED("lower(NULL)", "NULL", "STRING"),
        CASE("upper('abc XYZ')", "ABC XYZ"),
        CASE("upper('a longer text, 123 {`}')", "A LONGER TEXT, 123 {`}"),
        CASE("upper('straße')", "STRASSE"),
        CASE("initcap('hello wORLD-wide 2nd')", "Hello World-Wide 2nd"),
        CASE("initcap('élan vital')", "Élan Vital"),
        CASE("lower(5)", "!42804"),
    };
    TEXT_CHECK_ALL(tests);
}

static void test_parts(void **state) {
    (void)state;
    static const struct text_case tests[] = {
        CASE("substring('hello world, hello', 1, 5)", "hello"),
        CASE("substring('hello world, hello', 7)", "world, hello"),
        CASE("substr('hello', -3, 2)", "ll"),
        CASE("substring('hello', 0, 2)", "he"),
        CASE("substring('hello', 9, 2)", ""),
        CASE("substring('hello', -9, 2)", ""),
        CASE("substring('hello', 2, 0)", ""),
        CASE("substring('hello', 2, -1)", "NULL"),
        CASE("substring('hello', 2, 99)", "ello"),
        CASE("substring('grüße aus köln', 3, 5)", "üße a"),
        CASE("substring('hello', NULL)", "NULL"),
        CASE("left('grüße', 3)", "grü"),
        CASE("left('hello', -1)", ""),
        CASE("left('hello', 99)", "hello"),
        CASE("right('grüße', 3)", "üße"),
        CASE("right('hello', 0)", ""),
        CASE("right('hello', 99)", "hello"),
        CASE("trim('  a b  ')", "a b"),
        CASE("trim('xyaxbyx', 'xy')", "axb"),
        CASE("ltrim('  a ')", "a "),
        CASE("rtrim(' a  ')", " a"),
        CASE("btrim('üüaü', 'ü')", "a"),
        CASE("trim('    ')", ""),
        CASE("trim('abc', '')", "abc"),
        CASE("split_index('https://www.nexmark.com/abc/def/item.htm', '/', 3)", "abc"),
        CASE("split_index('https://www.nexmark.com/abc/def/item.htm', '/', 2)", "www.nexmark.com"),
        CASE("split_index('a,b', ',', 2)", "NULL"),
        CASE("split_index('a,b', ',', -1)", "NULL"),
        CASE("split_index('a,b,', ',', 2)", ""),
        CASE("split_index('a--b--c', '--', 1)", "b"),
        CASE("split_index('', ',', 0)", "NULL"),
        CASE("split_index('a;b', 59, 1)", "b"),
        CASE("substring_index('www.apache.org', '.', 2)", "www.apache"),
        CASE("substring_index('www.apache.org', '.', -2)", "apache.org"),
        CASE("substring_index('www', '.', 2)", "www"),
        CASE("elt(2, 'a', 'b')", "b"),
        CASE("elt(3, 'a', 'b')", "NULL"),
    };
    TEXT_CHECK_ALL(tests);
}

static void test_search(void **state) {
    (void)state;
    static const struct text_case tests[] = {
        TYPED("char_length('grüße')", "5", "INT NOT NULL"),
        CASE("length('')", "0"),
        CASE("character_length('a rather long string of 30 ch.')", "30"),
        CASE("octet_length('grüße')", "7"),
        CASE("bit_length('ab')", "16"),
        CASE("ascii('A')", "65"),
        CASE("ascii('')", "0"),
        CASE("position('b', 'abcb')", "2"),
        CASE("position('z', 'abc')", "0"),
        CASE("position('', 'abc')", "1"),
        CASE("locate('b', 'abcb', 3)", "4"),
        CASE("locate('b', 'abc', 0)", "2"),
        CASE("instr('Corporate Floor', 'or', 3, 2)", "14"),
        CASE("instr('grüße', 'ß')", "4"),
        CASE("strpos('hello', 'l')", "3"),
        CASE("startswith('hello', 'he')", "TRUE"),
        CASE("startswith('he', 'hello')", "FALSE"),
        CASE("endswith('hello', 'lo')", "TRUE"),
        CASE("endswith('hello', '')", "TRUE"),
        CASE("contains('hello', 'ell')", "TRUE"),
        TYPED("count_char('abcabc c', 'c')", "3", "BIGINT NOT NULL"),
        CASE("count_char('aaaa', 'aa')", "2"),
        CASE("count_char('abc', '')", "0"),
    };
    TEXT_CHECK_ALL(tests);
}

static void test_build(void **state) {
    (void)state;
    static const struct text_case tests[] = {
        CASE("concat('a', 'b', 'c')", "abc"),
        CASE("concat('a', NULL, 'c')", "NULL"),
        CASE("concat('a', 1, TRUE)", "a1TRUE"),
        CASE("\"||\"('a longer text ', 'of two parts')", "a longer text of two parts"),
        CASE("\"||\"(array(1), array(2, 3))", "[1, 2, 3]"),
        CASE("concat_ws(', ', 'a', NULL, 'c')", "a, c"),
        CASE("concat_ws(NULL, 'a', 'c')", "NULL"),
        CASE("concat_ws(',', NULL, NULL)", ""),
        CASE("replace('hello world', 'o', '00')", "hell00 w00rld"),
        CASE("replace('hello', 'x', 'y')", "hello"),
        CASE("replace('hello', '', 'y')", "hello"),
        CASE("replace('hello', 'l', '')", "heo"),
        CASE("repeat('ab', 3)", "ababab"),
        CASE("repeat('ab', 0)", ""),
        CASE("repeat('ab', 1000000000)", "!54000"),
        CASE("lpad('hi', 5, '?!')", "?!?hi"),
        CASE("lpad('hello', 2, '?')", "he"),
        CASE("lpad('hi', -1, '?')", "NULL"),
        CASE("lpad('hi', 5, '')", "NULL"),
        CASE("lpad('hi', 4)", "  hi"),
        CASE("rpad('hi', 5, 'äö')", "hiäöä"),
        CASE("lpad('hi', 2000000000, 'xyz')", "!54000"),
        CASE("reverse('grüße')", "eßürg"),
        CASE("reverse('')", ""),
        CASE("overlay('This is an old string', ' new', 10, 5)", "This is a new string"),
        CASE("overlay('abcdef', 'XY', 3)", "abXYef"),
        CASE("overlay('abcdef', 'XY', 9)", "abcdef"),
        CASE("overlay('abcdef', 'XY', 3, 0)", "abXYcdef"),
        CASE("translate('hello', 'el', 'ip')", "hippo"),
        CASE("translate('hello', 'l', '')", "heo"),
        CASE("chr(97)", "a"),
        CASE("chr(353)", "a"),
        CASE("chr(-1)", ""),
    };
    TEXT_CHECK_ALL(tests);
}

static void test_like(void **state) {
    (void)state;
    static const struct text_case tests[] = {
        CASE("like('hello', 'hello')", "TRUE"),
        CASE("like('hello', 'he%')", "TRUE"),
        CASE("like('hello', '%lo')", "TRUE"),
        CASE("like('hello', '%ell%')", "TRUE"),
        CASE("like('hello', '%elx%')", "FALSE"),
        CASE("like('hello', 'h_llo')", "TRUE"),
        CASE("like('hello', 'h%l_')", "TRUE"),
        CASE("like('hello', '_____')", "TRUE"),
        CASE("like('hello', '____')", "FALSE"),
        CASE("like('grüße', 'gr__e')", "TRUE"),
        CASE("like('', '%')", "TRUE"),
        CASE("like('', '')", "TRUE"),
        CASE("like('', '_')", "FALSE"),
        CASE("like('a', '')", "FALSE"),
        CASE("like('abcabcabd', '%abd')", "TRUE"),
        CASE("like('abcabcabd', 'a%b%d')", "TRUE"),
        CASE("like('abc', '%%')", "TRUE"),
        CASE("like('50%', '50#%', '#')", "TRUE"),
        CASE("like('505', '50#%', '#')", "FALSE"),
        CASE("like('a_b', 'a#_b', '#')", "TRUE"),
        CASE("like('axb', 'a#xb', '#')", "!22000"),
        CASE("like('axb', 'axb', '##')", "!22000"),
        CASE("like(NULL, 'a')", "NULL"),
        CASE("ilike('HeLLo', 'hE%O')", "TRUE"),
        CASE("ilike('GRÜSSE', 'grü%')", "TRUE"),
        CASE("ilike('hello', 'HELLOW')", "FALSE"),
        CASE("not(like('hello', 'x%'))", "TRUE"),
    };
    TEXT_CHECK_ALL(tests);
}

static void test_regexp(void **state) {
    (void)state;
    static const struct text_case tests[] = {
        CASE("regexp('hello', 'l+')", "TRUE"),
        CASE("rlike('hello', '^x')", "FALSE"),
        CASE("similar_to('hello', 'h(a|e)%')", "TRUE"),
        CASE("similar_to('hello', 'ell')", "FALSE"),
        CASE("similar_to('a.b', 'a.b')", "TRUE"),
        CASE("similar_to('axb', 'a.b')", "FALSE"),
        CASE("similar_to('ab', '[a-c]{2}')", "TRUE"),
        CASE("regexp_extract('foothebar', 'foo(.*?)(bar)', 2)", "bar"),
        CASE("regexp_extract('foothebar', 'foo(.*?)(bar)')", "foothebar"),
        CASE("regexp_extract('foothebar', 'foo(.*?)(bar)', 3)", "NULL"),
        CASE("regexp_extract('abc', 'x')", "NULL"),
        CASE("regexp_extract('https://x.com/a?b=1&channel_id=1234&c', '(&|^)channel_id=([^&]*)', 2)", "1234"),
        CASE("regexp_extract('channel_id=12345678901234567890&c', '(&|^)channel_id=([^&]*)', 2)",
             "12345678901234567890"),
        CASE("regexp_extract('ac', '(a)(b)?(c)', 2)", "NULL"),
        CASE("regexp_replace('foobar', 'oo|ar', '')", "fb"),
        CASE("regexp_replace('abc', '([a-z])', '<$1>')", "<$1><$1><$1>"),
        CASE("regexp_replace('abc', 'x*', '-')", "-a-b-c-"),
        CASE("regexp_replace('hello', 'z', '-')", "hello"),
        CASE("regexp_replace('über', 'x*', '-')", "-ü-b-e-r-"),
        CASE("regexp_count('abcabc', 'b')", "2"),
        CASE("regexp_extract_all('a1b22', '([a-z])([0-9]+)', 2)", "[1, 22]"),
        CASE("regexp_extract_all('a1b22', '([a-z])([0-9]+)')", "[a, b]"),
        CASE("regexp_extract_all('ab', '(a)|b', 1)", "[a, NULL]"),
        CASE("regexp_extract_all('ab', 'x*', 0)", "[, , ]"),
        CASE("regexp_extract_all('ab', 'x', 1)", "NULL"),
        CASE("regexp_instr('grüße', 'ß')", "4"),
        CASE("regexp('abc', '(')", "!2201B"),
        CASE("regexp(NULL, 'a')", "NULL"),
        CASE("regexp('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab', '(a+)+$')", "!54000"),
    };
    TEXT_CHECK_ALL(tests);
}

static void test_encodings(void **state) {
    (void)state;
    static const struct text_case tests[] = {
        CASE("md5('hello')", "5d41402abc4b2a76b9719d911017c592"),
        CASE("sha1('hello')", "aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d"),
        CASE("sha256('')", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        CASE("sha224('abc')", "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7"),
        CASE("sha2('abc', #224)", "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7"),
        CASE("sha2('abc', #7)", "!22000"),
        CASE("substring(sha512('abc'), 1, 16)", "ddaf35a193617aba"),
        CASE("substring(sha384('abc'), 1, 16)", "cb00753f45a35e8b"),
        CASE("to_base64('hello world')", "aGVsbG8gd29ybGQ="),
        CASE("to_base64('')", ""),
        CASE("from_base64('aGVsbG8gd29ybGQ=')", "hello world"),
        CASE("from_base64('aGVsbG8')", "hello"),
        CASE("from_base64('a*')", "NULL"),
        CASE("hex('Az')", "417A"),
        CASE("hex(255)", "FF"),
        CASE("hex(-1)", "FFFFFFFFFFFFFFFF"),
        CASE("bin(5)", "101"),
        CASE("bin(0)", "0"),
        CASE("hex(unhex('414'))", "0414"),
        CASE("unhex('4G')", "NULL"),
        CASE("parse_url('http://user:pw@facebook.com:80/path/p.php?k1=v1&k2=v2#Ref1', 'HOST')", "facebook.com"),
        CASE("parse_url('http://facebook.com/path/p.php?k1=v1&k2=v2#Ref1', 'PATH')", "/path/p.php"),
        CASE("parse_url('http://facebook.com/path/p.php?k1=v1&k2=v2#Ref1', 'QUERY')", "k1=v1&k2=v2"),
        CASE("parse_url('http://facebook.com/path/p.php?k1=v1&k2=v2#Ref1', 'QUERY', 'k2')", "v2"),
        CASE("parse_url('http://facebook.com/path/p.php?k1=v1&k2=v2#Ref1', 'REF')", "Ref1"),
        CASE("parse_url('http://facebook.com/path/p.php?k1=v1&k2=v2#Ref1', 'FILE')", "/path/p.php?k1=v1&k2=v2"),
        CASE("parse_url('http://facebook.com/path', 'QUERY')", "NULL"),
        CASE("parse_url('nonsense', 'HOST')", "NULL"),
        CASE("url_encode('a b&ü')", "a+b%26%C3%BC"),
        CASE("url_decode('a+b%26%C3%BC')", "a b&ü"),
        CASE("url_decode('%G1')", "NULL"),
        CASE("url_decode('%FF')", "NULL"),
        CASE("hex(encode('aé😀', 'utf-8'))", "61C3A9F09F9880"),
        CASE("hex(encode('aé😀', 'UTF-16BE'))", "006100E9D83DDE00"),
        CASE("hex(encode('aé😀', 'UTF-16LE'))", "6100E9003DD800DE"),
        CASE("hex(encode('aé😀', 'UTF-16'))", "FEFF006100E9D83DDE00"),
        CASE("hex(encode('aé😀', 'ISO-8859-1'))", "61E93F"),
        CASE("hex(encode('aé😀', 'US-ASCII'))", "613F3F"),
        CASE("encode('a', 'EBCDIC')", "!22000"),
        CASE("decode(unhex('61C3A9F09F9880'), 'UTF-8')", "aé😀"),
        CASE("decode(unhex('61C3'), 'UTF-8')", "a\xEF\xBF\xBD"),
        CASE("decode(unhex('61E9'), 'LATIN1')", "aé"),
        CASE("decode(unhex('61E9'), 'ASCII')", "a\xEF\xBF\xBD"),
        CASE("decode(unhex('FEFF006100E9D83DDE00'), 'UTF-16')", "aé😀"),
        CASE("decode(unhex('FFFE6100E9003DD800DE'), 'UTF-16')", "aé😀"),
        CASE("decode(unhex('D83D006100'), 'UTF-16BE')", "\xEF\xBF\xBD"
                                                        "a\xEF\xBF\xBD"),
        CASE("char_length(uuid())", "36"),
    };
    TEXT_CHECK_ALL(tests);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_case),      cmocka_unit_test(test_parts), cmocka_unit_test(test_search),
        cmocka_unit_test(test_build),     cmocka_unit_test(test_like),  cmocka_unit_test(test_regexp),
        cmocka_unit_test(test_encodings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
