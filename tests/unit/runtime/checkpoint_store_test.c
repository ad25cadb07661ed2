/* checkpoint_store_test.c: what a store says, in the words of the protocol: only what is certain is said as such, and nothing that differs
 * from its digest passes. */
#include "tests/unit/runtime/memory_job.h"

#include "core/base/array.h"
#include "core/base/env.h"
#include "core/base/fault.h"
#include "runtime/checkpoint/checkpoint_store.h"
#include "runtime/checkpoint/checkpointer.h"
#include "runtime/store/store.h"
#include "runtime/store/store_class.h"

/* ---- a store that answers as it is told ---- */

static struct store told;
static enum status told_status;
static enum store_swap told_outcome;
static struct strbuf told_content;

static enum status told_answer(struct error *error) {
    if (told_status == STATUS_OK && told_outcome == STORE_SWAP_UNKNOWN)
        (void)FAIL(error, STATUS_CONNECTION_FAILURE, "no answer came");
    return told_status == STATUS_OK ? STATUS_OK : FAIL(error, told_status, "the store said so");
}

static enum status told_put(struct store *store, const char *name, struct str content, enum store_swap *outcome,
                            struct error *error) {
    (void)store, (void)name, (void)content;
    *outcome = told_outcome;
    return told_answer(error);
}

static enum status told_read(struct store *store, const char *name, uint64_t offset, uint64_t size,
                             struct strbuf *content, uint64_t *object_size, struct store_tag *tag,
                             struct error *error) {
    (void)store, (void)name;
    TRY(told_answer(error));
    if (told_outcome == STORE_SWAP_MISSING)
        return FAIL(error, STATUS_UNDEFINED_FILE, "there is no such object");
    uint64_t left = offset < told_content.size ? told_content.size - offset : 0;
    strbuf_append(content, told_content.data + (left ? offset : 0), left < size ? left : size);
    *object_size = told_content.size;
    if (tag)
        *tag = (struct store_tag){.size = 3, .bytes = {1, 2, 3}};
    return STATUS_OK;
}

static enum status told_size(struct store *store, const char *name, uint64_t *size_bytes, struct error *error) {
    (void)store, (void)name;
    *size_bytes = told_content.size;
    return told_answer(error);
}

static enum status told_swap(struct store *store, const char *name, const struct store_tag *expected,
                             struct str content, enum store_swap *outcome, struct store_tag *tag, struct error *error) {
    (void)store, (void)name, (void)expected, (void)content;
    *outcome = told_outcome;
    *tag = (struct store_tag){.size = 1, .bytes = {9}};
    return told_answer(error);
}

static const struct store_class told_class = {
    .scheme = "told", .put = told_put, .read = told_read, .size = told_size, .swap = told_swap};

static int setup_told(void **state) {
    (void)state;
    told = (struct store){.class = &told_class,
                          .uri_text = (char *)"told:",
                          .options = {.env = env_posix(), .attempts = 1, .part_size_bytes = 1 << 20}};
    told_status = STATUS_OK;
    told_outcome = STORE_SWAP_DONE;
    strbuf_init(&told_content);
    return 0;
}

static int teardown_told(void **state) {
    (void)state;
    strbuf_release(&told_content);
    return 0;
}

static const struct object_id an_id = {
    .job = {{1, 2, 3}}, .generation = 4, .epoch = 5, .attempt = 6, .kind = OBJECT_STATE, .task = 7, .number = 8};

static struct object object_with(const void *data, size_t size) {
    return (struct object){.id = an_id, .size_bytes = size, .digest = digest_of(data, size)};
}

static void failures_of_reads_are_told_apart(void **state) {
    (void)state;
    static const struct {
        enum status status;
        enum answer answer;
    } cases[] = {
        {STATUS_UNDEFINED_FILE, ANSWER_MISSING},   {STATUS_CONNECTION_FAILURE, ANSWER_UNKNOWN},
        {STATUS_FILE_ERROR, ANSWER_UNKNOWN},       {STATUS_DISK_FULL, ANSWER_UNKNOWN},
        {STATUS_INVALID_ARGUMENT, ANSWER_UNKNOWN}, {STATUS_INTERNAL, ANSWER_UNKNOWN},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct error error = {0};
        struct head head;
        struct head_version version;
        struct strbuf bytes = {0};
        struct object object = object_with("abc", 3);
        struct savepoint savepoint;
        char piece[3];
        told_status = cases[i].status;
        assert_int_equal(checkpoint_read_head(&told, &head, &version, &error), cases[i].answer);
        assert_int_equal(checkpoint_get(&told, &object, &bytes, &error), cases[i].answer);
        assert_int_equal(checkpoint_get_manifest(&told, &an_id, &bytes, &error), cases[i].answer);
        assert_int_equal(checkpoint_get_range(&told, &an_id, 0, 3, piece, &error), cases[i].answer);
        assert_int_equal(checkpoint_get_savepoint(&told, "x/savepoints/y", &savepoint, &error), cases[i].answer);
        struct manifest manifest = {.objects = &object, .object_count = 1};
        assert_int_equal(checkpoint_verify(&told, &manifest, &error), cases[i].answer);
        assert_int_equal(error.status, cases[i].status);
        assert_int_equal(bytes.size, 0);
        strbuf_release(&bytes);
    }
}

