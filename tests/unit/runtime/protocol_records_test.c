/* protocol_records_test.c: every record comes back as it was; every flipped bit, every cut and every foreign byte is found. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "runtime/protocol/reason.h"
#include "tests/unit/runtime/protocol_sample.h"

/* A record as its decoder sees it: OK, or refused. */
typedef enum status decode(const void *bytes, size_t size, struct arena *arena, struct error *error);

static enum status decode_head(const void *bytes, size_t size, struct arena *arena, struct error *error) {
    (void)arena;
    struct head head;
    return head_decode(bytes, size, &head, error);
}
static enum status decode_marker(const void *bytes, size_t size, struct arena *arena, struct error *error) {
    (void)arena;
    struct marker marker;
    return marker_decode(bytes, size, &marker, error);
}
static enum status decode_savepoint(const void *bytes, size_t size, struct arena *arena, struct error *error) {
    (void)arena;
    struct savepoint savepoint;
    return savepoint_decode(bytes, size, &savepoint, error);
}
static enum status decode_manifest(const void *bytes, size_t size, struct arena *arena, struct error *error) {
    struct manifest manifest;
    return manifest_decode(bytes, size, arena, &manifest, error);
}

/* All bits once, all lengths, and more than there is. The copy has exactly the size, so that a sanitizer sees a read beyond. */
static void find_all_damage(const char *bytes, size_t size, decode *decode_record) {
    struct arena arena;
    arena_init(&arena);
    struct error error;
    char *copy = memory_alloc(size + 1);
    memcpy(copy, bytes, size);
    assert_int_equal(decode_record(copy, size, &arena, &error), STATUS_OK);
    for (size_t bit = 0; bit < 8 * size; bit++) {
        copy[bit / 8] ^= (char)(1 << bit % 8);
        error_reset(&error);
        assert_int_equal(decode_record(copy, size, &arena, &error), STATUS_MALFORMED_RECORD);
        assert_true(error.message[0] != '\0');
        copy[bit / 8] ^= (char)(1 << bit % 8);
        arena_reset(&arena);
    }
    copy[size] = 0;
    assert_int_equal(decode_record(copy, size + 1, &arena, &error), STATUS_MALFORMED_RECORD);
    free(copy);
    for (size_t cut = 0; cut < size; cut++) {
        char *start = memory_alloc(cut + (cut == 0));
        memcpy(start, bytes, cut);
        assert_int_equal(decode_record(start, cut, &arena, &error), STATUS_MALFORMED_RECORD);
        free(start);
    }
    arena_release(&arena);
}

/* Puts the right length and checksum on a frame that was changed: what a program with another mind would write. */
static void seal(uint8_t *bytes, size_t size) {
    struct byte_writer writer = {.data = bytes, .capacity = size, .size = 8};
    write_u32(&writer, (uint32_t)(size - FRAME_SIZE));
    writer.size = size - 4;
    write_u32(&writer, crc32c(bytes, size - 4));
}

static void head_comes_back(void **state) {
    (void)state;
    struct head head = sample_head(), back;
    uint8_t bytes[HEAD_SIZE];
    head_encode(&head, bytes);
    struct error error;
    assert_int_equal(head_decode(bytes, sizeof bytes, &back, &error), STATUS_OK);
    assert_true(head_equal(&head, &back));
    find_all_damage((char *)bytes, sizeof bytes, decode_head);
    assert_int_equal(decode_marker(bytes, sizeof bytes, NULL, &error), STATUS_MALFORMED_RECORD);
    back.generation++;
    assert_false(head_equal(&head, &back));
}

static void a_head_that_contradicts_itself_is_refused(void **state) {
    (void)state;
    struct head head = sample_head(), back;
    uint8_t bytes[HEAD_SIZE];
    struct error error;
    head.epoch = 6; /* not its manifest's */
    head_encode(&head, bytes);
    assert_int_equal(head_decode(bytes, sizeof bytes, &back, &error), STATUS_MALFORMED_RECORD);
    head = sample_head();
    head.job = sample_incarnation(8);
    head_encode(&head, bytes);
    assert_int_equal(head_decode(bytes, sizeof bytes, &back, &error), STATUS_MALFORMED_RECORD);
    head = sample_head();
    head.generation = 0;
    head_encode(&head, bytes);
    assert_int_equal(head_decode(bytes, sizeof bytes, &back, &error), STATUS_MALFORMED_RECORD);
    head = sample_head();
    head.manifest.id.kind = OBJECT_STATE;
    head_encode(&head, bytes);
    assert_int_equal(head_decode(bytes, sizeof bytes, &back, &error), STATUS_MALFORMED_RECORD);
}

