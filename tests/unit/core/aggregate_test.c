/* aggregate_test.c: every overload of the catalogue against a naive recomputation: random rows go into random groups, come
 * out again where the aggregate allows it, groups are merged, and results are compared. Seeds are fixed and printed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/arena.h"
#include "core/base/bytes.h"
#include "core/base/hash.h"
#include "core/data/decimal.h"
#include "core/functions/aggregate.h"
#include "core/functions/expression.h"
#include "core/functions/hyperloglog.h"
#include "core/functions/state_memory.h"

enum { VALUES = 300, GROUPS = 6, LOG_MAX = 4000, STATE_MAX = 128, OFFSET = 24 };

static struct arena arena;
static uint64_t seed;

static uint32_t random_below(uint32_t limit) {
    seed = hash_u64(seed + 0x9E3779B97F4A7C15ull);
    return (uint32_t)(seed >> 33) % limit;
}

/* The rows that are in a group, in the order they came. */
struct model {
    uint32_t rows[LOG_MAX];
    uint32_t count;
};

struct fixture {
    struct aggregate_call call;
    struct column values;
    struct model groups[GROUPS];
    _Alignas(8) uint8_t states[GROUPS][STATE_MAX];
};

/* --- values --- */

static void fill_value(struct column *column, uint32_t row) {
    int64_t number = (int64_t)random_below(40) - 20;
    switch (type_layout(column->type)) {
    case LAYOUT_BOOL: COLUMN_VALUES(column, uint8_t)[row] = number & 1; break;
    case LAYOUT_I8: COLUMN_VALUES(column, int8_t)[row] = (int8_t)(number / 10); break; /* sums must fit TINYINT */
    case LAYOUT_I16: COLUMN_VALUES(column, int16_t)[row] = (int16_t)(number * 3); break;
    case LAYOUT_I32: COLUMN_VALUES(column, int32_t)[row] = (int32_t)(number * 100000); break;
    case LAYOUT_I64: COLUMN_VALUES(column, int64_t)[row] = number * 1000000007; break;
    case LAYOUT_I128: COLUMN_VALUES(column, int128)[row] = (int128)number * 1000000000000000007; break;
    case LAYOUT_F32: COLUMN_VALUES(column, float)[row] = (float)number / 4; break;
    case LAYOUT_F64: COLUMN_VALUES(column, double)[row] = (double)number / 3; break;
    case LAYOUT_VIEW: {
        static const char letters[] = "a long text that many views point into";
        uint32_t size = random_below(5) ? random_below(6) : random_below(sizeof letters);
        COLUMN_VALUES(column, struct string_view)[row] = view_make(letters + random_below(3), size > 35 ? 35 : size);
        break;
    }
    default: fail();
    }
}

static void fill_column(struct column *column, const struct type *type, uint32_t rows) {
    column_init(column, &arena, type, rows);
    for (uint32_t row = 0; row < rows; row++) {
        if (type->kind == TYPE_ARRAY) {
            uint32_t count = random_below(3), first = column_list_append(column, &arena, row, count);
            for (uint32_t i = 0; i < count; i++)
                COLUMN_VALUES(&column->children[0], int32_t)[first + i] = (int32_t)random_below(3);
        } else {
            fill_value(column, row);
        }
        if (random_below(7) == 0)
            column_set_null(column, &arena, row, rows);
    }
}

/* --- what results should be, from the rows of a group --- */

static bool is_named(const struct fixture *fixture, const char *prefix) {
    return strncmp(fixture->call.aggregate->name, prefix, strlen(prefix)) == 0;
}

static double double_at(const struct column *column, uint32_t row) {
    const void *value = column_value(column, row);
    switch (column->type->kind) {
    case TYPE_TINYINT: return *(const int8_t *)value;
    case TYPE_SMALLINT: return *(const int16_t *)value;
    case TYPE_INT: return *(const int32_t *)value;
    case TYPE_BIGINT: return (double)*(const int64_t *)value;
    case TYPE_FLOAT: return (double)*(const float *)value;
    case TYPE_DOUBLE: return *(const double *)value;
    default: return decimal_to_double(*(const int128 *)value, column->type->scale);
    }
}

