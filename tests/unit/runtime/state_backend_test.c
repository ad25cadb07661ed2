/* state_backend_test.c: the same cases on every back-end, and then what only files have: checkpoints, damage, budgets. */
#include "state_place.h"

#include <sys/resource.h>

#include "core/base/hash.h"
#include "runtime/state/rocks_parts.h"

struct fixture {
    struct place place;
    struct state_budget budget;
    struct state_backend *backend;
};

static struct error error;

static void fixture_open(struct fixture *fixture, bool rocks, size_t limit_bytes) {
    place_open(&fixture->place);
    state_budget_init(&fixture->budget, limit_bytes);
    if (!rocks) {
        fixture->backend = memory_backend_open(&fixture->budget);
        return;
    }
    struct rocks_config config = place_config(&fixture->place, &fixture->budget, NULL, 0);
    OK(rocks_backend_open(&config, &fixture->backend, &error));
}

static void fixture_close(struct fixture *fixture) {
    state_backend_close(fixture->backend);
    assert_int_equal(state_budget_used(&fixture->budget), 0);
    place_close(&fixture->place);
}

static void fixture_restore(struct fixture *fixture, const struct state_files *files) {
    state_backend_close(fixture->backend);
    struct rocks_config config = place_config(&fixture->place, &fixture->budget, files, 1);
    OK(rocks_backend_open(&config, &fixture->backend, &error));
}

static struct state_table *table(struct fixture *fixture, const char *role, enum state_kind kind) {
    struct state_descriptor descriptor = {
        .operator_id = "op", .role = role, .kind = kind, .version = 3, .description = "for a test"};
    struct state_table *opened;
    OK(state_table_open(fixture->backend, &descriptor, &opened, &error));
    return opened;
}

static struct state_address at(const char *key) {
    return (struct state_address){.hash = (uint32_t)(hash_bytes(key, strlen(key)) >> 32), .key = str_from(key)};
}

static void put(struct state_table *target, const char *key, const char *value) {
    struct state_address address = at(key);
    OK(state_put(target, &address, str_from(value), &error));
}

static void expect(struct state_table *target, const char *key, const char *wanted) {
    struct state_address address = at(key);
    struct str value;
    OK(state_get(target, &address, &value, &error));
    if (!wanted) {
        assert_null(value.data);
        return;
    }
    assert_non_null(value.data);
    assert_true(str_equal(value, str_from(wanted)));
}

/* ---- on every back-end ---- */

static void values(bool rocks) {
    struct fixture fixture;
    fixture_open(&fixture, rocks, 64 << 20);
    struct state_table *target = table(&fixture, "values", STATE_VALUE);
    expect(target, "a", NULL);
    put(target, "a", "1");
    put(target, "b", "");
    put(target, "a", "a much longer value than before");
    expect(target, "a", "a much longer value than before");
    expect(target, "b", "");
    assert_int_equal(state_table_usage(target).rows, 2);
    struct state_address address = at("a");
    OK(state_delete(target, &address, &error));
    OK(state_delete(target, &address, &error));
    expect(target, "a", NULL);
    assert_int_equal(state_operator_usage(fixture.backend, "op").rows, 1);
    assert_true(state_operator_usage(fixture.backend, "op").memory_bytes > 0);
    fixture_close(&fixture);
}

static void one_batch(bool rocks) {
    struct fixture fixture;
    fixture_open(&fixture, rocks, 64 << 20);
    struct state_table *target = table(&fixture, "values", STATE_VALUE);
    struct state_write writes[] = {{.address = at("k"), .value = STR("first")},
                                   {.address = at("k"), .is_delete = true},
                                   {.address = at("k"), .value = STR("last")}};
    OK(state_multi_write(target, writes, 3, &error));
    struct state_address addresses[] = {at("k"), at("none"), at("k")};
    struct str found[3];
    OK(state_multi_get(target, addresses, 3, found, &error));
    assert_true(str_equal(found[0], STR("last")) && str_equal(found[2], STR("last")));
    assert_null(found[1].data);
    OK(state_multi_get(target, NULL, 0, NULL, &error));
    fixture_close(&fixture);
}

