/* kernels.c: nanoseconds per row of expressions over batches of 2,048 rows, in cache.
 * make MODE=release build/release/libcore.a, then
 *   gcc -std=gnu11 -D_GNU_SOURCE -O3 -march=x86-64-v3 -I. bench/kernels.c build/release/libcore.a \
 *       -lpcre2-8 -lutf8proc -lxxhash -lcrypto -lm -lpthread -o build/release/bench-kernels
 * Each line: the expression, ns per row when it is computed for all rows, and as a filter where it is BOOLEAN. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "core/base/arena.h"
#include "core/data/datetime.h"
#include "core/functions/evaluator.h"

enum { ROWS = 2048, ROUNDS = 2000 };

static struct arena arena;
static struct batch batch;
static struct column columns[6];

static double now_ns(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

/* a, b: BIGINT, i: INT, d: DOUBLE, s: STRING (a bid's URL), t: TIMESTAMP */
static void fill(void) {
    static const char *const hosts[] = {"apple", "google", "facebook", "baidu"};
    const struct type *types[] = {&type_bigint, &type_bigint, &type_int, &type_double, &type_string, &type_timestamp3};
    for (uint32_t i = 0; i < 6; i++)
        column_init(&columns[i], &arena, types[i], ROWS);
    for (uint32_t row = 0; row < ROWS; row++) {
        COLUMN_VALUES(&columns[0], int64_t)[row] = row * 7919 % 1000;
        COLUMN_VALUES(&columns[1], int64_t)[row] = row * 104729 % 10000 + 1;
        COLUMN_VALUES(&columns[2], int32_t)[row] = (int32_t)(row * 31 % 500);
        COLUMN_VALUES(&columns[3], double)[row] = row * 0.25;
        char *url = row % 2
                        ? arena_printf(&arena, "https://www.nexmark.com/%s/item%u/x.htm?query=1", hosts[row % 4], row)
                        : arena_printf(&arena, "https://www.nexmark.com/abc/defg/item.htm?query=1&channel_id=%u", row);
        COLUMN_VALUES(&columns[4], struct string_view)[row] = view_make(url, (uint32_t)strlen(url));
        COLUMN_VALUES(&columns[5], int64_t)[row] = INT64_C(1714564800000000) + row * INT64_C(10000);
    }
    batch = (struct batch){.row_count = ROWS, .column_count = 6, .columns = columns};
}

static void must(enum status status, const struct error *error) {
    if (status != STATUS_OK) {
        fprintf(stderr, "%s\n", error->message);
        exit(1);
    }
}

static struct expression *call(const char *name, struct expression *a, struct expression *b, struct expression *c) {
    struct expression *arguments[] = {a, b, c}, *result = NULL;
    struct error error = {0};
    must(expression_call(&arena, name, arguments, c ? 3 : b ? 2 : 1, 1, &result, &error), &error);
    return result;
}

static struct expression *column(uint32_t index) {
    return expression_column(&arena, index, type_with_nullable(&arena, columns[index].type, false), 1);
}
static struct expression *text(const char *value) {
    return expression_string(&arena, str_from(value), 1);
}
static struct expression *number(const char *value) {
    struct expression *result = NULL;
    struct error error = {0};
    must(expression_number(&arena, str_from(value), 1, &result, &error), &error);
    return result;
}

static double time_run(struct evaluator *evaluator, bool filter) {
    struct evaluation_context context = {.watermark_us = INT64_MIN};
    struct selection all = {NULL, ROWS}, some;
    struct column result;
    struct error error;
    uint16_t rows[ROWS + 8];
    struct arena scratch;
    arena_init(&scratch);
    double best = 1e18;
    for (int repeat = 0; repeat < 5; repeat++) {
        double start = now_ns();
        for (int round = 0; round < ROUNDS / 5; round++) {
            enum status status =
                filter ? evaluator_filter(evaluator, 0, &batch, &all, &context, &scratch, rows, &some, &error)
                       : evaluator_run(evaluator, &batch, &all, &context, &scratch, &result, &error);
            must(status, &error);
            arena_reset(&scratch);
        }
        double per_row = (now_ns() - start) / (ROUNDS / 5) / ROWS;
        best = per_row < best ? per_row : best;
    }
    arena_release(&scratch);
    return best;
}

