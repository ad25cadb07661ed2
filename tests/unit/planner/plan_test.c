/* plan_test.c: plans as bytes: what goes in comes out, and foreign bytes are refused, whatever they are. */
#include "tests/unit/planner/statement.h"

#include "core/functions/function.h"

static const char *const queries[] = {
    "SELECT city, AVG(temp), LISTAGG(city, ';') FROM weather GROUP BY TUMBLE(ts, 10s)",
    "SELECT CASE WHEN temp > 1.5 THEN 'a' ELSE city || 'x' END, ROW(1, city), ARRAY[1, 2], MAP['k', temp] FROM weather",
    "SELECT * FROM (VALUES (1, NULL, DATE '2024-05-01'), (2, 'a long text that does not fit inside', NULL)) AS v (a, "
    "b, c)",
    "SELECT city, COUNT(DISTINCT temp) FILTER (WHERE temp > 0) FROM weather GROUP BY city HAVING COUNT(*) > 2",
    "SELECT a, b FROM (SELECT temp AS a, ts AS b FROM weather LIMIT 10) UNION ALL SELECT 1, NULL ORDER BY 1 DESC LIMIT "
    "3",
    "SELECT window_start, city FROM TABLE(HOP(TABLE weather, DESCRIPTOR(ts), 2s, 10s))",
};
enum { QUERY_COUNT = sizeof queries / sizeof queries[0] };

static struct str packed(struct fixture *fixture, const char *sql) {
    run_ok(fixture, sql);
    return plan_pack(&fixture->arena, fixture->result.plan);
}

static void plans_survive_packing(void **state) {
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture);
    for (size_t i = 0; i < QUERY_COUNT; i++) {
        struct str bytes = packed(&fixture, queries[i]);
        Plan__Plan *copy;
        assert_int_equal(plan_unpack(&fixture.arena, bytes, &copy, &fixture.error), STATUS_OK);
        char *before = plan_text(fixture.result.plan), *after = plan_text(copy);
        assert_string_equal(before, after);
        free(before);
        free(after);
        assert_true(str_equal(bytes, plan_pack(&fixture.arena, copy)));
    }
    fixture_release(&fixture);
}

/* Either it is refused with a reason, or it is a plan that can be printed and packed. */
static void unpack_anything(struct fixture *fixture, struct str bytes) {
    Plan__Plan *plan;
    struct arena arena;
    struct error error = {0};
    arena_init(&arena);
    if (plan_unpack(&arena, bytes, &plan, &error) == STATUS_OK)
        free(plan_text(plan));
    else
        assert_true(error.message[0]);
    arena_release(&arena);
    (void)fixture;
}

static void cut_plans_are_refused(void **state) {
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture);
    struct str bytes = packed(&fixture, queries[0]);
    for (size_t size = 0; size < bytes.size; size++)
        unpack_anything(&fixture, (struct str){arena_copy(&fixture.arena, bytes.data, size), size});
    fixture_release(&fixture);
}

static void changed_bytes_never_crash(void **state) {
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture);
    for (size_t i = 0; i < QUERY_COUNT; i++) {
        struct str bytes = packed(&fixture, queries[i]);
        char *changed = memory_alloc(bytes.size);
        for (size_t at = 0; at < bytes.size; at++)
            for (unsigned bit = 0; bit < 8; bit += 3) {
                memcpy(changed, bytes.data, bytes.size);
                changed[at] ^= (char)(1u << bit);
                unpack_anything(&fixture, (struct str){changed, bytes.size});
            }
        free(changed);
    }
    fixture_release(&fixture);
}