static void time_ranges(bool rocks) {
    struct fixture fixture;
    fixture_open(&fixture, rocks, 64 << 20);
    struct state_table *target = table(&fixture, "rows", STATE_ORDERED);
    static const int64_t times[] = {5, INT64_MIN, -1, INT64_MAX, 0, 5};
    static const char *const user_keys[] = {"y", "", "", "", "", "x"};
    for (size_t i = 0; i < 6; i++) {
        struct state_address address = at("key");
        address.order = times[i];
        address.user_key = str_from(user_keys[i]);
        OK(state_put(target, &address, STR("v"), &error));
    }
    static const int64_t sorted[] = {INT64_MIN, -1, 0, 5, 5, INT64_MAX};
    struct state_address key = at("key");
    struct state_range range = state_range_orders(key.hash, key.key, INT64_MIN, INT64_MAX);
    struct state_iterator *iterator;
    OK(state_iterator_open(target, &range, &iterator, &error));
    struct state_entry entry;
    bool found;
    for (size_t i = 0; i < 6; i++) {
        OK(state_iterator_next(iterator, &entry, &found, &error));
        assert_true(found && entry.address.order == sorted[i]);
        if (i == 3 || i == 4)
            assert_int_equal(entry.address.user_key.data[0], i == 3 ? 'x' : 'y');
    }
    OK(state_iterator_next(iterator, &entry, &found, &error));
    assert_false(found);
    state_iterator_close(iterator);
    range = state_range_orders(key.hash, key.key, -1, 5);
    OK(state_range_delete(target, &range, &error));
    assert_int_equal(state_table_usage(target).rows, 4);
    fixture_close(&fixture);
}

static void time_to_live(bool rocks) {
    struct fixture fixture;
    fixture_open(&fixture, rocks, 64 << 20);
    struct state_descriptor descriptor = {
        .operator_id = "op", .role = "short", .kind = STATE_VALUE, .version = 1, .ttl_us = 100};
    struct state_table *target;
    OK(state_table_open(fixture.backend, &descriptor, &target, &error));
    OK(state_backend_advance(fixture.backend, 1000, &error));
    put(target, "a", "old");
    OK(state_backend_advance(fixture.backend, 1050, &error));
    put(target, "b", "newer");
    OK(state_backend_advance(fixture.backend, 1099, &error));
    expect(target, "a", "old");
    OK(state_backend_advance(fixture.backend, 1100, &error));
    expect(target, "a", NULL);
    expect(target, "b", "newer");
    for (uint32_t i = 0; i < KEY_GROUP_COUNT; i++)
        OK(state_backend_advance(fixture.backend, 1150, &error));
    assert_int_equal(state_table_usage(target).rows, 0); /* the space came back too */
    fixture_close(&fixture);
}

static void tables(bool rocks) {
    struct fixture fixture;
    fixture_open(&fixture, rocks, 64 << 20);
    struct state_table *first = table(&fixture, "one", STATE_VALUE);
    struct state_table *second = table(&fixture, "two", STATE_VALUE);
    assert_ptr_equal(table(&fixture, "one", STATE_VALUE), first);
    put(first, "k", "1");
    put(second, "k", "2");
    OK(state_table_drop(first, &error));
    assert_null(state_table_find(fixture.backend, "op", "one", 0));
    first = table(&fixture, "one", STATE_VALUE);
    expect(first, "k", NULL);
    expect(second, "k", "2");
    struct state_descriptor other = {.operator_id = "op", .role = "two", .kind = STATE_VALUE, .version = 4};
    assert_int_equal(state_table_open(fixture.backend, &other, &second, &error), STATUS_UNSUPPORTED);
    other.version = 3;
    other.kind = STATE_MAP;
    assert_int_equal(state_table_open(fixture.backend, &other, &second, &error), STATUS_INTERNAL);
    fixture_close(&fixture);
}

#define ON_BOTH(name)                       \
    static void name##_both(void **state) { \
        (void)state;                        \
        name(false);                        \
        name(true);                         \
    }
ON_BOTH(values)
ON_BOTH(one_batch)
ON_BOTH(time_ranges)
ON_BOTH(time_to_live)
ON_BOTH(tables)

