/* checkpoint_damage_test.c: a checkpoint of which a bit, an end or a whole object is missing is refused by name, nothing is published from it, and
 * a process that meets what is not its own leaves it alone. */
#include "tests/unit/runtime/memory_outside.h"

enum { ROWS = 60, OBJECTS = 40, OBJECT_BYTES = 1 << 16 };
static struct memory_plan plan;
static char folder[64];

static int setup(void **state) {
    (void)state;
    make_folder(folder, "damage");
    memset(&plan, 0, sizeof plan);
    outside_plan(&plan, "sum_bigint");
    outside_expect(&plan, ROWS);
    outside_reset(ROWS);
    outside.paced = false;
    return 0;
}

static int setup_files(void **state) {
    outside_spills = outside_any_order = true;
    return setup(state);
}

static int teardown(void **state) {
    (void)state;
    outside_spills = outside_any_order = false;
    remove_tree(folder);
    arena_release(&plan.arena);
    outside_forget_expected();
    outside_release();
    return 0;
}

static uint32_t unpublished_segments(void) {
    struct outside_head head;
    uint32_t count = 0;
    assert_int_equal(outside_head_read(folder, &head), STATUS_OK);
    for (uint32_t i = 0; i < head.manifest.lane_count; i++)
        for (uint32_t j = 0; j < head.manifest.lanes[i].pending_count; j++)
            count += head.manifest.lanes[i].pending[j].segment_count;
    arena_release(&head.arena);
    return count;
}

static void run_until_three_epochs_wait(void) {
    pthread_t thread;
    struct outside_run run = {.plan = &plan, .folder = folder};
    outside.row_limit = 16;
    assert_int_equal(pthread_create(&thread, NULL, outside_thread, &run), 0);
    OUTSIDE_UNTIL(outside_checkpoints().published_epoch >= 1);
    __atomic_store_n(&outside.away, true, __ATOMIC_RELEASE);
    __atomic_store_n(&outside.row_limit, 32, __ATOMIC_RELEASE);
    OUTSIDE_UNTIL(outside_checkpoints().decided_epoch == outside_checkpoints().published_epoch + 3);
    outside_stop();
    outside_stop();
    pthread_join(thread, NULL);
    assert_int_equal(run.status, STATUS_OK);
    outside.away = false;
    outside.row_limit = ROWS;
}

/* A checkpoint of which some epochs are published, and others are not and have rows: on a busy machine three may be decided before the source
 * has read on. */
static void make_checkpoint(void) {
    run_until_three_epochs_wait();
    while (unpublished_segments() == 0) {
        remove_tree(folder);
        outside_reset(ROWS);
        outside.paced = false;
        run_until_three_epochs_wait();
    }
}

struct stored {
    char path[256];
    size_t size;
    char *data;
};

static size_t read_file(const char *path, char *data) {
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t size = fread(data, 1, OBJECT_BYTES, file);
    fclose(file);
    assert_in_range(size, 1, OBJECT_BYTES - 1);
    return size;
}

static void write_file(const char *path, const char *data, size_t size) {
    (void)remove(path); /* never in place: it may be linked */
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, size, file), size);
    fclose(file);
}

static void keep(struct stored *object, const char *name) {
    static char data[OBJECT_BYTES];
    snprintf(object->path, sizeof object->path, "%s/%s", folder, name);
    object->size = read_file(object->path, data);
    object->data = memory_alloc(object->size + 1);
    memcpy(object->data, data, object->size);
    object->data[object->size] = 0;
}

static void put_back(const struct stored *object) {
    write_file(object->path, object->data, object->size);
}

