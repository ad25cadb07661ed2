/* state_file_test.c: what is written comes back, however the pieces lay; what no writer writes is refused or harmless. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "runtime/checkpoint/state_file.h"

static const struct state_file_operator operators[] = {
    {.node_id = 0, .node_digest = 1, .name = {"Scan", 4}},
    {.node_id = 7, .node_digest = UINT64_MAX, .name = {"WindowAggregate", 15}},
    {.node_id = UINT32_MAX, .node_digest = 0, .name = {"", 0}},
};
enum { OPERATORS = 3, PARTS = 2 };
static const struct state_file_part parts[PARTS] = {
    {.name = {"ab_000012.sst", 13},
     .object =
         {.job = {{1, 2, 3}}, .generation = 4, .epoch = 5, .attempt = 6, .kind = OBJECT_FILE, .task = 7, .number = 8}},
    {.name = {"c-2_CURRENT", 11},
     .object = {.job = {{255}},
                .generation = UINT64_MAX,
                .epoch = UINT64_MAX,
                .attempt = UINT32_MAX,
                .kind = OBJECT_FILE,
                .task = UINT32_MAX,
                .number = UINT32_MAX}},
};

static void put_text(struct strbuf *out, uint32_t index, const char *text) {
    state_file_put(out, index, str_from(text));
}

static void check_operators(const struct state_file *file) {
    assert_int_equal(file->operator_count, OPERATORS);
    for (uint32_t i = 0; i < OPERATORS; i++) {
        assert_int_equal(file->operators[i].node_id, operators[i].node_id);
        assert_int_equal(file->operators[i].node_digest, operators[i].node_digest);
        assert_true(str_equal(file->operators[i].name, operators[i].name));
    }
}

static void check_parts(const struct state_file *file) {
    assert_int_equal(file->part_count, PARTS);
    for (uint32_t i = 0; i < PARTS; i++) {
        assert_true(str_equal(file->parts[i].name, parts[i].name));
        assert_true(object_id_equal(&file->parts[i].object, &parts[i].object));
    }
}

static void check_snapshot(const struct state_file *file, uint32_t index, const char *text) {
    assert_int_equal(file->snapshots[index].size, strlen(text));
    assert_memory_equal(file->snapshots[index].data ? file->snapshots[index].data : "", text, strlen(text));
}

/* One piece, several, none; in a row and alternating. */
static void write_sample(struct strbuf *out, bool delta) {
    state_file_begin(out, delta, operators, OPERATORS);
    put_text(out, 1, "first ");
    put_text(out, 0, "only this");
    put_text(out, 1, "");
    put_text(out, 1, "second ");
    put_text(out, 2, "2");
    put_text(out, 1, "third");
    put_text(out, 2, "3");
    state_file_end(out, parts, PARTS);
}

static void files_come_back(void **state) {
    (void)state;
    for (int delta = 0; delta < 2; delta++) {
        struct strbuf out;
        struct arena arena;
        struct state_file file;
        arena_init(&arena);
        strbuf_init(&out);
        write_sample(&out, delta);
        assert_int_equal(state_file_read(out.data, out.size, &arena, &file, NULL), STATUS_OK);
        check_operators(&file);
        check_parts(&file);
        assert_int_equal(file.delta, delta);
        check_snapshot(&file, 0, "only this");
        check_snapshot(&file, 1, "first second third");
        check_snapshot(&file, 2, "23");
        /* The largest one is joined where it lies. */
        assert_true(file.snapshots[1].data > out.data && file.snapshots[1].data < out.data + out.size);
        strbuf_release(&out);
        arena_release(&arena);
    }
}

