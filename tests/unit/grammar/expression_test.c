/* expression_test.c: every kind of expression becomes the right tree. */
#include "tests/unit/grammar/tree.h"

static const struct example numbers_and_strings[] = {
    {"1", "1"},
    {"-1", "-1"},
    {"- 1", "-1"},
    {"1.5", "1.5m"},
    {".5", ".5m"},
    {"1.", "1.m"},
    {"1e3", "1000e"},
    {"1_000", "1000"},
    {"99999999999999999999", "99999999999999999999m"},
    {"-9223372036854775808", "-9223372036854775808"},
    {"'a''b'", "'a'b'"},
    {"X'0aFF'", "X'0AFF'"},
    {"E'a\\n\\x41\\u00e9'", "'a\nAé'"},
    {"U&'d\\0061t\\+000061'", "'data'"},
    {"U&'!0041' UESCAPE '!'", "'A'"},
};

static const struct example constants[] = {
    {"NULL", "NULL"},
    {"TRUE", "TRUE"},
    {"false", "FALSE"},
    {"DATE '2024-01-01'", "(date '2024-01-01')"},
    {"TIME '10:00:00'", "(time '10:00:00')"},
    {"TIMESTAMP '2024-01-01 00:00:00'", "(timestamp '2024-01-01 00:00:00')"},
    {"TIMESTAMP_LTZ '2024-01-01 00:00:00'", "(timestamp_ltz '2024-01-01 00:00:00')"},
};

static const struct example intervals[] = {
    {"INTERVAL '10' SECOND", "(interval 10000000us SECOND)"},
    {"INTERVAL '1-2' YEAR TO MONTH", "(interval 14mo YEAR to MONTH)"},
    {"INTERVAL '1 02:03:04.5' DAY TO SECOND(3)", "(interval 93784500000us DAY to SECOND)"},
    {"INTERVAL 10 SECOND", "(interval 10000000us SECOND)"},
    {"INTERVAL '10 seconds'", "(interval 10000000us DAY to SECOND)"},
    {"INTERVAL -'3' DAY", "(interval -259200000000us DAY)"},
    {"INTERVAL '1 day 2 hours'", "(interval 93600000000us DAY to SECOND)"},
    {"INTERVAL '01:30:00'", "(interval 5400000000us DAY to SECOND)"},
    {"INTERVAL '2' WEEKS", "(interval 1209600000000us WEEK)"},
};

static const struct example durations[] = {
    {"10s", "(duration 10000000us)"},    {"5m", "(duration 300000000us)"}, {"1h30m", "(duration 5400000000us)"},
    {"2d", "(duration 172800000000us)"}, {"250ms", "(duration 250000us)"},
};

static const struct example arithmetic[] = {
    {"a + b * c - d / e % f", "(- (+ a (* b c)) (% (/ d e) f))"},
    {"a || b || c", "(|| (|| a b) c)"},
    {"-a", "(negate a)"},
    {"+a", "(plus a)"},
    {"-(-1)", "(negate -1)"},
    {"(a + b) * c", "(* (+ a b) c)"},
};

static const struct example logic[] = {
    {"a AND b AND c OR d OR e", "(or (or (and (and a b) c) d) e)"},
    {"a AND b OR NOT c AND d", "(or (and a b) (and (not c) d))"},
    {"NOT a = b", "(not (= a b))"},
    {"a = b AND c <> d", "(and (= a b) (<> c d))"},
    {"a != b", "(<> a b)"},
    {"a < b", "(< a b)"},
    {"a <= b", "(<= a b)"},
    {"a > b", "(> a b)"},
    {"a >= b", "(>= a b)"},
};

static const struct example is[] = {
    {"a IS NULL", "(is_null a)"},
    {"a IS NOT NULL", "(is_not_null a)"},
    {"a IS TRUE", "(is_true a)"},
    {"a IS NOT TRUE", "(is_not_true a)"},
    {"a IS FALSE", "(is_false a)"},
    {"a IS NOT FALSE", "(is_not_false a)"},
    {"a IS UNKNOWN", "(is_unknown a)"},
    {"a IS NOT UNKNOWN", "(is_not_unknown a)"},
    {"a IS DISTINCT FROM b", "(is_distinct_from a b)"},
    {"a IS NOT DISTINCT FROM b", "(is_not_distinct_from a b)"},
    {"a = b IS NULL", "(is_null (= a b))"},
};

