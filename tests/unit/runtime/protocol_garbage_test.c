/* protocol_garbage_test.c: what is deleted, in which order, and all that keeps an object alive. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "runtime/protocol/garbage.h"
#include "tests/unit/runtime/protocol_sample.h"

/* HEAD is sample_manifest(): epoch 5, whose objects are state (2,5,1), (1,3,2) and logs of epochs 4 and 5. We are
 * generation 3. */
struct fixture {
    struct arena arena;
    struct garbage garbage;
    struct garbage_action action;
    struct manifest manifest;
    struct head head;
    struct garbage_entry entries[64];
    uint32_t entry_count;
};

static void setup(struct fixture *fixture, uint64_t published_epoch, uint32_t retained, int64_t grace_ms) {
    memset(fixture, 0, sizeof *fixture);
    arena_init(&fixture->arena);
    fixture->manifest = sample_manifest(&fixture->arena);
    struct str bytes = manifest_encode(&fixture->manifest, &fixture->arena);
    fixture->head = sample_head();
    fixture->head.manifest.digest = digest_of(bytes.data, bytes.size);
    garbage_init(&fixture->garbage, &(struct garbage_options){.job = fixture->head.job,
                                                              .owner = fixture->head.owner,
                                                              .generation = 3,
                                                              .published_epoch = published_epoch,
                                                              .retained = retained,
                                                              .grace_ms = grace_ms});
    assert_true(
        garbage_step(&fixture->garbage, &(struct garbage_event){.kind = GARBAGE_EVENT_START}, &fixture->action));
}

static void teardown(struct fixture *fixture) {
    garbage_release(&fixture->garbage);
    arena_release(&fixture->arena);
}

static void answer(struct fixture *fixture, struct garbage_event event) {
    event.request = fixture->action.request;
    assert_true(garbage_step(&fixture->garbage, &event, &fixture->action));
}

static void answer_head(struct fixture *fixture) {
    assert_int_equal(fixture->action.kind, GARBAGE_ACTION_READ_HEAD);
    answer(fixture, (struct garbage_event){.kind = GARBAGE_EVENT_HEAD, .answer = ANSWER_OK, .head = fixture->head});
}

static void answer_manifest(struct fixture *fixture, const struct manifest *manifest) {
    assert_int_equal(fixture->action.kind, GARBAGE_ACTION_READ_MANIFEST);
    struct garbage_event event = {.kind = GARBAGE_EVENT_MANIFEST, .answer = ANSWER_OK};
    event.bytes = manifest_encode(manifest, &fixture->arena);
    answer(fixture, event);
}

/* Up to the listing, without savepoints. */
static void read_all(struct fixture *fixture) {
    answer_head(fixture);
    answer(fixture, (struct garbage_event){.kind = GARBAGE_EVENT_SAVEPOINTS, .answer = ANSWER_OK});
    answer_manifest(fixture, &fixture->manifest);
}

static void add(struct fixture *fixture, struct object_id id, int64_t age_ms) {
    char *name = arena_alloc(&fixture->arena, OBJECT_NAME_SIZE);
    object_name_format(&id, name);
    fixture->entries[fixture->entry_count++] = (struct garbage_entry){.name = str_from(name), .age_ms = age_ms};
}

static void add_name(struct fixture *fixture, const char *name) {
    fixture->entries[fixture->entry_count++] = (struct garbage_entry){.name = str_from(name), .age_ms = 1000000};
}

static void answer_list(struct fixture *fixture) {
    assert_int_equal(fixture->action.kind, GARBAGE_ACTION_LIST);
    answer(fixture, (struct garbage_event){.kind = GARBAGE_EVENT_LISTED,
                                           .answer = ANSWER_OK,
                                           .entries = fixture->entries,
                                           .entry_count = fixture->entry_count});
}

static void expect_deleted(const struct fixture *fixture, uint32_t i, struct object_id id) {
    assert_int_equal(fixture->action.kind, GARBAGE_ACTION_DELETE);
    assert_true(i < fixture->action.id_count);
    assert_true(object_id_equal(&fixture->action.ids[i], &id));
}