/* HEAD, its manifest, and all that the manifest names: what a start needs. */
static uint32_t list_needed(struct stored objects[OBJECTS]) {
    struct outside_head head;
    char name[OBJECT_NAME_SIZE];
    uint32_t count = 0;
    assert_int_equal(outside_head_read(folder, &head), STATUS_OK);
    keep(&objects[count++], "HEAD");
    object_name_format(&head.head.manifest.id, name);
    keep(&objects[count++], name);
    for (uint32_t i = 0; i < head.manifest.object_count; i++) {
        object_name_format(&head.manifest.objects[i].id, name);
        keep(&objects[count++], name);
    }
    uint32_t before = count;
    for (uint32_t i = 0; i < head.manifest.lane_count; i++)
        for (uint32_t j = 0; j < head.manifest.lanes[i].pending_count; j++)
            for (uint32_t k = 0; k < head.manifest.lanes[i].pending[j].segment_count; k++) {
                assert_in_range(count, 0, OBJECTS - 1);
                object_name_format(&head.manifest.lanes[i].pending[j].segments[k].id, name);
                keep(&objects[count++], name);
            }
    assert_true(before >= 3 && count > before); /* state, and rows that are not published */
    arena_release(&head.arena);
    return count;
}

static void forget(struct stored *objects, uint32_t count) {
    for (uint32_t i = 0; i < count; i++)
        free(objects[i].data);
}

/* The start is refused, the error says what is wrong, and nothing was written to the outside. */
static void must_refuse(const struct stored *object, const char *how, size_t where) {
    uint64_t rows = outside.calls[OUTSIDE_ROWS], commits = outside.calls[OUTSIDE_COMMIT];
    struct outside_run run = {.plan = &plan, .folder = folder};
    outside_job(&run);
    const char *name = object->path + strlen(folder) + 1;
    if (run.status != STATUS_CHECKPOINT_UNUSABLE)
        fail_msg("%s, %s %d: %s (%s)", name, how, (int)where, status_name(run.status), run.error.message);
    const char *cause = strstr(name, "manifest") ? "manifest" : name;
    if (!strstr(run.error.message, cause) && !strstr(run.error.detail, cause))
        fail_msg("%s, %s %d is not named: %s (%s)", name, how, (int)where, run.error.message, run.error.detail);
    assert_string_equal(status_sqlstate(run.status), "55000");
    assert_true(outside.calls[OUTSIDE_ROWS] == rows && outside.calls[OUTSIDE_COMMIT] == commits);
}

/* What remains to be shown after all that: it was the damage, and HEAD did not suffer. */
static void must_go_on(void) {
    struct outside_run run = {.plan = &plan, .folder = folder};
    outside_job_ok(&run);
    outside_check("whole again");
}

static void every_bit_is_needed(void **state) {
    (void)state;
    struct stored objects[OBJECTS];
    make_checkpoint();
    uint32_t count = list_needed(objects);
    for (uint32_t i = 0; i < count; i++) {
        const struct stored *object = &objects[i];
        char *data = memory_alloc(object->size);
        for (size_t bit = 0; bit < object->size * 8; bit++) {
            memcpy(data, object->data, object->size);
            data[bit / 8] = (char)(data[bit / 8] ^ 1 << bit % 8);
            write_file(object->path, data, object->size);
            must_refuse(object, "bit", bit);
            put_back(&objects[0]); /* whoever takes over writes HEAD before it looks at the rest */
        }
        free(data);
        put_back(object);
    }
    forget(objects, count);
    must_go_on();
}

static void every_cut_is_noticed(void **state) {
    (void)state;
    struct stored objects[OBJECTS];
    make_checkpoint();
    uint32_t count = list_needed(objects);
    for (uint32_t i = 0; i < count; i++) {
        for (size_t cut = 0; cut < objects[i].size; cut++) {
            write_file(objects[i].path, objects[i].data, cut);
            must_refuse(&objects[i], "cut at", cut);
            put_back(&objects[0]);
        }
        write_file(objects[i].path, objects[i].data, objects[i].size + 1);
        must_refuse(&objects[i], "longer by", 1);
        put_back(&objects[0]);
        put_back(&objects[i]);
    }
    forget(objects, count);
    must_go_on();
}

