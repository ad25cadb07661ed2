/* row_log_test.c: records of the row log there and back; every cut and every other spelling of a record is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "core/data/row_log.h"

enum { VARIANTS = 64 };

/* A record for every number: which parts it has, how long they are. */
static struct row_log_record variant(unsigned number, struct strbuf *headers) {
    static const char text[] =
        "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnop"
        "qrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz";
    strbuf_reset(headers);
    struct row_log_record record = {.partition = number * 37 % 1000, .has_timestamp = number & 1};
    if (record.has_timestamp)
        record.timestamp_ms = (int64_t)number * 1000000007 - 5;
    record.has_key = number & 2;
    if (record.has_key)
        record.key = (struct str){text, number % 7};
    record.has_value = number & 4;
    if (record.has_value)
        record.value = (struct str){text, number * 3 % 150};
    record.header_count = number / 8 % 4;
    for (unsigned i = 0; i < record.header_count; i++) {
        struct str value = {text + i, number % 5};
        row_log_put_header(headers, (struct str){text, i}, (number + i) % 3 ? &value : NULL);
    }
    record.headers = strbuf_str(headers);
    return record;
}

static void assert_str(struct str a, struct str b) {
    assert_int_equal(a.size, b.size);
    if (a.size)
        assert_memory_equal(a.data, b.data, a.size);
}

static void assert_same(const struct row_log_record *a, const struct row_log_record *b) {
    assert_int_equal(a->partition, b->partition);
    assert_int_equal(a->has_timestamp, b->has_timestamp);
    assert_int_equal(a->timestamp_ms, b->timestamp_ms);
    assert_int_equal(a->has_key, b->has_key);
    assert_int_equal(a->has_value, b->has_value);
    assert_str(a->key, b->key);
    assert_str(a->value, b->value);
    assert_int_equal(a->header_count, b->header_count);
    assert_str(a->headers, b->headers);
}

static enum status next(struct bytes_reader *reader, struct row_log_record *record, bool *found) {
    struct error error = {0};
    enum status status = row_log_next(reader, record, found, &error);
    assert_int_equal(status, error.status);
    return status;
}

static void there_and_back(void **state) {
    (void)state;
    struct strbuf log = {0}, headers = {0};
    for (unsigned i = 0; i < VARIANTS; i++) {
        struct row_log_record record = variant(i, &headers);
        row_log_put(&log, &record);
    }
    struct bytes_reader reader = bytes_reader_of(strbuf_str(&log));
    struct row_log_record record;
    bool found;
    for (unsigned i = 0; i < VARIANTS; i++) {
        assert_int_equal(next(&reader, &record, &found), STATUS_OK);
        assert_true(found);
        struct row_log_record expected = variant(i, &headers);
        assert_same(&record, &expected);
    }
    assert_int_equal(next(&reader, &record, &found), STATUS_OK);
    assert_false(found);
    strbuf_release(&log);
    strbuf_release(&headers);
}

static void headers_one_by_one(void **state) {
    (void)state;
    struct strbuf headers = {0};
    row_log_put_header(&headers, STR("a"), &STR("1"));
    row_log_put_header(&headers, STR(""), NULL);
    row_log_put_header(&headers, STR("b"), &(struct str){NULL, 0});
    struct bytes_reader reader = bytes_reader_of(strbuf_str(&headers));
    struct str name, value;
    bool has_value;
    assert_true(row_log_next_header(&reader, &name, &has_value, &value));
    assert_str(name, STR("a"));
    assert_true(has_value);
    assert_str(value, STR("1"));
    assert_true(row_log_next_header(&reader, &name, &has_value, &value));
    assert_int_equal(name.size, 0);
    assert_false(has_value);
    assert_true(row_log_next_header(&reader, &name, &has_value, &value));
    assert_str(name, STR("b"));
    assert_true(has_value);
    assert_int_equal(value.size, 0);
    assert_false(row_log_next_header(&reader, &name, &has_value, &value));
    strbuf_release(&headers);
}

/* What is cut at any byte is refused, and read no further. */
static void every_cut(void **state) {
    (void)state;
    struct strbuf headers = {0}, log = {0};
    for (unsigned i = 0; i < VARIANTS; i++) {
        strbuf_reset(&log);
        struct row_log_record record = variant(i, &headers);
        row_log_put(&log, &record);
        for (size_t size = 1; size < log.size; size++) {
            char *copy = malloc(size); /* a sanitizer sees a read past it */
            memcpy(copy, log.data, size);
            struct bytes_reader reader = bytes_reader_of((struct str){copy, size});
            bool found;
            assert_int_equal(next(&reader, &record, &found), STATUS_MALFORMED_RECORD);
            assert_false(found);
            free(copy);
        }
    }
    strbuf_release(&headers);
    strbuf_release(&log);
}

