/* function_survival_test.c: every function of the catalogue with arguments of all kinds: extreme numbers, empty, long and
 * broken texts, NULLs, nested values. Nothing may crash or report an internal error, and flat columns, few rows and
 * dictionaries must give the same values row by row. Run under the sanitizers it finds what single cases do not. */
#include <float.h>
#include <math.h>

#include "core/base/array.h"
#include "core/data/datetime.h"
#include "core/functions/signature.h"
#include "tests/unit/core/expression_text.h"

enum { ROUNDS = 12, ROWS = 40 };

static uint64_t seed = 12345;

static uint32_t pick(uint32_t count) {
    seed = seed * 6364136223846793005ull + 1442695040888963407ull;
    return (uint32_t)(seed >> 33) % count;
}

static const char *const texts[] = {
    "",
    "a",
    "abc",
    "Hello World, this is a longer text",
    "grüße aus köln, ÄÖÜ ß",
    "12",
    "-7.5",
    "2024-05-01 12:34:56.789",
    "2024-05-01",
    "yyyy-MM-dd HH:mm:ss",
    "a=1,b=2",
    "https://u@h.com:80/p/q?k=v&x=%20#r",
    "%a_b%",
    "([a-z]+)(\\d)?",
    "$1\\x",
    "\xff\xfe\x80",
    "abc\xc3",
    "\xf0\x9f\x98\x80 smile",
    "aGVsbG8=",
    "FFaa01",
    "Europe/Berlin",
    "DAY",
    "QUERY",
    "{\"a\": {\"b\": [1, \"x\\u00e9\", null]}, \"c\": true}",
    "$.a.b[1]",
    "lax $.c",
    "   blanks   ",
    "'",
    "((",
    "a|b",
    "NaN",
    "true",
    "0123456789012345678901234567890123456789012345678901234567890123456789",
};
static const int64_t numbers[] = {0,
                                  1,
                                  -1,
                                  2,
                                  3,
                                  7,
                                  10,
                                  100,
                                  -5,
                                  127,
                                  -128,
                                  32767,
                                  65536,
                                  2147483647,
                                  -2147483648LL,
                                  4294967296LL,
                                  INT64_MAX,
                                  INT64_MIN,
                                  1714564800000LL,
                                  1000000};
static const double reals[] = {0,     -0.0,   1,      -1,       0.5,       2.675, 1e10,      -1e-10,
                               1e300, -1e308, 5e-324, INFINITY, -INFINITY, NAN,   123456.789};

static const struct type *random_type(struct arena *arena, uint32_t depth) {
    const struct type *types[] = {&type_boolean,
                                  &type_tinyint,
                                  &type_smallint,
                                  &type_int,
                                  &type_bigint,
                                  &type_float,
                                  &type_double,
                                  &type_string,
                                  &type_bytes,
                                  &type_date,
                                  &type_time,
                                  &type_timestamp3,
                                  &type_timestamp_ltz3,
                                  &type_interval_month,
                                  &type_interval_second,
                                  type_decimal(arena, 10, 2),
                                  type_decimal(arena, 38, 0),
                                  type_decimal(arena, 3, 3)};
    if (depth < 2 && pick(12) == 0)
        return type_array(arena, random_type(arena, depth + 1));
    if (depth < 2 && pick(20) == 0)
        return type_map(arena, &type_string, random_type(arena, depth + 1));
    return types[pick(COUNT_OF(types))];
}

static void random_value(struct column *column, struct arena *arena, uint32_t row, uint32_t capacity);

static void random_list(struct column *column, struct arena *arena, uint32_t row) {
    uint32_t count = pick(4), first = column_list_append(column, arena, row, count);
    for (uint32_t i = 0; i < count; i++) {
        random_value(&column->children[0], arena, first + i, column->element_capacity);
        if (column->type->kind == TYPE_MAP)
            random_value(&column->children[1], arena, first + i, column->element_capacity);
    }
}