static void every_object_is_missed(void **state) {
    (void)state;
    struct stored objects[OBJECTS];
    make_checkpoint();
    uint32_t count = list_needed(objects);
    for (uint32_t i = 1; i < count; i++) {
        assert_int_equal(remove(objects[i].path), 0);
        must_refuse(&objects[i], "missing", 0);
        put_back(&objects[i]);
        put_back(&objects[0]);
    }
    forget(objects, count);
    must_go_on();
}

static void must_refuse_once(const struct stored *objects, const struct stored *object, const char *how, size_t where) {
    must_refuse(object, how, where);
    put_back(&objects[0]);
}

/* Back-ends' files are objects like others; some bits and cuts stand for all, as it is the digest that finds them. */
static void every_file_is_needed(void **state) {
    (void)state;
    enum { BIT_STEP = 1009, CUT_STEP = 97 };
    struct stored objects[OBJECTS];
    uint32_t files = 0, shared;
    make_checkpoint();
    uint32_t count = list_needed(objects);
    for (uint32_t i = 0; i < count; i++) {
        const struct stored *object = &objects[i];
        if (!strstr(object->path, "/file-"))
            continue;
        files++;
        for (size_t bit = i; bit < object->size * 8; bit += BIT_STEP) {
            object->data[bit / 8] = (char)(object->data[bit / 8] ^ 1 << bit % 8);
            write_file(object->path, object->data, object->size);
            object->data[bit / 8] = (char)(object->data[bit / 8] ^ 1 << bit % 8);
            must_refuse_once(objects, object, "bit", bit);
        }
        for (size_t cut = i; cut < object->size; cut += CUT_STEP) {
            write_file(object->path, object->data, cut);
            must_refuse_once(objects, object, "cut at", cut);
        }
        assert_int_equal(remove(object->path), 0);
        must_refuse_once(objects, object, "missing", 0);
        put_back(object);
    }
    assert_int_equal(files, outside_files(folder, &shared));
    assert_in_range(files, 4, OBJECTS); /* CURRENT, MANIFEST, OPTIONS and data */
    forget(objects, count);
    must_go_on();
}

/* Written by a program of the future: whole, but not ours to read. */
static void another_version_of_head_is_refused(void **state) {
    (void)state;
    struct stored head;
    make_checkpoint();
    keep(&head, "HEAD");
    uint8_t data[HEAD_SIZE];
    assert_int_equal(head.size, HEAD_SIZE);
    memcpy(data, head.data, HEAD_SIZE);
    data[4] = 2; /* the frame's version */
    uint32_t sum = crc32c(data, HEAD_SIZE - 4);
    for (int i = 0; i < 4; i++)
        data[HEAD_SIZE - 4 + i] = (uint8_t)(sum >> 8 * i);
    write_file(head.path, (const char *)data, HEAD_SIZE);
    must_refuse(&head, "version", 2);
    struct outside_run run = {.plan = &plan, .folder = folder};
    outside_job(&run);
    assert_non_null(strstr(run.error.detail, "version 2"));
    put_back(&head);
    free(head.data);
    must_go_on();
}

static void another_query_is_refused_by_name(void **state) {
    (void)state;
    struct memory_plan other;
    struct stored before, after;
    make_checkpoint();
    keep(&before, "HEAD");
    outside_plan(&other, "max_bigint");
    struct outside_run run = {.plan = &other, .folder = folder};
    outside_job(&run);
    assert_int_equal(run.status, STATUS_CHECKPOINT_UNUSABLE);
    assert_non_null(strstr(run.error.message, "the query differs"));
    assert_non_null(strstr(run.error.detail, "operator 1 was WindowAggregate with other properties"));
    keep(&after, "HEAD");
    assert_memory_equal(before.data, after.data, before.size); /* whoever runs the right query is not disturbed */
    free(before.data);
    free(after.data);
    arena_release(&other.arena);
    must_go_on();
}