static int128 integer_at(const struct column *column, uint32_t row) {
    return column->type->kind == TYPE_DECIMAL ? COLUMN_VALUES(column, int128)[row] : (int128)double_at(column, row);
}

static void print_number(struct strbuf *out, const struct type *type, int128 value) {
    decimal_print(out, value, type->kind == TYPE_DECIMAL ? type->scale : 0);
}

static void expect_sum(const struct fixture *fixture, const struct model *model, struct strbuf *out) {
    const struct type *type = fixture->call.type;
    bool real = type->kind == TYPE_FLOAT || type->kind == TYPE_DOUBLE;
    int128 sum = 0;
    double real_sum = 0;
    uint32_t count = 0;
    for (uint32_t i = 0; i < model->count; i++) {
        if (column_is_null(&fixture->values, model->rows[i]))
            continue;
        count++;
        real_sum += double_at(&fixture->values, model->rows[i]);
        if (!real)
            sum += integer_at(&fixture->values, model->rows[i]);
    }
    bool average = is_named(fixture, "avg");
    if (!count)
        strbuf_append_text(out, "NULL");
    else if (real)
        strbuf_printf(out, "%.9g", average ? real_sum / count : real_sum);
    else if (!average)
        print_number(out, type, sum);
    else if (type->kind != TYPE_DECIMAL)
        print_number(out, type, sum / count);
    else {
        int128 scaled = sum * decimal_power_of_ten((unsigned)type->scale - fixture->values.type->scale) * 2;
        print_number(out, type, (scaled + (scaled < 0 ? -(int128)count : count)) / (2 * (int128)count));
    }
}

static void expect_spread(const struct fixture *fixture, const struct model *model, struct strbuf *out) {
    double sum = 0, squares = 0;
    uint32_t count = 0;
    for (uint32_t i = 0; i < model->count; i++)
        if (!column_is_null(&fixture->values, model->rows[i])) {
            sum += double_at(&fixture->values, model->rows[i]);
            count++;
        }
    for (uint32_t i = 0; i < model->count; i++)
        if (!column_is_null(&fixture->values, model->rows[i]))
            squares += pow(double_at(&fixture->values, model->rows[i]) - sum / count, 2);
    bool sample = !strstr(fixture->call.aggregate->name, "_pop");
    if (count <= sample) {
        strbuf_append_text(out, "NULL");
        return;
    }
    double variance = squares / (count - sample);
    if (is_named(fixture, "stddev"))
        variance = sqrt(variance);
    strbuf_printf(out, "%.9g", variance < 1e-9 ? 0 : variance);
}

static void expect_pick(const struct fixture *fixture, const struct model *model, struct strbuf *out) {
    bool first = is_named(fixture, "first"), last = is_named(fixture, "last");
    int64_t best = -1;
    for (uint32_t i = 0; i < model->count; i++) {
        uint32_t row = model->rows[i];
        if (column_is_null(&fixture->values, row) || (first && best >= 0))
            continue;
        int order = best < 0 ? 0 : column_values_compare(&fixture->values, row, &fixture->values, (uint32_t)best);
        if (best < 0 || last || (is_named(fixture, "min") ? order < 0 : order > 0))
            best = row;
    }
    if (best < 0)
        strbuf_append_text(out, "NULL");
    else
        column_print_value(out, &fixture->values, (uint32_t)best);
}

static void expect_list(const struct fixture *fixture, const struct model *model, struct strbuf *out) {
    bool array = is_named(fixture, "array");
    uint32_t count = 0;
    for (uint32_t i = 0; i < model->count; i++) {
        bool is_null = column_is_null(&fixture->values, model->rows[i]);
        if (is_null && !array)
            continue;
        strbuf_append_text(out, count++ ? (array ? ", " : "; ") : array ? "[" : "");
        column_print_value(out, &fixture->values, model->rows[i]);
    }
    strbuf_append_text(out, !count ? "NULL" : array ? "]" : "");
}

