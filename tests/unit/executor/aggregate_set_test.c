/* aggregate_set_test.c: sets of calls with FILTER, DISTINCT and retractions against a naive recomputation over the rows that
 * are in each group. Seeds are fixed and printed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "core/base/arena.h"
#include "core/base/bytes.h"
#include "core/base/hash.h"
#include "core/data/batch.h"
#include "core/functions/aggregate.h"
#include "executor/aggregate_set.h"

enum { ROWS = 200, GROUPS = 5, LOG_MAX = 6000, OFFSET = 16, CALLS = 12 };
enum { COLUMN_X, COLUMN_S, COLUMN_F, COLUMN_G, COLUMN_COUNT };

static struct arena arena;
static uint64_t seed;

static uint32_t random_below(uint32_t limit) {
    seed = hash_u64(seed + 0x9E3779B97F4A7C15ull);
    return (uint32_t)(seed >> 33) % limit;
}

static struct field fields[COLUMN_COUNT] = {
    {"x", &type_bigint}, {"s", &type_string}, {"f", &type_boolean}, {"g", &type_boolean}};
static const struct schema schema = {fields, COLUMN_COUNT};
static const uint32_t column_x[] = {COLUMN_X}, column_s[] = {COLUMN_S}, columns_xs[] = {COLUMN_X, COLUMN_S};

static struct aggregate_set_call calls[CALLS];

static void add_call(uint32_t c, const char *id, const struct type *type, const uint32_t *arguments, uint32_t count,
                     int32_t filter, bool distinct) {
    calls[c] = (struct aggregate_set_call){.aggregate = aggregate_by_id(id),
                                           .type = type,
                                           .arguments = arguments,
                                           .argument_count = count,
                                           .filter = filter,
                                           .distinct = distinct};
}

static int setup(void **state) {
    (void)state;
    arena_init(&arena);
    add_call(0, "count_star", &type_bigint, NULL, 0, -1, false);
    add_call(1, "count", &type_bigint, column_x, 1, COLUMN_F, false);
    add_call(2, "sum_bigint", &type_bigint, column_x, 1, -1, false);
    add_call(3, "count", &type_bigint, column_x, 1, -1, true);
    add_call(4, "count", &type_bigint, column_x, 1, COLUMN_F, true);
    add_call(5, "sum_bigint", &type_bigint, column_x, 1, COLUMN_G, true);
    add_call(6, "count", &type_bigint, column_s, 1, -1, true);
    add_call(7, "count", &type_bigint, columns_xs, 2, COLUMN_F, true);
    add_call(8, "max_string", &type_string, column_s, 1, COLUMN_G, false);
    add_call(9, "min_bigint", &type_bigint, column_x, 1, -1, true);
    add_call(10, "count", &type_bigint, columns_xs, 2, -1, false);
    add_call(11, "count_star", &type_bigint, NULL, 0, COLUMN_G, false);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    arena_release(&arena);
    return 0;
}

static struct column columns[COLUMN_COUNT];

static void fill_columns(void) {
    static const char *const words[] = {"", "a", "ab", "a text that is long", "another text that is long"};
    for (uint32_t c = 0; c < COLUMN_COUNT; c++) {
        column_init(&columns[c], &arena, fields[c].type, ROWS);
        for (uint32_t row = 0; row < ROWS; row++) {
            if (c == COLUMN_X)
                COLUMN_VALUES(&columns[c], int64_t)[row] = (int64_t)random_below(30) - 9;
            else if (c == COLUMN_S)
                COLUMN_VALUES(&columns[c], struct string_view)
            [row] = view_copy(&arena, str_from(words[random_below(5)]));
            else COLUMN_VALUES(&columns[c], uint8_t)[row] = random_below(2) & 1;
            if (random_below(6) == 0)
                column_set_null(&columns[c], &arena, row, ROWS);
        }
    }
}

/* The same values behind codes, for kinds of columns that a set has to unpack. */
static struct column as_dictionary(const struct column *column) {
    struct column result = *column;
    result.kind = COLUMN_DICTIONARY;
    result.dictionary_size = ROWS;
    result.codes = arena_alloc(&arena, ROWS * sizeof(uint16_t));
    for (uint32_t row = 0; row < ROWS; row++)
        result.codes[row] = (uint16_t)row;
    return result;
}

struct model {
    uint32_t rows[LOG_MAX];
    uint32_t count;
};

static bool passes(const struct aggregate_set_call *call, uint32_t row) {
    if (call->filter >= 0 &&
        (column_is_null(&columns[call->filter], row) || !COLUMN_VALUES(&columns[call->filter], uint8_t)[row]))
        return false;
    for (uint32_t a = 0; a < call->argument_count; a++)
        if (column_is_null(&columns[call->arguments[a]], row))
            return false;
    return true;
}