/* Any changed bit is refused, or is another record that is written in just these bytes. */
static void every_bit(void **state) {
    (void)state;
    struct strbuf headers = {0}, log = {0}, again = {0};
    for (unsigned i = 0; i < VARIANTS; i++) {
        strbuf_reset(&log);
        struct row_log_record record = variant(i, &headers);
        row_log_put(&log, &record);
        for (size_t bit = 0; bit < log.size * 8; bit++) {
            log.data[bit / 8] = (char)(log.data[bit / 8] ^ 1 << bit % 8);
            struct bytes_reader reader = bytes_reader_of(strbuf_str(&log));
            bool found;
            if (next(&reader, &record, &found) == STATUS_OK && found) {
                strbuf_reset(&again);
                row_log_put(&again, &record);
                assert_str(strbuf_str(&again), (struct str){log.data, again.size});
            }
            log.data[bit / 8] = (char)(log.data[bit / 8] ^ 1 << bit % 8);
        }
    }
    strbuf_release(&headers);
    strbuf_release(&log);
    strbuf_release(&again);
}

static void refused(const char *what, struct str bytes) {
    struct bytes_reader reader = bytes_reader_of(bytes);
    struct row_log_record record;
    bool found;
    if (next(&reader, &record, &found) != STATUS_MALFORMED_RECORD)
        fail_msg("%s was accepted", what);
    if (next(&reader, &record, &found) != STATUS_MALFORMED_RECORD)
        fail_msg("%s: the reader went on", what);
}

static void other_spellings(void **state) {
    (void)state;
    refused("an unknown flag", STR("\x03\0\0\0\x08\x00\x00"));
    refused("a long partition", STR("\x04\0\0\0\x00\x80\x00\x00"));
    refused("a partition above 2^32", STR("\x07\0\0\0\x00\xff\xff\xff\xff\x1f\x00"));
    refused("a varint of 65 bits", STR("\x0c\0\0\0\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff\x03\x00"));
    refused("a long key size", STR("\x06\0\0\0\x02\x00\x81\x00k\x00"));
    refused("bytes behind the headers", STR("\x04\0\0\0\x00\x00\x00\x00"));
    refused("headers that are not there", STR("\x03\0\0\0\x00\x00\x01"));
    refused("a header more than said", STR("\x07\0\0\0\x00\x00\x01\x00\x00\x00\x00"));
    refused("a header's value neither there nor absent", STR("\x05\0\0\0\x00\x00\x01\x00\x02"));
    refused("a size above the limit", STR("\xff\xff\xff\xff\x00\x00\x00"));
    refused("too many headers", STR("\x05\0\0\0\x00\x00\xff\xff\x03"));
    struct bytes_reader reader = bytes_reader_of(STR("\x03\0\0\0\x00\x00\x00"));
    struct row_log_record record;
    bool found;
    assert_int_equal(next(&reader, &record, &found), STATUS_OK);
    assert_true(found);
}

static void lanes(void **state) {
    (void)state;
    struct row_log_lane lanes[3] = {0};
    struct row_log log = {lanes, 3};
    for (uint32_t i = 0; i < 30; i++)
        row_log_append(&log, &(struct row_log_record){.partition = i % 7, .has_value = true, .value = STR("x")});
    uint64_t total = 0;
    for (uint32_t lane = 0; lane < 3; lane++) {
        struct bytes_reader reader = bytes_reader_of(strbuf_str(&lanes[lane].records));
        struct row_log_record record;
        bool found;
        uint64_t count = 0;
        for (; next(&reader, &record, &found) == STATUS_OK && found; count++)
            assert_int_equal(record.partition % 3, lane);
        assert_int_equal(count, lanes[lane].row_count);
        total += count;
        strbuf_release(&lanes[lane].records);
    }
    assert_int_equal(total, 30);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_and_back), cmocka_unit_test(headers_one_by_one), cmocka_unit_test(every_cut),
        cmocka_unit_test(every_bit),      cmocka_unit_test(other_spellings),    cmocka_unit_test(lanes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