/* ---- checkpoints ---- */

static void what_changes_after_begin_is_not_in_the_checkpoint(void **state) {
    (void)state;
    struct fixture fixture;
    fixture_open(&fixture, true, 64 << 20);
    struct state_table *target = table(&fixture, "values", STATE_VALUE), *dropped = table(&fixture, "old", STATE_VALUE);
    put(target, "changed", "before");
    put(target, "deleted", "before");
    put(target, "kept", "before");
    put(dropped, "k", "before");
    OK(state_checkpoint_begin(fixture.backend, &error));
    put(target, "changed", "after");
    put(target, "created", "after");
    struct state_address address = at("deleted");
    OK(state_delete(target, &address, &error));
    OK(state_table_drop(dropped, &error));
    put(table(&fixture, "new", STATE_VALUE), "k", "after");
    struct state_files files;
    for (bool done = false; !done;) {
        OK(state_checkpoint_finish(fixture.backend, &files, &done, &error));
        put(target, "changed", "after");
    }
    struct state_files stored = place_upload(&fixture.place, &files);
    OK(state_checkpoint_release(fixture.backend, &error));
    expect(target, "changed", "after");
    expect(target, "deleted", NULL);
    fixture_restore(&fixture, &stored);
    assert_null(state_table_find(fixture.backend, "op", "new", 0));
    assert_false(state_table_find(fixture.backend, "op", "old", 0)->opened);
    target = table(&fixture, "values", STATE_VALUE);
    expect(target, "changed", "before");
    expect(target, "deleted", "before");
    expect(target, "kept", "before");
    expect(target, "created", NULL);
    expect(table(&fixture, "old", STATE_VALUE), "k", "before");
    fixture_close(&fixture);
}

static void fill(struct state_table *target, uint32_t first, uint32_t count, size_t size) {
    char *value = memory_zalloc(size + 1);
    memset(value, 'v', size);
    for (uint32_t i = first; i < first + count; i++) {
        char key[16];
        snprintf(key, sizeof key, "%u", i);
        memcpy(value, key, strlen(key));
        put(target, key, value);
    }
    free(value);
}

static void only_new_files_are_handed_over(void **state) {
    (void)state;
    struct fixture fixture;
    fixture_open(&fixture, true, 64 << 20);
    struct state_table *target = table(&fixture, "values", STATE_VALUE);
    fill(target, 0, 20000, 100);
    struct state_files first = place_checkpoint(&fixture.place, fixture.backend);
    put(target, "one more", "value");
    uint32_t before = fixture.place.uploads_shared;
    place_checkpoint(&fixture.place, fixture.backend);
    assert_int_equal(fixture.place.uploads_shared - before, 1);
    /* Also after a restart: files keep the names under which they came. */
    fixture_restore(&fixture, &first);
    before = fixture.place.uploads_shared;
    place_checkpoint(&fixture.place, fixture.backend);
    assert_int_equal(fixture.place.uploads_shared - before, 1); /* the catalogue */
    fixture_close(&fixture);
}

static void an_abandoned_checkpoint_loses_nothing(void **state) {
    (void)state;
    struct fixture fixture;
    fixture_open(&fixture, true, 64 << 20);
    struct state_table *target = table(&fixture, "values", STATE_VALUE);
    put(target, "a", "1");
    OK(state_checkpoint_begin(fixture.backend, &error));
    put(target, "b", "2");
    OK(state_checkpoint_release(fixture.backend, &error));
    struct state_files stored = place_checkpoint(&fixture.place, fixture.backend);
    fixture_restore(&fixture, &stored);
    target = table(&fixture, "values", STATE_VALUE);
    expect(target, "a", "1");
    expect(target, "b", "2");
    fixture_close(&fixture);
}

/* ---- damage ---- */