static bool same_arguments(const struct aggregate_set_call *call, uint32_t a, uint32_t b) {
    for (uint32_t i = 0; i < call->argument_count; i++)
        if (!column_values_equal(&columns[call->arguments[i]], a, &columns[call->arguments[i]], b))
            return false;
    return true;
}

static bool seen_before(const struct aggregate_set_call *call, const struct model *model, uint32_t i) {
    for (uint32_t j = 0; j < i; j++)
        if (passes(call, model->rows[j]) && same_arguments(call, model->rows[i], model->rows[j]))
            return true;
    return false;
}

static void expect(const struct aggregate_set_call *call, const struct model *model, struct strbuf *out) {
    const char *name = call->aggregate->name;
    int64_t count = 0, sum = 0, best = -1;
    for (uint32_t i = 0; i < model->count; i++) {
        uint32_t row = model->rows[i];
        if (!passes(call, row) || (call->distinct && seen_before(call, model, i)))
            continue;
        count++;
        if (call->argument_count && call->arguments[0] == COLUMN_X)
            sum += COLUMN_VALUES(&columns[COLUMN_X], int64_t)[row];
        if (call->argument_count) {
            const struct column *column = &columns[call->arguments[0]];
            int order = best < 0 ? 0 : column_values_compare(column, row, column, (uint32_t)best);
            if (best < 0 || (strcmp(name, "max") == 0 ? order > 0 : order < 0))
                best = row;
        }
    }
    if (strcmp(name, "count") == 0)
        strbuf_printf(out, "%lld", (long long)count);
    else if (!count)
        strbuf_append_text(out, "NULL");
    else if (strcmp(name, "sum") == 0)
        strbuf_printf(out, "%lld", (long long)sum);
    else
        column_print_value(out, &columns[call->arguments[0]], (uint32_t)best);
}

struct fixture {
    struct aggregate_set *set;
    struct model groups[GROUPS];
    uint8_t *records[GROUPS];
};

static void check(struct fixture *fixture) {
    struct column results[CALLS];
    struct strbuf expected, actual;
    strbuf_init(&expected);
    strbuf_init(&actual);
    assert_int_equal(aggregate_set_finish(fixture->set, fixture->records, GROUPS, &arena, results, NULL), STATUS_OK);
    for (uint32_t c = 0; c < CALLS; c++)
        for (uint32_t g = 0; g < GROUPS; g++) {
            strbuf_reset(&expected);
            strbuf_reset(&actual);
            expect(&calls[c], &fixture->groups[g], &expected);
            column_print_value(&actual, &results[c], g);
            if (strcmp(strbuf_text(&expected), strbuf_text(&actual)) != 0)
                fail_msg("call %u, group %u: expected %s, got %s", c, g, strbuf_text(&expected), strbuf_text(&actual));
        }
    strbuf_release(&expected);
    strbuf_release(&actual);
}

/* A batch of inserts, with retractions of rows that are in a group (maybe by an insert of this very batch). */
static void run_batch(struct fixture *fixture, bool retracting) {
    uint16_t rows[ROWS];
    uint8_t kinds[ROWS] = {0}, *records[ROWS];
    struct selection selection = {.rows = rows};
    for (uint32_t row = 0; row < ROWS; row++) {
        uint32_t g = random_below(GROUPS);
        struct model *model = &fixture->groups[g];
        if (random_below(3))
            continue;
        bool retract = retracting && model->count && random_below(2);
        if (retract) { /* the row itself must be the one that goes */
            uint32_t at = 0;
            while (at < model->count && model->rows[at] != row)
                at++;
            if (at == model->count)
                continue;
            model->rows[at] = model->rows[--model->count];
        } else {
            model->rows[model->count++] = row;
        }
        kinds[row] = retract           ? random_below(2) ? CHANGE_DELETE : CHANGE_UPDATE_BEFORE
                     : random_below(2) ? CHANGE_INSERT
                                       : CHANGE_UPDATE_AFTER;
        rows[selection.count] = (uint16_t)row;
        records[selection.count++] = fixture->records[g];
    }
    struct column input[COLUMN_COUNT];
    for (uint32_t c = 0; c < COLUMN_COUNT; c++)
        input[c] = random_below(3) ? columns[c] : as_dictionary(&columns[c]);
    assert_int_equal(aggregate_set_update(fixture->set, input, retracting ? kinds : NULL, &selection, records, NULL),
                     STATUS_OK);
}