static void outcomes_of_swaps_are_told_apart(void **state) {
    (void)state;
    static const enum answer answers[] = {
        [STORE_SWAP_DONE] = ANSWER_OK,
        [STORE_SWAP_CONFLICT] = ANSWER_CONFLICT,
        [STORE_SWAP_MISSING] = ANSWER_MISSING,
        [STORE_SWAP_UNKNOWN] = ANSWER_UNKNOWN,
    };
    struct error error = {0};
    struct head head = {.generation = 1, .manifest.id.kind = OBJECT_MANIFEST};
    struct head_version expected = {.size = 2, .bytes = {5, 6}}, version = {0};
    strbuf_append_text(&told_content, "another head"); /* what a refused swap is compared with */
    for (int outcome = STORE_SWAP_DONE; outcome <= STORE_SWAP_UNKNOWN; outcome++) {
        told_outcome = (enum store_swap)outcome;
        assert_int_equal(checkpoint_swap_head(&told, &expected, &head, &version, &error), answers[outcome]);
    }
    told_outcome = STORE_SWAP_DONE;
    assert_int_equal(checkpoint_swap_head(&told, &expected, &head, &version, &error), ANSWER_OK);
    assert_int_equal(version.size, 1);
    assert_int_equal(version.bytes[0], 9);
    /* A failure was certainly not done, but it is no refusal either. */
    for (told_status = 1; told_status < STATUS_COUNT; told_status++)
        assert_int_equal(checkpoint_swap_head(&told, &expected, &head, &version, &error), ANSWER_UNKNOWN);
}

static void failures_of_writes_are_never_refusals(void **state) {
    (void)state;
    struct error error = {0};
    struct savepoint savepoint = {.manifest.id.kind = OBJECT_MANIFEST, .generation = 1};
    struct str bytes = {"abc", 3};
    for (told_status = 1; told_status < STATUS_COUNT; told_status++) {
        if (told_status == STATUS_DUPLICATE_OBJECT)
            continue; /* what store.c says of a conflict */
        assert_int_equal(checkpoint_put(&told, &an_id, bytes, &error), ANSWER_UNKNOWN);
        assert_int_equal(checkpoint_put_savepoint(&told, &an_id.job, "s", &savepoint, &error), ANSWER_UNKNOWN);
    }
    told_status = STATUS_OK;
    assert_int_equal(checkpoint_put(&told, &an_id, bytes, &error), ANSWER_OK);
    told_outcome = STORE_SWAP_CONFLICT; /* there is one: with these bytes, or with others */
    strbuf_append_text(&told_content, "abd");
    assert_int_equal(checkpoint_put(&told, &an_id, bytes, &error), ANSWER_CONFLICT);
    told_content.data[2] = 'c';
    assert_int_equal(checkpoint_put(&told, &an_id, bytes, &error), ANSWER_OK);
    told_outcome = STORE_SWAP_UNKNOWN;
    told_content.data[2] = 'd';
    assert_int_not_equal(checkpoint_put(&told, &an_id, bytes, &error), ANSWER_OK);
}

static void what_differs_from_its_digest_is_corrupt(void **state) {
    (void)state;
    static const char *const contents[] = {"abc", "abd", "ab", "abcd", ""};
    struct object object = object_with("abc", 3);
    struct manifest manifest = {.objects = &object, .object_count = 1};
    for (size_t i = 0; i < COUNT_OF(contents); i++) {
        struct error error = {0};
        struct strbuf bytes = {0};
        strbuf_append_text(&bytes, "before ");
        strbuf_reset(&told_content);
        strbuf_append_text(&told_content, contents[i]);
        assert_int_equal(checkpoint_get(&told, &object, &bytes, &error), i == 0 ? ANSWER_OK : ANSWER_CORRUPT);
        if (i == 0)
            assert_string_equal(strbuf_text(&bytes), "before abc");
        assert_int_equal(checkpoint_verify(&told, &manifest, &error), i == 0 ? ANSWER_OK : ANSWER_CORRUPT);
        if (i > 0)
            assert_non_null(strstr(error.message, "state-00000007-00000008"));
        strbuf_release(&bytes);
    }
}