static void random_value(struct column *column, struct arena *arena, uint32_t row, uint32_t capacity) {
    const struct type *type = column->type;
    int64_t number = numbers[pick(COUNT_OF(numbers))];
    int64_t us = INT64_C(-62135596800000000) + (int64_t)((double)pick(1u << 30) * 293900000.0);
    if (pick(6) == 0) {
        column_set_null(column, arena, row, capacity);
        return;
    }
    switch (type->kind) {
    case TYPE_BOOLEAN: COLUMN_VALUES(column, uint8_t)[row] = number & 1; return;
    case TYPE_TINYINT: COLUMN_VALUES(column, int8_t)[row] = (int8_t)number; return;
    case TYPE_SMALLINT: COLUMN_VALUES(column, int16_t)[row] = (int16_t)number; return;
    case TYPE_INT: COLUMN_VALUES(column, int32_t)[row] = (int32_t)number; return;
    case TYPE_INTERVAL_MONTH: COLUMN_VALUES(column, int32_t)[row] = (int32_t)number; return;
    case TYPE_BIGINT:
    case TYPE_INTERVAL_SECOND: COLUMN_VALUES(column, int64_t)[row] = number; return;
    case TYPE_FLOAT: COLUMN_VALUES(column, float)[row] = (float)reals[pick(COUNT_OF(reals))]; return;
    case TYPE_DOUBLE: COLUMN_VALUES(column, double)[row] = reals[pick(COUNT_OF(reals))]; return;
    case TYPE_DECIMAL: {
        int128 power = 1;
        for (unsigned i = 0; i < type->precision; i++)
            power *= 10;
        int128 value = (int128)number * (type->precision > 20 ? 10000000000 : 1);
        COLUMN_VALUES(column, int128)[row] = pick(5) ? value % power : number < 0 ? 1 - power : power - 1;
        return;
    }
    case TYPE_DATE: COLUMN_VALUES(column, int32_t)[row] = (int32_t)(us / US_PER_DAY); return;
    case TYPE_TIME: COLUMN_VALUES(column, int64_t)[row] = pick(86400) * US_PER_SECOND; return;
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMP_LTZ: COLUMN_VALUES(column, int64_t)[row] = us; return;
    case TYPE_ARRAY:
    case TYPE_MAP: random_list(column, arena, row); return;
    default: break;
    }
    const char *text = texts[pick(COUNT_OF(texts))];
    size_t size = strlen(text); /* exactly as large as the text, so that sanitizers see reads past it */
    char *copy = memory_alloc(size + 1);
    memcpy(copy, text, size);
    COLUMN_VALUES(column, struct string_view)[row] = view_copy(arena, (struct str){copy, size});
    free(copy);
}

static const struct type *argument_type(struct arena *arena, const struct pattern *pattern,
                                        const struct type *variable) {
    switch (pattern->kind) {
    case PATTERN_TYPE: return type_simple(pattern->type);
    case PATTERN_VARIABLE: return variable;
    case PATTERN_ARRAY: return type_array(arena, argument_type(arena, pattern->element, variable));
    case PATTERN_MAP:
        return type_map(arena, argument_type(arena, pattern->key, variable),
                        argument_type(arena, pattern->element, variable));
    default: return random_type(arena, 0);
    }
}

struct trial {
    struct arena arena;
    struct column columns[8];
    uint32_t count;
    struct expression *expression;
};

/* Random argument columns for the signature; false when they do not suit it. */
static bool trial_make(struct trial *trial, const struct function *function, const struct signature *signature) {
    struct expression *arguments[8];
    const struct type *variable = random_type(&trial->arena, 0);
    uint32_t parameters = signature->parameter_count;
    for (uint32_t i = 0; i < parameters + (parameters && signature->parameters[parameters - 1].repeated ? 2 : 0); i++) {
        const struct parameter *parameter = &signature->parameters[i < parameters ? i : parameters - 1];
        if (parameter->optional && pick(2))
            break;
        if (parameter->pattern->kind == PATTERN_CLASS && parameter->pattern->class == CLASS_UNIT) {
            static const char *const units[] = {"YEAR",   "QUARTER", "MONTH", "WEEK",    "DAY",         "HOUR",
                                                "SECOND", "DOW",     "EPOCH", "CENTURY", "MILLISECOND", "NANOSECOND"};
            arguments[i] = expression_string(&trial->arena, str_from(units[pick(COUNT_OF(units))]), TEXT_KEEP);
            trial->columns[i] = arguments[i]->literal;
        } else {
            struct column *column = &trial->columns[i];
            const struct type *type = argument_type(&trial->arena, parameter->pattern, variable);
            column_init(column, &trial->arena, type, ROWS);
            size_t size = layout_size(type_layout(type));
            if (size)
                memset(column->values, 0, size * ROWS);
            for (uint32_t row = 0; row < ROWS; row++)
                random_value(column, &trial->arena, row, ROWS);
            arguments[i] = pick(3) ? expression_column(&trial->arena, i, type, 1)
                                   : expression_from_value(&trial->arena, column, pick(ROWS), 1);
        }
        trial->count = i + 1;
    }
    struct error error = {0};
    return expression_call(&trial->arena, function->name, arguments, trial->count, 1, &trial->expression, &error) ==
           STATUS_OK;
}

