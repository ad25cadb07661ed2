/* audit_test.c: rows of two lanes and three partitions, as they should be and with each kind of damage: every damage is counted, and only it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "core/base/arena.h"
#include "runtime/checkpoint/audit.h"

enum { LANES = 2, PARTITIONS = 3, EPOCHS = 4, CHUNKS = 2, CHUNK_ROWS = 5, EPOCH_ROWS = CHUNKS * CHUNK_ROWS };
enum { ROWS = LANES * EPOCHS * EPOCH_ROWS };

struct row {
    struct published_row published;
    char bytes[16];
};

static struct row rows[ROWS + 8];
static uint32_t row_count;
static const struct incarnation job = {{1, 2, 3}};

/* Rows in the order of places: lane by lane. Partition p of a lane's rows: p mod LANES == lane. */
static void make_rows(void) {
    row_count = 0;
    for (uint32_t lane = 0; lane < LANES; lane++)
        for (uint64_t epoch = 1; epoch <= EPOCHS; epoch++)
            for (uint32_t number = 0; number < EPOCH_ROWS; number++) {
                struct row *row = &rows[row_count++];
                memset(row, 0, sizeof *row);
                snprintf(row->bytes, sizeof row->bytes, "%u %llu %u", lane, (unsigned long long)epoch, number);
                row->published = (struct published_row){.partition = lane == 0 ? (number % 2) * 2 : 1,
                                                        .has_place = true,
                                                        .epoch = epoch,
                                                        .lane = lane,
                                                        .number = number};
            }
}

static struct marker marker_of(uint32_t lane, uint64_t epoch, uint32_t chunk) {
    char joined[CHUNK_ROWS * 16];
    size_t size = 0;
    const struct row *first = &rows[(lane * EPOCHS + (epoch - 1)) * EPOCH_ROWS + (chunk - 1) * CHUNK_ROWS];
    for (uint32_t i = 0; i < CHUNK_ROWS; i++) {
        memcpy(joined + size, first[i].bytes, strlen(first[i].bytes));
        size += strlen(first[i].bytes);
    }
    return (struct marker){.job = job,
                           .sink = 7,
                           .lane = lane,
                           .epoch = epoch,
                           .chunk = chunk,
                           .chunk_count = CHUNKS,
                           .generation = 1,
                           .row_count = CHUNK_ROWS,
                           .rows = digest_of(joined, size)};
}

static void tell_marker(struct audit *audit, const struct marker *marker) {
    uint8_t bytes[MARKER_SIZE];
    marker_encode(marker, bytes);
    audit->target.on_marker(&audit->target, marker->lane, 0, (struct str){(const char *)bytes, sizeof bytes});
}

static void tell_markers(struct audit *audit, uint64_t first_epoch, uint64_t last_epoch) {
    for (uint32_t lane = 0; lane < LANES; lane++)
        for (uint64_t epoch = first_epoch; epoch <= last_epoch; epoch++)
            for (uint32_t chunk = 1; chunk <= CHUNKS; chunk++) {
                struct marker marker = marker_of(lane, epoch, chunk);
                tell_marker(audit, &marker);
            }
}

/* Partition by partition, as an outside hands them out. */
static void tell_rows(struct audit *audit) {
    for (uint32_t partition = 0; partition < PARTITIONS; partition++)
        for (uint32_t i = 0; i < row_count; i++) {
            struct published_row row = rows[i].published;
            row.record = str_from(rows[i].bytes);
            if (row.partition == partition)
                audit->target.on_row(&audit->target, &row);
        }
}

static struct audit_counts run(void (*damage_markers)(struct audit *audit), uint64_t first_epoch, uint64_t last_epoch) {
    struct audit audit;
    audit_init(&audit, &job, 7, LANES);
    tell_markers(&audit, first_epoch, last_epoch);
    if (damage_markers)
        damage_markers(&audit);
    tell_rows(&audit);
    audit_finish(&audit);
    struct audit_counts counts = audit.counts;
    audit_release(&audit);
    return counts;
}

static int setup(void **state) {
    (void)state;
    make_rows();
    return 0;
}

static void nothing_wrong(void **state) {
    (void)state;
    struct audit_counts counts = run(NULL, 1, EPOCHS);
    assert_true(audit_is_clean(&counts));
    assert_int_equal(counts.rows, ROWS);
    assert_int_equal(counts.chunks, LANES * EPOCHS * CHUNKS);
    assert_int_equal(counts.published_epoch, EPOCHS);
    assert_int_equal(counts.foreign + counts.unmarked + counts.newer, 0);
}