static const struct example between[] = {
    {"a BETWEEN 1 AND 2", "(between a 1 2)"},
    {"a NOT BETWEEN 1 AND 2", "(not (between a 1 2))"},
    {"a BETWEEN SYMMETRIC 2 AND 1", "(between_symmetric a 2 1)"},
    {"a BETWEEN ASYMMETRIC 1 AND 2", "(between a 1 2)"},
    {"a BETWEEN 1 AND 2 AND b", "(and (between a 1 2) b)"},
};

static const struct example in[] = {
    {"a IN (1, 2)", "(in a (list 1 2))"},
    {"a NOT IN (1)", "(not (in a (list 1)))"},
    {"a IN (SELECT b FROM t)", "(in a (select b (from t)))"},
    {"a IN ((SELECT 1), 2)", "(in a (list (subquery (select 1)) 2))"},
    {"a IN ((SELECT 1))", "(in a (select 1))"},
    {"(a, b) IN ((1, 2), (3, 4))", "(in (row a b) (list (row 1 2) (row 3 4)))"},
};

static const struct example matching[] = {
    {"a LIKE 'x%'", "(like a 'x%')"},           {"a NOT LIKE 'x' ESCAPE '!'", "(not (like a 'x' '!'))"},
    {"a ILIKE 'x'", "(ilike a 'x')"},           {"a NOT ILIKE 'x'", "(not (ilike a 'x'))"},
    {"a SIMILAR TO 'x'", "(similar_to a 'x')"}, {"a NOT SIMILAR TO 'x' ESCAPE '\\'", "(not (similar_to a 'x' '\\'))"},
    {"a RLIKE 'x'", "(rlike a 'x')"},           {"a REGEXP 'x'", "(rlike a 'x')"},
};

static const struct example subqueries[] = {
    {"EXISTS (SELECT 1)", "(exists (select 1))"},
    {"NOT EXISTS (SELECT 1)", "(not (exists (select 1)))"},
    {"(SELECT MAX(x) FROM t)", "(subquery (select (max x) (from t)))"},
    {"a = ANY (SELECT 1)", "(=-any a (select 1))"},
    {"a > ALL (1, 2)", "(>-all a (list 1 2))"},
    {"a = SOME (b)", "(=-any a (list b))"},
};

static const struct example case_when[] = {
    {"CASE a WHEN 1 THEN 'x' WHEN 2 THEN 'y' ELSE 'z' END", "(case a (when 1 'x') (when 2 'y') (else 'z'))"},
    {"CASE WHEN a > 1 THEN b END", "(case (when (> a 1) b))"},
};

static const struct example casts[] = {
    {"CAST(a AS INT)", "(cast a int)"},   {"TRY_CAST(a AS DECIMAL(10, 2))", "(try_cast a decimal[10,2])"},
    {"a::bigint", "(cast a bigint)"},     {"a::timestamp(3) AS t", "(as t (cast a timestamp[3]))"},
    {"-a::int", "(negate (cast a int))"}, {"'x'::varchar(3)::int", "(cast (cast 'x' varchar[3]) int)"},
};

static const struct example calls[] = {
    {"COUNT(*)", "(count *)"},
    {"COUNT(DISTINCT a)", "(count distinct a)"},
    {"SUM(ALL a)", "(sum a)"},
    {"f()", "(f)"},
    {"a.b.f(1)", "(a.b.f 1)"},
    {"LISTAGG(a, ',' ORDER BY b DESC NULLS LAST)", "(listagg a ',' (order (desc nulls-last b)))"},
    {"COUNT(*) FILTER (WHERE a > 1)", "(count * (filter (> a 1)))"},
    {"LISTAGG(a) WITHIN GROUP (ORDER BY b)", "(listagg a (within-group b))"},
};

static const struct example windows[] = {
    {"SUM(a) OVER (PARTITION BY b ORDER BY c ROWS BETWEEN 2 PRECEDING AND CURRENT ROW)",
     "(sum a (over (partition b) (order c) (rows (preceding 2) current-row)))"},
    {"SUM(a) OVER w", "(sum a (over-name w))"},
    {"ROW_NUMBER() OVER (ORDER BY a)", "(row_number (over (order a)))"},
    {"SUM(a) OVER (w ORDER BY x RANGE UNBOUNDED PRECEDING)",
     "(sum a (over w (order x) (range unbounded-preceding current-row)))"},
    {"SUM(a) OVER (ORDER BY t RANGE BETWEEN INTERVAL '1' HOUR PRECEDING AND UNBOUNDED FOLLOWING)",
     "(sum a (over (order t) (range (preceding (interval 3600000000us HOUR)) unbounded-following)))"},
    {"LAST_VALUE(a) IGNORE NULLS OVER (ORDER BY b)", "(last_value a ignore-nulls (over (order b)))"},
    {"FIRST_VALUE(x) RESPECT NULLS", "(first_value x respect-nulls)"},
};