static void another_version_is_named(void **state) {
    (void)state;
    struct head head = sample_head(), back;
    uint8_t bytes[HEAD_SIZE];
    head_encode(&head, bytes);
    bytes[4] = 2;
    seal(bytes, sizeof bytes);
    struct error error;
    assert_int_equal(head_decode(bytes, sizeof bytes, &back, &error), STATUS_MALFORMED_RECORD);
    assert_string_equal(error.message, "HEAD has version 2; this program reads version 1");
}

static void marker_comes_back(void **state) {
    (void)state;
    struct marker marker = sample_marker(), back;
    memset(&back, 0, sizeof back);
    uint8_t bytes[MARKER_SIZE];
    marker_encode(&marker, bytes);
    assert_true(sizeof bytes <= 300);
    struct error error;
    assert_int_equal(marker_decode(bytes, sizeof bytes, &back, &error), STATUS_OK);
    uint8_t again[MARKER_SIZE];
    marker_encode(&back, again);
    assert_memory_equal(bytes, again, sizeof bytes);
    assert_int_equal(back.lane, 2);
    assert_int_equal(back.epoch, 5);
    assert_int_equal(back.chunk, 2);
    assert_int_equal(back.row_count, 1000);
    assert_string_equal(back.engine_version, "0.1.0");
    find_all_damage((char *)bytes, sizeof bytes, decode_marker);
}

static void a_marker_out_of_range_is_refused(void **state) {
    (void)state;
    struct marker marker = sample_marker(), back;
    uint8_t bytes[MARKER_SIZE];
    struct error error;
    marker_encode(&marker, bytes);
    size_t chunk = FRAME_HEADER_SIZE + 16 + 4 + 4 + 8;
    bytes[chunk] = 4; /* of 3 */
    seal(bytes, sizeof bytes);
    assert_int_equal(marker_decode(bytes, sizeof bytes, &back, &error), STATUS_MALFORMED_RECORD);
    bytes[chunk] = 0;
    seal(bytes, sizeof bytes);
    assert_int_equal(marker_decode(bytes, sizeof bytes, &back, &error), STATUS_MALFORMED_RECORD);
    bytes[chunk] = 3;
    seal(bytes, sizeof bytes);
    assert_int_equal(marker_decode(bytes, sizeof bytes, &back, &error), STATUS_OK);
}

static void savepoint_comes_back(void **state) {
    (void)state;
    struct savepoint savepoint = {.generation = 4, .manifest = sample_head().manifest, .plan = digest_of("plan", 4)};
    struct savepoint back;
    uint8_t bytes[SAVEPOINT_SIZE];
    savepoint_encode(&savepoint, bytes);
    struct error error;
    assert_int_equal(savepoint_decode(bytes, sizeof bytes, &back, &error), STATUS_OK);
    assert_int_equal(back.generation, 4);
    assert_true(manifest_reference_equal(&back.manifest, &savepoint.manifest));
    assert_true(digest_equal(&back.plan, &savepoint.plan));
    find_all_damage((char *)bytes, sizeof bytes, decode_savepoint);
}

static void manifest_comes_back(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena);
    struct manifest manifest = sample_manifest(&arena), back;
    struct str bytes = manifest_encode(&manifest, &arena);
    struct error error;
    assert_int_equal(manifest_decode(bytes.data, bytes.size, &arena, &back, &error), STATUS_OK);
    struct str again = manifest_encode(&back, &arena);
    assert_true(str_equal(bytes, again));
    assert_int_equal(back.id.epoch, 5);
    assert_int_equal(back.object_count, 3);
    for (uint32_t i = 0; i < back.object_count; i++)
        assert_true(object_id_equal(&back.objects[i].id, &manifest.objects[i].id));
    assert_true(str_equal(back.positions[0].position, manifest.positions[0].position));
    assert_int_equal(back.lanes[0].pending[1].chunk_count, 3);
    assert_int_equal(back.lanes[1].marker.offset, 51);
    assert_int_equal(back.time_us, 1700000000000000);
    find_all_damage(bytes.data, bytes.size, decode_manifest);
    arena_release(&arena);
}

