/* sources.c: how fast a source alone gives its batches: ns per row, on one core, without any operator behind it.
 *
 *   make MODE=release build/release/bench/sources
 *   build/release/bench/sources 20000000 all connector=nexmark events.num=20000000
 *   build/release/bench/sources 20000000 bid.price connector=nexmark
 *   build/release/bench/sources 0 a,b connector=filesystem path=/tmp/x format=json -- 'a BIGINT' 'b STRING'
 *
 * Arguments: rows to read (0: to the end), columns ("all", names, or row.field), options, and after "--" the columns of the
 * table, whose types are BIGINT, INT, DOUBLE, STRING, BOOLEAN or TIMESTAMP.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "connectors/connector.h"
#include "core/base/arena.h"
#include "core/base/env.h"

enum { COLUMNS_MAX = 64 };

static double seconds(const struct timespec *t) {
    return (double)t->tv_sec + (double)t->tv_nsec * 1e-9;
}

static _Noreturn void die(const struct error *error) {
    fprintf(stderr, "%s\n%s\n", error->message, error->hint);
    exit(1);
}

static const struct type *type_named(const char *name) {
    static const struct {
        const char *name;
        const struct type *type;
    } types[] = {{"BIGINT", &type_bigint}, {"INT", &type_int},         {"DOUBLE", &type_double},
                 {"STRING", &type_string}, {"BOOLEAN", &type_boolean}, {"TIMESTAMP", &type_timestamp3}};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (strcmp(types[i].name, name) == 0)
            return types[i].type;
    fprintf(stderr, "unknown type %s\n", name);
    exit(1);
}

/* Adds "column" or "row.field"; several fields of one row make one pruned column. */
static void want(struct arena *arena, const struct schema *schema, char *name, struct source_column *columns,
                 uint32_t *count) {
    char *field = strchr(name, '.');
    if (field)
        *field++ = '\0';
    int index = schema_find(schema, name);
    if (index < 0)
        exit((fprintf(stderr, "no column %s\n", name), 1));
    const struct type *whole = schema->fields[index].type;
    if (!field) {
        columns[(*count)++] = (struct source_column){schema->fields[index].name, whole, index};
        return;
    }
    struct schema fields = {(struct field *)whole->fields, whole->field_count};
    const struct field *wanted = &whole->fields[schema_find(&fields, field)];
    struct source_column *column = *count ? &columns[*count - 1] : NULL;
    struct field list[COLUMNS_MAX];
    uint32_t list_count = 0;
    if (column && column->table_column == index) {
        list_count = column->type->field_count;
        memcpy(list, column->type->fields, list_count * sizeof list[0]);
    } else {
        column = &columns[(*count)++];
    }
    list[list_count++] = *wanted;
    *column = (struct source_column){schema->fields[index].name, type_row(arena, list, list_count), index};
}

static void report(struct dead_letter_target *target, const struct dead_letter *letter) {
    (void)target;
    fprintf(stderr, "bad record at %s:%lld: %s\n", letter->split, (long long)letter->offset, letter->reason->message);
}

int main(int argc, char **argv) {
    if (argc < 4)
        return 2;
    struct arena arena;
    arena_init(&arena);
    struct batch_pool pool;
    batch_pool_init(&pool);
    struct options options;
    options_init(&options, &arena);
    struct error error = {0};
    struct schema schema = {.fields = ARENA_ARRAY(&arena, struct field, COLUMNS_MAX)};
    int i = 3;
    for (; i < argc && strcmp(argv[i], "--") != 0; i++) {
        char *value = strchr(argv[i], '=');
        if (!value)
            return 2;
        *value++ = '\0';
        options_put(&options, argv[i], value);
    }
    for (i++; i < argc; i++) {
        char *type = strchr(argv[i], ' ');
        *type++ = '\0';
        schema.fields[schema.field_count++] = (struct field){argv[i], type_named(type)};
    }
    const struct connector_class *connector;
    const struct format_class *format;
    if (connector_validate(connectors_builtin(), &options, &schema, &connector, &format, NULL, &error))
        die(&error);
    if (schema.field_count == 0)
        schema = *connector->default_schema(&arena);
    struct source_column columns[COLUMNS_MAX];
    uint32_t column_count = 0;
    if (strcmp(argv[2], "all") == 0)
        for (uint32_t c = 0; c < schema.field_count; c++)
            columns[column_count++] = (struct source_column){schema.fields[c].name, schema.fields[c].type, (int32_t)c};
    else
        for (char *name = strtok(argv[2], ","); name; name = strtok(NULL, ","))
            want(&arena, &schema, name, columns, &column_count);
    struct dead_letter_target dead = {report};
    struct source_config config = {
        .arena = &arena,
        .table = "t",
        .options = &options,
        .table_schema = &schema,
        .columns = columns,
        .column_count = column_count,
        .format = format,
        .row_limit = strtoull(argv[1], NULL, 10),
        .batch_rows = BATCH_ROWS_DEFAULT,
        .pool = &pool,
        .env = env_posix(),
        .dead = &dead,
    };
    struct source *source;
    if (connector->source_open(&config, &source, &error))
        die(&error);
    struct timespec start, end;
    clock_gettime(CLOCK_MONOTONIC, &start);
    uint64_t rows = 0;
    struct source_poll poll = {0};
    while (poll.state != SOURCE_END && (!config.row_limit || rows < config.row_limit)) {
        if (source->class->poll(source, 1000, &poll, &error))
            die(&error);
        if (poll.batch) {
            rows += poll.batch->row_count;
            batch_release(poll.batch);
        }
    }
    clock_gettime(CLOCK_MONOTONIC, &end);
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    double wall = seconds(&end) - seconds(&start);
    printf("%llu rows in %.3f s: %.2f M rows/s, %.1f ns/row; cpu %.3f s; peak %ld MB\n", (unsigned long long)rows, wall,
           (double)rows / wall / 1e6, wall * 1e9 / (double)rows,
           (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
               (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6,
           usage.ru_maxrss / 1024);
    source->class->close(source);
    batch_pool_release(&pool);
    arena_release(&arena);
    return 0;
}
