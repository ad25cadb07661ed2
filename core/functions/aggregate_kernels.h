/* aggregate_kernels.h: states and operations of the aggregates, for aggregates.def. Private to the catalogue.
 * A KERNELS_x macro is what the rows with kernels x have in common; only finish differs between them. */
#pragma once

#include "core/data/column.h"
#include "core/functions/aggregate.h"
#include "core/functions/cell.h"
#include "core/functions/hyperloglog.h"
#include "core/functions/sorted_bag.h"
#include "core/functions/value_list.h"

/* States are only 8-byte aligned. */
typedef int128 state_int128 __attribute__((aligned(8)));

struct truth_counts {
    int64_t true_count, false_count;
};

struct integer_sum {
    int64_t sum, count;
};

struct wide_sum {
    state_int128 sum;
    int64_t count;
};

struct real_sum {
    double sum;
    int64_t count;
};

/* A sum from which terms can be taken back: rounding errors are carried along, and what is not finite is counted. */
struct exact_sum {
    double sum, correction;
    int64_t count;
    int32_t nan_count, positive_count, negative_count, unused;
};

struct variance {
    int64_t count;
    double mean, squares; /* sum of (x - mean)^2 */
    int64_t not_finite_count;
};

#if defined(__x86_64__)
typedef __float128 state_wide_real __attribute__((aligned(8)));
#else
typedef long double state_wide_real __attribute__((aligned(8))); /* quadruple precision on 64-bit ARM */
#endif

/* Of values that can be taken back; unscaled for DECIMAL. */
struct exact_variance {
    int64_t count, not_finite_count;
    state_wide_real sum, squares;
};

struct kept_value {
    struct cell value;
    int64_t present;
};

struct text_list {
    char *data; /* in the state memory; NULL before the first text */
    uint32_t size, capacity;
};

#define UPDATES(kernels) aggregate_update_function kernels##_update, kernels##_retract;
#define SUMS(type) aggregate_update_function sum_##type##_update, sum_##type##_retract;
#define VARIANCES(type) \
    aggregate_update_function variance_##type##_update, exact_variance_##type##_update, exact_variance_##type##_retract;
#define EXTREMES(layout)                                                    \
    aggregate_update_function min_##layout##_update, max_##layout##_update; \
    aggregate_merge_function min_##layout##_merge, max_##layout##_merge;    \
    aggregate_finish_function extreme_##layout##_finish;
#define FOR_EACH_INTEGER(what) what(tinyint) what(smallint) what(int) what(bigint)
#define FOR_EACH_NUMBER(what) FOR_EACH_INTEGER(what) what(float) what(double) what(decimal)
#define FOR_EACH_ORDERED_LAYOUT(what) what(i8) what(i16) what(i32) what(i64) what(i128) what(f32) what(f64) what(view)

UPDATES(count_star)
UPDATES(count)
UPDATES(truth)
aggregate_merge_function count_merge, truth_merge;
aggregate_finish_function count_finish, bool_and_finish, bool_or_finish;
#define KERNELS_count_star \
    .state_size = 8, .update = count_star_update, .retract = count_star_retract, .merge = count_merge
#define KERNELS_count .state_size = 8, .update = count_update, .retract = count_retract, .merge = count_merge
#define KERNELS_truth                                                                                                  \
    .state_size = sizeof(struct truth_counts), .update = truth_update, .retract = truth_retract, .merge = truth_merge, \
    .ignores_duplicates = true

FOR_EACH_INTEGER(SUMS)
SUMS(decimal)
aggregate_update_function sum_float_update, sum_double_update;
UPDATES(sum_wide)
UPDATES(exact_float)
UPDATES(exact_double)
aggregate_merge_function integer_sum_merge, wide_sum_merge, real_sum_merge, exact_sum_merge;
aggregate_finish_function sum_tinyint_finish, sum_smallint_finish, sum_int_finish, sum_bigint_finish,
    sum_decimal_finish, sum_float_finish, sum_double_finish, avg_tinyint_finish, avg_smallint_finish, avg_int_finish,
    avg_bigint_finish, avg_decimal_finish, avg_float_finish, avg_double_finish, exact_sum_float_finish,
    exact_sum_double_finish, exact_avg_float_finish, exact_avg_double_finish;
