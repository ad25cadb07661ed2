/* syntax_error_test.c: what is refused, where, and what the message offers instead. */
#include "tests/unit/grammar/tree.h"

static const struct refusal {
    const char *text;
    const char *message; /* SQLSTATE position: message */
    const char *detail;
    const char *hint;
} refusals[] = {
    {"SELECT", "42601 7: syntax error at the end of the text: the statement is not complete",
     "expected one of: an expression, DISTINCT, ALL, '*'", ""},
    {"SELECT a b c FROM t", "42601 12: syntax error at \"c\"",
     "expected one of: ',', FROM, WHERE, GROUP, HAVING, ORDER, LIMIT, UNION, EXCEPT, INTERSECT, OFFSET, FETCH, ...",
     ""},
    {"SELECT a FROM t WHERE", "42601 22: syntax error at the end of the text: the statement is not complete",
     "expected an expression", ""},
    {"SELECT a FROM t GROUP a", "42601 23: syntax error at \"a\"", "expected BY", ""},
    {"SELECT a FROM t ORDER a", "42601 23: syntax error at \"a\"", "expected BY", ""},
    {"SELECT a FROM t LIMIT", "42601 22: syntax error at the end of the text: the statement is not complete",
     "expected one of: an expression, ALL", ""},
    {"SELECT a FROM WHERE x", "42601 15: syntax error at \"WHERE\"",
     "expected one of: a name, TABLE, LATERAL, UNNEST, '('", ""},
    {"SELECT count(* FROM t", "42601 16: syntax error at \"FROM\"", "expected ')'", ""},
    {"SELECT a FROM t JOIN u", "42601 23: syntax error at the end of the text: the statement is not complete",
     "expected one of: a name, AS, ON, USING, JOIN, CROSS, INNER, LEFT, RIGHT, FULL, NATURAL, ASOF, ...",
     "a join needs ON or USING"},
    {"SELECT a FROM t LEFT JOIN u WHERE x", "42601 29: syntax error at \"WHERE\"",
     "expected one of: a name, AS, ON, USING, JOIN, CROSS, INNER, LEFT, RIGHT, FULL, NATURAL, ASOF, ...",
     "a join needs ON or USING"},
    {"SELECT a FROM (SELECT b FROM c", "42601 31: syntax error at the end of the text: the statement is not complete",
     "expected one of: a name, ')', ',', WHERE, GROUP, HAVING, ORDER, LIMIT, AS, UNION, EXCEPT, INTERSECT, ...", ""},
    {"SELECT a FROM t WHERE a = 'x", "42601 27: string is not terminated", "", ""},
    {"SELECT a FROM t WHERE a = \"x", "42601 27: quoted name is not terminated", "", ""},
    {"SELECT 'a' 'b'", "42601 12: syntax error at \"'b'\"",
     "expected one of: a name, ',', FROM, WHERE, GROUP, HAVING, ORDER, LIMIT, AS, UNION, EXCEPT, INTERSECT, ...", ""},
    {"SELECT a FROM t; SELECT FROM u", "42601 25: syntax error at \"FROM\"",
     "expected one of: an expression, DISTINCT, ALL, '*'", ""},
    {"SELECT 1 /* abc", "42601 10: comment is not terminated", "", ""},
    {"SELECT ‘abc’", "42601 8: unexpected character \"‘\"", "",
     "this is a typographic quotation mark; write ' around strings and ` or \" around names"},
    {"SELECT 12abc", "42601 8: \"12abc\" is neither a number nor a name", "",
     "a name cannot begin with a digit unless it is in back quotes; a duration is written 10s, 5m, 1h30m"},
    {"SELECT 1 @ 2", "42601 10: unexpected character \"@\"", "", ""},
    {"SELECT a FROM t WHERE a & b", "42601 25: unexpected character \"&\"", "", "conditions are joined with AND"},
    {"CREATE TABLE t (a INT, b)  WITH ('a' = )", "42601 40: syntax error at \")\"",
     "expected one of: a number, a string, TRUE, FALSE, a duration", ""},
    {"CREATE TABLE t (a INT b INT)", "42601 23: syntax error at \"b\"",
     "expected one of: ')', ',', NOT, NULL, ARRAY, MULTISET, PRECISION, VARYING, WITH, WITHOUT, DEFAULT, FIRST, ...",
     ""},
    {"CREATE TABLE t (a INT PRIMARY KEY NOT ENFORCD)", "42601 39: syntax error at \"ENFORCD\"", "expected ENFORCED",
     "did you mean ENFORCED?"},
    {"CREATE TABLE t (a INT) WTH ('a'='b')", "42601 24: syntax error at \"WTH\"",
     "expected one of: WITH, AS, LIKE, COMMENT, PARTITIONED, DISTRIBUTED, the end of the statement",
     "did you mean WITH?"},
    {"CREATE TABLE t (a INT WATERMARK FOR ts AS ts)", "42601 23: syntax error at \"WATERMARK\"",
     "expected one of: ')', ',', NOT, NULL, ARRAY, MULTISET, PRECISION, VARYING, WITH, WITHOUT, DEFAULT, FIRST, ...",
     ""},
    {"CREATE TABLE t (WATERMARK ts AS ts)", "42601 30: syntax error at \"AS\"",
     "expected one of: ')', ',', NOT, NULL, ARRAY, MULTISET, PRECISION, VARYING, WITH, WITHOUT, DEFAULT, FIRST, ...",
     ""},
    {"CREATE TABLE t (a DECIMAL(10,2,3))", "42601 31: syntax error at \",\"", "expected ')'", ""},
    {"CREATE TABLE t (a INT(3), b VARCHAR(1,2), c ARRAY)", "42601 23: type INT takes no length or precision", "", ""},
    {"INSERT t SELECT 1", "42601 8: syntax error at \"t\"", "expected one of: INTO, OVERWRITE", ""},
    {"INSERT INTO t VALUES (1, 2), (3)",
     "42601 30: all rows of VALUES must have the same number of columns: this one has 1, the first 2", "", ""},
    {"INSERT INTO t VALUE (1)", "42601 15: syntax error at \"VALUE\"",
     "expected one of: SELECT, WITH, TABLE, VALUES, PARTITION, '.', '('", "did you mean VALUES?"},
    {"SELECT INTERVAL '1x' SECOND", "22007 17: '1x' is not an interval of SECOND", "", ""},
    {"SELECT INTERVAL '1' FOO", "22007 17: '1' is not an interval", "",
     "write '10' SECOND, '1 02:03' DAY TO MINUTE, '10 seconds' or 10s; months cannot be mixed with days"},
    {"SELECT INTERVAL '1' EPOCH, INTERVAL '1' DAY TO YEAR", "42601 21: EPOCH is not a unit of intervals", "", ""},
    {"SELECT INTERVAL '1 fortnight'", "22007 17: '1 fortnight' is not an interval", "",
     "write '10' SECOND, '1 02:03' DAY TO MINUTE, '10 seconds' or 10s; months cannot be mixed with days"},
    {"SELECT 1e999", "22003 8: number is too large for DOUBLE", "", ""},
    {"SELECT E'\\q'", "42601 10: escape in the string is not valid", "",
     "use \\n \\r \\t \\b \\f \\\\ \\' \\xHH (up to 7F), \\uXXXX or \\UXXXXXXXX"},
    {"SELECT X'abc'", "42601 12: X'...' needs an even number of hexadecimal digits", "", ""},
    {"SELECT a FROM t EMIT ON CLOS", "42601 25: syntax error at \"CLOS\"", "expected one of: CLOSE, WINDOW, UPDATE",
     "did you mean CLOSE?"},
    {"SELECT a FROM t EMIT EVERY 5", "42601 28: EMIT EVERY takes a duration", "",
     "write EMIT EVERY 1s or EMIT EVERY INTERVAL '1' SECOND"},
    {"SELECT a FROM t EMIT EVERY 'x'", "42601 28: EMIT EVERY takes a duration", "",
     "write EMIT EVERY 1s or EMIT EVERY INTERVAL '1' SECOND"},
    {"SELECT SUM(a) OVER (ORDER BY b ROWS BETWEEN CURRENT ROW AND UNBOUNDED PRECEDING) FROM t",
     "42P20 61: a frame cannot end at UNBOUNDED PRECEDING", "", ""},
    {"SELECT CASE WHEN a THEN b", "42601 26: syntax error at the end of the text: the statement is not complete",
     "expected one of: END, ELSE, WHEN, an operator", ""},
    {"SELECT CASE a WHEN 1 THEN 2 ELS 3 END", "42601 29: syntax error at \"ELS\"",
     "expected one of: END, ELSE, WHEN, an operator", "did you mean ELSE?"},
    {"SELECT CAST(a INT)", "42601 15: syntax error at \"INT\"", "expected one of: AS, an operator", ""},
    {"SELECT EXTRACT(FOO FROM x)", "42601 16: syntax error at \"FOO\"",
     "expected one of: YEAR, QUARTER, MONTH, WEEK, DAY, HOUR, MINUTE, SECOND, MILLISECOND, MICROSECOND, NANOSECOND, "
     "MILLENNIUM, ...",
     ""},
    {"SELECT MAP['a']", "42601 12: MAP[...] has a key without a value", "", ""},
    {"SELECT a FROM t MATCH_RECOGNIZE (PATTERN (A) )", "42601 46: syntax error at \")\"",
     "expected one of: WITHIN, DEFINE, SUBSET", ""},
    {"SHOW TABLS", "42601 6: syntax error at \"TABLS\"",
     "expected one of: CREATE, FULL, a string, CURRENT, COLUMNS, MATERIALIZED, PARTITIONS, TABLES, VIEWS, FUNCTIONS, "
     "DATABASES, CATALOGS, ...",
     "did you mean TABLES?"},
    {"SHOW", "42601 5: syntax error at the end of the text: the statement is not complete",
     "expected one of: CREATE, FULL, a string, CURRENT, COLUMNS, MATERIALIZED, PARTITIONS, TABLES, VIEWS, FUNCTIONS, "
     "DATABASES, CATALOGS, ...",
     ""},
    {"DESCRIBE", "42601 9: syntax error at the end of the text: the statement is not complete",
     "expected one of: a name, FUNCTION, CATALOG, DATABASE, JOB, EXTENDED", ""},
    {"EXPLAIN", "42601 8: syntax error at the end of the text: the statement is not complete",
     "expected one of: SELECT, INSERT, CREATE, WITH, TABLE, VALUES, EXECUTE, STATEMENT, BEGIN, ANALYZE, PLAN, VERBOSE, "
     "...",
     ""},
    {"DROP TBLE t", "42601 6: syntax error at \"TBLE\"",
     "expected one of: TABLE, VIEW, TEMPORARY, MATERIALIZED, FUNCTION, CATALOG, DATABASE", "did you mean TABLE?"},
    {"ALTER TABLE t FOO", "42601 15: syntax error at \"FOO\"",
     "expected one of: SET, DROP, RENAME, RESET, ADD, MODIFY, '.'", ""},
    {"SET a", "42601 6: syntax error at the end of the text: the statement is not complete", "expected one of: TO, '='",
     "SET 'key' = 'value' changes a setting, SHOW 'key' shows it"},
    {"SET 'a' 'b'", "42601 9: syntax error at \"'b'\"", "expected one of: TO, '='", ""},
    {"SET 'a' =", "42601 10: syntax error at the end of the text: the statement is not complete",
     "expected one of: a name, a number, a string, TRUE, FALSE, a duration, a value", ""},
    {"EXECUTE STATEMENT SET BEGIN SELECT 1; END", "42601 29: syntax error at \"SELECT\"", "expected INSERT", ""},
    {"BEGIN STATEMENT SET; INSERT INTO a SELECT 1;",
     "42601 45: syntax error at the end of the text: the statement is not complete", "expected one of: INSERT, END",
     ""},
    {"SELECT a,, b FROM t", "42601 10: syntax error at \",\"", "expected one of: an expression, '*'",
     "remove the comma before it, or write what should follow the comma"},
    {"SELECT a b, FROM t", "42601 13: syntax error at \"FROM\"", "expected one of: an expression, '*'",
     "remove the comma before it, or write what should follow the comma"},
    {"SELECT (a, b FROM t", "42601 14: syntax error at \"FROM\"", "expected one of: ')', ',', an operator", ""},
    {"SELECT a) FROM t", "42601 9: syntax error at \")\"",
     "expected one of: a name, ',', FROM, WHERE, GROUP, HAVING, ORDER, LIMIT, AS, UNION, EXCEPT, INTERSECT, ...", ""},
    {"SELECT a FROM t /*+ FOO */ WHERE /*+ BAR */ x", "42601 34: syntax error at \"/*+\"", "expected an expression",
     "a hint may stand after SELECT and after a table name; a comment is written /* without the +"},
    {"SELECT * FROM t1 UNION t2", "42601 24: syntax error at \"t2\"",
     "expected one of: SELECT, TABLE, VALUES, DISTINCT, ALL, '('", ""},
    {"SELEC a FROM t", "42601 1: syntax error at \"SELEC\"",
     "expected one of: SELECT, INSERT, CREATE, SET, SHOW, EXPLAIN, DESCRIBE, DROP, ALTER, WITH, TABLE, VALUES, ...",
     "did you mean SELECT?"},
    {"SELECT a FRO t", "42601 10: syntax error at \"FRO\"",
     "expected one of: a name, ',', FROM, WHERE, GROUP, HAVING, ORDER, LIMIT, AS, UNION, EXCEPT, INTERSECT, ...",
     "did you mean FROM?"},
    {"SELECT a FROM t WHERE x LIKEE 'a'", "42601 25: syntax error at \"LIKEE\"",
     "expected one of: GROUP, HAVING, ORDER, LIMIT, UNION, EXCEPT, INTERSECT, OFFSET, FETCH, EMIT, WINDOW, QUALIFY, "
     "...",
     "did you mean LIKE?"},
    {"SELECT a FROM t ODER BY a", "42601 17: syntax error at \"ODER\"",
     "expected one of: a name, ',', WHERE, GROUP, HAVING, ORDER, LIMIT, AS, UNION, EXCEPT, INTERSECT, JOIN, ...",
     "did you mean ORDER?"},
    {"SELECT a FROM t LEFT JON u ON x", "42601 22: syntax error at \"JON\"", "expected one of: JOIN, ASOF, OUTER",
     "did you mean JOIN?"},
    {"SELECT a FROM t HAVIN x > 1", "42601 17: syntax error at \"HAVIN\"",
     "expected one of: a name, ',', WHERE, GROUP, HAVING, ORDER, LIMIT, AS, UNION, EXCEPT, INTERSECT, JOIN, ...",
     "did you mean HAVING?"},
    {"SELECT a FROM t WHERE a NOT b", "42601 29: syntax error at \"b\"",
     "expected one of: LIKE, ILIKE, RLIKE, SIMILAR, BETWEEN, IN", ""},
    {"SELECT a FROM t WHERE NOT", "42601 26: syntax error at the end of the text: the statement is not complete",
     "expected an expression", ""},
    {"foo", "42601 1: syntax error at \"foo\"",
     "expected one of: SELECT, INSERT, CREATE, SET, SHOW, EXPLAIN, DESCRIBE, DROP, ALTER, WITH, TABLE, VALUES, ...",
     ""},
    {"CREATE VIEW v SELECT 1", "42601 15: syntax error at \"SELECT\"", "expected one of: WITH, AS, COMMENT, '.', '('",
     ""},
    {"CREATE TABLE t (user STRING, group STRING)", "42601 30: syntax error at \"group\"",
     "expected one of: a name, PRIMARY, UNIQUE, CONSTRAINT, WATERMARK",
     "group is a reserved word; as a name it is written `group`"},
    {"SELECT a AS select FROM t", "42601 13: syntax error at \"select\"", "expected a name",
     "select is a reserved word; as a name it is written `select`"},
    {"SELECT a FROM t WHERE b = 'it's'", "42601 31: syntax error at \"s\"",
     "expected one of: GROUP, HAVING, ORDER, LIMIT, UNION, EXCEPT, INTERSECT, OFFSET, FETCH, EMIT, WINDOW, QUALIFY, "
     "...",
     "a quote inside a string is written twice: ''"},
    {"SELECT `` FROM t", "42601 8: a name cannot be empty", "", ""},
    {"WITH a AS SELECT 1 SELECT 2", "42601 11: syntax error at \"SELECT\"", "expected '('", ""},
    {"SELECT TOP 5 a FROM t", "42601 12: syntax error at \"5\"",
     "expected one of: a name, ',', FROM, WHERE, GROUP, HAVING, ORDER, LIMIT, AS, UNION, EXCEPT, INTERSECT, ...", ""},
    {"SELECT a FROM t LIMIT 5, 10", "42601 24: syntax error at \",\"",
     "expected one of: OFFSET, EMIT, an operator, the end of the statement", ""},
    {"DELETE t WHERE a", "42601 8: syntax error at \"t\"", "expected FROM", ""},
    {"USE", "42601 4: syntax error at the end of the text: the statement is not complete",
     "expected one of: a name, CATALOG, MODULES", ""},
    {"SELECT U&'\\00zz'", "42601 11: escape in the string is not valid", "",
     "write the escape character and four hexadecimal digits, or + and six: \\0061, \\+000061"},
    {"SELECT U&'a' UESCAPE '+'",
     "42601 22: UESCAPE must be one ASCII character that is no hexadecimal digit, plus sign, quote or space", "", ""},
    {"SELECT E'\\xff'", "42601 10: escape in the string is not valid", "",
     "use \\n \\r \\t \\b \\f \\\\ \\' \\xHH (up to 7F), \\uXXXX or \\UXXXXXXXX"},
    {"SELECT E'\\ud800'", "42601 10: escape in the string is not valid", "",
     "use \\n \\r \\t \\b \\f \\\\ \\' \\xHH (up to 7F), \\uXXXX or \\UXXXXXXXX"},
    {"SELECT INTERVAL '1:75' HOUR TO MINUTE", "22007 17: '1:75' is not an interval of HOUR TO MINUTE", "", ""},
    {"SELECT INTERVAL '99999999999999999999' DAY", "22007 17: '99999999999999999999' is not an interval of DAY", "",
     ""},
    {"SELECT INTERVAL '1 month 2 days'", "22007 17: '1 month 2 days' is not an interval", "",
     "write '10' SECOND, '1 02:03' DAY TO MINUTE, '10 seconds' or 10s; months cannot be mixed with days"},
    {"SELECT 99999999999999999999d", "22003 8: duration \"99999999999999999999d\" is too long", "", ""},
    {"SELECT a FROM t MATCH_RECOGNIZE (PATTERN (A{3,2}) DEFINE A AS TRUE)",
     "42601 47: the upper bound of a quantifier must be at least its lower bound, and 1", "", ""},
    {"CREATE TABLE t (a INT COMMENT 'x' COMMENT 'y')", "42601 35: COMMENT is written twice", "", ""},
    {"CREATE TABLE t (a INT VIRTUAL)", "42601 23: only a METADATA column can be VIRTUAL", "", ""},
    {"CREATE TABLE t (a INT) WITH ('a'='b') WITH ('c'='d')", "42601 39: WITH is written twice", "", ""},
    {"CREATE TABLE t LIKE s AS SELECT 1", "42601 26: CREATE TABLE takes LIKE or AS, not both", "", ""},
    {"CREATE TABLE t LIKE s (INCLUDING NOTHING)", "42601 34: LIKE knows no feature \"NOTHING\"", "",
     "the features are ALL, CONSTRAINTS, DISTRIBUTION, GENERATED, METADATA, OPTIONS, PARTITIONS, WATERMARKS"},
    {"CREATE OR ALTER TABLE t (a INT)", "42601 1: CREATE OR ALTER is for views", "", ""},
    {"CREATE OR REPLACE VIEW IF NOT EXISTS v AS SELECT 1", "42601 1: OR REPLACE and IF NOT EXISTS exclude each other",
     "", ""},
    {"CREATE VIEW v WITH ('a'='b') AS SELECT 1", "42601 15: only a materialized view takes options", "", ""},
    {"CREATE TABLE t (a MAP)", "42601 19: type MAP needs its element types: MAP<STRING, INT>", "", ""},
    {"CREATE TABLE t (a INT PRECISION)", "42601 19: there is no such kind of type INT", "", ""},
    {"CREATE TABLE t (a DATE WITH TIME ZONE)", "42601 19: there is no such kind of type DATE", "", ""},
    {"CREATE TABLE t (a FOO('x', 'y'))", "42601 19: only type RAW takes strings", "", ""},
    {"SELECT a FROM t GROUP BY ROLLUP(CUBE(a))", "42601 33: ROLLUP takes expressions and lists of expressions", "", ""},
    {"CREATE TABLE t (a INT) DISTRIBUTED INTO 0 BUCKETS", "22003 41: the number of buckets must be positive", "", ""},
    {"DELETE FROM t AS x (a)", "42601 21: no column names may stand here", "", ""},
    {"SELECT a RLIKE 'x' ESCAPE 'y'", "42601 27: RLIKE takes no ESCAPE", "", ""},
    {"SELECT CAST(a AS DECIMAL(99999999999, 2))", "22003 26: number is too large", "", ""},
    {"SELECT JSON_VALUE(a, b NULL ON EMPTY DEFAULT 1 ON EMPTY)", "42601 51: this clause is written twice", "", ""},
    {"SELECT JSON_ARRAYAGG()", "42601 8: JSON_ARRAYAGG needs something to aggregate", "", ""},
};