static const struct example units[] = {
    {"EXTRACT(YEAR FROM ts)", "(extract YEAR ts)"},
    {"EXTRACT(epoch FROM ts)", "(extract EPOCH ts)"},
    {"FLOOR(ts TO DAY)", "(floor ts DAY)"},
    {"CEIL(ts TO HOUR)", "(ceil ts HOUR)"},
    {"CEILING(x)", "(ceil x)"},
    {"FLOOR(x)", "(floor x)"},
    {"TIMESTAMPADD(DAY, 1, ts)", "(timestampadd DAY 1 ts)"},
    {"TIMESTAMPDIFF(SECOND, a, b)", "(timestampdiff SECOND a b)"},
    {"TIMESTAMPADD(SQL_TSI_DAY, 1, ts)", "(timestampadd DAY 1 ts)"},
};

static const struct example special_forms[] = {
    {"SUBSTRING(x FROM 1 FOR 2)", "(substring x 1 2)"},
    {"SUBSTRING(x FROM 1)", "(substring x 1)"},
    {"SUBSTRING(x, 1, 2)", "(substring x 1 2)"},
    {"TRIM(x)", "(trim x)"},
    {"TRIM(BOTH 'a' FROM x)", "(trim x 'a')"},
    {"TRIM(LEADING FROM x)", "(ltrim x)"},
    {"TRIM(TRAILING 'b' FROM x)", "(rtrim x 'b')"},
    {"TRIM('c' FROM x)", "(trim x 'c')"},
    {"POSITION('a' IN x)", "(position 'a' x)"},
    {"OVERLAY(x PLACING 'y' FROM 1 FOR 2)", "(overlay x 'y' 1 2)"},
    {"OVERLAY(x PLACING 'y' FROM 1)", "(overlay x 'y' 1)"},
};

static const struct example niladic[] = {
    {"CURRENT_TIMESTAMP", "(current_timestamp)"},
    {"CURRENT_DATE", "(current_date)"},
    {"LOCALTIMESTAMP", "(localtimestamp)"},
    {"NOW()", "(now)"},
    {"CURRENT_TIMESTAMP(3)", "(current_timestamp 3)"},
    {"PROCTIME()", "(proctime)"},
};

static const struct example constructors[] = {
    {"ROW(1, 'a')", "(row 1 'a')"},
    {"(1, 2)", "(row 1 2)"},
    {"ROW()", "(row)"},
    {"ARRAY[1, 2]", "(array 1 2)"},
    {"ARRAY[]", "(array)"},
    {"MAP['k', 1, 'l', 2]", "(map 'k' 1 'l' 2)"},
    {"x[1]", "([] x 1)"},
    {"x['k'][2]", "([] ([] x 'k') 2)"},
    {"a.b.c", "a.b.c"},
    {"(a).b", "(field a b)"},
    {"f(x).y", "(field (f x) y)"},
    {"x[1].y", "(field ([] x 1) y)"},
    {"(SELECT r FROM t).f", "(field (subquery (select r (from t))) f)"},
    {"ARRAY[1,2][1]", "([] (array 1 2) 1)"},
};

static const struct example operators_and_names[] = {
    {"ts AT TIME ZONE 'UTC'", "(at_time_zone ts 'UTC')"},
    {"ts AT TIME ZONE 'UTC' + 1", "(+ (at_time_zone ts 'UTC') 1)"},
    {"LEFT(a, 1)", "(left a 1)"},
    {"RIGHT(a, 2)", "(right a 2)"},
    {"IF(a, b, c)", "(if a b c)"},
    {"MOD(a, 2)", "(mod a 2)"},
    {"DATE(ts)", "(date ts)"},
    {"YEAR(ts)", "(year ts)"},
    {"REPLACE(a, 'b', 'c')", "(replace a 'b' 'c')"},
};