static void only_garbage_is_deleted(void **state) {
    (void)state;
    struct fixture fixture;
    setup(&fixture, 4, 1, 0);
    read_all(&fixture);
    add(&fixture, sample_id(OBJECT_STATE, 2, 5, 1), 0); /* live */
    add(&fixture, sample_id(OBJECT_STATE, 1, 3, 2), 0); /* live, from an older epoch */
    add(&fixture, sample_id(OBJECT_LOG, 1, 4, 9), 0);   /* live: pending */
    add(&fixture, sample_id(OBJECT_STATE, 3, 6, 1), 0); /* under way now */
    add(&fixture, sample_id(OBJECT_STATE, 4, 1, 1), 0); /* a successor's */
    add(&fixture, sample_id(OBJECT_LOG, 2, 5, 1), 0);   /* a log not live, but its epoch is not published everywhere */
    struct object_id foreign = sample_id(OBJECT_STATE, 1, 1, 1);
    foreign.job = sample_incarnation(8);
    add(&fixture, foreign, 0); /* another job's */
    add_name(&fixture, "HEAD");
    add_name(&fixture, "07070707070707070707070707070707/savepoints/mine");
    add_name(&fixture, "notes.txt");
    add(&fixture, fixture.head.manifest.id, 0);
    add(&fixture, sample_id(OBJECT_STATE, 2, 4, 1), 0); /* garbage: replaced */
    add(&fixture, sample_id(OBJECT_STATE, 2, 6, 1), 0); /* garbage: never decided, its generation is dead */
    add(&fixture, sample_id(OBJECT_STATE, 3, 5, 1), 0); /* garbage: of an aborted attempt of ours */
    add(&fixture, sample_id(OBJECT_LOG, 1, 3, 1), 0);   /* garbage: published */
    add(&fixture, sample_id(OBJECT_FILE, 1, 3, 2),
        0); /* garbage: no manifest names this one, although one of its numbers */
    add(&fixture, sample_id(OBJECT_FILE, 1, 2, 4), 0); /* live, from an older epoch */
    add(&fixture, sample_id(OBJECT_FILE, 3, 6, 4), 0); /* under way now */
    answer_list(&fixture);
    answer_head(&fixture);
    assert_int_equal(fixture.action.id_count, 5);
    expect_deleted(&fixture, 0, sample_id(OBJECT_STATE, 2, 4, 1));
    expect_deleted(&fixture, 1, sample_id(OBJECT_STATE, 2, 6, 1));
    expect_deleted(&fixture, 2, sample_id(OBJECT_STATE, 3, 5, 1));
    expect_deleted(&fixture, 3, sample_id(OBJECT_LOG, 1, 3, 1));
    expect_deleted(&fixture, 4, sample_id(OBJECT_FILE, 1, 3, 2));
    answer(&fixture, (struct garbage_event){.kind = GARBAGE_EVENT_DELETED, .answer = ANSWER_OK});
    assert_int_equal(fixture.action.kind, GARBAGE_ACTION_ENDED);
    assert_int_equal(fixture.garbage.state, GARBAGE_DONE);
    assert_int_equal(fixture.garbage.deleted_count, 5);
    teardown(&fixture);
}

static void manifests_go_last_and_oldest_first(void **state) {
    (void)state;
    struct fixture fixture;
    setup(&fixture, 5, 1, 0);
    read_all(&fixture);
    add(&fixture, sample_id(OBJECT_MANIFEST, 2, 4, 0), 0);
    add(&fixture, sample_id(OBJECT_MANIFEST, 1, 2, 0), 0);
    add(&fixture, sample_id(OBJECT_MANIFEST, 1, 3, 0), 0);
    add(&fixture, sample_id(OBJECT_STATE, 1, 2, 1), 0);
    answer_list(&fixture);
    answer_head(&fixture);
    assert_int_equal(fixture.action.id_count, 1);
    expect_deleted(&fixture, 0, sample_id(OBJECT_STATE, 1, 2, 1));
    answer(&fixture, (struct garbage_event){.kind = GARBAGE_EVENT_DELETED, .answer = ANSWER_OK});
    answer_head(&fixture); /* before every batch */
    assert_int_equal(fixture.action.id_count, 3);
    expect_deleted(&fixture, 0, sample_id(OBJECT_MANIFEST, 1, 2, 0));
    expect_deleted(&fixture, 1, sample_id(OBJECT_MANIFEST, 1, 3, 0));
    expect_deleted(&fixture, 2, sample_id(OBJECT_MANIFEST, 2, 4, 0));
    teardown(&fixture);
}