static void run_merge(struct fixture *fixture) {
    uint32_t target = random_below(GROUPS), source = random_below(GROUPS);
    struct model *to = &fixture->groups[target], *from = &fixture->groups[source];
    if (target == source || to->count + from->count > LOG_MAX / 2)
        return;
    uint8_t *sources[] = {fixture->records[source]};
    assert_int_equal(aggregate_set_merge(fixture->set, &fixture->records[target], sources, 1, NULL), STATUS_OK);
    memcpy(&to->rows[to->count], from->rows, from->count * sizeof from->rows[0]);
    to->count += from->count;
    aggregate_set_release(fixture->set, sources, 1);
    from->count = 0;
}

/* A group goes on as what its bytes give; cut bytes are refused. */
static void run_snapshot(struct fixture *fixture) {
    uint8_t *record = fixture->records[random_below(GROUPS)];
    struct strbuf bytes, again;
    strbuf_init(&bytes);
    strbuf_init(&again);
    aggregate_set_encode(fixture->set, record, &bytes);
    for (int cut = 1; cut >= 0; cut--) {
        size_t size = cut ? random_below((uint32_t)bytes.size) : bytes.size;
        struct bytes_reader reader = bytes_reader_of((struct str){bytes.data, size});
        aggregate_set_release(fixture->set, &record, 1);
        aggregate_set_decode(fixture->set, record, &reader);
        assert_int_equal(reader.failed, cut);
        assert_true(cut || bytes_are_done(&reader));
    }
    aggregate_set_encode(fixture->set, record, &again);
    assert_int_equal(again.size, bytes.size);
    assert_memory_equal(again.data, bytes.data, bytes.size);
    strbuf_release(&bytes);
    strbuf_release(&again);
}

static void run_model(bool retracting) {
    for (uint64_t round = 1; round <= 8; round++) {
        seed = round * 7 + retracting;
        print_message("# seed %llu%s\n", (unsigned long long)seed, retracting ? ", retracting" : "");
        fill_columns();
        struct fixture *fixture = ARENA_NEW(&arena, struct fixture);
        assert_int_equal(aggregate_set_open(calls, CALLS, &schema, retracting, &fixture->set, NULL), STATUS_OK);
        aggregate_set_place(fixture->set, OFFSET);
        for (uint32_t g = 0; g < GROUPS; g++) {
            fixture->records[g] = arena_alloc(&arena, OFFSET + aggregate_set_size(fixture->set) + OFFSET);
            memset(fixture->records[g], 0xEE, OFFSET + aggregate_set_size(fixture->set) + OFFSET);
        }
        aggregate_set_init(fixture->set, fixture->records, NULL, GROUPS);
        check(fixture);
        for (int step = 0; step < 30; step++) {
            run_batch(fixture, retracting);
            if (random_below(4) == 0)
                run_merge(fixture);
            if (random_below(3) == 0)
                run_snapshot(fixture);
            if (step % 4 == 0)
                check(fixture);
        }
        check(fixture);
        for (uint32_t g = 0; g < GROUPS; g++)
            for (uint32_t i = 0; i < OFFSET; i++) {
                assert_int_equal(fixture->records[g][i], 0xEE);
                assert_int_equal(fixture->records[g][OFFSET + aggregate_set_size(fixture->set) + i], 0xEE);
            }
        assert_true(aggregate_set_owns_memory(fixture->set));
        aggregate_set_release(fixture->set, fixture->records, GROUPS);
        aggregate_set_close(fixture->set);
        arena_reset(&arena);
    }
}

static void append_only(void **state) {
    (void)state;
    run_model(false);
}

static void with_retractions(void **state) {
    (void)state;
    run_model(true);
}

/* A family of DISTINCT calls keeps its values once. */
static void families_share_values(void **state) {
    (void)state;
    struct aggregate_set *set;
    assert_int_equal(aggregate_set_open(&calls[3], 3, &schema, false, &set, NULL), STATUS_OK);
    assert_int_equal(aggregate_set_size(set), 8 + 8 + 16 + 16); /* three states, one set */
    aggregate_set_close(set);
    assert_int_equal(aggregate_set_open(calls, 3, &schema, false, &set, NULL), STATUS_OK);
    assert_int_equal(aggregate_set_size(set), 8 + 8 + 16);
    assert_false(aggregate_set_owns_memory(set));
    aggregate_set_close(set);
}