static void expect_count(const struct fixture *fixture, const struct model *model, struct strbuf *out) {
    uint32_t count = 0, yes = 0;
    bool approximate = is_named(fixture, "approx");
    for (uint32_t i = 0; i < model->count; i++) {
        uint32_t row = model->rows[i];
        bool counts = fixture->call.argument_count == 0 || !column_is_null(&fixture->values, row);
        for (uint32_t j = 0; approximate && j < i; j++)
            counts &= !column_values_equal(&fixture->values, row, &fixture->values, model->rows[j]);
        count += counts;
        yes += counts && fixture->call.type->kind == TYPE_BOOLEAN && COLUMN_VALUES(&fixture->values, uint8_t)[row];
    }
    if (fixture->call.type->kind != TYPE_BOOLEAN)
        strbuf_printf(out, "%u", count);
    else if (!count)
        strbuf_append_text(out, "NULL");
    else
        strbuf_append_text(out, (is_named(fixture, "bool_or") ? yes > 0 : yes == count) ? "TRUE" : "FALSE");
}

static void expect(const struct fixture *fixture, const struct model *model, struct strbuf *out) {
    if (is_named(fixture, "sum") || is_named(fixture, "avg"))
        expect_sum(fixture, model, out);
    else if (is_named(fixture, "std") || is_named(fixture, "var"))
        expect_spread(fixture, model, out);
    else if (is_named(fixture, "m") || is_named(fixture, "first") || is_named(fixture, "last"))
        expect_pick(fixture, model, out);
    else if (is_named(fixture, "list") || is_named(fixture, "string") || is_named(fixture, "array"))
        expect_list(fixture, model, out);
    else
        expect_count(fixture, model, out);
}

/* --- the run --- */

/* Rounding differs with the order of additions: nine digits count. */
static void print_result(struct strbuf *out, const struct column *result, uint32_t row) {
    enum type_kind kind = result->type->kind;
    if (column_is_null(result, row) || (kind != TYPE_DOUBLE && kind != TYPE_FLOAT)) {
        column_print_value(out, result, row);
        return;
    }
    double value = double_at(result, row);
    strbuf_printf(out, "%.9g", fabs(value) < 1e-9 ? 0 : value);
}

static void check_results(struct fixture *fixture) {
    if (is_named(fixture, "single"))
        return; /* mostly an error here; has a test of its own */
    struct column result;
    uint8_t *states[GROUPS];
    for (uint32_t g = 0; g < GROUPS; g++)
        states[g] = fixture->states[g];
    column_init(&result, &arena, fixture->call.type, GROUPS);
    assert_int_equal(fixture->call.aggregate->finish(&fixture->call, states, GROUPS, &arena, &result, NULL), STATUS_OK);
    struct strbuf expected, actual;
    strbuf_init(&expected);
    strbuf_init(&actual);
    for (uint32_t g = 0; g < GROUPS; g++) {
        strbuf_reset(&expected);
        strbuf_reset(&actual);
        expect(fixture, &fixture->groups[g], &expected);
        print_result(&actual, &result, g);
        bool real = fixture->call.type->kind == TYPE_DOUBLE || fixture->call.type->kind == TYPE_FLOAT;
        double difference = real ? fabs(atof(strbuf_text(&expected)) - atof(strbuf_text(&actual))) : 1;
        if (strcmp(strbuf_text(&expected), strbuf_text(&actual)) != 0 && !(difference < 1e-5))
            fail_msg("%s, group %u: expected %s, got %s", fixture->call.aggregate->id, g, strbuf_text(&expected),
                     strbuf_text(&actual));
    }
    strbuf_release(&expected);
    strbuf_release(&actual);
}