static const struct example json_and_quotes[] = {
    {"(a, b) OVERLAPS (c, d)", "(overlaps (row a b) (row c d))"},
    {"array_agg(a IGNORE NULLS)", "(array_agg a ignore-nulls)"},
    {"array_agg(DISTINCT a RESPECT NULLS ORDER BY b)", "(array_agg distinct a (order b) respect-nulls)"},
    {"(a - b) MONTH", "(* (timestampdiff MONTH b a) (interval 1mo MONTH))"},
    {"(a - b) DAY TO SECOND", "(cast (- a b) (interval DAY to SECOND))"},
    {"f(_UTF8'x', N'y', _UTF-16LE'z')", "(f 'x' 'y' 'z')"},
    {"f(a => 1, b => 'x')", "(f a=>1 b=>'x')"},
    {"a IS JSON", "(is_json_value a)"},
    {"a IS NOT JSON OBJECT", "(not (is_json_object a))"},
    {"`select`", "\"select\""},
    {"\"from\"", "\"from\""},
    {"`a``b`", "\"a`b\""},
    {"\"x\"\"y\"", "\"x\"y\""},
    {"t.`order`", "t.\"order\""},
    {"größe", "größe"},
    {"温度", "温度"},
};

static const struct example soft_special[] = {
    {"date '2024-01-01' date", "(as date (date '2024-01-01'))"},
    {"interval '1' day day", "(as day (interval 86400000000us DAY))"},
    {"extract", "extract"},
    {"extract(day from day)", "(extract DAY day)"},
    {"left", "left"},
    {"left(left, 1)", "(left left 1)"},
    {"trim", "trim"},
    {"interval", "interval"},
    {"position", "position"},
};

static const struct example json_value[] = {
    {"JSON_VALUE(a, '$.b')", "(json_value a '$.b')"},
    {"JSON_VALUE(a, '$.b' RETURNING INT)", "(json_value a '$.b' returning=>(cast NULL int))"},
    {"JSON_VALUE(a, 'lax $.b' RETURNING DECIMAL(3, 1) NULL ON EMPTY DEFAULT -1 ON ERROR)",
     "(json_value a 'lax $.b' returning=>(cast NULL decimal[3,1]) on_empty=>'NULL' default_on_error=>-1)"},
    {"JSON_VALUE(a, b RETURNING TIMESTAMP(3) WITH LOCAL TIME ZONE ERROR ON EMPTY)",
     "(json_value a b returning=>(cast NULL timestamp_ltz[3]) on_empty=>'ERROR')"},
};

static const struct example json_exists[] = {
    {"JSON_EXISTS(a, '$.b')", "(json_exists a '$.b')"},
    {"JSON_EXISTS(a, '$.b' TRUE ON ERROR)", "(json_exists a '$.b' on_error=>'TRUE')"},
    {"JSON_EXISTS(a, '$.b' UNKNOWN ON ERROR)", "(json_exists a '$.b' on_error=>'UNKNOWN')"},
};

static const struct example json_query[] = {
    {"JSON_QUERY(a, '$.b')", "(json_query a '$.b')"},
    {"JSON_QUERY(a, '$.b' WITH CONDITIONAL ARRAY WRAPPER NULL ON EMPTY EMPTY ARRAY ON ERROR)",
     "(json_query a '$.b' wrapper=>'CONDITIONAL' on_empty=>'NULL' on_error=>'EMPTY ARRAY')"},
    {"JSON_QUERY(a, '$' RETURNING ARRAY<STRING> WITHOUT WRAPPER)",
     "(json_query a '$' returning=>(cast NULL (array string)) wrapper=>'WITHOUT')"},
    {"JSON_QUERY(a, '$' RETURNING STRING WITH WRAPPER EMPTY OBJECT ON EMPTY)",
     "(json_query a '$' returning=>(cast NULL string) wrapper=>'UNCONDITIONAL' on_empty=>'EMPTY OBJECT')"},
    {"JSON_QUERY(a, '$' WITHOUT ARRAY WRAPPER)", "(json_query a '$' wrapper=>'WITHOUT')"},
};

static const struct example json_constructors[] = {
    {"JSON_OBJECT()", "(json_object)"},
    {"JSON_OBJECT('a' VALUE 1, KEY b VALUE c ABSENT ON NULL)", "(json_object 'a' 1 b c on_null=>'ABSENT')"},
    {"JSON_OBJECT(KEY 'a' VALUE JSON_OBJECT('x' VALUE y) NULL ON NULL)",
     "(json_object 'a' (json_object 'x' y) on_null=>'NULL')"},
    {"JSON_ARRAY()", "(json_array)"},
    {"JSON_ARRAY(1, 'a' NULL ON NULL)", "(json_array 1 'a' on_null=>'NULL')"},
    {"JSON_OBJECTAGG(KEY k VALUE v)", "(json_objectagg k v)"},
    {"JSON_ARRAYAGG(x ABSENT ON NULL) FILTER (WHERE y)", "(json_arrayagg x on_null=>'ABSENT' (filter y))"},
    {"JSON_STRING(a)", "(json_string a)"},
};