static void the_young_stay(void **state) {
    (void)state;
    struct fixture fixture;
    setup(&fixture, 5, 1, 60000);
    read_all(&fixture);
    add(&fixture, sample_id(OBJECT_STATE, 1, 2, 1), 59999);
    add(&fixture, sample_id(OBJECT_STATE, 1, 2, 2), 60000);
    answer_list(&fixture);
    answer_head(&fixture);
    assert_int_equal(fixture.action.id_count, 1);
    expect_deleted(&fixture, 0, sample_id(OBJECT_STATE, 1, 2, 2));
    teardown(&fixture);
}

static void who_lost_head_deletes_nothing(void **state) {
    (void)state;
    for (int when = 0; when < 2; when++) {
        struct fixture fixture;
        setup(&fixture, 5, 1, 0);
        if (when == 0)
            fixture.head.generation = 4;
        if (when == 1) {
            read_all(&fixture);
            add(&fixture, sample_id(OBJECT_STATE, 1, 2, 1), 0);
            answer_list(&fixture);
            fixture.head.owner = sample_incarnation(1);
        }
        answer_head(&fixture);
        assert_int_equal(fixture.action.kind, GARBAGE_ACTION_ENDED);
        assert_int_equal(fixture.garbage.state, GARBAGE_GIVEN_UP);
        teardown(&fixture);
    }
}

/* Epoch 4, HEAD's parent: names state (1,4,5). */
static struct manifest parent_of(struct fixture *fixture) {
    struct manifest parent = fixture->manifest;
    struct object *object = ARENA_NEW(&fixture->arena, struct object);
    *object = (struct object){.id = sample_id(OBJECT_STATE, 1, 4, 5)};
    parent.id = sample_id(OBJECT_MANIFEST, 1, 4, 0);
    parent.parent.id = sample_id(OBJECT_MANIFEST, 1, 3, 0);
    parent.objects = object;
    parent.object_count = 1;
    parent.lane_count = 0;
    return parent;
}

static void parents_and_savepoints_are_kept(void **state) {
    (void)state;
    for (int missing = 0; missing < 2; missing++) {
        struct fixture fixture;
        setup(&fixture, 5, 2, 0);
        struct manifest parent = parent_of(&fixture);
        struct str bytes = manifest_encode(&parent, &fixture.arena);
        struct manifest_reference *reference = (struct manifest_reference *)&fixture.manifest.parent;
        reference->digest = digest_of(bytes.data, bytes.size);
        bytes = manifest_encode(&fixture.manifest, &fixture.arena);
        fixture.head.manifest.digest = digest_of(bytes.data, bytes.size);
        /* A savepoint of epoch 2. */
        struct manifest old = parent_of(&fixture);
        struct object kept = {.id = sample_id(OBJECT_STATE, 1, 2, 8)};
        old.id = sample_id(OBJECT_MANIFEST, 1, 2, 0);
        old.parent.id = sample_id(OBJECT_MANIFEST, 1, 1, 0);
        old.objects = &kept;
        bytes = manifest_encode(&old, &fixture.arena);
        struct savepoint savepoint = {.manifest = {.id = old.id, .digest = digest_of(bytes.data, bytes.size)}};
        answer_head(&fixture);
        answer(&fixture, (struct garbage_event){.kind = GARBAGE_EVENT_SAVEPOINTS,
                                                .answer = ANSWER_OK,
                                                .savepoints = &savepoint,
                                                .savepoint_count = 1});
        answer_manifest(&fixture, &fixture.manifest);
        if (missing) /* a parent that is gone already ends the chain, and no more */
            answer(&fixture, (struct garbage_event){.kind = GARBAGE_EVENT_MANIFEST, .answer = ANSWER_MISSING});
        else
            answer_manifest(&fixture, &parent);
        answer_manifest(&fixture, &old);
        add(&fixture, parent.objects[0].id, 0);
        add(&fixture, parent.id, 0);
        add(&fixture, kept.id, 0);
        add(&fixture, old.id, 0);
        add(&fixture, sample_id(OBJECT_MANIFEST, 1, 3, 0), 0);
        answer_list(&fixture);
        answer_head(&fixture);
        if (missing)
            expect_deleted(&fixture, 0, parent.objects[0].id);
        else
            expect_deleted(&fixture, 0, sample_id(OBJECT_MANIFEST, 1, 3, 0));
        assert_int_equal(fixture.action.id_count, 1);
        teardown(&fixture);
    }
}

