/* logic.c: three-valued logic. AND and OR look at an operand only where the ones before it have not decided, so that
 * `x <> 0 AND 1 / x > 2` never divides by zero; operands that are cheap and cannot fail are combined as whole bit maps. */
#include <string.h>

#include "core/functions/kernels/kernel.h"
#include "core/functions/kernels/kernels.h"
#include "core/functions/lazy.h"

/* Per row: TRUE, FALSE, or neither for NULL. */
struct truth {
    uint64_t *is_true;
    uint64_t *is_false;
};

static uint64_t pack_word(const uint8_t *values, uint32_t count) {
    uint64_t word = 0;
    uint32_t i = 0;
    for (; i + 8 <= count; i += 8) {
        uint64_t bytes;
        memcpy(&bytes, values + i, sizeof bytes);
        bytes &= 0x0101010101010101ull;
        word |= (bytes * 0x0102040810204080ull >> 56) << i;
    }
    for (; i < count; i++)
        word |= (uint64_t)(values[i] & 1) << i;
    return word;
}

static uint64_t truth_word(const struct column *column, uint32_t word, uint32_t row_count) {
    if (column->kind == COLUMN_CONSTANT)
        return COLUMN_VALUES(column, uint8_t)[0] & 1 ? UINT64_MAX : 0;
    uint32_t first = word * 64;
    return pack_word(COLUMN_VALUES(column, uint8_t) + first, row_count - first < 64 ? row_count - first : 64);
}

static uint64_t validity_word(const struct column *column, uint32_t word) {
    if (!column->validity)
        return UINT64_MAX;
    if (column->kind == COLUMN_CONSTANT)
        return column->validity[0] & 1 ? UINT64_MAX : 0;
    return column->validity[word];
}

static void truth_combine(struct truth *truth, const struct column *column, uint32_t row_count, bool is_or) {
    for (uint32_t word = 0; word * 64 < row_count; word++) {
        uint64_t valid = validity_word(column, word), value = truth_word(column, word, row_count);
        uint64_t is_true = valid & value, is_false = valid & ~value;
        truth->is_true[word] = is_or ? truth->is_true[word] | is_true : truth->is_true[word] & is_true;
        truth->is_false[word] = is_or ? truth->is_false[word] & is_false : truth->is_false[word] | is_false;
    }
}

static void truth_store(const struct truth *truth, struct function_call *call, struct column *result) {
    uint8_t *values = result->values;
    uint64_t nulls = 0;
    for (uint32_t row = 0; row < call->row_count; row++)
        values[row] = truth->is_true[row >> 6] >> (row & 63) & 1;
    uint32_t words = (call->row_count + 63) / 64;
    for (uint32_t word = 0; word < words; word++)
        nulls |= ~(truth->is_true[word] | truth->is_false[word]);
    if (!nulls)
        return;
    result->validity = validity_new(call->arena, call->row_count, true);
    for (uint32_t word = 0; word < words; word++)
        result->validity[word] = truth->is_true[word] | truth->is_false[word];
}

/* Both operands are FLAT without NULLs so far: bytes combine as bytes. */
static void combine_bytes(uint8_t *restrict values, const uint8_t *restrict more, uint32_t row_count, bool is_or) {
    if (is_or) {
        for (uint32_t row = 0; row < row_count; row++)
            values[row] |= more[row];
    } else {
        for (uint32_t row = 0; row < row_count; row++)
            values[row] &= more[row];
    }
}

static enum status combine_all(struct function_call *call, struct column *result, bool is_or, struct error *error) {
    struct column *columns = arena_alloc(call->arena, call->argument_count * sizeof *columns);
    bool plain = true;
    for (uint32_t i = 0; i < call->argument_count; i++) {
        TRY(lazy_argument(call, i, &call->selection, &columns[i], error));
        plain &= columns[i].kind == COLUMN_FLAT && !columns[i].validity;
    }
    if (plain) {
        memcpy(result->values, columns[0].values, call->row_count);
        for (uint32_t i = 1; i < call->argument_count; i++)
            combine_bytes(result->values, columns[i].values, call->row_count, is_or);
        return STATUS_OK;
    }
    size_t size = (call->row_count + 63) / 64 * sizeof(uint64_t);
    struct truth truth = {arena_alloc(call->arena, size), arena_alloc(call->arena, size)};
    memset(truth.is_true, is_or ? 0 : 0xFF, size);
    memset(truth.is_false, is_or ? 0xFF : 0, size);
    for (uint32_t i = 0; i < call->argument_count; i++)
        truth_combine(&truth, &columns[i], call->row_count, is_or);
    truth_store(&truth, call, result);
    return STATUS_OK;
}

