/* operator_test.c: the dispatcher (watermarks, idleness, end, done) and the operators that only pass rows on. */
#include "tests/unit/executor/chain.h"

#include "core/data/row_codec.h"

static Plan__Node *union_node(struct chain *chain) {
    Plan__Node *node = chain_init(chain, "a BIGINT", "a BIGINT");
    node->operation_case = PLAN__NODE__OPERATION_UNION_ALL;
    node->union_all = ARENA_NEW(&chain->arena, Plan__UnionAll);
    plan__union_all__init(node->union_all);
    return node;
}

static void idle(struct chain *chain, uint32_t input, bool is_idle) {
    chain_check(chain, operator_on_idle(chain->tested, input, is_idle, &chain->error));
}

static void watermark(struct chain *chain, uint32_t input, int64_t watermark_us) {
    chain_check(chain, operator_on_watermark(chain->tested, input, watermark_us, &chain->error));
}

static void end(struct chain *chain, uint32_t input) {
    chain_check(chain, operator_on_end(chain->tested, input, &chain->error));
}

static void watermarks_of_inputs_are_merged(void **state) {
    (void)state;
    struct chain chain;
    Plan__Node *node = union_node(&chain);
    chain_check(&chain, chain_try_open(&chain, node, 3));
    chain.collector->shows_control = true;
    chain_check(&chain, chain_try_push(&chain, 0, "1\n2"));
    watermark(&chain, 0, 10);
    watermark(&chain, 1, 20);
    chain_expect(&chain, "+I 1\n+I 2\n");
    watermark(&chain, 2, 5);
    chain_expect(&chain, "~5\n");
    watermark(&chain, 2, 4); /* a watermark does not fall */
    idle(&chain, 2, true);
    chain_expect(&chain, "~10\n");
    idle(&chain, 2, false); /* back, and behind: what was said stays said */
    watermark(&chain, 0, 30);
    chain_expect(&chain, "");
    end(&chain, 2);
    chain_expect(&chain, "~20\n");
    chain_check(&chain, chain_try_push(&chain, 1, "3"));
    end(&chain, 0);
    end(&chain, 1);
    chain_expect(&chain, "+I 3\nend\n");
    assert_int_equal(chain.tested->counters.rows_in, 3);
    assert_int_equal(chain.tested->counters.rows_out, 3);
    chain_close(&chain);
}

static void operator_is_idle_when_all_its_inputs_are(void **state) {
    (void)state;
    struct chain chain;
    Plan__Node *node = union_node(&chain);
    chain_check(&chain, chain_try_open(&chain, node, 3));
    watermark(&chain, 0, 10);
    idle(&chain, 0, true);
    idle(&chain, 1, true);
    assert_false(chain.collector->base.inputs[0].idle);
    end(&chain, 2); /* an ended input does not count as active */
    assert_true(chain.collector->base.inputs[0].idle);
    idle(&chain, 1, false);
    assert_false(chain.collector->base.inputs[0].idle);
    end(&chain, 0);
    end(&chain, 1);
    assert_true(chain.collector->base.ended);
    chain_close(&chain);
}

static Plan__Node *limit_node(struct chain *chain, bool has_limit, uint64_t limit, uint64_t offset) {
    Plan__Node *node = chain_init(chain, "a BIGINT,b STRING", "a BIGINT,b STRING");
    node->operation_case = PLAN__NODE__OPERATION_LIMIT;
    node->limit = ARENA_NEW(&chain->arena, Plan__Limit);
    plan__limit__init(node->limit);
    node->limit->has_limit = has_limit;
    node->limit->limit = limit;
    node->limit->offset = offset;
    return node;
}

static void limit_takes_the_first_rows_and_is_done(void **state) {
    (void)state;
    struct chain chain;
    chain_open(&chain, limit_node(&chain, true, 3, 2));
    chain_push(&chain, "1 a");
    chain_push(&chain, "2 b\n3 c\n4 the-fourth-string");
    assert_false(chain.stop_wanted);
    assert_true(operator_wants_rows(chain.tested));
    chain_push(&chain, "5 e\n6 f");
    assert_true(chain.stop_wanted);
    assert_false(operator_wants_rows(chain.tested));
    chain_push(&chain, "7 g");
    chain_end(&chain);
    chain_expect(&chain, "+I 3 c\n+I 4 the-fourth-string\n+I 5 e\n");
    const struct operator_counters *counters = &chain.tested->counters;
    assert_int_equal(counters->rows_in, counters->rows_out + counters->rows_filtered);
    chain_close(&chain);
}