/* Each of these encodes well, but means nothing. */
static void a_manifest_that_does_not_fit_together_is_refused(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena);
    const char *problem;
    struct manifest good = sample_manifest(&arena);
    assert_true(manifest_valid(&good, &problem));
    struct manifest bad = good;
    bad.parent.id.epoch = 3;
    assert_false(manifest_valid(&bad, &problem));
    bad = good;
    bad.has_parent = false;
    assert_false(manifest_valid(&bad, &problem));
    bad = good;
    bad.base_epoch = 4; /* the markers are older */
    assert_false(manifest_valid(&bad, &problem));
    for (int sign = -1; sign <= 1; sign += 2) {
        bad = good;
        bad.time_us = sign * PROCESSING_TIME_MAX_US;
        assert_true(manifest_valid(&bad, &problem));
        bad.time_us += sign;
        assert_false(manifest_valid(&bad, &problem));
        assert_string_equal(problem, "a processing time that no clock shows");
    }
    struct manifest_lane lanes[2] = {good.lanes[0], good.lanes[1]};
    bad = good;
    bad.lanes = lanes;
    lanes[0].pending_count = 1; /* its own epoch's log is missing */
    assert_false(manifest_valid(&bad, &problem));
    assert_string_equal(problem, "a lane whose unpublished epochs have a gap");
    lanes[0] = good.lanes[0];
    lanes[0].marker.epoch = 6; /* not decided */
    assert_false(manifest_valid(&bad, &problem));
    lanes[0] = good.lanes[0];
    struct log_epoch logs[2] = {good.lanes[0].pending[0], good.lanes[0].pending[1]};
    lanes[0].pending = logs;
    logs[1].digest.bytes[3] ^= 1;
    assert_false(manifest_valid(&bad, &problem));
    assert_string_equal(problem, "a log whose digest differs");
    arena_release(&arena);
}

/* A count that promises more than there are bytes takes no memory. */
static void a_huge_count_is_refused(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena);
    struct manifest manifest = sample_manifest(&arena), back;
    struct str bytes = manifest_encode(&manifest, &arena);
    size_t count = FRAME_HEADER_SIZE + OBJECT_ID_SIZE + 8 + DIGEST_SIZE + 1 + MANIFEST_REFERENCE_SIZE + 1 + 8;
    uint8_t *copy = arena_copy(&arena, bytes.data, bytes.size);
    assert_int_equal(copy[count], 3);
    memset(copy + count, 0xFF, 4);
    seal(copy, bytes.size);
    struct arena small;
    arena_init(&small);
    struct error error;
    assert_int_equal(manifest_decode(copy, bytes.size, &small, &back, &error), STATUS_MALFORMED_RECORD);
    assert_true(small.size_bytes < 1 << 20);
    arena_release(&small);
    arena_release(&arena);
}

static void a_log_is_checked(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena);
    const char *problem;
    struct log_epoch log = sample_log(&arena, 1, 4, 3);
    assert_true(log_epoch_valid(&log, &problem));
    struct log_chunk chunks[3] = {log.chunks[0], log.chunks[1], log.chunks[2]};
    struct log_epoch bad = log;
    bad.chunks = chunks;
    chunks[2].size_bytes = 16; /* beyond the segment's end */
    bad.digest = log_epoch_digest(&bad);
    assert_false(log_epoch_valid(&bad, &problem));
    chunks[2] = log.chunks[2];
    chunks[1].offset = UINT64_MAX - 4; /* its end overflows */
    bad.digest = log_epoch_digest(&bad);
    assert_false(log_epoch_valid(&bad, &problem));
    chunks[1] = log.chunks[1];
    chunks[1].segment = 1;
    bad.digest = log_epoch_digest(&bad);
    assert_false(log_epoch_valid(&bad, &problem));
    chunks[1] = log_epoch_empty(4).chunks[0]; /* an empty chunk among others */
    bad.digest = log_epoch_digest(&bad);
    assert_false(log_epoch_valid(&bad, &problem));
    bad = log;
    bad.chunk_count = 0;
    assert_false(log_epoch_valid(&bad, &problem));
    struct log_epoch empty = log_epoch_empty(4);
    assert_true(log_epoch_valid(&empty, &problem));
    struct digest nothing = digest_of("", 0);
    assert_true(digest_equal(&empty.chunks[0].rows, &nothing));
    struct log_epoch other = log_epoch_empty(5);
    assert_false(digest_equal(&empty.digest, &other.digest));
    arena_release(&arena);
}

static void assert_joined(const struct log_epoch *joined, const uint32_t *segments, const uint32_t *chunks_of,
                          uint32_t chunk_count) {
    const char *problem;
    assert_true(log_epoch_valid(joined, &problem));
    assert_int_equal(joined->chunk_count, chunk_count);
    for (uint32_t i = 0; i < chunk_count; i++) {
        assert_int_equal(joined->chunks[i].segment, segments[i]);
        assert_int_equal(joined->segments[joined->chunks[i].segment].id.number, chunks_of[i]);
    }
}