/* field { field { … } } of a type, deeper than any stack would bear. */
static void deep_nesting_is_refused(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena);
    struct type *type = type_array(&arena, &type_int);
    for (int i = 0; i < 150; i++)
        type = type_array(&arena, type);
    const struct type *decoded;
    struct error error;
    assert_int_equal(plan_type_decode(&arena, plan_type_encode(&arena, type), &decoded, &error),
                     STATUS_INVALID_DEFINITION);

    enum { LEVELS = 200000 };
    uint8_t *bytes = memory_alloc(LEVELS * 8);
    size_t start = LEVELS * 8;
    for (int i = 0; i < LEVELS; i++) { /* node { window_table … } built from the inside: each level wraps the rest */
        size_t size = LEVELS * 8 - start;
        uint8_t header[6];
        size_t count = 0;
        header[count++] = i == LEVELS - 1 ? 0x12 : 0x3a; /* Plan.nodes, Type.element */
        for (size_t rest = size;; rest >>= 7) {
            header[count++] = (uint8_t)((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
            if (rest <= 0x7f)
                break;
        }
        start -= count;
        memcpy(bytes + start, header, count);
    }
    Plan__Plan *plan;
    struct str text = {(const char *)bytes + start, LEVELS * 8 - start};
    assert_int_not_equal(plan_unpack(&arena, text, &plan, &error), STATUS_OK);
    free(bytes);
    arena_release(&arena);
}

static void wrong_types_are_refused(void **state) {
    (void)state;
    static const struct {
        Plan__Type type;
    } cases[] = {
        {{.base = PROTOBUF_C_MESSAGE_INIT(&plan__type__descriptor), .kind = TYPE_KIND_COUNT}},
        {{.base = PROTOBUF_C_MESSAGE_INIT(&plan__type__descriptor), .kind = TYPE_DECIMAL, .precision = 39}},
        {{.base = PROTOBUF_C_MESSAGE_INIT(&plan__type__descriptor), .kind = TYPE_DECIMAL, .precision = 2, .scale = 3}},
        {{.base = PROTOBUF_C_MESSAGE_INIT(&plan__type__descriptor), .kind = TYPE_ARRAY}},
        {{.base = PROTOBUF_C_MESSAGE_INIT(&plan__type__descriptor), .kind = TYPE_MAP}},
        {{.base = PROTOBUF_C_MESSAGE_INIT(&plan__type__descriptor), .kind = TYPE_VARCHAR, .length = UINT32_MAX}},
    };
    struct arena arena;
    arena_init(&arena);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct type *type;
        assert_int_equal(plan_type_decode(&arena, &cases[i].type, &type, NULL), STATUS_INVALID_DEFINITION);
    }
    arena_release(&arena);
}

static void calls_must_be_what_resolving_gives(void **state) {
    (void)state;
    struct arena arena;
    struct expression *call, *decoded;
    arena_init(&arena);
    struct expression *arguments[] = {expression_column(&arena, 0, &type_bigint, 0), expression_bigint(&arena, 2, 0)};
    assert_int_equal(expression_call(&arena, "+", arguments, 2, 0, &call, NULL), STATUS_OK);
    Plan__Expression *message = plan_expression_encode(&arena, call);
    assert_int_equal(plan_expression_decode(&arena, message, 1, &decoded, NULL), STATUS_OK);
    assert_true(expression_equal(call, decoded));
    assert_int_equal(plan_expression_decode(&arena, message, 0, &decoded, NULL), STATUS_INVALID_DEFINITION);

    message->call->arguments[0]->type = plan_type_encode(&arena, &type_string); /* a kernel for numbers on texts */
    assert_int_equal(plan_expression_decode(&arena, message, 1, &decoded, NULL), STATUS_INVALID_DEFINITION);
    message = plan_expression_encode(&arena, call);
    message->type = plan_type_encode(&arena, &type_string); /* another result */
    assert_int_equal(plan_expression_decode(&arena, message, 1, &decoded, NULL), STATUS_INVALID_DEFINITION);
    message = plan_expression_encode(&arena, call);
    message->call->n_arguments = 1;
    assert_int_equal(plan_expression_decode(&arena, message, 1, &decoded, NULL), STATUS_INVALID_DEFINITION);
    message = plan_expression_encode(&arena, call);
    message->call->function = "no_such_function";
    assert_int_equal(plan_expression_decode(&arena, message, 1, &decoded, NULL), STATUS_INVALID_DEFINITION);
    arena_release(&arena);
}