static void limit_zero_and_offset_alone(void **state) {
    (void)state;
    struct chain chain;
    chain_open(&chain, limit_node(&chain, true, 0, 0));
    assert_true(chain.stop_wanted);
    chain_push(&chain, "1 a");
    chain_expect(&chain, "");
    chain_close(&chain);
    chain_open(&chain, limit_node(&chain, false, 0, 2));
    chain_push(&chain, "1 a\n2 b\n3 c");
    chain_push(&chain, "4 d");
    chain_expect(&chain, "+I 3 c\n+I 4 d\n");
    chain_close(&chain);
}

static void limit_refuses_changes(void **state) {
    (void)state;
    struct chain chain;
    chain_open(&chain, limit_node(&chain, true, 3, 0));
    assert_int_equal(chain_try_push(&chain, 0, "-U 1 a\n+U 1 b"), STATUS_UNSUPPORTED);
    chain_close(&chain);
}

static void values_come_out_when_it_is_started(void **state) {
    (void)state;
    struct chain chain;
    Plan__Node *node = chain_init(&chain, NULL, "a BIGINT,b STRING");
    struct schema *schema = chain_schema(&chain.arena, "a BIGINT,b STRING");
    struct batch *rows = chain_batch(&chain.pool, schema, "1 a\nNULL a-longer-string\n3 NULL");
    node->operation_case = PLAN__NODE__OPERATION_VALUES;
    node->values = ARENA_NEW(&chain.arena, Plan__Values);
    plan__values__init(node->values);
    node->values->n_rows = 3;
    node->values->rows = ARENA_ARRAY(&chain.arena, ProtobufCBinaryData, 3);
    for (uint32_t row = 0; row < 3; row++) {
        struct strbuf bytes;
        strbuf_init(&bytes);
        row_encode(&bytes, rows->columns, (uint32_t[]){0, 1}, 2, row);
        node->values->rows[row].data = arena_copy(&chain.arena, bytes.data, bytes.size);
        node->values->rows[row].len = bytes.size;
        strbuf_release(&bytes);
    }
    batch_release(rows);
    chain.context.batch_rows = 2;
    chain_open(&chain, node);
    chain.collector->shows_control = true;
    chain_end(&chain);
    chain_expect(&chain, "+I 1 a\n+I NULL a-longer-string\n+I 3 NULL\nend\n");
    assert_int_equal(chain.tested->counters.batches_out, 2);
    chain_close(&chain);
}

static void values_with_broken_bytes_fail(void **state) {
    (void)state;
    struct chain chain;
    Plan__Node *node = chain_init(&chain, NULL, "a BIGINT");
    node->operation_case = PLAN__NODE__OPERATION_VALUES;
    node->values = ARENA_NEW(&chain.arena, Plan__Values);
    plan__values__init(node->values);
    ProtobufCBinaryData cut = {.data = (uint8_t *)"\0\1\2", .len = 3};
    node->values->n_rows = 1;
    node->values->rows = &cut;
    chain_open(&chain, node);
    assert_int_not_equal(operator_on_end(chain.tested, 0, &chain.error), STATUS_OK);
    chain_expect(&chain, "");
    chain_close(&chain);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(watermarks_of_inputs_are_merged),
        cmocka_unit_test(operator_is_idle_when_all_its_inputs_are),
        cmocka_unit_test(limit_takes_the_first_rows_and_is_done),
        cmocka_unit_test(limit_zero_and_offset_alone),
        cmocka_unit_test(limit_refuses_changes),
        cmocka_unit_test(values_come_out_when_it_is_started),
        cmocka_unit_test(values_with_broken_bytes_fail),
        RESTORED(limit_takes_the_first_rows_and_is_done),
        RESTORED(limit_zero_and_offset_alone),
        RESTORED(limit_refuses_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