static void run_update(struct fixture *fixture) {
    uint16_t rows[64];
    uint8_t *states[64];
    struct selection selection = {random_below(4) ? rows : NULL, random_below(64)};
    for (uint32_t i = 0; i < selection.count; i++) {
        uint32_t group = random_below(GROUPS), row = selection.rows ? random_below(VALUES) : i;
        struct model *model = &fixture->groups[group];
        rows[i] = (uint16_t)row;
        states[i] = fixture->states[group];
        model->rows[model->count++] = row;
        assert_true(model->count < LOG_MAX);
    }
    assert_int_equal(fixture->call.aggregate->update(&fixture->call, &fixture->values, &selection, states, NULL),
                     STATUS_OK);
}

/* What a list forgets is the value's first occurrence. */
static void forget(const struct fixture *fixture, struct model *model, uint32_t row) {
    for (uint32_t i = 0; i < model->count; i++) {
        bool gone = fixture->call.argument_count == 0 ||
                    column_values_equal(&fixture->values, model->rows[i], &fixture->values, row);
        if (!gone)
            continue;
        model->count--;
        memmove(&model->rows[i], &model->rows[i + 1], (model->count - i) * sizeof model->rows[0]);
        return;
    }
    fail();
}

static void run_retract(struct fixture *fixture) {
    uint16_t rows[64];
    uint8_t *states[64];
    struct selection selection = {rows, 0};
    uint32_t wanted = random_below(64);
    for (uint32_t i = 0; i < wanted; i++) {
        uint32_t group = random_below(GROUPS);
        struct model *model = &fixture->groups[group];
        if (!model->count)
            continue;
        uint32_t row = model->rows[random_below(random_below(4) ? 1 : model->count)];
        rows[selection.count] = (uint16_t)row;
        states[selection.count++] = fixture->states[group];
        forget(fixture, model, row);
    }
    assert_int_equal(fixture->call.aggregate->retract(&fixture->call, &fixture->values, &selection, states, NULL),
                     STATUS_OK);
}

static void init_state(struct fixture *fixture, uint32_t group) {
    memset(fixture->states[group], 0xEE, STATE_MAX);
    memset(fixture->states[group] + OFFSET, 0, fixture->call.aggregate->state_size);
    if (fixture->call.aggregate->init)
        fixture->call.aggregate->init(&fixture->call, fixture->states[group] + OFFSET);
    fixture->groups[group].count = 0;
}

static void release_state(struct fixture *fixture, uint32_t group) {
    if (fixture->call.aggregate->release)
        fixture->call.aggregate->release(&fixture->call, fixture->states[group] + OFFSET);
}

/* One group is poured into another and starts anew. */
static void run_merge(struct fixture *fixture) {
    uint32_t target = random_below(GROUPS), source = random_below(GROUPS);
    struct model *to = &fixture->groups[target], *from = &fixture->groups[source];
    if (target == source || to->count + from->count >= LOG_MAX - 64)
        return;
    uint8_t *targets[] = {fixture->states[target]}, *sources[] = {fixture->states[source]};
    assert_int_equal(fixture->call.aggregate->merge(&fixture->call, targets, sources, 1, NULL), STATUS_OK);
    memcpy(&to->rows[to->count], from->rows, from->count * sizeof from->rows[0]);
    to->count += from->count;
    release_state(fixture, source);
    init_state(fixture, source);
}

/* Cut anywhere, the bytes are refused; with a byte changed they may be, and the state can be released either way. */
static void run_damage(struct fixture *fixture, struct str bytes) {
    _Alignas(8) uint8_t state[STATE_MAX];
    char *copy = arena_copy(&arena, bytes.data, bytes.size + 1);
    for (size_t i = 0; i < bytes.size; i += 1 + bytes.size / 40) {
        for (int cut = 0; cut < 2; cut++) {
            copy[i] = cut ? bytes.data[i] : (char)((uint8_t)bytes.data[i] ^ (1u + i * 37 % 255));
            struct bytes_reader reader = bytes_reader_of((struct str){copy, cut ? i : bytes.size});
            memset(state, 0, sizeof state);
            if (fixture->call.aggregate->init)
                fixture->call.aggregate->init(&fixture->call, state);
            aggregate_decode(&fixture->call, state, &reader);
            assert_true(!cut || reader.failed);
            if (fixture->call.aggregate->release)
                fixture->call.aggregate->release(&fixture->call, state);
        }
    }
}