#define KERNELS_SUM(kernels, state, combine) \
    .state_size = sizeof(struct state), .update = kernels##_update, .retract = kernels##_retract, .merge = combine
#define KERNELS_sum_tinyint KERNELS_SUM(sum_tinyint, integer_sum, integer_sum_merge)
#define KERNELS_sum_smallint KERNELS_SUM(sum_smallint, integer_sum, integer_sum_merge)
#define KERNELS_sum_int KERNELS_SUM(sum_int, integer_sum, integer_sum_merge)
#define KERNELS_sum_bigint KERNELS_SUM(sum_bigint, integer_sum, integer_sum_merge)
#define KERNELS_sum_wide KERNELS_SUM(sum_wide, wide_sum, wide_sum_merge)
#define KERNELS_sum_decimal KERNELS_SUM(sum_decimal, wide_sum, wide_sum_merge)
#define KERNELS_sum_float .state_size = sizeof(struct real_sum), .update = sum_float_update, .merge = real_sum_merge
#define KERNELS_sum_double .state_size = sizeof(struct real_sum), .update = sum_double_update, .merge = real_sum_merge
#define KERNELS_exact_float KERNELS_SUM(exact_float, exact_sum, exact_sum_merge)
#define KERNELS_exact_double KERNELS_SUM(exact_double, exact_sum, exact_sum_merge)

FOR_EACH_NUMBER(VARIANCES)
aggregate_merge_function variance_merge, exact_variance_merge;
aggregate_finish_function var_pop_finish, var_samp_finish, stddev_pop_finish, stddev_samp_finish, exact_var_pop_finish,
    exact_var_samp_finish, exact_stddev_pop_finish, exact_stddev_samp_finish;
#define KERNELS_VARIANCE(type) \
    .state_size = sizeof(struct variance), .update = variance_##type##_update, .merge = variance_merge
#define KERNELS_EXACT_VARIANCE(type)                                                       \
    .state_size = sizeof(struct exact_variance), .update = exact_variance_##type##_update, \
    .retract = exact_variance_##type##_retract, .merge = exact_variance_merge
#define KERNELS_variance_tinyint KERNELS_VARIANCE(tinyint)
#define KERNELS_exact_variance_tinyint KERNELS_EXACT_VARIANCE(tinyint)
#define KERNELS_variance_smallint KERNELS_VARIANCE(smallint)
#define KERNELS_exact_variance_smallint KERNELS_EXACT_VARIANCE(smallint)
#define KERNELS_variance_int KERNELS_VARIANCE(int)
#define KERNELS_exact_variance_int KERNELS_EXACT_VARIANCE(int)
#define KERNELS_variance_bigint KERNELS_VARIANCE(bigint)
#define KERNELS_exact_variance_bigint KERNELS_EXACT_VARIANCE(bigint)
#define KERNELS_variance_float KERNELS_VARIANCE(float)
#define KERNELS_exact_variance_float KERNELS_EXACT_VARIANCE(float)
#define KERNELS_variance_double KERNELS_VARIANCE(double)
#define KERNELS_exact_variance_double KERNELS_EXACT_VARIANCE(double)
#define KERNELS_variance_decimal KERNELS_VARIANCE(decimal)
#define KERNELS_exact_variance_decimal KERNELS_EXACT_VARIANCE(decimal)

#define SNAPSHOTS(kernels)                                                                              \
    void kernels##_encode(const struct aggregate_call *call, const uint8_t *state, struct strbuf *out); \
    void kernels##_decode(const struct aggregate_call *call, uint8_t *state, struct bytes_reader *reader);