/* Each row in turn. */
static void a_missing_row(void **state) {
    (void)state;
    for (uint32_t gone = 0; gone < ROWS; gone++) {
        make_rows();
        struct row lost = rows[gone];
        rows[gone].published.partition = PARTITIONS; /* is not told */
        struct audit_counts counts = run(NULL, 1, EPOCHS);
        assert_int_equal(counts.missing, 1);
        assert_false(audit_is_clean(&counts));
        assert_int_equal(counts.altered + counts.doubled + counts.reordered, 0);
        rows[gone] = lost;
    }
}

static void a_doubled_row(void **state) {
    (void)state;
    for (uint32_t twice = 0; twice < ROWS; twice++) {
        make_rows();
        rows[row_count++] = rows[twice];
        struct audit_counts counts = run(NULL, 1, EPOCHS);
        assert_int_equal(counts.doubled, 1);
        assert_int_equal(counts.missing + counts.altered, 0);
        assert_false(audit_is_clean(&counts));
    }
}

static void an_altered_row(void **state) {
    (void)state;
    struct audit audit;
    audit_init(&audit, &job, 7, LANES);
    tell_markers(&audit, 1, EPOCHS);
    rows[17].bytes[0] ^= 1; /* after its marker was made */
    tell_rows(&audit);
    audit_finish(&audit);
    assert_int_equal(audit.counts.altered, 1);
    assert_int_equal(audit.counts.missing, 0);
    assert_false(audit_is_clean(&audit.counts));
    audit_release(&audit);
}

static void rows_out_of_order(void **state) {
    (void)state;
    struct audit audit;
    audit_init(&audit, &job, 7, LANES);
    tell_markers(&audit, 1, EPOCHS);
    struct row row = rows[0]; /* numbers 0 and 2 of lane 0 are in one partition */
    rows[0] = rows[2];
    rows[2] = row;
    tell_rows(&audit);
    audit_finish(&audit);
    assert_int_equal(audit.counts.reordered, 1);
    assert_int_equal(audit.counts.missing + audit.counts.altered + audit.counts.doubled, 0);
    assert_false(audit_is_clean(&audit.counts));
    audit_release(&audit);
}

static void foreign_and_newer_rows(void **state) {
    (void)state;
    rows[row_count] = rows[0];
    rows[row_count++].published.has_place = false;
    struct audit_counts counts = run(NULL, 1, EPOCHS - 1); /* the last epoch was published meanwhile */
    assert_int_equal(counts.foreign, 1);
    assert_int_equal(counts.newer, LANES * EPOCH_ROWS);
    assert_int_equal(counts.published_epoch, EPOCHS - 1);
    assert_true(audit_is_clean(&counts));
}

static void compacted_markers(void **state) {
    (void)state;
    struct audit_counts counts = run(NULL, 3, EPOCHS);
    assert_int_equal(counts.unmarked, LANES * 2 * EPOCH_ROWS);
    assert_int_equal(counts.rows, LANES * 2 * EPOCH_ROWS);
    assert_true(audit_is_clean(&counts));
}

static void add_gap(struct audit *audit) {
    struct marker marker = marker_of(0, EPOCHS, CHUNKS);
    marker.epoch = EPOCHS + 2;
    marker.chunk = 1;
    tell_marker(audit, &marker);
}
static void add_repeated(struct audit *audit) {
    struct marker marker = marker_of(1, EPOCHS, CHUNKS);
    tell_marker(audit, &marker);
}
static void add_other_job(struct audit *audit) {
    struct marker marker = marker_of(1, EPOCHS, CHUNKS);
    marker.epoch = EPOCHS + 1;
    marker.chunk = 1;
    marker.job.bytes[0] ^= 1;
    tell_marker(audit, &marker);
}
static void add_nonsense(struct audit *audit) {
    audit->target.on_marker(&audit->target, 0, 0, STR("nonsense"));
    audit->target.on_marker(&audit->target, LANES, 0, STR(""));
}

static void bad_markers(void **state) {
    (void)state;
    struct audit_counts counts = run(add_gap, 1, EPOCHS);
    assert_int_equal(counts.bad_markers, 1);
    counts = run(add_repeated, 1, EPOCHS);
    assert_int_equal(counts.bad_markers, 1);
    counts = run(add_other_job, 1, EPOCHS);
    assert_int_equal(counts.bad_markers, 1);
    counts = run(add_nonsense, 1, EPOCHS);
    assert_int_equal(counts.bad_markers, 2);
    assert_false(audit_is_clean(&counts));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(nothing_wrong, setup),     cmocka_unit_test_setup(a_missing_row, setup),
        cmocka_unit_test_setup(a_doubled_row, setup),     cmocka_unit_test_setup(an_altered_row, setup),
        cmocka_unit_test_setup(rows_out_of_order, setup), cmocka_unit_test_setup(foreign_and_newer_rows, setup),
        cmocka_unit_test_setup(compacted_markers, setup), cmocka_unit_test_setup(bad_markers, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