static void refusals(void **state) {
    (void)state;
    struct aggregate_set *set;
    struct error error;
    struct aggregate_set_call call = {.aggregate = aggregate_by_id("approx_count_distinct"),
                                      .type = &type_bigint,
                                      .arguments = column_x,
                                      .argument_count = 1,
                                      .filter = -1,
                                      .position = 9};
    assert_int_equal(aggregate_set_open(&call, 1, &schema, false, &set, &error), STATUS_OK);
    aggregate_set_close(set);
    assert_int_equal(aggregate_set_open(&call, 1, &schema, true, &set, &error), STATUS_UNSUPPORTED);
    assert_string_equal(error.message, "APPROX_COUNT_DISTINCT cannot take back rows, and its input may retract some");
    assert_int_equal(error.position, 9);
    struct aggregate_set_call many[40];
    for (uint32_t c = 0; c < 40; c++)
        many[c] = calls[3];
    assert_int_equal(aggregate_set_open(many, 40, &schema, false, &set, &error), STATUS_UNSUPPORTED);
}

/* Sets of many values: they grow, and merging them goes through many rounds. */
static void large_sets(void **state) {
    (void)state;
    for (int retracting = 0; retracting < 2; retracting++) {
        struct aggregate_set *set;
        assert_int_equal(aggregate_set_open(&calls[3], 5, &schema, retracting, &set, NULL), STATUS_OK);
        uint32_t size = aggregate_set_size(set);
        uint8_t *groups[] = {arena_alloc(&arena, size), arena_alloc(&arena, size)}, *records[ROWS];
        aggregate_set_init(set, groups, NULL, 2);
        fill_columns();
        for (uint32_t c = 0; c < COLUMN_COUNT; c++)
            columns[c].validity = NULL;
        for (int64_t first = 0; first < 12000; first += 100) { /* every value but the outer ones twice */
            for (uint32_t row = 0; row < ROWS; row++) {
                int64_t x = first + row;
                COLUMN_VALUES(&columns[COLUMN_X], int64_t)[row] = x;
                COLUMN_VALUES(&columns[COLUMN_S], struct string_view)
                [row] = view_copy(&arena, str_from(arena_printf(&arena, "the text of %lld", (long long)x)));
                COLUMN_VALUES(&columns[COLUMN_F], uint8_t)[row] = x % 3 == 0;
                COLUMN_VALUES(&columns[COLUMN_G], uint8_t)[row] = x % 5 == 0;
                records[row] = groups[x >= 4000];
            }
            struct selection all = {NULL, ROWS};
            assert_int_equal(aggregate_set_update(set, columns, NULL, &all, records, NULL), STATUS_OK);
        }
        assert_int_equal(aggregate_set_merge(set, &groups[0], &groups[1], 1, NULL), STATUS_OK);
        assert_int_equal(aggregate_set_merge(set, &groups[0], &groups[1], 1, NULL), STATUS_OK); /* changes nothing */
        struct column results[5];
        assert_int_equal(aggregate_set_finish(set, groups, 2, &arena, results, NULL), STATUS_OK);
        static const int64_t expected[5][2] = {
            {12100, 8100}, {4034, 2700}, {14634950, 13036950}, {12100, 8100}, {4034, 2700}};
        for (uint32_t c = 0; c < 5; c++)
            for (uint32_t g = 0; g < 2; g++)
                assert_int_equal(COLUMN_VALUES(&results[c], int64_t)[g], expected[c][g]);
        aggregate_set_release(set, groups, 2);
        aggregate_set_close(set);
        arena_reset(&arena);
    }
}

/* Errors of kernels come through. */
static void overflow(void **state) {
    (void)state;
    struct aggregate_set *set;
    struct error error;
    fill_columns();
    columns[COLUMN_X].validity = NULL;
    for (uint32_t row = 0; row < 2; row++)
        COLUMN_VALUES(&columns[COLUMN_X], int64_t)[row] = INT64_MAX;
    assert_int_equal(aggregate_set_open(&calls[2], 1, &schema, false, &set, &error), STATUS_OK);
    uint8_t *record = arena_alloc(&arena, 64), *records[] = {record, record};
    aggregate_set_init(set, records, NULL, 1);
    struct selection two = {NULL, 2};
    assert_int_equal(aggregate_set_update(set, columns, NULL, &two, records, &error), STATUS_OUT_OF_RANGE);
    uint8_t kinds[ROWS] = {CHANGE_DELETE};
    assert_int_equal(aggregate_set_update(set, columns, kinds, &two, records, &error), STATUS_INTERNAL);
    aggregate_set_close(set);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(append_only), cmocka_unit_test(with_retractions), cmocka_unit_test(families_share_values),
        cmocka_unit_test(large_sets),  cmocka_unit_test(refusals),         cmocka_unit_test(overflow),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
