/* filesystem_test.c: files, folders, patterns, packed files, long records, and the sink's part files. */
#include <dirent.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "connectors/filesystem/splitter.h"
#include "connectors/filesystem/stream.h"
#include "core/base/env_virtual.h"
#include "tests/unit/connectors/table.h"

#define OPTIONS(...) ((const char *const[]){"connector", "filesystem", __VA_ARGS__, NULL})
#define NAMES(...) ((const char *const[]){__VA_ARGS__, NULL})

static char folder[64];
static const struct field id_field[] = {{"id", &type_bigint}, {"s", &type_string}};

static int make_folder(void **state) {
    (void)state;
    strcpy(folder, "/tmp/filesystem_test_XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state) {
    (void)state;
    char command[96];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

static const char *path_of(const char *name) {
    static char paths[4][128];
    static int next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

static void write_file(const char *name, const void *bytes, size_t size) {
    char *path = memory_strdup(path_of(name));
    for (char *slash = path + strlen(folder) + 1; (slash = strchr(slash, '/')); *slash++ = '/') {
        *slash = '\0';
        mkdir(path, 0777);
    }
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    if (size)
        assert_int_equal(fwrite(bytes, size, 1, file), 1);
    fclose(file);
    free(path);
}

static void write_text(const char *name, const char *text) {
    write_file(name, text, strlen(text));
}

static enum status open_rows(struct table *table, const char *const *options, const char *const *metadata,
                             uint32_t batch_rows) {
    table_init(table, options);
    table->schema = (struct schema){(struct field *)id_field, 2};
    return table_open(table, NAMES("id"), metadata, batch_rows, NULL);
}

static void check_rows(const char *const *options, const char *const *metadata, const char *rows, const char *letters) {
    static const uint32_t sizes[] = {2048, 1, 3};
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        struct table table;
        if (open_rows(&table, options, metadata, sizes[i]) || table_read(&table, 0, 0))
            fail_msg("%s", table.error.message);
        assert_string_equal(strbuf_text(&table.rows), rows);
        assert_string_equal(strbuf_text(&table.letters), letters);
        table_release(&table);
    }
}

static void lines(void **state) {
    (void)state;
    write_text("lines.json", "\xEF\xBB\xBF{\"id\":1}\n\n{\"id\":2}\r\n{\"id\":x}\n \n{\"id\":3}");
    check_rows(OPTIONS("path", path_of("lines.json"), "format", "json"), NULL, "1\n2\n3\n",
               "lines.json:23:4:malformed JSON at byte 6: a value was expected\nlines.json:32:5:malformed JSON at byte "
               "1: the record is empty\n");
    write_text("empty.json", "");
    check_rows(OPTIONS("path", path_of("empty.json"), "format", "json"), NULL, "", "");
    char url[160];
    snprintf(url, sizeof url, "file://%s", path_of("lines.json"));
    struct table table;
    assert_int_equal(open_rows(&table, OPTIONS("path", url, "format", "json"), NULL, 16), STATUS_OK);
    table_release(&table);
}

static void folders_and_patterns(void **state) {
    (void)state;
    write_text("tree/b.json", "{\"id\":2}\n");
    write_text("tree/a/z.json", "{\"id\":1}\n");
    write_text("tree/c.txt", "{\"id\":3}\n");
    write_text("tree/.hidden", "{\"id\":9}\n");
    write_text("tree/_folder/x.json", "{\"id\":9}\n");
    check_rows(OPTIONS("path", path_of("tree"), "format", "json"), NULL, "1\n2\n3\n", "");
    check_rows(OPTIONS("path", path_of("tree/*.json"), "format", "json"), NULL, "2\n", "");
    check_rows(OPTIONS("path", path_of("tree/a"), "format", "json"), NAMES("file.name", "file.size"), "1|z.json|9\n",
               "");
    struct table table;
    assert_int_equal(open_rows(&table, OPTIONS("path", path_of("tree"), "format", "json"), NULL, 16), STATUS_OK);
    assert_int_equal(table_read(&table, 0, 0), STATUS_OK);
    assert_int_equal(table.source->split_count, 3);
    assert_non_null(strstr(table.source->class->split_name(table.source, 1), "tree/b.json"));
    table_release(&table);
}

static void what_is_not_there(void **state) {
    (void)state;
    struct table table;
    assert_int_equal(open_rows(&table, OPTIONS("path", path_of("nothing.json"), "format", "json"), NULL, 16),
                     STATUS_UNDEFINED_FILE);
    assert_non_null(strstr(table.error.message, path_of("nothing.json")));
    table_release(&table);
    assert_int_equal(open_rows(&table, OPTIONS("path", path_of("nothing/*.json"), "format", "json"), NULL, 16),
                     STATUS_UNDEFINED_FILE);
    table_release(&table);
    assert_int_equal(open_rows(&table, OPTIONS("format", "json"), NULL, 16), STATUS_INVALID_OPTION);
    table_release(&table);
    assert_int_equal(open_rows(&table, OPTIONS("path", folder), NULL, 16), STATUS_INVALID_OPTION);
    assert_string_equal(table.error.message, "connector \"filesystem\" needs the option \"format\"");
    table_release(&table);
}

static size_t many_lines(char *text, size_t capacity, uint64_t *rows) {
    size_t size = 0;
    for (*rows = 0; size + 100 < capacity; (*rows)++)
        size += (size_t)sprintf(text + size, "{\"id\":%llu,\"s\":\"%.*s\"}\n", (unsigned long long)*rows,
                                (int)(*rows % 50), "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz");
    return size;
}

static void check_many(const char *name, uint64_t rows) {
    struct table table;
    assert_int_equal(open_rows(&table, OPTIONS("path", path_of(name), "format", "json"), NULL, 2048), STATUS_OK);
    uint64_t expected = 0;
    struct source_poll poll = {0};
    while (poll.state != SOURCE_END) {
        assert_int_equal(table.source->class->poll(table.source, 0, &poll, &table.error), STATUS_OK);
        for (uint32_t i = 0; poll.batch && i < poll.batch->row_count; i++)
            assert_int_equal(COLUMN_VALUES(&poll.batch->columns[0], int64_t)[i], expected++);
        batch_release(poll.batch);
    }
    assert_int_equal(expected, rows);
    assert_int_equal(table.letter_count, 0);
    table_release(&table);
}

/* Several blocks, plain and packed; two gzip members one after the other are one file. */
static void blocks_and_packed_files(void **state) {
    (void)state;
    size_t capacity = 3 * SPLITTER_BLOCK_BYTES;
    char *text = malloc(capacity), *packed = malloc(capacity * 2);
    uint64_t rows;
    size_t size = many_lines(text, capacity, &rows);
    write_file("many.json", text, size);
    check_many("many.json", rows);
    size_t packed_size = ZSTD_compress(packed, capacity * 2, text, size, 1);
    write_file("many.json.zst", packed, packed_size);
    check_many("many.json.zst", rows);
    char *half = strchr(text + size / 2, '\n');
    size_t sizes[2] = {(size_t)(half - text), size - (size_t)(half - text)};
    packed_size = 0;
    for (int i = 0; i < 2; i++) {
        z_stream gzip = {.next_in = (Bytef *)(i ? half : text), .avail_in = (uInt)sizes[i]};
        assert_int_equal(deflateInit2(&gzip, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
        gzip.next_out = (Bytef *)packed + packed_size;
        gzip.avail_out = (uInt)(capacity * 2 - packed_size);
        assert_int_equal(deflate(&gzip, Z_FINISH), Z_STREAM_END);
        packed_size += gzip.total_out;
        deflateEnd(&gzip);
    }
    write_file("many.json.gz", packed, packed_size);
    check_many("many.json.gz", rows);
    write_file("cut.json.gz", packed, packed_size - 20);
    struct table table;
    assert_int_equal(open_rows(&table, OPTIONS("path", path_of("cut.json.gz"), "format", "json"), NULL, 2048),
                     STATUS_OK);
    assert_int_equal(table_read(&table, 0, 0), STATUS_FILE_ERROR);
    assert_non_null(strstr(table.error.message, "the file ends too early"));
    table_release(&table);
    free(text), free(packed);
}

/* A line of 10 MB is a record; one beyond the limit is passed over and reported with its size. */
static void long_records(void **state) {
    (void)state;
    size_t size = 10 << 20;
    char *text = malloc(size + 1024);
    size_t at = (size_t)sprintf(text, "{\"id\":1}\n{\"s\":\"");
    memset(text + at, 'x', size);
    sprintf(text + at + size, "\",\"id\":2}\n{\"id\":3}\n");
    write_text("long.json", text);
    free(text);
    check_rows(OPTIONS("path", path_of("long.json"), "format", "json"), NULL, "1\n2\n3\n", "");
    check_rows(OPTIONS("path", path_of("long.json"), "format", "json", "max-record-size", "1mb"), NULL, "1\n3\n",
               "long.json:9:2:record of 10485775 bytes is longer than 'max-record-size'\n");
    write_text("short.json", "{\"id\":1}\n{\"id\":2,\"s\":\"0123456789012345678901234567890\"}\n{\"id\":3}");
    check_rows(OPTIONS("path", path_of("short.json"), "format", "json", "max-record-size", "20b"), NULL, "1\n3\n",
               "short.json:9:2:record of 46 bytes is longer than 'max-record-size'\n");
    check_rows(OPTIONS("path", path_of("short.json"), "format", "json", "max-record-size", "7b"), NULL, "",
               "short.json:0:1:record of 8 bytes is longer than 'max-record-size'\n"
               "short.json:9:2:record of 46 bytes is longer than 'max-record-size'\n"
               "short.json:56:3:record of 8 bytes is longer than 'max-record-size'\n");
}

static void strings_outlive_the_source(void **state) {
    (void)state;
    write_text("held.json", "{\"id\":1,\"s\":\"a text that is longer than twelve bytes\"}\n");
    struct table table;
    table_init(&table, OPTIONS("path", path_of("held.json"), "format", "json"));
    table.schema = (struct schema){(struct field *)id_field, 2};
    assert_int_equal(table_open(&table, NULL, NULL, 16, NULL), STATUS_OK);
    struct source_poll poll;
    assert_int_equal(table.source->class->poll(table.source, 0, &poll, &table.error), STATUS_OK);
    table.source->class->close(table.source);
    table.source = NULL;
    table_print_batch(&table, poll.batch);
    batch_release(poll.batch);
    assert_string_equal(table.rows.data, "1|a text that is longer than twelve bytes\n");
    table_release(&table);
}

static void row_limit(void **state) {
    (void)state;
    write_text("limit.json", "{\"id\":1}\n{\"id\":2}\n{\"id\":3}\n");
    struct table table;
    table_init(&table, OPTIONS("path", path_of("limit.json"), "format", "json"));
    table.schema = (struct schema){(struct field *)id_field, 2};
    assert_int_equal(table_open(&table, NAMES("id"), NULL, 16, NULL), STATUS_OK);
    table.source->class->close(table.source);
    table.config.row_limit = 2;
    assert_int_equal(table.connector->source_open(&table.config, &table.source, &table.error), STATUS_OK);
    assert_int_equal(table_read(&table, 0, 0), STATUS_OK);
    assert_string_equal(table.rows.data, "1\n2\n");
    table_release(&table);
}

static void failing_names_the_line(void **state) {
    (void)state;
    write_text("fail.json", "{\"id\":1}\n\n{\"id\":\n");
    struct table table;
    assert_int_equal(
        open_rows(&table, OPTIONS("path", path_of("fail.json"), "format", "json", "json.on-error", "fail"), NULL, 16),
        STATUS_OK);
    assert_int_equal(table_read(&table, 0, 0), STATUS_MALFORMED_RECORD);
    assert_non_null(strstr(table.error.detail, "fail.json\", line 3"));
    table_release(&table);
}

/* Quoted lines inside a record, a header in every file, and lines that are records although they are empty. */
static void other_formats(void **state) {
    (void)state;
    write_text("csv/a.csv", "s,id\n\"one\ntwo\",1\n\"bad\"x,2\n,3");
    write_text("csv/b.csv", "id,s\n4,\"\n\n\"\r\n\n5,x\n");
    check_rows(OPTIONS("path", path_of("csv"), "format", "csv", "csv.header", "true"), NULL, "1\n3\n4\n5\n",
               "a.csv:17:4:field 1 has a quote that is not closed, or text behind it\n");
    write_text("lines.txt", "a\n\nb");
    const struct field line[] = {{"line", &type_string}};
    struct table table;
    table_init(&table, OPTIONS("path", path_of("lines.txt"), "format", "raw"));
    table.schema = (struct schema){(struct field *)line, 1};
    assert_int_equal(table_open(&table, NULL, NULL, 16, NULL), STATUS_OK);
    assert_int_equal(table_read(&table, 0, 0), STATUS_OK);
    assert_string_equal(table.rows.data, "a\n\nb\n");
    table_release(&table);
}

static void watching_a_folder(void **state) {
    (void)state;
    write_text("watched/a.json", "{\"id\":1}\n");
    struct table table;
    assert_int_equal(open_rows(&table,
                               OPTIONS("path", path_of("watched"), "format", "json", "source.monitor-interval", "1ms"),
                               NULL, 16),
                     STATUS_OK);
    assert_false(table.connector->is_bounded(&table.options));
    assert_int_equal(table_read(&table, 1, 1), STATUS_OK);
    write_text("watched/b.json", "{\"id\":2}\n");
    assert_int_equal(table_read(&table, 2, UINT32_MAX), STATUS_OK);
    assert_string_equal(table.rows.data, "1\n2\n");
    table_release(&table);
}

static void open_sink(struct table *table, const char *const *options, struct env *env) {
    table_init(table, options);
    table->schema = (struct schema){(struct field *)id_field, 2};
    assert_int_equal(table_validate(table, NULL), STATUS_OK);
    struct sink_config config = {
        .arena = &table->arena,
        .table = "t",
        .options = &table->options,
        .schema = &table->schema,
        .format = table->format,
        .env = env,
    };
    if (table->connector->sink_open(&config, &table->sink, &table->error))
        fail_msg("%s", table->error.message);
}

static enum status write_ids(struct table *table, int64_t first, uint32_t count) {
    struct batch *batch = batch_new_for(&table->pool, &table->schema, count);
    for (uint32_t i = 0; i < count; i++) {
        COLUMN_VALUES(&batch->columns[0], int64_t)[i] = first + i;
        COLUMN_VALUES(&batch->columns[1], struct string_view)[i] = view_make("some text that is long enough", 29);
    }
    enum status status = table->sink->class->write(table->sink, batch, &table->error);
    batch_release(batch);
    return status;
}

/* Counts visible and hidden files. */
static void count_files(const char *path, unsigned *visible, unsigned *hidden) {
    *visible = *hidden = 0;
    DIR *open = opendir(path);
    assert_non_null(open);
    for (struct dirent *entry; (entry = readdir(open));)
        if (entry->d_type == DT_REG)
            (*(entry->d_name[0] == '.' ? hidden : visible))++;
    closedir(open);
}

static void sink_writes_parts(void **state) {
    (void)state;
    static const char *const packings[] = {"none", "gzip", "zstd"};
    for (size_t i = 0; i < COUNT_OF(packings); i++) {
        char out[128];
        snprintf(out, sizeof out, "%s/out/%s", folder, packings[i]);
        struct table table;
        open_sink(&table, OPTIONS("path", out, "format", "json", "compression", packings[i]), env_posix());
        unsigned visible, hidden;
        assert_int_equal(write_ids(&table, 0, 2000), STATUS_OK);
        count_files(out, &visible, &hidden);
        assert_true(visible == 0 && hidden == 1); /* nobody reads what is not whole */
        assert_int_equal(table.sink->class->flush(table.sink, &table.error), STATUS_OK);
        count_files(out, &visible, &hidden);
        assert_true(visible == 1 && hidden == 0);
        assert_int_equal(write_ids(&table, 2000, 5), STATUS_OK);
        assert_int_equal(table.sink->class->flush(table.sink, &table.error), STATUS_OK);
        assert_int_equal(table.sink->class->flush(table.sink, &table.error), STATUS_OK); /* nothing: no empty file */
        assert_int_equal(write_ids(&table, 9000, 5), STATUS_OK); /* not flushed: lost with close */
        table_release(&table);
        count_files(out, &visible, &hidden);
        assert_true(visible == 2 && hidden == 0);
        snprintf(out, sizeof out, "out/%s", packings[i]);
        check_many(out, 2005);
    }
}

static void sink_rolls_by_size(void **state) {
    (void)state;
    char out[128];
    snprintf(out, sizeof out, "%s/rolling", folder);
    struct table table;
    open_sink(&table, OPTIONS("path", out, "format", "json", "sink.rolling-policy.file-size", "100kb"), env_posix());
    for (int64_t i = 0; i < 10; i++)
        assert_int_equal(write_ids(&table, i * 1000, 1000), STATUS_OK); /* 47 kB each */
    assert_int_equal(table.sink->class->flush(table.sink, &table.error), STATUS_OK);
    table_release(&table);
    unsigned visible, hidden;
    count_files(out, &visible, &hidden);
    assert_int_equal(visible, 4);
    check_many("rolling", 10000);
}

/* The disk is full in the middle of the second part: an error, and the first part is whole. */
static void full_disk(void **state) {
    (void)state;
    char out[128];
    snprintf(out, sizeof out, "%s/full", folder);
    struct env_virtual *world = env_virtual_new(1000000, 1);
    struct table table;
    open_sink(&table, OPTIONS("path", out, "format", "json"), env_virtual_env(world));
    assert_int_equal(write_ids(&table, 0, 1000), STATUS_OK);
    assert_int_equal(table.sink->class->flush(table.sink, &table.error), STATUS_OK);
    env_virtual_set_capacity(world, 64 * 1024);
    assert_int_equal(write_ids(&table, 1000, 1000), STATUS_OK); /* still in memory */
    assert_int_equal(table.sink->class->flush(table.sink, &table.error), STATUS_DISK_FULL);
    assert_non_null(strstr(table.error.message, out));
    env_virtual_crash(world);
    char path[160];
    struct env *env = env_virtual_env(world);
    env_virtual_set_capacity(world, UINT64_MAX);
    struct env_virtual *same = env_virtual_new(1000000, 1); /* the same seed draws the same name */
    snprintf(path, sizeof path, "%s/part-%016" PRIx64 "-0.json", out, env_random_u64(env_virtual_env(same)));
    env_virtual_free(same);
    struct env_file *file;
    uint64_t size_bytes;
    assert_int_equal(env_file_open(env, path, ENV_OPEN_READ, &file, &table.error), STATUS_OK);
    assert_int_equal(env_file_size(file, &size_bytes, &table.error), STATUS_OK);
    assert_true(size_bytes > 40000);
    env_file_close(file);
    table_release(&table);
    env_virtual_free(world);
}

/* ---- several instances ---- */

enum { SHARED_FILES = 9, SHARED_ROWS = 5 };

static void write_shared_files(void) {
    for (int file = 0; file < SHARED_FILES; file++) {
        char name[32], text[256] = "";
        snprintf(name, sizeof name, "shared/%d.json", file);
        for (int row = 0; row < SHARED_ROWS; row++)
            sprintf(text + strlen(text), "{\"id\":%d}\n", 10 * file + row);
        write_text(name, text);
    }
}

static void count_ids(const struct table *table, uint32_t *seen) {
    for (const char *line = table->rows.data, *end; line && (end = strchr(line, '\n')); line = end + 1)
        seen[atoi(line)]++;
}

static void check_seen_once(const uint32_t *seen) {
    for (int file = 0; file < SHARED_FILES; file++)
        for (int row = 0; row < SHARED_ROWS; row++)
            assert_int_equal(seen[10 * file + row], 1);
}

/* Reads at most `row_limit` rows with each of `instance_count` instances, from `from`; positions go to `to`. */
static void read_shared(uint32_t instance_count, uint64_t row_limit, const struct table_positions *from,
                        struct table_positions *to, struct arena *arena, uint32_t *seen) {
    for (uint32_t instance = 0; instance < instance_count; instance++) {
        struct table table;
        assert_int_equal(open_rows(&table, OPTIONS("path", path_of("shared"), "format", "json"), NULL, 2), STATUS_OK);
        if (table_reopen(&table, instance, instance_count, from->items, (uint32_t)from->count) ||
            table_read(&table, row_limit, 0))
            fail_msg("%s", table.error.message);
        for (uint32_t i = 0; i < table.source->split_count; i++)
            assert_int_equal(split_owner(table.source->class->split_name(table.source, i), 0, instance_count),
                             instance);
        table_positions_add(to, arena, &table);
        count_ids(&table, seen);
        table_release(&table);
    }
}

static void files_are_shared(void **state) {
    (void)state;
    write_shared_files();
    struct arena arena;
    arena_init(&arena);
    for (uint32_t instance_count = 1; instance_count <= 12; instance_count++) {
        struct table_positions none = {0}, ends = {0};
        uint32_t seen[100] = {0};
        read_shared(instance_count, 0, &none, &ends, &arena, seen);
        check_seen_once(seen);
        assert_int_equal(ends.count, SHARED_FILES);
    }
    arena_release(&arena);
    struct options options;
    arena_init(&arena);
    options_init(&options, &arena);
    options_put(&options, "path", path_of("shared"));
    assert_int_equal(filesystem_connector.source_parallelism_limit(&options), 0);
    options_put(&options, "path", path_of("shared/*.json"));
    assert_int_equal(filesystem_connector.source_parallelism_limit(&options), 0);
    options_put(&options, "path", path_of("shared/1.json"));
    assert_int_equal(filesystem_connector.source_parallelism_limit(&options), 1);
    arena_release(&arena);
}

/* Stopped in the midst of files, and gone on with by other numbers of instances: files that several instances had begun now belong to
 * one, which must not forget where the others are while it reads the first. */
static void files_change_hands(void **state) {
    (void)state;
    write_shared_files();
    struct arena arena;
    arena_init(&arena);
    static const uint32_t counts[] = {3, 1, 4, 2, 1};
    struct table_positions positions = {0};
    uint32_t seen[100] = {0};
    for (size_t i = 0; i < COUNT_OF(counts); i++) {
        struct table_positions next = {0};
        read_shared(counts[i], 3, &positions, &next, &arena, seen);
        assert_true(next.count >= positions.count);
        positions = next;
    }
    struct table_positions last = {0};
    read_shared(2, 0, &positions, &last, &arena, seen);
    check_seen_once(seen);
    arena_release(&arena);
}

/* Whatever is left of it, and also when it is packed. */
static void a_file_that_becomes_shorter(void **state) {
    static const off_t left[] = {0, 100, 1 << 20};
    static char bytes[1 << 20], piece[1 << 12];
    (void)state;
    for (size_t i = 0; i < COUNT_OF(left); i++) {
        struct stream_reader *reader;
        struct error error = {0};
        size_t got = 1;
        write_file("shrinks", bytes, sizeof bytes);
        assert_int_equal(stream_reader_open(&reader, env_posix(), path_of("shrinks"), COMPRESSION_AUTO, &error),
                         STATUS_OK);
        for (int pieces = 0; pieces < 64; pieces++) /* beyond what was read to look at its kind */
            assert_int_equal(stream_reader_read(reader, piece, sizeof piece, &got, &error), STATUS_OK);
        assert_int_equal(truncate(path_of("shrinks"), left[i]), 0);
        enum status status = STATUS_OK;
        while (status == STATUS_OK && got)
            status = stream_reader_read(reader, piece, sizeof piece, &got, &error);
        assert_int_equal(status, left[i] == sizeof bytes ? STATUS_OK : STATUS_FILE_ERROR);
        assert_true(status == STATUS_OK || strstr(error.message, "became shorter while it was read"));
        stream_reader_close(reader);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_that_becomes_shorter), cmocka_unit_test(lines),
        cmocka_unit_test(folders_and_patterns),        cmocka_unit_test(what_is_not_there),
        cmocka_unit_test(blocks_and_packed_files),     cmocka_unit_test(long_records),
        cmocka_unit_test(strings_outlive_the_source),  cmocka_unit_test(row_limit),
        cmocka_unit_test(failing_names_the_line),      cmocka_unit_test(other_formats),
        cmocka_unit_test(watching_a_folder),           cmocka_unit_test(files_are_shared),
        cmocka_unit_test(files_change_hands),          cmocka_unit_test(sink_writes_parts),
        cmocka_unit_test(sink_rolls_by_size),          cmocka_unit_test(full_disk),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