static enum status trial_run(struct trial *trial, const struct function *function, struct column *columns,
                             const struct selection *selection, struct column *result) {
    struct evaluation_context context = text_context();
    struct batch batch = {.row_count = ROWS, .column_count = trial->count, .columns = columns};
    struct evaluator *evaluator;
    struct error error = {0};
    assert_int_equal(evaluator_open(&trial->arena, &trial->expression, 1, &evaluator, &error), STATUS_OK);
    enum status status = evaluator_run(evaluator, &batch, selection, &context, &trial->arena, result, &error);
    if (status == STATUS_INTERNAL)
        fail_msg("%s: %s", function->id, error.message);
    if (status != STATUS_OK && error.message[0] == 0)
        fail_msg("%s fails without a message", function->id);
    return status;
}

static void trial_check(struct trial *trial, const struct function *function) {
    struct selection all = {NULL, ROWS};
    struct column whole;
    enum status whole_status = trial_run(trial, function, trial->columns, &all, &whole);
    struct column dictionaries[8];
    for (uint32_t i = 0; i < trial->count; i++) {
        dictionaries[i] = trial->columns[i];
        if (dictionaries[i].kind != COLUMN_FLAT || layout_size(type_layout(dictionaries[i].type)) == 0)
            continue;
        dictionaries[i].kind = COLUMN_DICTIONARY;
        dictionaries[i].dictionary_size = ROWS;
        dictionaries[i].codes = ARENA_ARRAY(&trial->arena, uint16_t, ROWS);
        for (uint16_t row = 0; row < ROWS; row++)
            dictionaries[i].codes[row] = row;
    }
    bool deterministic = expression_is_deterministic(trial->expression);
    for (uint16_t row = 0; row < ROWS; row += 3) {
        struct selection one = {&row, 1};
        struct column single, coded;
        enum status status = trial_run(trial, function, trial->columns, &one, &single);
        enum status coded_status = trial_run(trial, function, dictionaries, &one, &coded);
        assert_int_equal(status, coded_status);
        assert_true(whole_status != STATUS_OK || status == STATUS_OK);
        if (whole_status != STATUS_OK || !deterministic)
            continue;
        if (!column_values_equal(&whole, row, &single, row) || !column_values_equal(&whole, row, &coded, row))
            fail_msg("%s, row %u: %s, alone %s, from a dictionary %s", function->id, row,
                     text_value(&trial->arena, &whole, row), text_value(&trial->arena, &single, row),
                     text_value(&trial->arena, &coded, row));
    }
}

static void every_function_survives(void **state) {
    (void)state;
    uint32_t count, done = 0;
    const struct function *functions = function_table(&count);
    for (uint32_t i = 0; i < count; i++) {
        struct signature signature;
        assert_true(signature_parse(functions[i].signature, &signature));
        for (int round = 0; round < ROUNDS; round++) {
            struct trial trial = {.count = 0};
            arena_init(&trial.arena);
            if (trial_make(&trial, &functions[i], &signature)) {
                trial_check(&trial, &functions[i]);
                done++;
            }
            arena_release(&trial.arena);
        }
    }
    assert_true(done > count * ROUNDS / 2);
}

/* Any type to any other. */
static void every_cast_survives(void **state) {
    (void)state;
    static const struct function none = {.id = "cast", .name = "cast"};
    for (int round = 0; round < 3000; round++) {
        struct trial trial = {.count = 1};
        arena_init(&trial.arena);
        const struct type *from = random_type(&trial.arena, 0), *to = random_type(&trial.arena, 0);
        struct error error = {0};
        struct expression *column = expression_column(&trial.arena, 0, from, 1);
        column_init(&trial.columns[0], &trial.arena, from, ROWS);
        for (uint32_t row = 0; row < ROWS; row++)
            random_value(&trial.columns[0], &trial.arena, row, ROWS);
        enum cast_kind kind = pick(2) ? CAST_EXPLICIT : CAST_TRY;
        if (expression_cast(&trial.arena, column, to, kind, 1, &trial.expression, &error) == STATUS_OK)
            trial_check(&trial, &none);
        else
            assert_int_equal(error.status, STATUS_CANNOT_COERCE);
        arena_release(&trial.arena);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_function_survives),
                                       cmocka_unit_test(every_cast_survives)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