/* What the planner guesses about a query is not the query. */
static void other_estimates_are_the_same_query(void **state) {
    (void)state;
    make_checkpoint();
    for (size_t i = 0; i < plan.plan.n_nodes; i++) {
        plan.nodes[i]->rows_per_second = 7;
        plan.nodes[i]->row_count = 1e6;
        plan.nodes[i]->state_bytes = 1e9;
        plan.nodes[i]->state_description = "one number a key";
    }
    must_go_on();
}

static void other_lanes_are_refused(void **state) {
    (void)state;
    make_checkpoint();
    plan.nodes[3]->sink->options[0]->value = "3";
    struct outside_run run = {.plan = &plan, .folder = folder, .accept_plan_change = true};
    outside_job(&run);
    assert_int_equal(run.status, STATUS_CHECKPOINT_UNUSABLE);
    assert_non_null(strstr(run.error.message, "the sinks have other lanes"));
    plan.nodes[3]->sink->options[0]->value = "2";
    must_go_on();
}

/* The folder is put back to an earlier time, although more was published since. */
static void a_rolled_back_folder_is_refused(void **state) {
    (void)state;
    char copy[64], command[300];
    make_checkpoint();
    make_folder(copy, "damage-copy");
    snprintf(command, sizeof command, "cp -r %s/. %s", folder, copy);
    assert_int_equal(system(command), 0);
    must_go_on();
    remove_tree(folder);
    snprintf(command, sizeof command, "cp -r %s %s", copy, folder);
    assert_int_equal(system(command), 0);
    uint64_t commits = outside.calls[OUTSIDE_COMMIT];
    struct outside_run run = {.plan = &plan, .folder = folder};
    outside_job(&run);
    assert_int_equal(run.status, STATUS_CHECKPOINT_UNUSABLE);
    assert_non_null(strstr(run.error.message, "has a marker of an epoch that the checkpoint does not know"));
    assert_int_equal(outside.calls[OUTSIDE_COMMIT], commits);
    outside_check("rolled back");
    remove_tree(copy);
}

/* The outside's markers are gone, are another's, or were never any. */
static void changed_markers_are_refused(void **state) {
    (void)state;
    make_checkpoint();
    static const char *const causes[] = {"was deleted and made again", "has a record that is no marker"};
    for (size_t i = 0; i < 2; i++) {
        struct outside_place *place = &outside.places[0];
        if (i == 0) {
            place->topic[3] ^= 1;
        } else {
            struct outside_entry *entry = &place->entries[place->entry_count++];
            *entry = (struct outside_entry){.state = ENTRY_COMMITTED};
            strbuf_append_text(&entry->bytes, "hello");
        }
        struct outside_run run = {.plan = &plan, .folder = folder};
        outside_job(&run);
        assert_int_equal(run.status, STATUS_CHECKPOINT_UNUSABLE);
        if (!strstr(run.error.message, causes[i]))
            fail_msg("%s instead of: %s", run.error.message, causes[i]);
        if (i == 0)
            place->topic[3] ^= 1;
        else
            place->entries[place->entry_count - 1].state = ENTRY_ABORTED;
    }
    must_go_on();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_bit_is_needed, setup, teardown),
        cmocka_unit_test_setup_teardown(every_cut_is_noticed, setup, teardown),
        cmocka_unit_test_setup_teardown(every_object_is_missed, setup, teardown),
        cmocka_unit_test_setup_teardown(every_file_is_needed, setup_files, teardown),
        cmocka_unit_test_setup_teardown(another_version_of_head_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(another_query_is_refused_by_name, setup, teardown),
        cmocka_unit_test_setup_teardown(other_estimates_are_the_same_query, setup, teardown),
        cmocka_unit_test_setup_teardown(other_lanes_are_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(a_rolled_back_folder_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(changed_markers_are_refused, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