static void records_that_do_not_decode_are_corrupt(void **state) {
    (void)state;
    struct error error = {0};
    struct head head;
    struct head_version version;
    struct savepoint savepoint;
    for (int i = 0; i < 3; i++) {
        strbuf_append_text(&told_content, i == 1   ? "short"
                                          : i == 2 ? "so long that it cannot be any record of ours, whatever it is, as "
                                                     "none is half as long as this text is: no head, and no savepoint"
                                                   : "");
        assert_int_equal(checkpoint_read_head(&told, &head, &version, &error), ANSWER_CORRUPT);
        assert_int_equal(checkpoint_get_savepoint(&told, "x/savepoints/y", &savepoint, &error), ANSWER_CORRUPT);
    }
}

static void names_of_savepoints(void **state) {
    (void)state;
    static const char *const good[] = {"a", "epoch-12", "A.b_c-9", "-"};
    static const char *const bad[] = {"", ".", "..", ".hidden", "a/b", "a b", "a\n", "ü", "a#b"};
    char name[SAVEPOINT_NAME_MAX + 2];
    for (size_t i = 0; i < COUNT_OF(good); i++)
        assert_true(savepoint_name_valid(good[i]));
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_false(savepoint_name_valid(bad[i]));
    memset(name, 'a', sizeof name);
    name[SAVEPOINT_NAME_MAX] = 0;
    assert_true(savepoint_name_valid(name));
    name[SAVEPOINT_NAME_MAX] = 'a';
    name[SAVEPOINT_NAME_MAX + 1] = 0;
    assert_false(savepoint_name_valid(name));
}

static void uris_of_folders(void **state) {
    (void)state;
    struct arena arena;
    char current[4096], wanted[5000];
    arena_init(&arena);
    assert_string_equal(checkpoint_uri(&arena, "/a/b", NULL), "file:///a/b");
    assert_string_equal(checkpoint_uri(&arena, "/a/b", "job"), "file:///a/b/job");
    assert_string_equal(checkpoint_uri(&arena, "s3://bucket/p?region=x", "job"), "s3://bucket/p/job?region=x");
    assert_string_equal(checkpoint_uri(&arena, "s3://bucket/p?region=x", NULL), "s3://bucket/p?region=x");
    assert_string_equal(checkpoint_uri(&arena, "gs://bucket", "job"), "gs://bucket/job");
    assert_non_null(getcwd(current, sizeof current));
    snprintf(wanted, sizeof wanted, "file://%s/here/job", current);
    assert_string_equal(checkpoint_uri(&arena, "here", "job"), wanted);
    arena_release(&arena);
}

/* ---- a real folder ---- */

static char folder[64], copy_folder[64];
static struct store *from, *to;

static int setup_folder(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena);
    make_folder(folder, "checkpoint-store");
    make_folder(copy_folder, "checkpoint-copy");
    assert_int_equal(store_open(checkpoint_uri(&arena, folder, NULL), NULL, &from, NULL), STATUS_OK);
    assert_int_equal(store_open(checkpoint_uri(&arena, copy_folder, NULL), NULL, &to, NULL), STATUS_OK);
    arena_release(&arena);
    return 0;
}

static int teardown_folder(void **state) {
    (void)state;
    store_close(from);
    store_close(to);
    remove_tree(folder);
    remove_tree(copy_folder);
    unsetenv("STREAMSQL_FAULT");
    return fault_init(NULL) == STATUS_OK ? 0 : -1;
}