static void test_numbers_and_strings(void **state) {
    (void)state;
    check_examples(numbers_and_strings, COUNT_OF(numbers_and_strings), "SELECT ");
}

static void test_constants(void **state) {
    (void)state;
    check_examples(constants, COUNT_OF(constants), "SELECT ");
}

static void test_intervals(void **state) {
    (void)state;
    check_examples(intervals, COUNT_OF(intervals), "SELECT ");
}

static void test_durations(void **state) {
    (void)state;
    check_examples(durations, COUNT_OF(durations), "SELECT ");
}

static void test_arithmetic(void **state) {
    (void)state;
    check_examples(arithmetic, COUNT_OF(arithmetic), "SELECT ");
}

static void test_logic(void **state) {
    (void)state;
    check_examples(logic, COUNT_OF(logic), "SELECT ");
}

static void test_is(void **state) {
    (void)state;
    check_examples(is, COUNT_OF(is), "SELECT ");
}

static void test_between(void **state) {
    (void)state;
    check_examples(between, COUNT_OF(between), "SELECT ");
}

static void test_in(void **state) {
    (void)state;
    check_examples(in, COUNT_OF(in), "SELECT ");
}

static void test_matching(void **state) {
    (void)state;
    check_examples(matching, COUNT_OF(matching), "SELECT ");
}

static void test_subqueries(void **state) {
    (void)state;
    check_examples(subqueries, COUNT_OF(subqueries), "SELECT ");
}

static void test_case_when(void **state) {
    (void)state;
    check_examples(case_when, COUNT_OF(case_when), "SELECT ");
}

static void test_casts(void **state) {
    (void)state;
    check_examples(casts, COUNT_OF(casts), "SELECT ");
}

static void test_calls(void **state) {
    (void)state;
    check_examples(calls, COUNT_OF(calls), "SELECT ");
}

static void test_windows(void **state) {
    (void)state;
    check_examples(windows, COUNT_OF(windows), "SELECT ");
}

static void test_units(void **state) {
    (void)state;
    check_examples(units, COUNT_OF(units), "SELECT ");
}

static void test_special_forms(void **state) {
    (void)state;
    check_examples(special_forms, COUNT_OF(special_forms), "SELECT ");
}

static void test_niladic(void **state) {
    (void)state;
    check_examples(niladic, COUNT_OF(niladic), "SELECT ");
}

static void test_constructors(void **state) {
    (void)state;
    check_examples(constructors, COUNT_OF(constructors), "SELECT ");
}

static void test_operators_and_names(void **state) {
    (void)state;
    check_examples(operators_and_names, COUNT_OF(operators_and_names), "SELECT ");
}

static void test_json_and_quotes(void **state) {
    (void)state;
    check_examples(json_and_quotes, COUNT_OF(json_and_quotes), "SELECT ");
}

static void test_soft_special(void **state) {
    (void)state;
    check_examples(soft_special, COUNT_OF(soft_special), "SELECT ");
}

static void test_json_value(void **state) {
    (void)state;
    check_examples(json_value, COUNT_OF(json_value), "SELECT ");
}

static void test_json_exists(void **state) {
    (void)state;
    check_examples(json_exists, COUNT_OF(json_exists), "SELECT ");
}

static void test_json_query(void **state) {
    (void)state;
    check_examples(json_query, COUNT_OF(json_query), "SELECT ");
}

static void test_json_constructors(void **state) {
    (void)state;
    check_examples(json_constructors, COUNT_OF(json_constructors), "SELECT ");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers_and_strings),
        cmocka_unit_test(test_constants),
        cmocka_unit_test(test_intervals),
        cmocka_unit_test(test_durations),
        cmocka_unit_test(test_arithmetic),
        cmocka_unit_test(test_logic),
        cmocka_unit_test(test_is),
        cmocka_unit_test(test_between),
        cmocka_unit_test(test_in),
        cmocka_unit_test(test_matching),
        cmocka_unit_test(test_subqueries),
        cmocka_unit_test(test_case_when),
        cmocka_unit_test(test_casts),
        cmocka_unit_test(test_calls),
        cmocka_unit_test(test_windows),
        cmocka_unit_test(test_units),
        cmocka_unit_test(test_special_forms),
        cmocka_unit_test(test_niladic),
        cmocka_unit_test(test_constructors),
        cmocka_unit_test(test_operators_and_names),
        cmocka_unit_test(test_json_and_quotes),
        cmocka_unit_test(test_soft_special),
        cmocka_unit_test(test_json_value),
        cmocka_unit_test(test_json_exists),
        cmocka_unit_test(test_json_query),
        cmocka_unit_test(test_json_constructors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