/* One operand for the undecided rows; those that it decides leave the list. */
static void decide(const struct column *column, struct selection *undecided, uint16_t *rows, uint8_t *values,
                   uint8_t *nulls, bool is_or) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < undecided->count; i++) {
        uint32_t row = selection_row(undecided, i);
        bool valid = !column_is_null(column, row);
        bool decided = valid && argument_bool(column, row) == is_or;
        if (decided)
            values[row] = is_or;
        nulls[row] = !decided && (nulls[row] || !valid);
        rows[count] = (uint16_t)row;
        count += !decided;
    }
    *undecided = (struct selection){rows, count};
}

static enum status combine_lazily(struct function_call *call, struct column *result, bool is_or, struct error *error) {
    uint8_t *values = result->values;
    uint8_t *nulls = arena_zalloc(call->arena, call->row_count);
    uint16_t *rows = arena_alloc(call->arena, call->selection.count * sizeof(uint16_t));
    struct selection undecided = call->selection;
    memset(values, !is_or, call->row_count);
    for (uint32_t i = 0; i < call->argument_count && undecided.count; i++) {
        struct column column;
        TRY(lazy_argument(call, i, &undecided, &column, error));
        decide(&column, &undecided, rows, values, nulls, is_or);
    }
    for (uint32_t i = 0; i < undecided.count; i++) {
        if (nulls[undecided.rows[i]])
            result_null(call, result, undecided.rows[i]);
    }
    return STATUS_OK;
}

static enum status logic_combine(struct function_call *call, struct column *result, bool is_or, struct error *error) {
    for (uint32_t i = 0; i < call->argument_count; i++) {
        if (lazy_can_fail(call, i) || lazy_is_expensive(call, i))
            return combine_lazily(call, result, is_or, error);
    }
    return combine_all(call, result, is_or, error);
}

enum status logic_and(struct function_call *call, const struct column *arguments, struct column *result,
                      struct error *error) {
    (void)arguments;
    return logic_combine(call, result, false, error);
}

enum status logic_or(struct function_call *call, const struct column *arguments, struct column *result,
                     struct error *error) {
    (void)arguments;
    return logic_combine(call, result, true, error);
}

#define KERNEL_NAME logic_not
#define KERNEL_IN uint8_t
#define KERNEL_OUT uint8_t
#define KERNEL_STEP(in, out, bad) ((out) = !(in))
#include "core/functions/kernels/unary.inc.h"

/* Tests of NULL and truth never give NULL: TEST is about (valid, value). */
#define LOGIC_TEST(name, test)                                                                          \
    enum status name(struct function_call *call, const struct column *arguments, struct column *result, \
                     struct error *error) {                                                             \
        (void)error;                                                                                    \
        uint8_t *values = result->values;                                                               \
        KERNEL_ROWS (call, row) {                                                                       \
            bool valid = !column_is_null(&arguments[0], row);                                           \
            bool value = valid && argument_bool(&arguments[0], row);                                    \
            (void)value;                                                                                \
            values[row] = test;                                                                         \
        }                                                                                               \
        return STATUS_OK;                                                                               \
    }
LOGIC_TEST(logic_is_true, value)
LOGIC_TEST(logic_is_not_true, !value)
LOGIC_TEST(logic_is_false, valid && !value)
LOGIC_TEST(logic_is_not_false, !valid || value)

/* Of any type: looks at the validity only. */
static void test_null(struct function_call *call, const struct column *argument, struct column *result, bool null) {
    uint8_t *values = result->values;
    if (!argument->validity) {
        memset(values, !null, call->row_count);
        return;
    }
    KERNEL_ROWS (call, row)
        values[row] = column_is_null(argument, row) == null;
}

enum status logic_is_null(struct function_call *call, const struct column *arguments, struct column *result,
                          struct error *error) {
    (void)error;
    test_null(call, &arguments[0], result, true);
    return STATUS_OK;
}

enum status logic_is_not_null(struct function_call *call, const struct column *arguments, struct column *result,
                              struct error *error) {
    (void)error;
    test_null(call, &arguments[0], result, false);
    return STATUS_OK;
}