/* A group goes on as what its bytes give. */
static void run_snapshot(struct fixture *fixture, uint32_t group) {
    struct model *model = &fixture->groups[group];
    uint32_t count = model->count;
    struct strbuf bytes, again;
    strbuf_init(&bytes);
    strbuf_init(&again);
    aggregate_encode(&fixture->call, fixture->states[group] + OFFSET, &bytes);
    run_damage(fixture, strbuf_str(&bytes));
    release_state(fixture, group);
    init_state(fixture, group);
    model->count = count;
    struct bytes_reader reader = bytes_reader_of(strbuf_str(&bytes));
    aggregate_decode(&fixture->call, fixture->states[group] + OFFSET, &reader);
    assert_true(bytes_are_done(&reader));
    aggregate_encode(&fixture->call, fixture->states[group] + OFFSET, &again);
    assert_int_equal(again.size, bytes.size);
    assert_memory_equal(again.data, bytes.data, bytes.size);
    strbuf_release(&bytes);
    strbuf_release(&again);
}

static void run_model(const struct aggregate *aggregate, const struct type *argument, const struct type *result,
                      bool constant) {
    struct fixture *fixture = ARENA_NEW(&arena, struct fixture);
    struct column separator;
    column_init(&separator, &arena, &type_string, 1);
    separator.kind = COLUMN_CONSTANT;
    *COLUMN_VALUES(&separator, struct string_view) = view_make("; ", 2);
    fixture->call = (struct aggregate_call){
        .aggregate = aggregate,
        .type = result,
        .argument_types = &argument,
        .argument_count = aggregate->argument_count_max ? 1 : 0,
        .state_offset = OFFSET,
        .memory = state_memory_new(),
        .constants = &separator,
    };
    fill_column(&fixture->values, argument, constant ? 1 : VALUES);
    if (constant) {
        fixture->values.validity = NULL;
        fixture->values.kind = COLUMN_CONSTANT;
        fixture->values = column_flatten(&fixture->values, &arena, VALUES);
    }
    assert_true(OFFSET + aggregate->state_size <= STATE_MAX && aggregate->state_size % 8 == 0);
    for (uint32_t g = 0; g < GROUPS; g++)
        init_state(fixture, g);
    for (int step = 0; step < 90; step++) {
        run_update(fixture);
        if (aggregate->retract) {
            run_retract(fixture);
            run_retract(fixture);
        }
        if (random_below(8) == 0)
            run_merge(fixture);
        if (random_below(8) == 0) {
            uint32_t group = random_below(GROUPS);
            release_state(fixture, group);
            init_state(fixture, group);
        }
        if (step % 4 == 1)
            run_snapshot(fixture, (uint32_t)step % GROUPS);
        if (step % 3 == 0)
            check_results(fixture);
    }
    for (uint32_t g = 0; g < GROUPS; g++) {
        release_state(fixture, g);
        for (uint32_t i = 0; i < OFFSET; i++)
            assert_int_equal(fixture->states[g][i], 0xEE);
    }
    assert_int_equal(state_memory_used_bytes(fixture->call.memory), 0);
    state_memory_free(fixture->call.memory);
}

static const struct type *types_of_kind(enum type_kind kind) {
    switch (kind) {
    case TYPE_DECIMAL: return type_decimal(&arena, 25, 3);
    case TYPE_ARRAY: return type_array(&arena, &type_int);
    case TYPE_NULL:
    case TYPE_ROW:
    case TYPE_MAP: return NULL; /* as ARRAY */
    default: return type_simple(kind);
    }
}