/* All entries, as a digest; false when that fails, which must then have a name. */
static bool digest(struct fixture *fixture, uint64_t *sum) {
    *sum = 0;
    struct state_range all = state_range_all();
    struct state_iterator *iterator;
    struct state_descriptor descriptor = {.operator_id = "op", .role = "values", .kind = STATE_VALUE, .version = 3};
    struct state_table *target;
    enum status status = state_table_open(fixture->backend, &descriptor, &target, &error);
    if (status == STATUS_OK)
        status = state_iterator_open(target, &all, &iterator, &error);
    if (status != STATUS_OK)
        return false;
    for (bool found = true; found && status == STATUS_OK;) {
        struct state_entry entry;
        status = state_iterator_next(iterator, &entry, &found, &error);
        if (status == STATUS_OK && found)
            *sum += hash_bytes(entry.value.data, entry.value.size) * (entry.address.hash | 1);
    }
    state_iterator_close(iterator);
    return status == STATUS_OK;
}

static void write_file(const char *path, const char *data, size_t size) {
    struct env_file *file;
    OK(env_file_open(env_posix(), path, ENV_OPEN_TRUNCATE, &file, &error));
    OK(env_file_write(file, data, size, &error));
    env_file_close(file);
}

/* Opens what is in the store: true when it gave other entries than `sum` without saying that something is wrong. */
static bool goes_unnoticed(struct fixture *fixture, const struct state_files *files, uint64_t sum) {
    struct rocks_config config = place_config(&fixture->place, &fixture->budget, files, 1);
    error_reset(&error);
    if (rocks_backend_open(&config, &fixture->backend, &error) != STATUS_OK) {
        assert_true(error.message[0] && !error.retriable);
        return false;
    }
    uint64_t found;
    bool whole = digest(fixture, &found);
    state_backend_close(fixture->backend);
    return whole && found != sum;
}

static void damage_has_a_name(void **state) {
    (void)state;
    struct fixture fixture;
    fixture_open(&fixture, true, 8 << 20);
    fill(table(&fixture, "values", STATE_VALUE), 0, 3000, 60);
    struct state_files files = place_checkpoint(&fixture.place, fixture.backend);
    uint64_t sum, random = 1;
    assert_true(digest(&fixture, &sum));
    state_backend_close(fixture.backend);
    for (uint32_t i = 0; i < files.count; i++) {
        struct strbuf bytes;
        strbuf_init(&bytes);
        place_read(files.items[i].path, &bytes);
        for (uint32_t round = 0; round < 8; round++) {
            random = hash_u64(random + 1);
            uint64_t where = random % bytes.size;
            bytes.data[where] ^= (char)(1 << (random >> 61));
            write_file(files.items[i].path, bytes.data, bytes.size);
            bytes.data[where] ^= (char)(1 << (random >> 61));
            assert_false(goes_unnoticed(&fixture, &files, sum));
            write_file(files.items[i].path, bytes.data, (size_t)where); /* cut */
            assert_false(goes_unnoticed(&fixture, &files, sum));
        }
        write_file(files.items[i].path, bytes.data, bytes.size);
        strbuf_release(&bytes);
    }
    struct state_files fewer = {files.items + 1, files.count - 1};
    struct state_file *items = (struct state_file *)files.items;
    for (uint32_t i = 0; i < files.count; i++) { /* each in turn is missing */
        struct state_file first = items[0];
        items[0] = items[i];
        items[i] = first;
        if (!strstr(items[0].name, "OPTIONS"))
            assert_false(goes_unnoticed(&fixture, &fewer, sum));
    }
    struct rocks_config config = place_config(&fixture.place, &fixture.budget, &files, 1);
    OK(rocks_backend_open(&config, &fixture.backend, &error));
    fixture_close(&fixture);
}

static void foreign_files_are_refused(void **state) {
    (void)state;
    struct fixture fixture;
    fixture_open(&fixture, false, 8 << 20);
    static const char *const names[] = {"i_../../x.sst", "i_000001.sst.exe", "i_.sst", "i_MANIFEST-", "LOCK", ""};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct state_file file = {.name = names[i], .path = "/dev/null"};
        struct state_files files = {&file, 1};
        struct rocks_config config = place_config(&fixture.place, &fixture.budget, &files, 1);
        struct state_backend *opened;
        assert_int_equal(rocks_backend_open(&config, &opened, &error), STATUS_FILE_ERROR);
    }
    fixture_close(&fixture);
}

