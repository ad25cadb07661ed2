/* format_harness.h: decodes records with a format and shows the rows and the reasons of bad records as text, and encodes. */
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

struct harness {
    struct arena arena;
    struct batch_pool pool;
    const struct format_class *format;
    struct options options;
    struct schema schema;
    struct decoder *decoder;
    struct error error;
    struct strbuf text; /* a line a row, or "! reason" */
    uint32_t capacity;  /* of a batch; small ones test the stop */
    uint32_t padding_bytes;
};

/* options: key, value, …, NULL; may be NULL. */
static inline void harness_init(struct harness *harness, const struct format_class *format, const struct field *fields,
                                uint32_t field_count, const char *const *options) {
    *harness = (struct harness){.format = format, .capacity = 1000};
    arena_init(&harness->arena);
    batch_pool_init(&harness->pool);
    strbuf_init(&harness->text);
    options_init(&harness->options, &harness->arena);
    for (; options && *options; options += 2)
        options_put(&harness->options, options[0], options[1]);
    harness->schema = (struct schema){(struct field *)fields, field_count};
}

static inline void harness_open(struct harness *harness) {
    struct source_column *columns = ARENA_ARRAY(&harness->arena, struct source_column, harness->schema.field_count);
    uint32_t *targets = ARENA_ARRAY(&harness->arena, uint32_t, harness->schema.field_count);
    for (uint32_t i = 0; i < harness->schema.field_count; i++) {
        columns[i] = (struct source_column){harness->schema.fields[i].name, harness->schema.fields[i].type, (int32_t)i};
        targets[i] = i;
    }
    struct decoder_config config = {
        .arena = &harness->arena,
        .options = &harness->options,
        .table_schema = &harness->schema,
        .columns = columns,
        .target_columns = targets,
        .column_count = harness->schema.field_count,
    };
    assert_int_equal(harness->format->decoder_open(&config, &harness->decoder, &harness->error), STATUS_OK);
}

static inline void harness_bad_record(void *context, uint32_t record, const struct error *reason) {
    (void)record;
    struct harness *harness = context;
    strbuf_printf(&harness->text, "! %s\n", reason->message);
}

static inline void harness_print(struct harness *harness, const struct batch *batch, uint32_t row_count) {
    for (uint32_t row = 0; row < row_count; row++) {
        for (uint32_t i = 0; i < batch->column_count; i++) {
            if (i)
                strbuf_append_char(&harness->text, '|');
            column_print_value(&harness->text, &batch->columns[i], row);
        }
        strbuf_append_char(&harness->text, '\n');
    }
}

/* Each record lies in memory of its own, so that a sanitizer sees every byte read beyond it. Rows of good records come after
 * the reasons of the bad ones of the same batch. */
static inline enum status harness_decode(struct harness *harness, const char *const *records, uint32_t count) {
    struct str *copies = malloc((count + 1) * sizeof *copies);
    for (uint32_t i = 0; i < count; i++) {
        size_t size = strlen(records[i]);
        char *bytes = calloc(1, size + harness->padding_bytes + (size + harness->padding_bytes == 0));
        memcpy(bytes, records[i], size);
        copies[i] = (struct str){bytes, size};
    }
    enum status status = STATUS_OK;
    for (uint32_t next = 0; next < count && status == STATUS_OK;) {
        struct decode_target target = {
            .batch = batch_new_for(&harness->pool, &harness->schema, harness->capacity),
            .capacity = harness->capacity,
            .padding_bytes = harness->padding_bytes,
            .bad_record = harness_bad_record,
            .context = harness,
        };
        status = harness->format->decode(harness->decoder, copies, count, &next, &target, &harness->error);
        assert_true(target.row_count <= harness->capacity);
        assert_true(status != STATUS_OK || next == count || target.row_count == harness->capacity);
        harness_print(harness, target.batch, target.row_count);
        batch_release(target.batch);
    }
    for (uint32_t i = 0; i < count; i++)
        free((char *)copies[i].data);
    free(copies);
    return status;
}

static inline void harness_release(struct harness *harness) {
    if (harness->decoder)
        harness->format->decoder_close(harness->decoder);
    strbuf_release(&harness->text);
    batch_pool_release(&harness->pool);
    arena_release(&harness->arena);
}

/* Encodes all columns of all rows; lines end with '\n'. */
static inline enum status harness_encode(struct harness *harness, const struct batch *batch) {
    uint32_t *columns = ARENA_ARRAY(&harness->arena, uint32_t, batch->column_count);
    for (uint32_t i = 0; i < batch->column_count; i++)
        columns[i] = i;
    struct encoder_config config = {&harness->arena, &harness->options, &harness->schema, columns, batch->column_count};
    struct encoder *encoder;
    enum status status = harness->format->encoder_open(&config, &encoder, &harness->error);
    if (status)
        return status;
    struct encoded_rows rows = {.ends = ARENA_ARRAY(&harness->arena, uint32_t, batch->row_count + 1)};
    strbuf_init(&rows.data);
    struct selection all = {NULL, batch->row_count};
    status = harness->format->encode(encoder, batch, &all, &rows, &harness->error);
    for (uint32_t i = 0, start = 0; status == STATUS_OK && i < batch->row_count; start = rows.ends[i++])
        strbuf_printf(&harness->text, "%.*s\n", (int)(rows.ends[i] - start), rows.data.data + start);
    strbuf_release(&rows.data);
    harness->format->encoder_close(encoder);
    return status;
}