static void every_overload(void **state) {
    (void)state;
    uint32_t count;
    const struct aggregate *table = aggregate_table(&count);
    for (uint64_t round = 1; round <= 2; round++)
        for (uint32_t i = 0; i < count; i++)
            for (uint32_t kind = 0; kind < TYPE_KIND_COUNT; kind++) {
                const struct type *argument = types_of_kind(kind);
                bool star = table[i].argument_count_max == 0;
                if (!argument || (star ? kind != TYPE_INT : !(table[i].argument_kinds >> kind & 1)))
                    continue;
                seed = round * 1000003 + i * 101 + kind;
                print_message("# %s(%s) seed %llu\n", table[i].id, type_kind_name(kind), (unsigned long long)seed);
                const struct aggregate *resolved;
                const struct type *result;
                struct expression *arguments[] = {expression_column(&arena, 0, argument, 1)};
                assert_int_equal(
                    aggregate_resolve(&arena, table[i].name, star, arguments, 1, 1, &resolved, &result, NULL),
                    STATUS_OK);
                assert_true(resolved == &table[i] || aggregate_retractable(resolved) == &table[i]);
                run_model(&table[i], argument, result, round == 2 && i % 5 == 0);
                arena_reset(&arena);
            }
}

static void catalogue_is_sound(void **state) {
    (void)state;
    uint32_t count;
    const struct aggregate *table = aggregate_table(&count);
    for (uint32_t i = 0; i < count; i++) {
        assert_ptr_equal(aggregate_by_id(table[i].id), &table[i]);
        assert_true(aggregate_name_exists(table[i].name));
        assert_non_null(table[i].update);
        assert_non_null(table[i].merge);
        assert_non_null(table[i].finish);
        assert_true(strlen(table[i].documentation) > 8 && strstr(table[i].signature, "<-"));
        const struct aggregate *twin = aggregate_retractable(&table[i]);
        if (!table[i].retract && table[i].retractable_id)
            assert_non_null(twin);
        if (twin)
            assert_non_null(twin->retract);
        if (!twin)
            assert_string_equal(table[i].name, "approx_count_distinct");
    }
    assert_null(aggregate_by_id("sum_of_all_fears"));
    assert_int_equal(aggregate_by_id("count_star")->state_size, 8);
    assert_int_equal(aggregate_by_id("sum_bigint")->state_size, 16);
    assert_int_equal(aggregate_by_id("max_int")->state_size, 8);
    assert_int_equal(aggregate_by_id("max_bigint")->state_size, 16);
}

static const struct type *resolve_one(const char *name, const struct type *argument, enum status expected,
                                      struct error *error) {
    const struct aggregate *aggregate;
    const struct type *type = NULL;
    struct expression *arguments[] = {expression_column(&arena, 0, argument, 7)};
    assert_int_equal(aggregate_resolve(&arena, name, false, arguments, 1, 7, &aggregate, &type, error), expected);
    return type;
}

