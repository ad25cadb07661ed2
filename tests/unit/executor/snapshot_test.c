/* snapshot_test.c: sections and frames: what is written in pieces is read as a whole, whatever stands between. */
#include "executor/snapshot.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/base/hash.h"

static void put_number(struct snapshot_writer *writer, uint64_t number) {
    char value[40];
    snprintf(value, sizeof value, "value %llu", (unsigned long long)number);
    snapshot_put(writer, &(struct snapshot_record){.hash = (uint32_t)hash_u64(number),
                                                   .order = number,
                                                   .key = {(const char *)&number, sizeof number},
                                                   .value = str_from(value)});
}

static void check_numbers(struct snapshot_reader *reader, uint64_t count, uint32_t first, uint32_t end) {
    struct snapshot_record *records;
    struct error error;
    size_t found, expected = 0;
    reader->first_key_group = first;
    reader->end_key_group = end;
    assert_int_equal(snapshot_section_open(reader, "numbers", 3, &error), STATUS_OK);
    assert_int_equal(snapshot_records(reader, &records, &found, &error), STATUS_OK);
    for (uint64_t number = 0; number < count; number++) {
        uint32_t key_group = (uint32_t)hash_u64(number) >> 22;
        if (key_group < first || key_group >= end)
            continue;
        assert_int_equal(records[expected].order, number);
        assert_memory_equal(records[expected].key.data, &number, sizeof number);
        expected++;
    }
    assert_int_equal(found, expected);
    free(records);
}

/* Values, and a list of more than one frame; with `takes`, pieces leave the writer between. */
static struct strbuf write_sections(bool takes) {
    struct snapshot_writer writer;
    struct strbuf all, piece;
    strbuf_init(&all);
    snapshot_writer_init(&writer, SNAPSHOT_FULL);
    snapshot_put_value(&writer, "first", 1, STR("one"));
    snapshot_section_begin(&writer, "numbers", 3);
    for (uint64_t number = 0; number < 10000; number++)
        put_number(&writer, number * 7919 % 10000); /* in any order */
    snapshot_section_end(&writer);
    if (takes) {
        assert_true(snapshot_writer_take(&writer, &piece));
        assert_false(snapshot_writer_take(&writer, &(struct strbuf){0}));
        strbuf_append_str(&all, strbuf_str(&piece));
        strbuf_release(&piece);
    }
    snapshot_section_begin(&writer, "empty", 9);
    snapshot_section_end(&writer);
    snapshot_put_value(&writer, "last", 2, STR(""));
    snapshot_writer_end(&writer, 0);
    assert_true(snapshot_writer_take(&writer, &piece));
    strbuf_append_str(&all, strbuf_str(&piece));
    strbuf_release(&piece);
    snapshot_writer_release(&writer);
    return all;
}

static void check_sections(const struct strbuf *bytes, uint32_t first, uint32_t end) {
    struct snapshot_reader reader;
    struct bytes_reader value;
    struct error error;
    struct snapshot_record record;
    bool found;
    snapshot_reader_init(&reader, strbuf_str(bytes));
    reader.first_key_group = first;
    reader.end_key_group = end;
    assert_int_equal(snapshot_get_value(&reader, "first", 1, &value, &error), STATUS_OK); /* whatever the range */
    assert_true(str_equal(bytes_get(&value, 3), STR("one")) && bytes_are_done(&value));
    check_numbers(&reader, 10000, first, end);
    assert_int_equal(snapshot_section_open(&reader, "empty", 9, &error), STATUS_OK);
    assert_int_equal(snapshot_next(&reader, &record, &found, &error), STATUS_OK);
    assert_false(found);
    assert_false(snapshot_is_read(&reader));
    assert_int_not_equal(snapshot_finish(&reader, &error), STATUS_OK);
    assert_int_equal(snapshot_get_value(&reader, "last", 2, &value, &error), STATUS_OK);
    assert_int_equal(snapshot_finish(&reader, &error), STATUS_OK);
    assert_int_not_equal(snapshot_section_open(&reader, "more", 1, &error), STATUS_OK);
}

static void sections_come_back(void **state) {
    (void)state;
    struct strbuf whole = write_sections(false), pieces = write_sections(true);
    check_sections(&whole, 0, KEY_GROUP_COUNT);
    check_sections(&whole, 100, 300);
    check_sections(&pieces, 0, KEY_GROUP_COUNT);
    check_sections(&pieces, 1023, 1024);
    strbuf_release(&whole);
    strbuf_release(&pieces);
}

/* Records of two tables and of a list in turn, one of them larger than a frame. */
static void frames_of_sections_may_alternate(void **state) {
    (void)state;
    enum { ROUNDS = 400, LARGE = 300000 };
    struct snapshot_writer writer;
    struct error error;
    char *large = calloc(1, LARGE);
    snapshot_writer_init(&writer, SNAPSHOT_FULL);
    uint32_t tables[2];
    for (uint32_t t = 0; t < 2; t++)
        tables[t] = snapshot_table_begin(
            &writer, &(struct snapshot_section){.name = "table", .version = 1, .serial = t + 1, .place_count = ROUNDS});
    for (uint32_t i = 0; i < ROUNDS; i++) {
        for (uint32_t t = 0; t < 2; t++) {
            struct strbuf *out = snapshot_table_record(&writer, tables[t]);
            uint32_t size = i == 200 ? LARGE : i % 30;
            struct snapshot_place place = {.place = i, .hash = i * 2 + t, .live = 1};
            strbuf_append(out, &place, sizeof place);
            bytes_put_u32(out, size);
            strbuf_append(out, large, size);
        }
    }
    snapshot_writer_end(&writer, 0);
    struct snapshot_reader reader;
    snapshot_reader_init(&reader, strbuf_str(&writer.out));
    for (uint32_t t = 0; t < 2; t++) {
        struct snapshot_place place;
        struct str body;
        bool found;
        bool seen[ROUNDS] = {0};
        assert_int_equal(snapshot_table_open(&reader, "table", 1, &error), STATUS_OK);
        for (uint32_t i = 0; i < ROUNDS; i++) {
            assert_int_equal(snapshot_table_next(&reader, &place, &body, &found, &error), STATUS_OK);
            assert_true(found && place.place < ROUNDS && !seen[place.place]);
            seen[place.place] = true;
            assert_int_equal(place.hash, place.place * 2 + t);
            assert_int_equal(body.size, place.place == 200 ? LARGE : place.place % 30);
        }
        assert_int_equal(snapshot_table_next(&reader, &place, &body, &found, &error), STATUS_OK);
        assert_false(found);
    }
    assert_int_equal(snapshot_finish(&reader, &error), STATUS_OK);
    snapshot_writer_release(&writer);
    free(large);
}

static void nothing_is_no_snapshot(void **state) {
    (void)state;
    struct snapshot_reader reader;
    struct error error;
    snapshot_reader_init(&reader, (struct str){0});
    assert_int_equal(snapshot_section_open(&reader, "first", 1, &error), STATUS_MALFORMED_RECORD);
    struct snapshot_writer writer;
    snapshot_writer_init(&writer, SNAPSHOT_FULL);
    snapshot_writer_end(&writer, 0);
    snapshot_reader_init(&reader, strbuf_str(&writer.out));
    assert_int_equal(snapshot_section_open(&reader, "first", 1, &error), STATUS_MALFORMED_RECORD);
    assert_int_equal(snapshot_finish(&reader, &error), STATUS_OK);
    snapshot_writer_release(&writer);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sections_come_back),
        cmocka_unit_test(frames_of_sections_may_alternate),
        cmocka_unit_test(nothing_is_no_snapshot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
