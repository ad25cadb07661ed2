/* table.h: opens a source or sink from a list of options, the way the runtime does, and shows its rows as text. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "connectors/connectors.h"
#include "core/base/arena.h"
#include "core/base/array.h"
#include "core/base/env.h"

struct table {
    struct arena arena;
    struct batch_pool pool;
    struct options options;
    struct schema schema;
    const struct connector_class *connector;
    const struct format_class *format;
    struct source_config config;
    struct source *source;
    struct sink *sink;
    struct error error;
    struct dead_letter_target dead;
    struct strbuf letters; /* "split:offset:line:reason\n" */
    uint32_t letter_count;
    struct strbuf rows; /* what table_read printed */
    uint64_t row_count;
};

static inline void table_report(struct dead_letter_target *target, const struct dead_letter *letter) {
    struct table *table = (struct table *)((char *)target - offsetof(struct table, dead));
    const char *split = strrchr(letter->split, '/') ? strrchr(letter->split, '/') + 1 : letter->split;
    strbuf_printf(&table->letters, "%s:%lld:%lld:%s\n", split, (long long)letter->offset, (long long)letter->line,
                  letter->reason->message);
    table->letter_count++;
}

/* options: key, value, key, value …, NULL. */
static inline void table_init(struct table *table, const char *const *options) {
    *table = (struct table){0};
    arena_init(&table->arena);
    batch_pool_init(&table->pool);
    options_init(&table->options, &table->arena);
    strbuf_init(&table->letters);
    strbuf_init(&table->rows);
    table->dead.report = table_report;
    for (; *options; options += 2)
        options_put(&table->options, options[0], options[1]);
}

static inline enum status table_validate(struct table *table, int *option_index) {
    return connector_validate(connectors_builtin(), &table->options, &table->schema, &table->connector, &table->format,
                              option_index, &table->error);
}

/* Columns: physical ones of the schema by name, then, from `metadata`, keys of metadata columns (both end with NULL;
 * columns NULL: all). */
static inline enum status table_open(struct table *table, const char *const *columns, const char *const *metadata,
                                     uint32_t batch_rows, struct env *env) {
    enum status status = table_validate(table, NULL);
    if (status)
        return status;
    if (table->connector->default_schema && table->schema.field_count == 0)
        table->schema = *table->connector->default_schema(&table->arena);
    struct source_column *wanted = ARENA_ARRAY(&table->arena, struct source_column, 64);
    uint32_t count = 0;
    for (uint32_t i = 0; !columns && i < table->schema.field_count; i++)
        wanted[count++] =
            (struct source_column){table->schema.fields[i].name, table->schema.fields[i].type, (int32_t)i};
    for (; columns && *columns; columns++) {
        int index = schema_find(&table->schema, *columns);
        assert_true(index >= 0);
        wanted[count++] = (struct source_column){*columns, table->schema.fields[index].type, index};
    }
    for (; metadata && *metadata; metadata++)
        for (const struct metadata_column *column = table->connector->metadata; column->key; column++)
            if (strcmp(column->key, *metadata) == 0)
                wanted[count++] = (struct source_column){column->key, column->type, -1};
    table->config = (struct source_config){
        .arena = &table->arena,
        .table = "t",
        .options = &table->options,
        .table_schema = &table->schema,
        .columns = wanted,
        .column_count = count,
        .format = table->format,
        .batch_rows = batch_rows,
        .pool = &table->pool,
        .env = env ? env : env_posix(),
        .dead = &table->dead,
    };
    return table->connector->source_open(&table->config, &table->source, &table->error);
}

/* Opens it once more, as one of several instances that go on from these positions. */
static inline enum status table_reopen(struct table *table, uint32_t instance, uint32_t instance_count,
                                       const struct source_position *positions, uint32_t position_count) {
    table->source->class->close(table->source);
    table->source = NULL;
    table->config.instance = instance;
    table->config.instance_count = instance_count;
    table->config.positions = positions;
    table->config.position_count = position_count;
    return table->connector->source_open(&table->config, &table->source, &table->error);
}

/* What a checkpoint would keep, in `arena`, behind what is there. */
struct table_positions {
    struct source_position *items;
    size_t count, capacity;
};
static inline void table_positions_add(struct table_positions *positions, struct arena *arena,
                                       const struct table *table) {
    for (uint32_t i = 0; i < table->source->split_count; i++) {
        struct strbuf text;
        strbuf_init(&text);
        table->source->class->split_position(table->source, i, &text);
        struct source_position position = {arena_strdup(arena, table->source->class->split_name(table->source, i)),
                                           arena_strdup(arena, strbuf_text(&text))};
        ARRAY_PUSH(arena, positions, position);
        strbuf_release(&text);
    }
}

static inline void table_print_batch(struct table *table, const struct batch *batch) {
    for (uint32_t row = 0; row < batch->row_count; row++) {
        for (uint32_t i = 0; i < batch->column_count; i++) {
            if (i)
                strbuf_append_char(&table->rows, '|');
            column_print_value(&table->rows, &batch->columns[i], row);
        }
        strbuf_append_char(&table->rows, '\n');
    }
    table->row_count += batch->row_count;
}

/* Reads until the source ends, or has given at least row_limit rows (0: no limit), or had nothing for `waits` polls. */
static inline enum status table_read(struct table *table, uint64_t row_limit, unsigned waits) {
    for (;;) {
        struct source_poll poll;
        enum status status = table->source->class->poll(table->source, 1000, &poll, &table->error);
        if (status)
            return status;
        if (poll.batch) {
            assert_true(poll.batch->row_count > 0 && poll.batch->row_count <= table->config.batch_rows);
            assert_true(poll.split < table->source->split_count);
            table_print_batch(table, poll.batch);
            batch_release(poll.batch);
        }
        if (poll.state == SOURCE_END || (row_limit && table->row_count >= row_limit))
            return STATUS_OK;
        if (poll.state == SOURCE_WAIT && waits-- == 0)
            return STATUS_OK;
    }
}

static inline void table_release(struct table *table) {
    if (table->source)
        table->source->class->close(table->source);
    if (table->sink)
        table->sink->class->close(table->sink);
    batch_pool_release(&table->pool);
    strbuf_release(&table->letters);
    strbuf_release(&table->rows);
    arena_release(&table->arena);
}