static void resolution(void **state) {
    (void)state;
    struct error error;
    assert_string_equal(type_text(&arena, resolve_one("SUM", &type_int, STATUS_OK, &error)), "INT");
    assert_string_equal(type_text(&arena, resolve_one("sum", type_decimal(&arena, 10, 2), STATUS_OK, &error)),
                        "DECIMAL(38, 2)");
    assert_string_equal(type_text(&arena, resolve_one("avg", type_decimal(&arena, 10, 2), STATUS_OK, &error)),
                        "DECIMAL(38, 6)");
    assert_string_equal(type_text(&arena, resolve_one("avg", type_decimal(&arena, 20, 9), STATUS_OK, &error)),
                        "DECIMAL(38, 9)");
    assert_string_equal(type_text(&arena, resolve_one("avg", &type_float, STATUS_OK, &error)), "FLOAT");
    assert_string_equal(type_text(&arena, resolve_one("count", &type_null, STATUS_OK, &error)), "BIGINT NOT NULL");
    assert_string_equal(type_text(&arena, resolve_one("max", &type_timestamp3, STATUS_OK, &error)), "TIMESTAMP(3)");
    assert_string_equal(type_text(&arena, resolve_one("sum", &type_null, STATUS_OK, &error)), "INT");
    assert_string_equal(type_text(&arena, resolve_one("array_agg", &type_string, STATUS_OK, &error)), "ARRAY<STRING>");
    resolve_one("sum", &type_string, STATUS_DATATYPE_MISMATCH, &error);
    assert_string_equal(error.message, "sum cannot be applied to (STRING)");
    assert_non_null(strstr(error.detail, "DECIMAL(p, s)"));
    assert_int_equal(error.position, 7);
    resolve_one("summ", &type_int, STATUS_UNDEFINED_FUNCTION, &error);
    assert_string_equal(error.hint, "did you mean \"sum\"?");
    const struct aggregate *aggregate;
    const struct type *type;
    assert_int_equal(aggregate_resolve(&arena, "sum", true, NULL, 0, 3, &aggregate, &type, &error),
                     STATUS_SYNTAX_ERROR);
    struct expression *text = expression_column(&arena, 0, &type_string, 3);
    struct expression *pair[] = {text, expression_string(&arena, STR("-"), 5)}, *wrong[] = {text, text};
    assert_int_equal(aggregate_resolve(&arena, "listagg", false, pair, 2, 3, &aggregate, &type, &error), STATUS_OK);
    assert_int_equal(aggregate_resolve(&arena, "listagg", false, wrong, 2, 3, &aggregate, &type, &error),
                     STATUS_DATATYPE_MISMATCH);
    assert_int_equal(aggregate_resolve(&arena, "min", false, pair, 2, 3, &aggregate, &type, &error),
                     STATUS_DATATYPE_MISMATCH);
}

/* Runs one aggregate over all rows as one group; returns the status of update or finish. */
static enum status run_once(const char *id, const struct column *values, uint32_t count, const struct type *type,
                            struct column *result, struct error *error) {
    const struct aggregate *aggregate = aggregate_by_id(id);
    struct aggregate_call call = {.aggregate = aggregate,
                                  .type = type,
                                  .argument_types = &values->type,
                                  .argument_count = 1,
                                  .memory = state_memory_new()};
    _Alignas(8) uint8_t group[STATE_MAX] = {0};
    uint8_t **states = ARENA_ARRAY(&arena, uint8_t *, count);
    for (uint32_t i = 0; i < count; i++)
        states[i] = group;
    struct selection all = {NULL, count};
    if (aggregate->init)
        aggregate->init(&call, group);
    enum status status = aggregate->update(&call, values, &all, states, error);
    column_init(result, &arena, type, 1);
    if (status == STATUS_OK)
        status = aggregate->finish(&call, states, 1, &arena, result, error);
    state_memory_free(call.memory);
    return status;
}

static void overflow(void **state) {
    (void)state;
    struct error error;
    struct column column, result;
    column_init(&column, &arena, &type_bigint, 3);
    memcpy(column.values, (int64_t[]){INT64_MAX, INT64_MAX, INT64_MAX}, 24);
    assert_int_equal(run_once("sum_bigint", &column, 2, &type_bigint, &result, &error), STATUS_OUT_OF_RANGE);
    assert_string_equal(error.message, "sum over BIGINT does not fit BIGINT");
    assert_int_equal(run_once("avg_bigint", &column, 3, &type_bigint, &result, &error), STATUS_OK);
    assert_true(*COLUMN_VALUES(&result, int64_t) == INT64_MAX);
    column_init(&column, &arena, &type_int, 2);
    memcpy(column.values, (int32_t[]){INT32_MIN, -1}, 8);
    assert_int_equal(run_once("sum_int", &column, 2, &type_int, &result, &error), STATUS_OUT_OF_RANGE);
    assert_int_equal(run_once("sum_int", &column, 1, &type_int, &result, &error), STATUS_OK);
    column_init(&column, &arena, type_decimal(&arena, 38, 0), 2);
    for (uint32_t i = 0; i < 2; i++)
        COLUMN_VALUES(&column, int128)[i] = decimal_power_of_ten(38) - 1;
    assert_int_equal(run_once("sum_decimal", &column, 2, column.type, &result, &error), STATUS_OUT_OF_RANGE);
}