static void measure(const char *name, struct expression *expression) {
    struct evaluator *evaluator;
    struct error error = {0};
    must(evaluator_open(&arena, &expression, 1, &evaluator, &error), &error);
    printf("%-64s %7.2f", name, time_run(evaluator, false));
    if (expression->type->kind == TYPE_BOOLEAN)
        printf(" %7.2f", time_run(evaluator, true));
    printf("\n");
}

int main(void) {
    arena_init(&arena);
    fill();
    struct expression *a = column(0), *b = column(1), *i = column(2), *d = column(3), *s = column(4), *t = column(5);
    printf("%-64s %7s %7s\n", "expression", "ns/row", "filter");
    measure("a + b", call("+", a, b, NULL));
    measure("a + 1", call("+", a, number("1"), NULL));
    measure("i + i", call("+", i, i, NULL));
    measure("i * 3", call("*", i, number("3"), NULL));
    measure("a * b", call("*", a, b, NULL));
    measure("a / b", call("/", a, b, NULL));
    measure("a % 123", call("%", a, number("123"), NULL));
    measure("d * 2e0", call("*", d, number("2e0"), NULL));
    measure("0.908 * b", call("*", number("0.908"), b, NULL));
    measure("a > 500", call(">", a, number("500"), NULL));
    measure("a = b", call("=", a, b, NULL));
    measure("i < 100", call("<", i, number("100"), NULL));
    measure("a > 500 AND b < 3000",
            call("and", call(">", a, number("500"), NULL), call("<", b, number("3000"), NULL), NULL));
    measure("a > 900 OR b < 3000",
            call("or", call(">", a, number("900"), NULL), call("<", b, number("3000"), NULL), NULL));
    measure("a % 123 = 0", call("=", call("%", a, number("123"), NULL), number("0"), NULL));
    measure("s = 'apple'", call("=", s, text("apple"), NULL));
    measure("LOWER(s)", call("lower", s, NULL, NULL));
    measure("UPPER(s)", call("upper", s, NULL, NULL));
    measure("s LIKE '%channel%'", call("like", s, text("%channel%"), NULL));
    measure("SPLIT_INDEX(s, '/', 3)", call("split_index", s, text("/"), number("3")));
    measure("SUBSTRING(s, 3, 20)", call("substring", s, number("3"), number("20")));
    measure("CHAR_LENGTH(s)", call("char_length", s, NULL, NULL));
    measure("COUNT_CHAR(s, 'c')", call("count_char", s, text("c"), NULL));
    measure("REGEXP_EXTRACT(s, '(&|^)channel_id=([^&]*)', 2)",
            call("regexp_extract", s, text("(&|^)channel_id=([^&]*)"), number("2")));
    measure("s || 'x'", call("||", s, text("x"), NULL));
    measure("CASE WHEN a > 500 THEN a ELSE b END", call("case", call(">", a, number("500"), NULL), a, b));
    measure("HOUR(t)", call("hour", t, NULL, NULL));
    measure("MONTH(t)", call("month", t, NULL, NULL));
    measure("DATE_FORMAT(t, 'yyyy-MM-dd')", call("date_format", t, text("yyyy-MM-dd"), NULL));
    measure("DATE_FORMAT(t, 'yyyy-MM-dd HH:mm')", call("date_format", t, text("yyyy-MM-dd HH:mm"), NULL));
    measure("FLOOR(t TO MINUTE)", call("floor", t, text("MINUTE"), NULL));
    arena_release(&arena);
    return 0;
}