/* A manifest of one object of state and one segment, all of them in `from`. */
static struct savepoint make_checkpoint(struct arena *arena, struct manifest *manifest) {
    struct error error = {0};
    struct object *objects = ARENA_ARRAY(arena, struct object, 2);
    char *state = arena_alloc(arena, 3 << 20); /* several pieces */
    memset(state, 's', 3 << 20);
    objects[0] = object_with(state, 3 << 20);
    objects[1] = object_with("rows", 4);
    objects[1].id.kind = OBJECT_LOG;
    assert_int_equal(checkpoint_put(from, &objects[0].id, (struct str){state, 3 << 20}, &error), ANSWER_OK);
    assert_int_equal(checkpoint_put(from, &objects[1].id, (struct str){"rows", 4}, &error), ANSWER_OK);
    struct log_chunk *chunk = ARENA_NEW(arena, struct log_chunk);
    *chunk = (struct log_chunk){.size_bytes = 4, .row_count = 1, .rows = digest_of("rows", 4)};
    struct log_epoch *log = ARENA_NEW(arena, struct log_epoch);
    *log =
        (struct log_epoch){.epoch = 5, .segments = &objects[1], .segment_count = 1, .chunks = chunk, .chunk_count = 1};
    log->digest = log_epoch_digest(log);
    struct manifest_lane *lane = ARENA_NEW(arena, struct manifest_lane);
    *lane = (struct manifest_lane){.pending = log, .pending_count = 1};
    *manifest = (struct manifest){
        .id = an_id, .has_parent = true, .objects = objects, .object_count = 1, .lanes = lane, .lane_count = 1};
    manifest->id.kind = OBJECT_MANIFEST;
    manifest->id.task = manifest->id.number = 0;
    manifest->parent.id = manifest->id;
    manifest->parent.id.epoch = 4;
    manifest->base_epoch = 0;
    lane->marker = (struct marker_position){.known = true, .epoch = 4, .chunk = 1, .chunk_count = 1};
    struct str bytes = manifest_encode(manifest, arena);
    assert_int_equal(checkpoint_put(from, &manifest->id, bytes, &error), ANSWER_OK);
    return (struct savepoint){.generation = 4,
                              .manifest = {.id = manifest->id, .digest = digest_of(bytes.data, bytes.size)}};
}

static void damage(const struct object_id *id, size_t at) {
    char name[OBJECT_NAME_SIZE], path[256];
    object_name_format(id, name);
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "r+b");
    assert_non_null(file);
    assert_int_equal(fseek(file, (long)at, SEEK_SET), 0);
    assert_int_equal(fputc('!', file), '!');
    fclose(file);
}

static void checkpoints_are_copied_whole(void **state) {
    (void)state;
    struct arena arena;
    struct manifest manifest, loaded;
    struct error error = {0};
    arena_init(&arena);
    struct savepoint savepoint = make_checkpoint(&arena, &manifest);
    assert_int_equal(checkpoint_verify(from, &manifest, &error), ANSWER_OK);
    assert_int_equal(checkpoint_verify(to, &manifest, &error), ANSWER_MISSING);
    assert_non_null(strstr(error.message, "state-00000007-00000008\" does not exist"));
    assert_int_equal(checkpoint_copy(from, to, &savepoint, &error), ANSWER_OK);
    assert_int_equal(checkpoint_verify(to, &manifest, &error), ANSWER_OK);
    assert_int_equal(checkpoint_load_manifest(to, &savepoint.manifest, &arena, &loaded, &error), STATUS_OK);
    assert_int_equal(loaded.object_count, 1);
    assert_int_equal(checkpoint_copy(from, to, &savepoint, &error), ANSWER_OK); /* what was interrupted is done again */
    savepoint.manifest.digest.bytes[0] ^= 1;
    assert_int_equal(checkpoint_load_manifest(to, &savepoint.manifest, &arena, &loaded, &error),
                     STATUS_MALFORMED_RECORD);
    arena_release(&arena);
}

/* A damaged origin gives no copy that looks like one. */
/* An object of several pieces, into a file that must not be there yet. */
static void fetched_objects_are_checked(void **state) {
    (void)state;
    struct arena arena;
    struct manifest manifest;
    struct error error = {0};
    arena_init(&arena);
    (void)make_checkpoint(&arena, &manifest);
    const struct object *object = &manifest.objects[0];
    const char *path = arena_printf(&arena, "%s/fetched", copy_folder);
    assert_int_equal(checkpoint_fetch(from, object, env_posix(), path, &error), ANSWER_OK);
    struct env_file *file;
    uint64_t size;
    assert_int_equal(env_file_open(env_posix(), path, ENV_OPEN_READ, &file, &error), STATUS_OK);
    assert_int_equal(env_file_size(file, &size, &error), STATUS_OK);
    assert_int_equal(size, object->size_bytes);
    char *bytes = arena_alloc(&arena, size);
    size_t got = 0;
    for (size_t done = 0; done < size; done += got)
        assert_int_equal(env_file_read(file, bytes + done, size - done, &got, &error), STATUS_OK);
    env_file_close(file);
    struct digest digest = digest_of(bytes, size);
    assert_true(digest_equal(&digest, &object->digest));
    assert_int_equal(checkpoint_fetch(from, object, env_posix(), path, &error), ANSWER_UNKNOWN); /* it is there */
    assert_int_equal(remove(path), 0);
    damage(&object->id, (2 << 20) + 5);
    assert_int_equal(checkpoint_fetch(from, object, env_posix(), path, &error), ANSWER_CORRUPT);
    assert_non_null(strstr(error.message, "state-00000007-00000008"));
    assert_int_equal(remove(path), 0);
    struct object other = *object;
    other.id.number++;
    assert_int_equal(checkpoint_fetch(from, &other, env_posix(), path, &error), ANSWER_MISSING);
    (void)remove(path);
    arena_release(&arena);
}