static void single_value(void **state) {
    (void)state;
    struct error error;
    struct column column, result;
    column_init(&column, &arena, &type_int, 2);
    memcpy(column.values, (int32_t[]){5, 6}, 8);
    assert_int_equal(run_once("single_value", &column, 1, &type_int, &result, &error), STATUS_OK);
    assert_int_equal(*COLUMN_VALUES(&result, int32_t), 5);
    assert_int_equal(run_once("single_value", &column, 2, &type_int, &result, &error), STATUS_CARDINALITY_VIOLATION);
    column_set_null(&column, &arena, 0, 2);
    assert_int_equal(run_once("single_value", &column, 1, &type_int, &result, &error), STATUS_OK);
    assert_true(column_is_null(&result, 0));
}

/* Sums that were added and taken back leave nothing behind, not even after infinities. */
static void real_retraction_is_exact(void **state) {
    (void)state;
    const struct aggregate *aggregate = aggregate_retractable(aggregate_by_id("sum_double"));
    struct column column, result;
    column_init(&column, &arena, &type_double, 5);
    memcpy(column.values, (double[]){0.1, 1e16, INFINITY, NAN, 0.2}, 40);
    const struct type *type = &type_double;
    struct aggregate_call call = {.aggregate = aggregate, .type = type, .argument_types = &type, .argument_count = 1};
    _Alignas(8) uint8_t group[STATE_MAX] = {0};
    uint8_t *states[] = {group, group, group, group, group};
    struct selection all = {NULL, 5}, some = {(uint16_t[]){1, 2, 3}, 3};
    assert_int_equal(aggregate->update(&call, &column, &all, states, NULL), STATUS_OK);
    assert_int_equal(aggregate->retract(&call, &column, &some, states, NULL), STATUS_OK);
    column_init(&result, &arena, type, 1);
    assert_int_equal(aggregate->finish(&call, states, 1, &arena, &result, NULL), STATUS_OK);
    assert_true(fabs(*COLUMN_VALUES(&result, double) - 0.3) < 1e-15);
}

static void distinct_estimates(void **state) {
    (void)state;
    struct state_memory *memory = state_memory_new();
    double worst = 0;
    for (uint64_t distinct = 1; distinct < 3000000; distinct = distinct * 3 / 2 + 1) {
        struct hyperloglog all = {0}, halves[2] = {{0}};
        for (uint64_t i = 0; i < distinct; i++) {
            uint64_t hash = hash_u64(i * 7919 + distinct);
            hyperloglog_add(&all, hash, memory);
            hyperloglog_add(&halves[i % 3 == 0], hash, memory);
            if (i < 1000)
                hyperloglog_add(&all, hash, memory); /* again: changes nothing */
        }
        hyperloglog_merge(&halves[0], &halves[1], memory);
        int64_t estimate = hyperloglog_estimate(&all);
        assert_int_equal(hyperloglog_estimate(&halves[0]), estimate);
        double error = fabs((double)estimate - (double)distinct) / (double)distinct;
        worst = error > worst ? error : worst;
        if (distinct <= 300)
            assert_int_equal(estimate, distinct);
        hyperloglog_release(&all, memory);
        hyperloglog_release(&halves[0], memory);
        hyperloglog_release(&halves[1], memory);
    }
    print_message("# worst error %.2f %%\n", worst * 100);
    assert_true(worst < 0.05); /* three standard errors */
    assert_int_equal(state_memory_used_bytes(memory), 0);
    state_memory_free(memory);
}

static int setup(void **state) {
    (void)state;
    arena_init(&arena);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    arena_release(&arena);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(catalogue_is_sound), cmocka_unit_test(resolution),
        cmocka_unit_test(every_overload),     cmocka_unit_test(overflow),
        cmocka_unit_test(single_value),       cmocka_unit_test(real_retraction_is_exact),
        cmocka_unit_test(distinct_estimates),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
