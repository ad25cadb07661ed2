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

struct setup {
    struct arena arena;
    struct batch_pool pool;
    struct options options;
    struct schema schema;
    const struct connector_class *connector;
    const struct format_class *format;
    struct source_column columns[COLUMNS_MAX];
    uint32_t column_count;
};

/* Options up to "--", then columns of the table. */
static void read_arguments(struct setup *setup, char **arguments) {
    for (; *arguments && strcmp(*arguments, "--") != 0; arguments++) {
        char *value = strchr(*arguments, '=');
        if (!value)
            exit((fprintf(stderr, "not an option: %s\n", *arguments), 2));
        *value++ = '\0';
        options_put(&setup->options, *arguments, value);
    }
    for (arguments += *arguments != NULL; *arguments; arguments++) {
        char *type = strchr(*arguments, ' ');
        if (!type)
            exit((fprintf(stderr, "not a column: %s\n", *arguments), 2));
        *type++ = '\0';
        setup->schema.fields[setup->schema.field_count++] = (struct field){*arguments, type_named(type)};
    }
}

static void choose_columns(struct setup *setup, char *names) {
    if (strcmp(names, "all") != 0) {
        for (char *name = strtok(names, ","); name; name = strtok(NULL, ","))
            want(&setup->arena, &setup->schema, name, setup->columns, &setup->column_count);
        return;
    }
    for (uint32_t i = 0; i < setup->schema.field_count; i++)
        setup->columns[setup->column_count++] =
            (struct source_column){setup->schema.fields[i].name, setup->schema.fields[i].type, (int32_t)i};
}

static uint64_t read_rows(struct source *source, uint64_t limit) {
    struct error error = {0};
    uint64_t rows = 0;
    struct source_poll poll = {0};
    while (poll.state != SOURCE_END && (!limit || rows < limit)) {
        if (source->class->poll(source, 1000, &poll, &error))
            die(&error);
        if (poll.batch) {
            rows += poll.batch->row_count;
            batch_release(poll.batch);
        }
    }
    return rows;
}

static double cpu_seconds(const struct rusage *usage) {
    return (double)(usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) +
           (double)(usage->ru_utime.tv_usec + usage->ru_stime.tv_usec) / 1e6;
}

int main(int argc, char **argv) {
    if (argc < 4)
        return 2;
    struct error error = {0};
    struct setup setup = {0};
    arena_init(&setup.arena);
    batch_pool_init(&setup.pool);
    options_init(&setup.options, &setup.arena);
    setup.schema.fields = ARENA_ARRAY(&setup.arena, struct field, COLUMNS_MAX);
    read_arguments(&setup, argv + 3);
    if (connector_validate(connectors_builtin(), &setup.options, &setup.schema, &setup.connector, &setup.format, NULL,
                           &error))
        die(&error);
    if (setup.schema.field_count == 0)
        setup.schema = *setup.connector->default_schema(&setup.arena);
    choose_columns(&setup, argv[2]);
    struct dead_letter_target dead = {report};
    struct source_config config = {
        .arena = &setup.arena,
        .table = "t",
        .options = &setup.options,
        .table_schema = &setup.schema,
        .columns = setup.columns,
        .column_count = setup.column_count,
        .format = setup.format,
        .row_limit = strtoull(argv[1], NULL, 10),
        .batch_rows = BATCH_ROWS_DEFAULT,
        .pool = &setup.pool,
        .env = env_posix(),
        .dead = &dead,
    };
    struct source *source;
    if (setup.connector->source_open(&config, &source, &error))
        die(&error);
    struct timespec start, end;
    clock_gettime(CLOCK_MONOTONIC, &start);
    double rows = (double)read_rows(source, config.row_limit);
    clock_gettime(CLOCK_MONOTONIC, &end);
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    double wall = seconds(&end) - seconds(&start);
    printf("%.0f rows in %.3f s: %.2f M rows/s, %.1f ns/row; cpu %.3f s; peak %ld MB\n", rows, wall, rows / wall / 1e6,
           wall * 1e9 / rows, cpu_seconds(&usage), usage.ru_maxrss / 1024);
    source->class->close(source);
    batch_pool_release(&setup.pool);
    arena_release(&setup.arena);
    return 0;
}
