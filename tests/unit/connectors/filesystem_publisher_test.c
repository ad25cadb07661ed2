/* filesystem_publisher_test.c: files that appear whole and once. Between the publisher and the system stand our fsync, rename and write: a child
 * process ends at a chosen one of these calls, and whoever comes next must find what the protocol needs. */
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include "core/data/row_log.h"
#include "tests/unit/connectors/table.h"

enum { CRASHED = 86, CHUNKS = 3, ROWS = 4 };

static long crash_after = -1; /* calls that still return; < 0: all of them */

static void pass_by(void) {
    if (crash_after >= 0 && crash_after-- == 0)
        _exit(CRASHED);
}

int fsync(int descriptor) {
    (void)descriptor; /* the machine does not crash, only the process */
    pass_by();
    return 0;
}
ssize_t write(int descriptor, const void *data, size_t size) {
    pass_by();
    return (ssize_t)syscall(SYS_write, descriptor, data, size);
}
int rename(const char *from, const char *to) {
    pass_by();
    int result = (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
    pass_by();
    return result;
}

static char root[] = "/tmp/streamsql-publisher-XXXXXX";
static char folder[64];
static unsigned folders;

static void new_folder(void) {
    snprintf(folder, sizeof folder, "%s/%u", root, folders++);
}

/* ---- an owner of the lane ---- */

static const struct field fields[] = {{"a", &type_string}, {"b", &type_string}};
static const struct schema schema = {(struct field *)fields, 2};

struct owner {
    struct arena arena;
    struct options options;
    bool cancel;
    struct publisher *publisher;
    struct error error;
};

static void owner_config(struct owner *owner, struct publisher_config *config) {
    *config = (struct publisher_config){.arena = &owner->arena,
                                        .table = "t",
                                        .options = &owner->options,
                                        .schema = &schema,
                                        .job = "0123456789abcdef0123456789abcdef",
                                        .sink = 3,
                                        .lane_count = 1,
                                        .env = env_posix(),
                                        .cancel = &owner->cancel};
}

static enum status owner_open(struct owner *owner, const char *format, const char *compression, bool header) {
    *owner = (struct owner){0};
    arena_init(&owner->arena);
    options_init(&owner->options, &owner->arena);
    options_put(&owner->options, "connector", "filesystem");
    options_put(&owner->options, "path", folder);
    options_put(&owner->options, "format", format);
    options_put(&owner->options, "compression", compression);
    if (header)
        options_put(&owner->options, "csv.header", "true");
    const struct connector_class *connector;
    struct publisher_config config;
    owner_config(owner, &config);
    if (connector_validate(connectors_builtin(), &owner->options, &schema, &connector, &config.format, NULL,
                           &owner->error))
        fail_msg("%s", owner->error.message);
    enum status status = connector->publishers->prepare(&config, &owner->error);
    return status ? status : connector->publishers->open(&config, &owner->publisher, &owner->error);
}

static void owner_new(struct owner *owner) {
    if (owner_open(owner, "csv", "none", false))
        fail_msg("%s", owner->error.message);
}

static void owner_close(struct owner *owner) {
    owner->publisher->class->close(owner->publisher);
    arena_release(&owner->arena);
}

static enum publish_answer open_slot(struct owner *owner, uint32_t slot) {
    return owner->publisher->class->open_slot(owner->publisher, slot, &owner->error);
}

static void note_marker(void *context, uint64_t offset, struct str marker) {
    strbuf_printf(context, "%llu=%.*s ", (unsigned long long)offset, STR_FORMAT(marker));
}

/* What the markers say from `from` on: "2=m3 ". */
static const char *markers(struct owner *owner, uint64_t from) {
    struct strbuf found = {0};
    uint64_t end, position;
    uint8_t place[16];
    assert_int_equal(owner->publisher->class->measure(owner->publisher, &end, place, &owner->error), PUBLISH_OK);
    assert_int_equal(owner->publisher->class->read_markers(owner->publisher, from, end, note_marker, &found, &position,
                                                           &owner->error),
                     PUBLISH_OK);
    assert_int_equal(position, end > from ? end : from);
    const char *text = arena_strdup(&owner->arena, strbuf_text(&found));
    strbuf_release(&found);
    return text;
}

static const char *fence(struct owner *owner) {
    assert_int_equal(open_slot(owner, 0), PUBLISH_OK);
    assert_int_equal(open_slot(owner, 1), PUBLISH_OK);
    return markers(owner, 0);
}

/* Rows "CHUNK.ROW". Chunk n is of epoch n / 2, so that chunks differ by both parts of their names. */
static void log_chunk(unsigned chunk, struct strbuf *records) {
    char value[32];
    for (unsigned row = 0; row < ROWS; row++) {
        int size = snprintf(value, sizeof value, "%u.%u", chunk, row);
        row_log_put(records, &(struct row_log_record){.has_value = true, .value = {value, (size_t)size}});
    }
}

static enum publish_answer send_rows(struct owner *owner, uint32_t slot, unsigned chunk) {
    struct strbuf records = {0};
    uint64_t delivered;
    log_chunk(chunk, &records);
    enum publish_answer answer = owner->publisher->class->send_rows(
        owner->publisher, slot, strbuf_str(&records), chunk / 2, (uint64_t)chunk % 2 * ROWS, &delivered, &owner->error);
    if (answer == PUBLISH_OK)
        assert_int_equal(delivered, ROWS);
    strbuf_release(&records);
    return answer;
}

static enum publish_answer send_marker(struct owner *owner, uint32_t slot, unsigned chunk, uint64_t *offset) {
    char marker[16];
    int size = snprintf(marker, sizeof marker, "m%u", chunk);
    return owner->publisher->class->send_marker(owner->publisher, slot, (struct str){marker, (size_t)size}, offset,
                                                &owner->error);
}

static enum publish_answer commit(struct owner *owner, uint32_t slot) {
    return owner->publisher->class->commit(owner->publisher, slot, &owner->error);
}

static void publish(struct owner *owner, uint32_t slot, unsigned chunk) {
    uint64_t offset;
    assert_int_equal(send_rows(owner, slot, chunk), PUBLISH_OK);
    assert_int_equal(send_marker(owner, slot, chunk, &offset), PUBLISH_OK);
    assert_int_equal(offset, chunk - 1);
    assert_int_equal(commit(owner, slot), PUBLISH_OK);
    owner->publisher->class->close_slot(owner->publisher, slot);
    assert_int_equal(open_slot(owner, slot), PUBLISH_OK);
}

/* As a lane does after it took over: fences, reads, goes on behind the newest marker. */
static void take_over(struct owner *owner) {
    unsigned done = 0;
    sscanf(fence(owner), "%*u=m%u", &done);
    for (unsigned chunk = done + 1; chunk <= CHUNKS; chunk++)
        publish(owner, chunk % 2, chunk);
}

/* ---- what a reader sees ---- */

static void expected_file(unsigned chunk, struct strbuf *name, struct strbuf *content) {
    strbuf_printf(name, "part-01234567-3-%010u-%010u.csv", chunk / 2, chunk % 2 * ROWS);
    for (unsigned row = 0; row < ROWS; row++)
        strbuf_printf(content, "%u.%u\n", chunk, row);
}

static bool file_is(const char *name, const char *content) {
    char path[300], text[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    if (!file)
        return false;
    size_t size = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[size] = '\0';
    if (strcmp(text, content) != 0)
        fail_msg("%s has \"%s\"", name, text);
    return true;
}

static void write_beside(const char *name, const char *content) {
    char path[300];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    assert_true(file && fputs(content, file) >= 0 && fclose(file) == 0);
}

static unsigned count_files(const char *path, bool hidden) {
    unsigned count = 0;
    DIR *handle = opendir(path);
    struct dirent *entry;
    while (handle && (entry = readdir(handle)))
        count +=
            strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 && (entry->d_name[0] == '.') == hidden;
    if (handle)
        closedir(handle);
    return count;
}

/* Chunks 1 … n for some n, each whole, and nothing else. */
static unsigned visible_chunks(void) {
    unsigned count = 0, gap = 0;
    for (unsigned chunk = 1; chunk <= CHUNKS; chunk++) {
        struct strbuf name = {0}, content = {0};
        expected_file(chunk, &name, &content);
        bool is_there = file_is(name.data, content.data);
        assert_false(is_there && gap);
        count += is_there;
        gap += !is_there;
        strbuf_release(&name);
        strbuf_release(&content);
    }
    assert_int_equal(count_files(folder, false), count);
    return count;
}

/* ---- tests ---- */

static void chunks_appear_with_their_markers(void **state) {
    (void)state;
    new_folder();
    struct owner owner;
    owner_new(&owner);
    uint64_t offset;
    assert_string_equal(fence(&owner), "");
    assert_int_equal(send_rows(&owner, 0, 1), PUBLISH_OK);
    assert_int_equal(send_marker(&owner, 0, 1, &offset), PUBLISH_OK);
    assert_int_equal(visible_chunks(), 0);
    assert_string_equal(markers(&owner, 0), "");
    assert_int_equal(commit(&owner, 0), PUBLISH_OK);
    assert_int_equal(visible_chunks(), 1);
    assert_string_equal(markers(&owner, 0), "0=m1 ");
    assert_int_equal(commit(&owner, 0), PUBLISH_UNKNOWN); /* a slot serves once */
    publish(&owner, 1, 2);
    assert_string_equal(markers(&owner, 0), "1=m2 "); /* the newest only */
    assert_string_equal(markers(&owner, 2), "");
    /* No rows, a marker all the same. */
    assert_int_equal(open_slot(&owner, 0), PUBLISH_OK);
    assert_int_equal(send_marker(&owner, 0, 7, &offset), PUBLISH_OK);
    assert_int_equal(commit(&owner, 0), PUBLISH_OK);
    assert_string_equal(markers(&owner, 0), "2=m7 ");
    assert_int_equal(visible_chunks(), 2);
    owner_close(&owner);
}

/* Runs in a child that ends at call `at`; false when it came to its end. */
static bool crashes(long at) {
    pid_t child = fork();
    if (child == 0) {
        struct owner owner;
        crash_after = at;
        owner_new(&owner);
        take_over(&owner);
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == CRASHED));
    return WEXITSTATUS(status) == CRASHED;
}

/* Whatever was left, the next owner ends with every chunk once. */
static void recover(unsigned visible_before) {
    struct owner owner;
    owner_new(&owner);
    take_over(&owner);
    assert_string_equal(markers(&owner, 0), "2=m3 ");
    assert_true(visible_before <= CHUNKS);
    assert_int_equal(visible_chunks(), CHUNKS);
    owner_close(&owner);
}

static void killed_at_every_step(void **state) {
    (void)state;
    bool crashed = true;
    long at = 0;
    for (; crashed; at++) {
        new_folder();
        crashed = crashes(at);
        recover(visible_chunks());
    }
    assert_true(at > 40);
}

/* The second is killed too, at some steps of its recovery from each kill of the first; all steps in the course of nine. */
static void killed_twice(void **state) {
    (void)state;
    bool crashed = true;
    for (long first = 0; crashed; first++)
        for (long second = first % 9; second < 60; second += 9) {
            new_folder();
            crashed = crashes(first);
            unsigned visible = visible_chunks();
            bool again = crashes(second);
            assert_true(visible_chunks() >= visible);
            recover(visible_chunks());
            if (!again)
                break;
        }
}

static void two_owners(void **state) {
    (void)state;
    for (int moment = 0; moment < 3; moment++) {
        new_folder();
        struct owner old, new;
        uint64_t offset;
        owner_new(&old);
        owner_new(&new);
        fence(&old);
        if (moment >= 1)
            assert_int_equal(send_rows(&old, 0, 1), PUBLISH_OK);
        if (moment >= 2)
            assert_int_equal(send_marker(&old, 0, 1, &offset), PUBLISH_OK);
        assert_string_equal(fence(&new), "");
        if (moment < 1)
            assert_int_equal(send_rows(&old, 0, 1), PUBLISH_OK);
        if (moment < 2)
            assert_int_equal(send_marker(&old, 0, 1, &offset), PUBLISH_OK);
        assert_int_equal(commit(&old, 0), PUBLISH_FENCED);
        assert_int_equal(visible_chunks(), 0);
        assert_int_equal(commit(&old, 0), PUBLISH_UNKNOWN);
        take_over(&new);
        assert_int_equal(visible_chunks(), CHUNKS);
        owner_close(&old);
        owner_close(&new);
        assert_int_equal(visible_chunks(), CHUNKS);
    }
}

/* An old owner with a slot that the new one has not opened yet, but whose marker no longer follows. */
static void a_marker_that_does_not_follow(void **state) {
    (void)state;
    new_folder();
    struct owner old, new;
    uint64_t offset;
    owner_new(&old);
    owner_new(&new);
    fence(&old);
    assert_int_equal(send_rows(&old, 1, 1), PUBLISH_OK);
    assert_int_equal(send_marker(&old, 1, 1, &offset), PUBLISH_OK);
    assert_int_equal(open_slot(&new, 0), PUBLISH_OK);
    publish(&new, 0, 1);
    assert_int_equal(commit(&old, 1), PUBLISH_UNKNOWN);
    assert_string_equal(markers(&new, 0), "0=m1 ");
    owner_close(&old);
    owner_close(&new);
}

static void the_place(void **state) {
    (void)state;
    new_folder();
    struct owner owner, later;
    uint8_t place[16], again[16];
    uint64_t end;
    owner_new(&owner);
    fence(&owner);
    publish(&owner, 0, 1);
    const struct publisher_class *class = owner.publisher->class;
    assert_int_equal(class->measure(owner.publisher, &end, place, &owner.error), PUBLISH_OK);
    assert_int_equal(end, 1);
    owner_new(&later);
    assert_int_equal(class->measure(later.publisher, &end, again, &later.error), PUBLISH_OK);
    assert_memory_equal(place, again, sizeof place);
    char command[128];
    snprintf(command, sizeof command, "%s/moved", folder);
    char private_folder[128];
    snprintf(private_folder, sizeof private_folder, "%s/.streamsql-0123456789ab-3", folder);
    assert_int_equal(rename(private_folder, command), 0);
    assert_int_equal(class->measure(later.publisher, &end, again, &later.error), PUBLISH_UNKNOWN);
    assert_int_equal(open_slot(&later, 0), PUBLISH_UNKNOWN);
    owner_close(&later);
    owner_new(&later);
    assert_int_equal(class->measure(later.publisher, &end, again, &later.error), PUBLISH_OK);
    assert_int_equal(end, 0);
    assert_memory_not_equal(place, again, sizeof place);
    owner_close(&owner);
    owner_close(&later);
}

/* Handed on as it is, at an end beyond everything that was remembered. */
static void a_damaged_marker(void **state) {
    (void)state;
    new_folder();
    struct owner owner;
    owner_new(&owner);
    fence(&owner);
    publish(&owner, 0, 1);
    char path[128];
    snprintf(path, sizeof path, "%s/.streamsql-0123456789ab-3/marker", folder);
    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    for (off_t i = 0; i < info.st_size; i++) {
        int file = open(path, O_RDWR);
        char byte;
        assert_int_equal(pread(file, &byte, 1, i), 1);
        byte = (char)(byte ^ 16);
        assert_int_equal(pwrite(file, &byte, 1, i), 1);
        const char *found = markers(&owner, 0);
        assert_non_null(strstr(found, "4611686018427387903=SQ") ? found : strstr(found, "4611686018427387903="));
        uint64_t offset;
        assert_int_equal(open_slot(&owner, 1), PUBLISH_OK);
        assert_int_equal(send_marker(&owner, 1, 2, &offset), PUBLISH_UNKNOWN);
        byte = (char)(byte ^ 16);
        assert_int_equal(pwrite(file, &byte, 1, i), 1);
        close(file);
    }
    assert_string_equal(markers(&owner, 0), "0=m1 ");
    owner_close(&owner);
}

static void cancelling(void **state) {
    (void)state;
    new_folder();
    struct owner owner;
    owner_new(&owner);
    fence(&owner);
    uint64_t offset;
    assert_int_equal(send_rows(&owner, 0, 1), PUBLISH_OK);
    assert_int_equal(send_marker(&owner, 0, 1, &offset), PUBLISH_OK);
    char path[128];
    snprintf(path, sizeof path, "%s/.streamsql-0123456789ab-3/lock", folder);
    int lock = open(path, O_RDWR);
    assert_int_equal(flock(lock, LOCK_EX), 0);
    owner.cancel = true;
    assert_int_equal(open_slot(&owner, 1), PUBLISH_UNKNOWN);
    assert_int_equal(commit(&owner, 0), PUBLISH_UNKNOWN);
    owner.cancel = false;
    close(lock);
    assert_int_equal(visible_chunks(), 0);
    owner_close(&owner);
}

/* Each file begins with the header, is packed, and is all that the connector's own source sees of the folder. */
static void formats_and_packing(void **state) {
    (void)state;
    static const char *const packings[] = {"none", "gzip", "zstd"};
    for (size_t i = 0; i < 3; i++) {
        new_folder();
        struct owner owner;
        if (owner_open(&owner, "csv", packings[i], true))
            fail_msg("%s", owner.error.message);
        fence(&owner);
        for (uint32_t chunk = 1; chunk <= 2; chunk++) {
            struct strbuf records = {0};
            uint64_t delivered, offset;
            for (unsigned half = 0; half < 2; half++) {
                strbuf_reset(&records);
                row_log_put(&records,
                            &(struct row_log_record){.has_value = true, .value = half ? STR("y,2") : STR("x,1")});
                assert_int_equal(owner.publisher->class->send_rows(owner.publisher, chunk % 2, strbuf_str(&records),
                                                                   chunk, half, &delivered, &owner.error),
                                 PUBLISH_OK);
                assert_int_equal(delivered, 1);
            }
            assert_int_equal(send_marker(&owner, chunk % 2, chunk, &offset), PUBLISH_OK);
            assert_int_equal(commit(&owner, chunk % 2), PUBLISH_OK);
            strbuf_release(&records);
        }
        owner_close(&owner);
        assert_int_equal(count_files(folder, false), 2);
        struct table table;
        table_init(&table, (const char *const[]){"connector", "filesystem", "path", folder, "format", "csv",
                                                 "csv.header", "true", NULL});
        table.schema = schema;
        assert_int_equal(table_open(&table, NULL, NULL, 100, NULL), STATUS_OK);
        assert_int_equal(table_read(&table, 0, 0), STATUS_OK);
        assert_string_equal(strbuf_text(&table.rows), "x|1\ny|2\nx|1\ny|2\n");
        assert_int_equal(table.letter_count, 0);
        table_release(&table);
    }
}

/* ---- reading back ---- */

struct reader {
    struct published_target base;
    struct strbuf rows; /* record bytes */
    struct strbuf text; /* "EPOCH.NUMBER " and markers */
};

static void read_marker(struct published_target *target, uint32_t lane, uint64_t offset, struct str marker) {
    struct reader *reader = (struct reader *)target;
    strbuf_printf(&reader->text, "%u:%llu=%.*s ", lane, (unsigned long long)offset, STR_FORMAT(marker));
}

static void read_row(struct published_target *target, const struct published_row *row) {
    struct reader *reader = (struct reader *)target;
    assert_true(row->has_place && row->lane == 0 && row->partition == 0);
    strbuf_append_str(&reader->rows, row->record);
    strbuf_printf(&reader->text, "%llu.%u ", (unsigned long long)row->epoch, row->number);
}

static enum status verify(struct owner *owner, struct reader *reader) {
    *reader = (struct reader){.base = {read_marker, read_row}};
    struct publisher_config config;
    const struct connector_class *connector;
    owner_config(owner, &config);
    assert_int_equal(connector_validate(connectors_builtin(), &owner->options, &schema, &connector, &config.format,
                                        NULL, &owner->error),
                     STATUS_OK);
    return connector->publishers->verify(&config, &reader->base, &owner->error);
}

static void put_row(struct strbuf *records, struct str value) {
    row_log_put(records, &(struct row_log_record){.has_value = true, .value = value});
}

/* Byte for byte what was logged, in the order of its rows, whatever is in the texts and whatever else is in the folder. */
static void reading_back(void **state) {
    (void)state;
    for (unsigned packed = 0; packed < 2; packed++) {
        new_folder();
        struct owner owner;
        struct reader reader;
        if (owner_open(&owner, "csv", packed ? "zstd" : "none", packed))
            fail_msg("%s", owner.error.message);
        if (verify(&owner, &reader))
            fail_msg("%s", owner.error.message);
        assert_int_equal(reader.text.size, 0);
        struct strbuf first = {0}, second = {0};
        put_row(&first, STR("x,1"));
        put_row(&first, STR("\"two\nlines\",\"\"\"\n\""));
        put_row(&first, STR("cr\r,\r"));
        put_row(&second, STR("last,"));
        uint64_t delivered, offset;
        fence(&owner);
        const struct publisher_class *class = owner.publisher->class;
        class->send_rows(owner.publisher, 0, strbuf_str(&first), 9, 0, &delivered, &owner.error);
        assert_int_equal(send_marker(&owner, 0, 1, &offset), PUBLISH_OK);
        assert_int_equal(commit(&owner, 0), PUBLISH_OK);
        class->send_rows(owner.publisher, 1, strbuf_str(&second), 10, 7, &delivered, &owner.error);
        assert_int_equal(send_marker(&owner, 1, 2, &offset), PUBLISH_OK);
        assert_int_equal(commit(&owner, 1), PUBLISH_OK);
        write_beside("part-01234567-3-0000000009-1.csv", "foreign");
        write_beside("part-01234567-4-0000000009-0000000000.csv", "another sink's");
        if (verify(&owner, &reader))
            fail_msg("%s", owner.error.message);
        assert_string_equal(reader.text.data, "0:1=m2 9.0 9.1 9.2 10.7 ");
        strbuf_append_str(&first, strbuf_str(&second));
        assert_true(str_equal(strbuf_str(&first), strbuf_str(&reader.rows)));
        strbuf_release(&reader.text);
        strbuf_release(&reader.rows);
        if (!packed) {
            write_beside("part-01234567-3-0000000011-0000000000.csv", "whole,1\ncut,");
            assert_int_equal(verify(&owner, &reader), STATUS_MALFORMED_RECORD);
            assert_non_null(strstr(owner.error.message, "ends within a record"));
            strbuf_release(&reader.text);
            strbuf_release(&reader.rows);
        }
        strbuf_release(&first);
        strbuf_release(&second);
        owner_close(&owner);
    }
}

/* What owners that were killed left is swept by the next one to open the slot. */
static void leftovers(void **state) {
    (void)state;
    new_folder();
    struct owner owner;
    for (int i = 0; i < 5; i++)
        crashes(20 + i * 3);
    owner_new(&owner);
    take_over(&owner);
    char private_folder[128];
    snprintf(private_folder, sizeof private_folder, "%s/.streamsql-0123456789ab-3", folder);
    assert_in_range(count_files(private_folder, false), 5, 6); /* lock, place, marker, slot-a, slot-b; perhaps "new" */
    owner_close(&owner);
}

static int setup(void **state) {
    (void)state;
    return mkdtemp(root) ? 0 : -1;
}

static int teardown(void **state) {
    (void)state;
    char command[64];
    snprintf(command, sizeof command, "%s", root);
    pid_t child = fork();
    if (child == 0)
        execlp("rm", "rm", "-rf", command, (char *)NULL);
    return waitpid(child, NULL, 0) == child ? 0 : -1;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chunks_appear_with_their_markers),
        cmocka_unit_test(killed_at_every_step),
        cmocka_unit_test(killed_twice),
        cmocka_unit_test(two_owners),
        cmocka_unit_test(a_marker_that_does_not_follow),
        cmocka_unit_test(the_place),
        cmocka_unit_test(a_damaged_marker),
        cmocka_unit_test(cancelling),
        cmocka_unit_test(formats_and_packing),
        cmocka_unit_test(reading_back),
        cmocka_unit_test(leftovers),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