static void test_refusals(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT_OF(refusals); i++) {
        struct arena arena;
        struct ast_script script;
        struct error error = {0};
        char message[700];
        arena_init(&arena);
        enum status status = sql_parse(&arena, str_from(refusals[i].text), &script, &error);
        snprintf(message, sizeof message, "%s %u: %s", status_sqlstate(status), error.position, error.message);
        if (strcmp(message, refusals[i].message) != 0)
            print_error("%s\n", refusals[i].text);
        assert_string_equal(message, refusals[i].message);
        assert_string_equal(error.detail, refusals[i].detail);
        assert_string_equal(error.hint, refusals[i].hint);
        arena_release(&arena);
    }
}

/* The caller may not care for the error. */
static void test_no_error_wanted(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT_OF(refusals); i++) {
        struct arena arena;
        struct ast_script script;
        arena_init(&arena);
        assert_int_not_equal(sql_parse(&arena, str_from(refusals[i].text), &script, NULL), STATUS_OK);
        arena_release(&arena);
    }
}

/* Every prefix of every refused text: nothing crashes, and a refusal always has a place inside of the text. */
static void test_prefixes(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT_OF(refusals); i++) {
        for (size_t size = 0; size < strlen(refusals[i].text); size++) {
            struct arena arena;
            struct ast_script script;
            struct error error = {0};
            arena_init(&arena);
            if (sql_parse(&arena, (struct str){refusals[i].text, size}, &script, &error) != STATUS_OK) {
                assert_true(error.position >= 1 && error.position <= size + 1);
                assert_true(error.message[0] != '\0');
            }
            arena_release(&arena);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_no_error_wanted),
        cmocka_unit_test(test_prefixes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