static void damage_is_not_copied(void **state) {
    (void)state;
    struct arena arena;
    struct manifest manifest, loaded;
    struct error error = {0};
    arena_init(&arena);
    struct savepoint savepoint = make_checkpoint(&arena, &manifest);
    damage(&manifest.objects[0].id, (2 << 20) + 5);
    assert_int_equal(checkpoint_verify(from, &manifest, &error), ANSWER_CORRUPT);
    assert_int_equal(checkpoint_copy(from, to, &savepoint, &error), ANSWER_CORRUPT);
    assert_non_null(strstr(error.message, "state-00000007-00000008\" is corrupted"));
    assert_int_not_equal(checkpoint_load_manifest(to, &savepoint.manifest, &arena, &loaded, &error), STATUS_OK);
    arena_release(&arena);
}

static void damaged_logs_are_found_too(void **state) {
    (void)state;
    struct arena arena;
    struct manifest manifest;
    struct error error = {0};
    arena_init(&arena);
    (void)make_checkpoint(&arena, &manifest);
    damage(&manifest.lanes[0].pending[0].segments[0].id, 2);
    assert_int_equal(checkpoint_verify(from, &manifest, &error), ANSWER_CORRUPT);
    assert_non_null(strstr(error.message, "log-00000007-00000008"));
    arena_release(&arena);
}

/* The answer gets lost before and behind the swap: unknown in both cases, and HEAD tells which it was. */
static void lost_answers_of_swaps_are_unknown(void **state) {
    (void)state;
    struct error error = {0};
    struct head head = {.generation = 1, .manifest.id = {.kind = OBJECT_MANIFEST}}, found;
    struct head_version none = {0}, version;
    assert_int_equal(setenv("STREAMSQL_FAULT", "coordinator.swap:1:error;coordinator.swapped:1:error", 1), 0);
    assert_int_equal(fault_init(&error), STATUS_OK);
    assert_int_equal(checkpoint_swap_head(from, &none, &head, &version, &error), ANSWER_UNKNOWN);
    assert_int_equal(checkpoint_read_head(from, &found, &version, &error), ANSWER_MISSING);
    assert_int_equal(checkpoint_swap_head(from, &none, &head, &version, &error), ANSWER_UNKNOWN);
    assert_int_equal(checkpoint_read_head(from, &found, &version, &error), ANSWER_OK);
    assert_true(head_equal(&found, &head));
    head.generation = 2;
    assert_int_equal(checkpoint_swap_head(from, &none, &head, &version, &error), ANSWER_CONFLICT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(failures_of_reads_are_told_apart, setup_told, teardown_told),
        cmocka_unit_test_setup_teardown(outcomes_of_swaps_are_told_apart, setup_told, teardown_told),
        cmocka_unit_test_setup_teardown(failures_of_writes_are_never_refusals, setup_told, teardown_told),
        cmocka_unit_test_setup_teardown(what_differs_from_its_digest_is_corrupt, setup_told, teardown_told),
        cmocka_unit_test_setup_teardown(records_that_do_not_decode_are_corrupt, setup_told, teardown_told),
        cmocka_unit_test(names_of_savepoints),
        cmocka_unit_test(uris_of_folders),
        cmocka_unit_test_setup_teardown(checkpoints_are_copied_whole, setup_folder, teardown_folder),
        cmocka_unit_test_setup_teardown(fetched_objects_are_checked, setup_folder, teardown_folder),
        cmocka_unit_test_setup_teardown(damage_is_not_copied, setup_folder, teardown_folder),
        cmocka_unit_test_setup_teardown(damaged_logs_are_found_too, setup_folder, teardown_folder),
        cmocka_unit_test_setup_teardown(lost_answers_of_swaps_are_unknown, setup_folder, teardown_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
