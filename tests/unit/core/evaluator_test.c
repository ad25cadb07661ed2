/* evaluator_test.c: what the evaluator does around kernels: sharing, filters, lazy branches, constants, dictionaries, NULLs;
 * and the operations on expressions. */
#include "tests/unit/core/expression_text.h"

enum { ROWS = 200 };

struct fixture {
    struct arena arena;
    struct batch batch;
    struct column columns
        [4]; /* 0: BIGINT row number, 1: BIGINT row % 10 (NULL where row % 7 = 0), 2: STRING dictionary, 3: DOUBLE */
    struct evaluation_context context;
};

static int setup(void **state) {
    struct fixture *fixture = calloc(1, sizeof *fixture);
    arena_init(&fixture->arena);
    struct column *columns = fixture->columns;
    column_init(&columns[0], &fixture->arena, &type_bigint, ROWS);
    column_init(&columns[1], &fixture->arena, &type_bigint, ROWS);
    column_init(&columns[2], &fixture->arena, &type_string, 3);
    column_init(&columns[3], &fixture->arena, &type_double, ROWS);
    columns[2].kind = COLUMN_DICTIONARY;
    columns[2].dictionary_size = 3;
    columns[2].codes = ARENA_ARRAY(&fixture->arena, uint16_t, ROWS);
    const char *words[] = {"Apple", "Banana", "a rather long Cherry"};
    for (uint32_t i = 0; i < 3; i++)
        COLUMN_VALUES(&columns[2], struct string_view)[i] = view_make(words[i], (uint32_t)strlen(words[i]));
    for (uint32_t row = 0; row < ROWS; row++) {
        COLUMN_VALUES(&columns[0], int64_t)[row] = row;
        COLUMN_VALUES(&columns[1], int64_t)[row] = row % 7 ? row % 10 : INT64_MAX;
        if (row % 7 == 0)
            column_set_null(&columns[1], &fixture->arena, row, ROWS);
        columns[2].codes[row] = (uint16_t)(row % 3);
        COLUMN_VALUES(&columns[3], double)[row] = row * 0.5;
    }
    fixture->batch = (struct batch){.row_count = ROWS, .column_count = 4, .columns = columns};
    fixture->context = text_context();
    *state = fixture;
    return 0;
}

static int teardown(void **state) {
    struct fixture *fixture = *state;
    arena_release(&fixture->arena);
    free(fixture);
    return 0;
}

static struct expression *column(struct fixture *fixture, uint32_t index) {
    return expression_column(&fixture->arena, index, fixture->columns[index].type, 1);
}