static void verify_finds_wrong_references(void **state) {
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture);
    run_ok(&fixture, "SELECT city, SUM(temp) FROM weather WHERE temp > 0 GROUP BY city, TUMBLE(ts, 10s)");
    Plan__Plan *plan = fixture.result.plan;
    Plan__WindowAggregate *aggregate = find_node(plan, PLAN__NODE__OPERATION_WINDOW_AGGREGATE)->window_aggregate;
    assert_int_equal(plan_verify(plan, NULL), STATUS_OK);

#define REFUSED_WITH(place, wrong)                                            \
    do {                                                                      \
        __typeof__(place) kept = (place);                                     \
        (place) = (wrong);                                                    \
        assert_int_equal(plan_verify(plan, NULL), STATUS_INVALID_DEFINITION); \
        (place) = kept;                                                       \
    } while (0)
    REFUSED_WITH(aggregate->keys[0], 99);
    REFUSED_WITH(aggregate->window->time_column, 99);
    REFUSED_WITH(aggregate->window->size_us, 0);
    REFUSED_WITH(aggregate->window->kind, (Plan__WindowKind)7);
    REFUSED_WITH(aggregate->aggregates[0]->arguments[0], 99);
    REFUSED_WITH(aggregate->aggregates[0]->aggregate, "nothing");
    REFUSED_WITH(aggregate->emit, (Plan__Emit)9);
    REFUSED_WITH(plan->nodes[1]->inputs[0], 1);
    REFUSED_WITH(plan->nodes[1]->n_inputs, 0);
    REFUSED_WITH(plan->nodes[0]->id, 5);
    Plan__Node *hashed = (Plan__Node *)find_node(plan, PLAN__NODE__OPERATION_WINDOW_AGGREGATE);
    Plan__Node *single = plan->nodes[plan->n_nodes - 1];
    assert_int_equal(hashed->distribution, PLAN__DISTRIBUTION__HASH);
    assert_int_equal(single->distribution, PLAN__DISTRIBUTION__SINGLETON);
    REFUSED_WITH(hashed->distribution, (Plan__Distribution)7);
    REFUSED_WITH(hashed->distribution, PLAN__DISTRIBUTION__FORWARD);
    REFUSED_WITH(hashed->n_distribution_columns, 0);
    uint32_t *columns = hashed->distribution_columns, wrong_columns[] = {99};
    REFUSED_WITH(hashed->distribution_columns, wrong_columns);
    assert_ptr_equal(hashed->distribution_columns, columns);
    REFUSED_WITH(single->parallelism_limit, 0);
    REFUSED_WITH(hashed->parallelism_limit, 4096);
    REFUSED_WITH(plan->nodes[0]->distribution, PLAN__DISTRIBUTION__BROADCAST);
    REFUSED_WITH(plan->parallelism, 4096);
    REFUSED_WITH(plan->version, 99);
    REFUSED_WITH(plan->n_nodes, 0);
    REFUSED_WITH(plan->nodes[0]->scan->watermark_column, 99);
    REFUSED_WITH(plan->nodes[0]->scan->columns[0]->table_column, 99);
    REFUSED_WITH(plan->nodes[0]->n_output, 1);
    REFUSED_WITH(plan->nodes[0]->output[0]->type, plan->nodes[0]->output[1]->type);
    assert_int_equal(plan_verify(plan, NULL), STATUS_OK);
    fixture_release(&fixture);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plans_survive_packing),         cmocka_unit_test(cut_plans_are_refused),
        cmocka_unit_test(changed_bytes_never_crash),     cmocka_unit_test(deep_nesting_is_refused),
        cmocka_unit_test(wrong_types_are_refused),       cmocka_unit_test(calls_must_be_what_resolving_gives),
        cmocka_unit_test(verify_finds_wrong_references),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
