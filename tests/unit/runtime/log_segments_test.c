/* log_segments_test.c: where logs are cut into transactions, and how long their bytes stay in memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "core/data/row_log.h"
#include "runtime/checkpoint/log_segments.h"

/* `count` records with values of the given sizes, in turn. */
static struct log_buffer *make_buffer(const size_t *sizes, size_t size_count, uint32_t count) {
    static char value[1000];
    struct strbuf records;
    strbuf_init(&records);
    memset(value, 'v', sizeof value);
    for (uint32_t i = 0; i < count; i++) {
        struct row_log_record record = {.partition = i, .has_value = true, .value = {value, sizes[i % size_count]}};
        row_log_put(&records, &record);
    }
    struct log_buffer *buffer = log_buffer_new(&records, count);
    assert_int_equal(records.size, 0); /* taken */
    return buffer;
}

/* Chunks follow each other without gap, hold whole records, and are as large as they may be. */
static void check_chunks(const struct log_buffer *buffer, size_t bytes_max, uint64_t rows_max) {
    struct arena arena;
    uint32_t count;
    arena_init(&arena);
    struct log_chunk *chunks = log_buffer_chunks(buffer, bytes_max, rows_max, &arena, &count);
    uint64_t at = LOG_SEGMENT_HEADER_SIZE, rows = 0;
    for (uint32_t i = 0; i < count; i++) {
        const struct log_chunk *chunk = &chunks[i];
        const char *start = buffer->records.data + at - LOG_SEGMENT_HEADER_SIZE;
        assert_int_equal(chunk->segment, 0);
        assert_int_equal(chunk->offset, at);
        assert_true(chunk->size_bytes > 0 && chunk->row_count > 0 && chunk->row_count <= rows_max);
        assert_true(chunk->size_bytes <= bytes_max || chunk->row_count == 1);
        struct digest digest = digest_of(start, chunk->size_bytes);
        assert_true(digest_equal(&digest, &chunk->rows));
        struct bytes_reader reader = bytes_reader_of((struct str){start, chunk->size_bytes});
        struct row_log_record record;
        bool found = true;
        uint64_t read = 0;
        for (; found; read += found)
            assert_int_equal(row_log_next(&reader, &record, &found, NULL), STATUS_OK);
        assert_int_equal(read, chunk->row_count);
        at += chunk->size_bytes;
        rows += chunk->row_count;
        if (i + 1 < count && chunk->row_count < rows_max) { /* one record more had not fitted */
            uint32_t next;
            memcpy(&next, buffer->records.data + at - LOG_SEGMENT_HEADER_SIZE, sizeof next);
            assert_true(chunk->size_bytes + sizeof next + next > bytes_max);
        }
    }
    assert_int_equal(at - LOG_SEGMENT_HEADER_SIZE, buffer->records.size);
    assert_int_equal(rows, buffer->row_count);
    struct object segment = {.id = {.epoch = 1, .kind = OBJECT_LOG},
                             .size_bytes = LOG_SEGMENT_HEADER_SIZE + buffer->records.size};
    struct log_epoch log = {
        .epoch = 1, .segments = &segment, .segment_count = 1, .chunks = chunks, .chunk_count = count};
    log.digest = log_epoch_digest(&log);
    const char *problem = "";
    if (!log_epoch_valid(&log, &problem)) /* what the coordinator accepts */
        fail_msg("%s", problem);
    arena_release(&arena);
}

static void chunks_are_cut_between_records(void **state) {
    (void)state;
    static const size_t sizes[] = {0, 1, 17, 100, 999, 3, 3, 3};
    for (uint32_t count = 1; count < 40; count += 3) {
        struct log_buffer *buffer = make_buffer(sizes, 8, count);
        for (size_t bytes_max = 1; bytes_max < 3000; bytes_max = bytes_max * 3 / 2 + 1)
            for (uint64_t rows_max = 1; rows_max < 50; rows_max += 7)
                check_chunks(buffer, bytes_max, rows_max);
        check_chunks(buffer, LOG_CHUNK_BYTES_MAX, LOG_CHUNK_ROWS_MAX);
        log_buffer_release(buffer);
    }
}