static void what_cannot_be_read_ends_the_run(void **state) {
    (void)state;
    struct fixture fixture;
    setup(&fixture, 5, 1, 0);
    answer_head(&fixture);
    answer(&fixture, (struct garbage_event){.kind = GARBAGE_EVENT_SAVEPOINTS, .answer = ANSWER_UNKNOWN});
    assert_int_equal(fixture.garbage.state, GARBAGE_GIVEN_UP);
    teardown(&fixture);

    setup(&fixture, 5, 1, 0);
    answer_head(&fixture);
    answer(&fixture, (struct garbage_event){.kind = GARBAGE_EVENT_SAVEPOINTS, .answer = ANSWER_OK});
    answer(&fixture,
           (struct garbage_event){.kind = GARBAGE_EVENT_MANIFEST, .answer = ANSWER_OK, .bytes = STR("damaged")});
    assert_int_equal(fixture.garbage.state, GARBAGE_GIVEN_UP);
    teardown(&fixture);

    setup(&fixture, 5, 1, 0);
    read_all(&fixture);
    struct garbage_event late = {.kind = GARBAGE_EVENT_LISTED, .answer = ANSWER_OK, .request = 1};
    assert_false(garbage_step(&fixture.garbage, &late, &fixture.action));
    assert_int_equal(fixture.garbage.state, GARBAGE_LISTING);
    teardown(&fixture);
}

static void many_objects_go_in_batches(void **state) {
    (void)state;
    struct fixture fixture;
    setup(&fixture, 5, 1, 0);
    read_all(&fixture);
    uint32_t number = 0, deleted = 0;
    for (int page = 0; page < 3; page++) {
        fixture.entry_count = 0;
        for (int i = 0; i < 60; i++)
            add(&fixture, sample_id(OBJECT_STATE, 1, 2, ++number), 0);
        assert_int_equal(fixture.action.page, page);
        answer(&fixture, (struct garbage_event){.kind = GARBAGE_EVENT_LISTED,
                                                .answer = ANSWER_OK,
                                                .entries = fixture.entries,
                                                .entry_count = fixture.entry_count,
                                                .more = page < 2});
        while (fixture.action.kind == GARBAGE_ACTION_READ_HEAD) {
            answer_head(&fixture);
            assert_true(fixture.action.id_count <= GARBAGE_BATCH);
            deleted += fixture.action.id_count;
            answer(&fixture, (struct garbage_event){.kind = GARBAGE_EVENT_DELETED, .answer = ANSWER_OK});
        }
    }
    assert_int_equal(deleted, 180);
    assert_int_equal(fixture.garbage.deleted_count, 180);
    assert_int_equal(fixture.garbage.state, GARBAGE_DONE);
    teardown(&fixture);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_garbage_is_deleted),
        cmocka_unit_test(manifests_go_last_and_oldest_first),
        cmocka_unit_test(the_young_stay),
        cmocka_unit_test(who_lost_head_deletes_nothing),
        cmocka_unit_test(parents_and_savepoints_are_kept),
        cmocka_unit_test(what_cannot_be_read_ends_the_run),
        cmocka_unit_test(many_objects_go_in_batches),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