static void files_without_anything_come_back(void **state) {
    (void)state;
    struct strbuf out;
    struct arena arena;
    struct state_file file;
    arena_init(&arena);
    strbuf_init(&out);
    state_file_begin(&out, false, NULL, 0);
    state_file_end(&out, NULL, 0);
    assert_int_equal(state_file_read(out.data, out.size, &arena, &file, NULL), STATUS_OK);
    assert_int_equal(file.operator_count, 0);
    strbuf_reset(&out);
    state_file_begin(&out, true, operators, OPERATORS);
    state_file_end(&out, NULL, 0);
    assert_int_equal(state_file_read(out.data, out.size, &arena, &file, NULL), STATUS_OK);
    check_operators(&file);
    for (uint32_t i = 0; i < OPERATORS; i++)
        assert_int_equal(file.snapshots[i].size, 0);
    strbuf_release(&out);
    arena_release(&arena);
}

/* As they were written before there were files. */
static void files_of_version_1_are_read(void **state) {
    (void)state;
    struct strbuf out;
    struct arena arena;
    struct state_file file;
    arena_init(&arena);
    strbuf_init(&out);
    state_file_begin(&out, true, operators, OPERATORS);
    put_text(&out, 2, "2");
    bytes_put_varint(&out, 0);
    out.data[8] = 1;
    assert_int_equal(state_file_read(out.data, out.size, &arena, &file, NULL), STATUS_OK);
    check_operators(&file);
    check_snapshot(&file, 2, "2");
    assert_int_equal(file.part_count, 0);
    bytes_put_varint(&out, 0); /* it has no list */
    assert_int_equal(state_file_read(out.data, out.size, &arena, &file, NULL), STATUS_MALFORMED_RECORD);
    strbuf_release(&out);
    arena_release(&arena);
}

static void names_that_lead_elsewhere_are_refused(void **state) {
    (void)state;
    static const char *const names[] = {"", ".", "..", ".hidden", "a/b", "/a", "a\\b", "a b"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct strbuf out;
        struct arena arena;
        struct state_file file;
        arena_init(&arena);
        strbuf_init(&out);
        struct state_file_part part = {.name = str_from(names[i])};
        state_file_begin(&out, false, operators, OPERATORS);
        state_file_end(&out, &part, 1);
        assert_int_equal(state_file_read(out.data, out.size, &arena, &file, NULL), STATUS_MALFORMED_RECORD);
        strbuf_release(&out);
        arena_release(&arena);
    }
}

static void the_head_can_be_read_alone(void **state) {
    (void)state;
    struct strbuf out, head;
    struct arena arena;
    struct state_file file;
    arena_init(&arena);
    strbuf_init(&out);
    strbuf_init(&head);
    write_sample(&out, true);
    state_file_begin(&head, true, operators, OPERATORS);
    for (size_t size = 0; size <= out.size; size++) {
        enum status status = state_file_read_head((struct str){out.data, size}, &arena, &file, NULL);
        assert_int_equal(status, size < head.size ? STATUS_MALFORMED_RECORD : STATUS_OK);
        if (status == STATUS_OK)
            check_operators(&file);
    }
    strbuf_release(&out);
    strbuf_release(&head);
    arena_release(&arena);
}

/* Bytes of its own, so that a memory checker sees who reads behind them. */
static enum status read_copy(const char *data, size_t size, struct error *error) {
    struct arena arena;
    struct state_file file;
    arena_init(&arena);
    char *copy = memory_alloc(size + 1);
    char *exact = size > 0 ? memory_alloc(size) : copy;
    memcpy(exact, data, size);
    enum status status = state_file_read(exact, size, &arena, &file, error);
    uint64_t sum = 0;
    for (uint32_t i = 0; status == STATUS_OK && i < file.operator_count; i++) {
        for (size_t j = 0; j < file.snapshots[i].size; j++)
            sum += (uint8_t)file.snapshots[i].data[j];
        for (size_t j = 0; j < file.operators[i].name.size; j++)
            sum += (uint8_t)file.operators[i].name.data[j];
    }
    for (uint32_t i = 0; status == STATUS_OK && i < file.part_count; i++)
        for (size_t j = 0; j < file.parts[i].name.size; j++)
            sum += (uint8_t)file.parts[i].name.data[j];
    assert_true(sum <= 255 * size);
    if (exact != copy)
        free(exact);
    free(copy);
    arena_release(&arena);
    return status;
}