static struct expression *call2(struct fixture *fixture, const char *name, struct expression *a, struct expression *b) {
    struct expression *arguments[] = {a, b}, *result = NULL;
    struct error error = {0};
    if (expression_call(&fixture->arena, name, arguments, b ? 2 : 1, 1, &result, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    return result;
}

static struct expression *number(struct fixture *fixture, int64_t value) {
    return expression_bigint(&fixture->arena, value, 1);
}

static struct selection filter(struct fixture *fixture, struct expression *condition, struct selection selection) {
    struct evaluator *evaluator;
    struct error error = {0};
    struct selection result;
    uint16_t *rows = ARENA_ARRAY(&fixture->arena, uint16_t, ROWS);
    assert_int_equal(evaluator_open(&fixture->arena, &condition, 1, &evaluator, &error), STATUS_OK);
    if (evaluator_filter(evaluator, 0, &fixture->batch, &selection, &fixture->context, &fixture->arena, rows, &result,
                         &error) != STATUS_OK)
        fail_msg("%s", error.message);
    return result;
}

static struct column evaluate(struct fixture *fixture, struct expression *expression) {
    struct evaluator *evaluator;
    struct error error = {0};
    struct column result;
    struct selection all = {NULL, ROWS};
    assert_int_equal(evaluator_open(&fixture->arena, &expression, 1, &evaluator, &error), STATUS_OK);
    if (evaluator_run(evaluator, &fixture->batch, &all, &fixture->context, &fixture->arena, &result, &error) !=
        STATUS_OK)
        fail_msg("%s", error.message);
    return result;
}

static void filters_agree_with_values(void **state) {
    struct fixture *fixture = *state;
    struct expression *first = call2(fixture, ">", column(fixture, 0), number(fixture, 20));
    struct expression *second = call2(fixture, "<", column(fixture, 1), number(fixture, 5));
    struct expression *third = call2(fixture, "=", call2(fixture, "lower", column(fixture, 2), NULL),
                                     expression_string(&fixture->arena, STR("apple"), 1));
    struct expression *conditions[] = {
        first,
        second,
        third,
        call2(fixture, "and", call2(fixture, "and", first, second), third),
        call2(fixture, "or", call2(fixture, "and", first, second), third),
        call2(fixture, "not", call2(fixture, "or", second, third), NULL),
        call2(
            fixture, "or",
            call2(fixture, "=",
                  call2(fixture, "/", number(fixture, 10), call2(fixture, "+", column(fixture, 0), number(fixture, 1))),
                  number(fixture, 2)),
            second),
        call2(fixture, "is_null", column(fixture, 1), NULL),
        expression_boolean(&fixture->arena, true, 1),
        expression_boolean(&fixture->arena, false, 1),
        expression_null(&fixture->arena, &type_boolean, 1),
    };
    uint16_t some[] = {0, 1, 2, 3, 30, 31, 32, 33, 34, 35, 36, 90, 91, 92, 150, 151, 152, 199};
    struct selection selections[] = {{NULL, ROWS}, {some, 18}, {NULL, 0}, {NULL, 9}};
    for (size_t i = 0; i < sizeof conditions / sizeof conditions[0]; i++) {
        struct column value = evaluate(fixture, conditions[i]);
        for (int k = 0; k < 4; k++) {
            struct selection rows = filter(fixture, conditions[i], selections[k]);
            uint32_t next = 0;
            for (uint32_t j = 0; j < selections[k].count; j++) {
                uint32_t row = selection_row(&selections[k], j);
                bool expected = !column_is_null(&value, row) && *(const uint8_t *)column_value(&value, row);
                bool found = next < rows.count && selection_row(&rows, next) == row;
                if (expected != found)
                    fail_msg("condition %zu, selection %d, row %u: %d", i, k, row, found);
                next += found;
            }
            assert_int_equal(next, rows.count);
        }
    }
}

static void lazy_branches_see_their_rows_only(void **state) {
    struct fixture *fixture = *state;
    /* x <> 0 AND 10 / x > 1, CASE WHEN x <> 0 THEN 10 / x END over rows where x is 0 */
    struct expression *x = column(fixture, 0), *zero = number(fixture, 0);
    struct expression *quotient = call2(fixture, "/", number(fixture, 10), x);
    struct expression *guard = call2(fixture, "<>", x, zero);
    struct selection rows =
        filter(fixture, call2(fixture, "and", guard, call2(fixture, ">", quotient, number(fixture, 1))),
               (struct selection){NULL, ROWS});
    assert_int_equal(rows.count, 5); /* 1 to 5 */
    struct expression *arguments[] = {guard, quotient}, *result = NULL;
    assert_int_equal(expression_call(&fixture->arena, "case", arguments, 2, 1, &result, NULL), STATUS_OK);
    struct column value = evaluate(fixture, result);
    assert_true(column_is_null(&value, 0));
    assert_int_equal(COLUMN_VALUES(&value, int64_t)[3], 3);

    struct evaluator *evaluator;
    struct error error = {0};
    struct selection all = {NULL, ROWS};
    assert_int_equal(evaluator_open(&fixture->arena, &quotient, 1, &evaluator, &error), STATUS_OK);
    assert_int_equal(
        evaluator_run(evaluator, &fixture->batch, &all, &fixture->context, &fixture->arena, &value, &error),
        STATUS_DIVISION_BY_ZERO);
    assert_int_equal(error.position, 1);
}

static void nulls_do_not_fail(void **state) {
    struct fixture *fixture = *state;
    /* Under the NULLs of column 1 lies the largest BIGINT. */
    struct column value = evaluate(fixture, call2(fixture, "+", column(fixture, 1), number(fixture, 1)));
    assert_int_equal(value.kind, COLUMN_FLAT);
    assert_true(column_is_null(&value, 0));
    assert_int_equal(COLUMN_VALUES(&value, int64_t)[13], 4);
}

static void kinds_are_kept(void **state) {
    struct fixture *fixture = *state;
    struct column value = evaluate(fixture, call2(fixture, "+", number(fixture, 1), number(fixture, 2)));
    assert_int_equal(value.kind, COLUMN_CONSTANT);
    value = evaluate(fixture, call2(fixture, "lower", column(fixture, 2), NULL));
    assert_int_equal(value.kind, COLUMN_DICTIONARY);
    assert_ptr_equal(value.codes, fixture->columns[2].codes);
    assert_string_equal(text_value(&fixture->arena, &value, 2), "a rather long cherry");
    value = evaluate(fixture, column(fixture, 0));
    assert_ptr_equal(value.values, fixture->columns[0].values);
    value = evaluate(fixture, call2(fixture, "+", column(fixture, 0), expression_null(&fixture->arena, &type_null, 1)));
    assert_int_equal(value.kind, COLUMN_CONSTANT);
    assert_true(column_is_null(&value, 5));
}

/* RAND() twice is two numbers; the same node twice, and equal deterministic calls, are one. */
static void equal_expressions_are_shared(void **state) {
    struct fixture *fixture = *state;
    struct expression *random[2], *sums[2];
    for (int i = 0; i < 2; i++) {
        assert_int_equal(expression_call(&fixture->arena, "rand", NULL, 0, (sql_position)i + 1, &random[i], NULL),
                         STATUS_OK);
        sums[i] = call2(fixture, "+", column(fixture, 0), number(fixture, 1));
    }
    assert_true(expression_equal(sums[0], sums[1]));
    assert_false(expression_equal(random[0], random[1]));
    assert_true(expression_equal(random[0], random[0]));
    struct expression *all[] = {random[0], random[1], random[0], sums[0], sums[1]};
    struct evaluator *evaluator;
    struct error error = {0};
    struct column results[5];
    struct selection rows = {NULL, ROWS};
    assert_int_equal(evaluator_open(&fixture->arena, all, 5, &evaluator, &error), STATUS_OK);
    assert_int_equal(
        evaluator_run(evaluator, &fixture->batch, &rows, &fixture->context, &fixture->arena, results, &error),
        STATUS_OK);
    assert_ptr_equal(results[0].values, results[2].values);
    assert_ptr_not_equal(results[0].values, results[1].values);
    assert_true(COLUMN_VALUES(&results[0], double)[0] != COLUMN_VALUES(&results[1], double)[0]);
    assert_ptr_equal(results[3].values, results[4].values);
}

static void fields_of_rows(void **state) {
    struct fixture *fixture = *state;
    struct expression *row = call2(fixture, "row", column(fixture, 0), column(fixture, 1));
    struct expression *field = expression_field(&fixture->arena, row, 1, 1);
    struct column value = evaluate(fixture, field);
    assert_true(column_is_null(&value, 7));
    assert_int_equal(COLUMN_VALUES(&value, int64_t)[8], 8);
    row = call2(fixture, "row", number(fixture, 4), number(fixture, 5));
    value = evaluate(fixture, expression_field(&fixture->arena, row, 0, 1));
    assert_string_equal(text_value(&fixture->arena, &value, 100), "4");
}

static void properties(void **state) {
    struct fixture *fixture = *state;
    struct expression *sum = call2(fixture, "+", number(fixture, 1), number(fixture, 2)), *now;
    assert_int_equal(expression_call(&fixture->arena, "now", NULL, 0, 1, &now, NULL), STATUS_OK);
    assert_true(expression_is_constant(sum));
    assert_true(expression_can_fail(sum));
    assert_false(expression_is_constant(now));
    assert_false(expression_is_deterministic(now));
    assert_false(expression_is_constant(column(fixture, 0)));
    assert_true(expression_is_deterministic(column(fixture, 0)));
    assert_false(expression_can_fail(call2(fixture, "<", column(fixture, 0), number(fixture, 1))));
    assert_true(expression_is_literal_true(expression_boolean(&fixture->arena, true, 1)));
    assert_true(expression_is_null_literal(expression_null(&fixture->arena, &type_int, 1)));
}

static struct expression *shift_column(struct arena *arena, struct expression *old, void *context) {
    uint32_t *shift = context;
    return old->column == 1 ? NULL : expression_column(arena, old->column + *shift, old->type, old->position);
}

static bool count_nodes(struct expression *node, void *context) {
    (void)node;
    return ++*(int *)context < 100;
}

static void trees(void **state) {
    struct fixture *fixture = *state;
    struct expression *sum =
        call2(fixture, "+", column(fixture, 0), call2(fixture, "*", column(fixture, 1), number(fixture, 3)));
    uint32_t shift = 3;
    int nodes = 0;
    assert_true(expression_walk(sum, count_nodes, &nodes));
    assert_int_equal(nodes, 5);
    struct expression *shifted = expression_replace_columns(&fixture->arena, sum, shift_column, &shift);
    assert_int_equal(shifted->call.arguments[0]->column, 3);
    assert_ptr_equal(shifted->call.arguments[1], sum->call.arguments[1]);
    assert_int_equal(sum->call.arguments[0]->column, 0);
}

static const char *printed(struct fixture *fixture, struct expression *expression) {
    struct field fields[] = {{"a", &type_bigint}, {"b", &type_bigint}, {"c", &type_string}};
    struct schema names = {fields, 3};
    struct strbuf out;
    strbuf_init(&out);
    expression_print(&out, expression, &names);
    const char *text = arena_strdup(&fixture->arena, strbuf_text(&out));
    strbuf_release(&out);
    return text;
}

static void printing(void **state) {
    struct fixture *fixture = *state;
    struct expression *a = column(fixture, 0), *b = column(fixture, 1), *one = number(fixture, 1), *cast = NULL;
    assert_string_equal(printed(fixture, call2(fixture, "*", call2(fixture, "+", a, b), one)), "(a + b) * 1");
    assert_string_equal(printed(fixture, call2(fixture, "-", a, call2(fixture, "-", b, one))), "a - (b - 1)");
    assert_string_equal(printed(fixture, call2(fixture, "-", call2(fixture, "-", a, b), one)), "a - b - 1");
    struct expression *both = call2(fixture, "and", call2(fixture, "<", a, b), call2(fixture, "is_null", a, NULL));
    assert_string_equal(printed(fixture, both), "a < b AND a IS NULL");
    assert_string_equal(printed(fixture, call2(fixture, "not", both, NULL)), "NOT (a < b AND a IS NULL)");
    assert_string_equal(printed(fixture, call2(fixture, "lower", column(fixture, 2), NULL)), "LOWER(c)");
    assert_string_equal(printed(fixture, expression_string(&fixture->arena, STR("it's"), 1)), "'it''s'");
    assert_int_equal(expression_cast(&fixture->arena, a, &type_string, CAST_EXPLICIT, 1, &cast, NULL), STATUS_OK);
    assert_string_equal(printed(fixture, cast), "CAST(a AS STRING)");
    assert_string_equal(printed(fixture, column(fixture, 3)), "$3");
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(filters_agree_with_values),
        TEST(lazy_branches_see_their_rows_only),
        TEST(nulls_do_not_fail),
        TEST(kinds_are_kept),
        TEST(equal_expressions_are_shared),
        TEST(fields_of_rows),
        TEST(properties),
        TEST(trees),
        TEST(printing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