static void messages_of_rocksdb(void **state) {
    (void)state;
    const struct rocks_library *library;
    OK(rocks_library_load(&library, &error));
    struct rocks_backend backend = {.library = library, .folder = "/somewhere"};
    OK(rocks_check(&backend, NULL, "writing", &error));
    char *message = memory_strdup("IO error: No space left on device: While appending to file: /x/000004.sst");
    assert_int_equal(rocks_check(&backend, message, "writing", &error), STATUS_DISK_FULL);
    assert_true(error.retriable);
    message = memory_strdup("Corruption: block checksum mismatch");
    assert_int_equal(rocks_check(&backend, message, "reading", &error), STATUS_FILE_ERROR);
    assert_false(error.retriable);
    message = memory_strdup("IO error: No such file or directory: While open a file");
    assert_int_equal(rocks_check(&backend, message, "opening", &error), STATUS_UNDEFINED_FILE);
}

/* ---- memory ---- */

static size_t resident_bytes(void) {
    unsigned long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%*u %lu", &pages), 1);
    fclose(file);
    return pages * (size_t)sysconf(_SC_PAGESIZE);
}

static void state_larger_than_its_budget(void **state) {
    (void)state;
    enum { LIMIT = 12 << 20, ENTRIES = 200000, VALUE = 200 };
    struct fixture fixture;
    fixture_open(&fixture, true, LIMIT);
    struct state_table *target = table(&fixture, "values", STATE_VALUE);
    size_t before = resident_bytes();
    for (uint32_t i = 0; i < ENTRIES; i += 1000) {
        fill(target, i, 1000, VALUE);
        OK(state_backend_advance(fixture.backend, 1, &error));
        assert_in_range(state_budget_used(&fixture.budget), 0, LIMIT);
    }
    assert_true(state_table_usage(target).disk_bytes > 2 * LIMIT);
    assert_int_equal(state_table_usage(target).rows, ENTRIES);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    /* The rest is RocksDB's buffers for writing files and merging them, and what the allocator keeps. */
    assert_true(resident_bytes() - before < LIMIT + (32 << 20));
#else
    (void)before;
#endif
    for (uint32_t i = 0; i < ENTRIES; i += 997) {
        char key[16];
        snprintf(key, sizeof key, "%u", i);
        struct state_address address = at(key);
        struct str value;
        OK(state_get(target, &address, &value, &error));
        assert_true(value.size == VALUE && memcmp(value.data, key, strlen(key)) == 0);
    }
    fixture_close(&fixture);
}

static void back_ends_share_a_budget(void **state) {
    (void)state;
    enum { LIMIT = 16 << 20 };
    struct fixture fixture;
    fixture_open(&fixture, true, LIMIT);
    struct rocks_config config = place_config(&fixture.place, &fixture.budget, NULL, 0);
    struct fixture second = {.budget = fixture.budget};
    OK(rocks_backend_open(&config, &second.backend, &error));
    fill(table(&fixture, "values", STATE_VALUE), 0, 40000, 200); /* takes what there is */
    assert_true(state_budget_used(&fixture.budget) > LIMIT / 2);
    fill(table(&second, "values", STATE_VALUE), 0, 20000, 200);
    /* Whoever is beyond its half gives back when it is called. */
    OK(state_backend_advance(fixture.backend, 1, &error));
    OK(state_backend_advance(second.backend, 1, &error));
    assert_in_range(state_budget_used(&fixture.budget), 0, LIMIT);
    state_backend_close(second.backend);
    fixture_close(&fixture);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_both),
        cmocka_unit_test(one_batch_both),
        cmocka_unit_test(time_ranges_both),
        cmocka_unit_test(time_to_live_both),
        cmocka_unit_test(tables_both),
        cmocka_unit_test(what_changes_after_begin_is_not_in_the_checkpoint),
        cmocka_unit_test(only_new_files_are_handed_over),
        cmocka_unit_test(an_abandoned_checkpoint_loses_nothing),
        cmocka_unit_test(damage_has_a_name),
        cmocka_unit_test(foreign_files_are_refused),
        cmocka_unit_test(messages_of_rocksdb),
        cmocka_unit_test(state_larger_than_its_budget),
        cmocka_unit_test(back_ends_share_a_budget),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