static void every_cut_is_noticed(void **state) {
    (void)state;
    struct strbuf out;
    struct error error;
    strbuf_init(&out);
    write_sample(&out, false);
    for (size_t size = 0; size < out.size; size++)
        assert_int_equal(read_copy(out.data, size, &error), STATUS_MALFORMED_RECORD);
    strbuf_append_char(&out, 0);
    assert_int_equal(read_copy(out.data, out.size, &error), STATUS_MALFORMED_RECORD);
    strbuf_release(&out);
}

/* A flipped bit inside of a snapshot is found by the digest in the manifest; here it must do no harm. */
static void no_bit_does_harm(void **state) {
    (void)state;
    struct strbuf out;
    strbuf_init(&out);
    write_sample(&out, false);
    uint32_t refused = 0;
    for (size_t bit = 0; bit < out.size * 8; bit++) {
        struct error error = {0};
        out.data[bit / 8] = (char)(out.data[bit / 8] ^ 1 << bit % 8);
        enum status status = read_copy(out.data, out.size, &error);
        assert_true(status == STATUS_OK || status == STATUS_MALFORMED_RECORD || status == STATUS_UNSUPPORTED);
        assert_true(status == STATUS_OK || error.message[0] != 0);
        if (bit < 12 * 8) /* magic and version */
            assert_int_not_equal(status, STATUS_OK);
        refused += status != STATUS_OK;
        out.data[bit / 8] = (char)(out.data[bit / 8] ^ 1 << bit % 8);
    }
    assert_true(refused > 200);
    assert_int_equal(read_copy(out.data, out.size, NULL), STATUS_OK);
    strbuf_release(&out);
}

static void a_file_of_the_future_is_refused_by_name(void **state) {
    (void)state;
    struct strbuf out;
    struct error error;
    strbuf_init(&out);
    write_sample(&out, false);
    out.data[8] = STATE_FILE_VERSION + 1;
    assert_int_equal(read_copy(out.data, out.size, &error), STATUS_UNSUPPORTED);
    assert_non_null(strstr(error.message, "version 3"));
    strbuf_release(&out);
}

/* Counts that promise more than there can be, and numbers of operators that do not exist. */
static void large_numbers_are_refused(void **state) {
    (void)state;
    struct strbuf out;
    strbuf_init(&out);
    state_file_begin(&out, false, NULL, 0);
    out.size--; /* the count */
    bytes_put_varint(&out, UINT64_MAX);
    assert_int_equal(read_copy(out.data, out.size, NULL), STATUS_MALFORMED_RECORD);
    strbuf_reset(&out);
    state_file_begin(&out, false, operators, OPERATORS);
    bytes_put_varint(&out, OPERATORS + 1); /* index + 1: one too many */
    bytes_put_block(&out, (struct str){"x", 1});
    state_file_end(&out, NULL, 0);
    assert_int_equal(read_copy(out.data, out.size, NULL), STATUS_MALFORMED_RECORD);
    strbuf_reset(&out);
    state_file_begin(&out, false, operators, OPERATORS);
    bytes_put_varint(&out, (uint64_t)UINT32_MAX + 2); /* would be operator 0, were it cut to 32 bits */
    bytes_put_block(&out, (struct str){"x", 1});
    state_file_end(&out, NULL, 0);
    assert_int_equal(read_copy(out.data, out.size, NULL), STATUS_MALFORMED_RECORD);
    strbuf_release(&out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_come_back),
        cmocka_unit_test(files_without_anything_come_back),
        cmocka_unit_test(files_of_version_1_are_read),
        cmocka_unit_test(names_that_lead_elsewhere_are_refused),
        cmocka_unit_test(the_head_can_be_read_alone),
        cmocka_unit_test(every_cut_is_noticed),
        cmocka_unit_test(no_bit_does_harm),
        cmocka_unit_test(a_file_of_the_future_is_refused_by_name),
        cmocka_unit_test(large_numbers_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
