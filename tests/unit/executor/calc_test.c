/* calc_test.c: conditions and projections: what is shared, what is packed, what happens to change kinds and errors. */
#include "tests/unit/executor/chain.h"

struct calc_case {
    struct chain chain;
    Plan__Node *node;
};

static struct expression *column(struct calc_case *calc, uint32_t index) {
    return expression_column(&calc->chain.arena, index, calc->chain.input->fields[index].type, 0);
}

static struct expression *call(struct calc_case *calc, const char *name, struct expression *a, struct expression *b) {
    struct expression *arguments[] = {a, b}, *result;
    chain_check(&calc->chain,
                expression_call(&calc->chain.arena, name, arguments, b ? 2 : 1, 0, &result, &calc->chain.error));
    return result;
}

static void calc_init(struct calc_case *calc, const char *result) {
    memset(calc, 0, sizeof *calc);
    calc->node = chain_init(&calc->chain, "a BIGINT,b STRING", result);
    calc->node->operation_case = PLAN__NODE__OPERATION_CALC;
    calc->node->change_mode = PLAN__CHANGE_MODE__RETRACT;
    calc->node->calc = ARENA_NEW(&calc->chain.arena, Plan__Calc);
    plan__calc__init(calc->node->calc);
    calc->node->calc->projections = ARENA_ARRAY(&calc->chain.arena, Plan__Expression *, 8);
}

static void project(struct calc_case *calc, struct expression *expression) {
    calc->node->calc->projections[calc->node->calc->n_projections++] =
        plan_expression_encode(&calc->chain.arena, expression);
}

static void where(struct calc_case *calc, struct expression *condition) {
    calc->node->calc->condition = plan_expression_encode(&calc->chain.arena, condition);
}

static struct expression *number(struct calc_case *calc, int64_t value) {
    return expression_bigint(&calc->chain.arena, value, 0);
}

static void columns_are_shared_when_every_row_passes(void **state) {
    (void)state;
    struct calc_case calc;
    calc_init(&calc, "b STRING,a BIGINT");
    project(&calc, column(&calc, 1));
    project(&calc, column(&calc, 0));
    where(&calc, call(&calc, ">", column(&calc, 0), number(&calc, 0)));
    chain_open(&calc.chain, calc.node);
    chain_push(&calc.chain, "1 x\n2 a-string-that-is-long");
    chain_expect(&calc.chain, "+I x 1\n+I a-string-that-is-long 2\n");
    chain_close(&calc.chain);
}

static void only_rows_that_are_true_pass(void **state) {
    (void)state;
    struct calc_case calc;
    calc_init(&calc, "c BIGINT,b STRING");
    project(&calc, call(&calc, "+", column(&calc, 0), number(&calc, 10)));
    project(&calc, call(&calc, "upper", column(&calc, 1), NULL));
    where(&calc, call(&calc, "<", column(&calc, 0), number(&calc, 3)));
    chain_open(&calc.chain, calc.node);
    chain_push(&calc.chain, "1 x\n5 y\nNULL z\n-U 2 a-string-that-is-long\n+U 9 u\n-D 0 NULL");
    chain_expect(&calc.chain, "+I 11 X\n-U 12 A-STRING-THAT-IS-LONG\n-D 10 NULL\n");
    chain_push(&calc.chain, "7 x\n8 x");
    chain_expect(&calc.chain, "");
    const struct operator_counters *counters = &calc.chain.tested->counters;
    assert_int_equal(counters->rows_filtered, 5);
    assert_int_equal(counters->rows_in, counters->rows_filtered + counters->rows_out);
    chain_close(&calc.chain);
}

/* A row that the condition drops cannot fail in a projection. */
static void dropped_rows_do_not_fail(void **state) {
    (void)state;
    struct calc_case calc;
    calc_init(&calc, "c BIGINT");
    project(&calc, call(&calc, "/", number(&calc, 100), column(&calc, 0)));
    where(&calc, call(&calc, "<>", column(&calc, 0), number(&calc, 0)));
    chain_open(&calc.chain, calc.node);
    chain_push(&calc.chain, "4 a\n0 b\n5 c");
    chain_expect(&calc.chain, "+I 25\n+I 20\n");
    chain_close(&calc.chain);
}

static void a_failing_row_fails_the_batch(void **state) {
    (void)state;
    struct calc_case calc;
    calc_init(&calc, "c BIGINT");
    project(&calc, call(&calc, "/", number(&calc, 100), column(&calc, 0)));
    chain_open(&calc.chain, calc.node);
    assert_int_equal(chain_try_push(&calc.chain, 0, "4 a\n0 b"), STATUS_DIVISION_BY_ZERO);
    chain_expect(&calc.chain, "");
    chain_close(&calc.chain);
}

static void constants_need_no_column(void **state) {
    (void)state;
    struct calc_case calc;
    calc_init(&calc, "c BIGINT!");
    project(&calc, number(&calc, 7));
    where(&calc, call(&calc, "is not null", column(&calc, 1), NULL));
    chain_open(&calc.chain, calc.node);
    chain_push(&calc.chain, "1 a\n2 NULL\n3 c");
    chain_expect(&calc.chain, "+I 7\n+I 7\n");
    chain_close(&calc.chain);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_are_shared_when_every_row_passes),
        cmocka_unit_test(only_rows_that_are_true_pass),
        cmocka_unit_test(dropped_rows_do_not_fail),
        cmocka_unit_test(a_failing_row_fails_the_batch),
        cmocka_unit_test(constants_need_no_column),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