SNAPSHOTS(extreme_view)
SNAPSHOTS(bag)
SNAPSHOTS(kept_value)
SNAPSHOTS(list)
SNAPSHOTS(listagg)
SNAPSHOTS(approx_count_distinct)

FOR_EACH_ORDERED_LAYOUT(EXTREMES)
UPDATES(bag)
void extreme_view_init(const struct aggregate_call *call, uint8_t *state);
void extreme_view_release(const struct aggregate_call *call, uint8_t *state);
void bag_release(const struct aggregate_call *call, uint8_t *state);
aggregate_merge_function bag_merge;
aggregate_finish_function bag_min_finish, bag_max_finish;
/* A value and whether there is one: 8, 16 or 24 bytes. */
#define EXTREME_SIZE(type) ((sizeof(type) + 1 + 7) / 8 * 8)
#define KERNELS_EXTREME(which, layout, type)                                                                  \
    .state_size = EXTREME_SIZE(type), .update = which##_##layout##_update, .merge = which##_##layout##_merge, \
    .ignores_duplicates = true
#define KERNELS_EXTREME_VIEW(which)                                                                     \
    .state_size = sizeof(struct string_view), .init = extreme_view_init, .update = which##_view_update, \
    .merge = which##_view_merge, .release = extreme_view_release, .encode = extreme_view_encode,        \
    .decode = extreme_view_decode, .ignores_duplicates = true
#define KERNELS_bag                                                                                            \
    .state_size = sizeof(struct sorted_bag), .update = bag_update, .retract = bag_retract, .merge = bag_merge, \
    .release = bag_release, .encode = bag_encode, .decode = bag_decode, .ignores_duplicates = true

aggregate_update_function first_value_update, last_value_update;
UPDATES(value_list)
UPDATES(all_values)
aggregate_update_function listagg_update, approx_count_distinct_update;
aggregate_merge_function first_value_merge, last_value_merge, value_list_merge, listagg_merge,
    approx_count_distinct_merge;
aggregate_finish_function kept_value_finish, first_of_list_finish, last_of_list_finish, single_value_finish,
    array_agg_finish, listagg_finish, listagg_of_list_finish, approx_count_distinct_finish;
void kept_value_release(const struct aggregate_call *call, uint8_t *state);
void list_release(const struct aggregate_call *call, uint8_t *state);
void listagg_release(const struct aggregate_call *call, uint8_t *state);
void approx_count_distinct_release(const struct aggregate_call *call, uint8_t *state);
#define KERNELS_first_value                                                                            \
    .state_size = sizeof(struct kept_value), .update = first_value_update, .merge = first_value_merge, \
    .release = kept_value_release, .encode = kept_value_encode, .decode = kept_value_decode,           \
    .ignores_duplicates = true
#define KERNELS_last_value                                                                           \
    .state_size = sizeof(struct kept_value), .update = last_value_update, .merge = last_value_merge, \
    .release = kept_value_release, .encode = kept_value_encode, .decode = kept_value_decode
#define KERNELS_value_list                                                                               \
    .state_size = sizeof(struct value_list), .update = value_list_update, .retract = value_list_retract, \
    .merge = value_list_merge, .release = list_release, .encode = list_encode, .decode = list_decode
#define KERNELS_all_values                                                                               \
    .state_size = sizeof(struct value_list), .update = all_values_update, .retract = all_values_retract, \
    .merge = value_list_merge, .release = list_release, .encode = list_encode, .decode = list_decode
#define KERNELS_listagg                                                                       \
    .state_size = sizeof(struct text_list), .update = listagg_update, .merge = listagg_merge, \
    .release = listagg_release, .encode = listagg_encode, .decode = listagg_decode
#define KERNELS_approx_count_distinct                                                 \
    .state_size = sizeof(struct hyperloglog), .update = approx_count_distinct_update, \
    .merge = approx_count_distinct_merge, .release = approx_count_distinct_release,   \
    .encode = approx_count_distinct_encode, .decode = approx_count_distinct_decode, .ignores_duplicates = true