static void one_record_more_than_the_limit_is_another_chunk(void **state) {
    (void)state;
    static const size_t sizes[] = {10};
    struct arena arena;
    uint32_t count;
    arena_init(&arena);
    struct log_buffer *buffer = make_buffer(sizes, 1, 12);
    size_t record_bytes = buffer->records.size / 12;
    (void)log_buffer_chunks(buffer, 4 * record_bytes, 100, &arena, &count);
    assert_int_equal(count, 3);
    (void)log_buffer_chunks(buffer, 4 * record_bytes - 1, 100, &arena, &count);
    assert_int_equal(count, 4);
    (void)log_buffer_chunks(buffer, 1 << 20, 12, &arena, &count);
    assert_int_equal(count, 1);
    (void)log_buffer_chunks(buffer, 1 << 20, 11, &arena, &count);
    assert_int_equal(count, 2);
    log_buffer_release(buffer);
    arena_release(&arena);
}

static struct object_id place(uint64_t epoch, uint32_t attempt, uint32_t number) {
    return (struct object_id){
        .generation = 1, .epoch = epoch, .attempt = attempt, .kind = OBJECT_LOG, .task = 2, .number = number};
}

static void add(struct log_segments *segments, const struct object_id *id) {
    static const size_t sizes[] = {5};
    struct log_buffer *buffer = make_buffer(sizes, 1, 1 + id->number);
    log_segments_add(segments, id, buffer);
    log_buffer_release(buffer); /* the cache has its own reference */
}

static bool has(struct log_segments *segments, const struct object_id *id) {
    struct log_buffer *buffer = log_segments_find(segments, id);
    if (buffer)
        assert_int_equal(buffer->row_count, 1 + id->number);
    log_buffer_release(buffer);
    return buffer != NULL;
}

static void segments_stay_until_their_epoch_is_published(void **state) {
    (void)state;
    struct log_segments segments;
    log_segments_init(&segments);
    for (uint64_t epoch = 1; epoch <= 4; epoch++)
        for (uint32_t lane = 0; lane < 3; lane++) {
            struct object_id id = place(epoch, 1, lane);
            assert_false(has(&segments, &id));
            add(&segments, &id);
        }
    struct object_id held_id = place(2, 1, 1);
    struct log_buffer *held = log_segments_find(&segments, &held_id); /* a lane is sending it */
    log_segments_drop(&segments, 2);
    for (uint64_t epoch = 1; epoch <= 4; epoch++)
        for (uint32_t lane = 0; lane < 3; lane++) {
            struct object_id id = place(epoch, 1, lane);
            assert_int_equal(has(&segments, &id), epoch > 2);
        }
    assert_int_equal(held->row_count, 2);
    log_buffer_release(held);
    log_segments_drop(&segments, 0);
    struct object_id last = place(4, 1, 2);
    assert_true(has(&segments, &last));
    log_segments_release(&segments);
}

/* A store that refuses again and again makes attempts, not heaps. */
static void given_up_attempts_are_forgotten(void **state) {
    (void)state;
    struct log_segments segments;
    log_segments_init(&segments);
    struct object_id other = place(5, 1, 1), earlier = place(4, 1, 0);
    add(&segments, &other);
    add(&segments, &earlier);
    for (uint32_t attempt = 1; attempt <= 5; attempt++) {
        struct object_id id = place(5, attempt, 0), former = place(5, attempt - 1, 0);
        add(&segments, &id);
        assert_true(has(&segments, &id));
        assert_false(has(&segments, &former));
    }
    assert_true(has(&segments, &other) && has(&segments, &earlier));
    log_segments_release(&segments);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chunks_are_cut_between_records),
        cmocka_unit_test(one_record_more_than_the_limit_is_another_chunk),
        cmocka_unit_test(segments_stay_until_their_epoch_is_published),
        cmocka_unit_test(given_up_attempts_are_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