static void logs_of_several_tasks_are_joined(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena);
    struct log_epoch first = sample_log(&arena, 1, 4, 2), second = sample_log(&arena, 1, 4, 3),
                     empty = log_epoch_empty(4);
    ((struct object *)second.segments)->id.number = 10; /* the sample's have 9 */
    const struct log_epoch *all[] = {&empty, &first, &empty, &second};
    struct log_epoch joined = log_epoch_join(&arena, all, 4);
    assert_int_equal(joined.epoch, 4);
    assert_int_equal(joined.segment_count, 2);
    assert_joined(&joined, (const uint32_t[]){0, 0, 1, 1, 1}, (const uint32_t[]){9, 9, 10, 10, 10}, 5);
    const struct log_epoch *again[] = {&joined, &first}; /* of several segments each */
    struct log_epoch more = log_epoch_join(&arena, again, 2);
    assert_joined(&more, (const uint32_t[]){0, 0, 1, 1, 1, 2, 2}, (const uint32_t[]){9, 9, 10, 10, 10, 9, 9}, 7);
    const struct log_epoch *one[] = {&empty, &second, &empty}; /* as it was */
    struct log_epoch same = log_epoch_join(&arena, one, 3);
    assert_true(digest_equal(&same.digest, &second.digest));
    assert_joined(&same, (const uint32_t[]){0, 0, 0}, (const uint32_t[]){10, 10, 10}, 3);
    struct log_epoch none = log_epoch_join(&arena, (const struct log_epoch *[]){&empty, &empty}, 2);
    const char *problem;
    assert_true(log_epoch_valid(&none, &problem));
    assert_true(digest_equal(&none.digest, &empty.digest));
    arena_release(&arena);
}

static void names_come_back(void **state) {
    (void)state;
    for (enum object_kind kind = OBJECT_STATE; kind <= OBJECT_KIND_LAST; kind++) {
        struct object_id id = sample_id(kind, 0x1234, UINT64_MAX, UINT32_MAX), back;
        char name[OBJECT_NAME_SIZE];
        object_name_format(&id, name);
        assert_true(object_name_parse(str_from(name), &back));
        assert_true(object_id_equal(&id, &back));
        for (size_t i = 0; i < strlen(name); i++)
            assert_false(object_name_parse((struct str){name, i}, &back));
        name[40] = 'X';
        assert_false(object_name_parse(str_from(name), &back));
    }
    struct object_id id;
    assert_false(object_name_parse(STR("HEAD"), &id));
    assert_false(object_name_parse(STR(""), &id));
    assert_false(object_name_parse(
        STR("07070707070707070707070707070707/0000000000000001/0000000000000001/00000001/other-00000000-00000000"),
        &id));
    assert_false(object_name_parse(
        STR("07070707070707070707070707070707/0000000000000001/0000000000000001/00000001/log-00000000-000000000"),
        &id));
    /* In lexical order are first generations, then epochs. */
    struct object_id older = sample_id(OBJECT_STATE, 9, 10, 0), newer = sample_id(OBJECT_STATE, 10, 2, 0);
    char a[OBJECT_NAME_SIZE], b[OBJECT_NAME_SIZE];
    object_name_format(&older, a);
    object_name_format(&newer, b);
    assert_true(strcmp(a, b) < 0);
}

static void known_checksums(void **state) {
    (void)state;
    assert_int_equal(crc32c("123456789", 9), 0xE3069283);
    assert_int_equal(crc32c("", 0), 0);
    static const uint8_t zeros[32];
    assert_int_equal(crc32c(zeros, sizeof zeros), 0x8A9136AA); /* RFC 3720, B.4 */
    char text[HEX_SIZE];
    struct digest digest = digest_of("", 0);
    hex_format(digest.bytes, text);
    assert_string_equal(text, "99aa06d3014798d86001c324468d497f");
}

static void every_reason_has_a_text(void **state) {
    (void)state;
    for (int reason = 1; reason < REASON_COUNT; reason++)
        assert_true(reason_text((enum reason)reason)[0] != '\0' && reason_name((enum reason)reason)[0] != '\0' &&
                    reason_hint((enum reason)reason) != NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(head_comes_back),
        cmocka_unit_test(a_head_that_contradicts_itself_is_refused),
        cmocka_unit_test(another_version_is_named),
        cmocka_unit_test(marker_comes_back),
        cmocka_unit_test(a_marker_out_of_range_is_refused),
        cmocka_unit_test(savepoint_comes_back),
        cmocka_unit_test(manifest_comes_back),
        cmocka_unit_test(a_manifest_that_does_not_fit_together_is_refused),
        cmocka_unit_test(a_huge_count_is_refused),
        cmocka_unit_test(a_log_is_checked),
        cmocka_unit_test(logs_of_several_tasks_are_joined),
        cmocka_unit_test(names_come_back),
        cmocka_unit_test(known_checksums),
        cmocka_unit_test(every_reason_has_a_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
