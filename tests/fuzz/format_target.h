/* format_target.h: decodes records with a format, for the fuzz targets of formats: rows and reasons as text. */
#pragma once

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "connectors/connectors.h"
#include "core/base/arena.h"

struct format_run {
    struct arena arena;
    struct batch_pool pool;
    struct strbuf text;
    struct strbuf reasons;
    struct options options;
};

static inline void format_run_init(struct format_run *run) {
    arena_init(&run->arena);
    batch_pool_init(&run->pool);
    strbuf_init(&run->text);
    strbuf_init(&run->reasons);
    options_init(&run->options, &run->arena);
}

static inline void format_run_release(struct format_run *run) {
    strbuf_release(&run->text);
    strbuf_release(&run->reasons);
    batch_pool_release(&run->pool);
    arena_release(&run->arena);
}

static inline struct decoder *format_run_open(struct format_run *run, const struct format_class *format,
                                              const struct schema *schema) {
    struct source_column *columns = ARENA_ARRAY(&run->arena, struct source_column, schema->field_count);
    uint32_t *targets = ARENA_ARRAY(&run->arena, uint32_t, schema->field_count);
    for (uint32_t i = 0; i < schema->field_count; i++) {
        columns[i] = (struct source_column){schema->fields[i].name, schema->fields[i].type, (int32_t)i};
        targets[i] = i;
    }
    struct decoder_config config = {&run->arena, &run->options, schema, columns, targets, schema->field_count};
    struct decoder *decoder;
    struct error error;
    ASSERT(format->decoder_open(&config, &decoder, &error) == STATUS_OK);
    return decoder;
}

static inline void format_run_bad_record(void *context, uint32_t record, const struct error *reason) {
    (void)record;
    strbuf_printf(&((struct format_run *)context)->reasons, "%s\n", reason->message);
}

/* A line a row, through batches of `capacity` rows; each record in a block of exactly its size and padding. */
static inline void format_run_decode(struct format_run *run, const struct format_class *format, struct decoder *decoder,
                                     const struct schema *schema, const struct str *records, uint32_t count,
                                     uint32_t capacity, uint32_t padding_bytes) {
    struct str *copies = malloc((count + 1) * sizeof *copies);
    for (uint32_t i = 0; i < count; i++) {
        char *bytes = malloc(records[i].size + padding_bytes + 1);
        bytes = realloc(bytes, records[i].size + padding_bytes + (records[i].size + padding_bytes == 0));
        if (records[i].size)
            memcpy(bytes, records[i].data, records[i].size);
        memset(bytes + records[i].size, '"', padding_bytes);
        copies[i] = (struct str){bytes, records[i].size};
    }
    struct error error;
    for (uint32_t next = 0; next < count;) {
        struct decode_target target = {
            .batch = batch_new_for(&run->pool, schema, capacity),
            .capacity = capacity,
            .padding_bytes = padding_bytes,
            .bad_record = format_run_bad_record,
            .context = run,
        };
        ASSERT(format->decode(decoder, copies, count, &next, &target, &error) == STATUS_OK);
        for (uint32_t row = 0; row < target.row_count; row++) {
            for (uint32_t c = 0; c < schema->field_count; c++) {
                column_print_value(&run->text, &target.batch->columns[c], row);
                strbuf_append_char(&run->text, '|');
            }
            strbuf_append_char(&run->text, '\n');
        }
        batch_release(target.batch);
    }
    for (uint32_t i = 0; i < count; i++)
        free((char *)copies[i].data);
    free(copies);
}

/* Cuts the input at every '\n'. Returns how many. */
static inline uint32_t format_split(const uint8_t *data, size_t size, struct str *records, uint32_t limit) {
    const char *p = (const char *)data, *end = p + size;
    uint32_t count = 0;
    while (p < end && count < limit) {
        const char *newline = memchr(p, '\n', (size_t)(end - p));
        const char *stop = newline ? newline : end;
        records[count++] = (struct str){p, (size_t)(stop - p)};
        p = stop + 1;
    }
    return count;
}

/* All records in one batch; *next must get to the end. */
static inline struct batch *format_run_batch(struct format_run *run, const struct format_class *format,
                                             struct decoder *decoder, const struct schema *schema,
                                             const struct str *records, uint32_t count) {
    struct decode_target target = {.batch = batch_new_for(&run->pool, schema, count + 1),
                                   .capacity = count + 1,
                                   .bad_record = format_run_bad_record,
                                   .context = run};
    uint32_t next = 0;
    struct error error;
    ASSERT(format->decode(decoder, records, count, &next, &target, &error) == STATUS_OK && next == count);
    target.batch->row_count = target.row_count;
    return target.batch;
}

/* The batch's rows as records, in the run's arena. */
static inline struct str *format_run_encode(struct format_run *run, const struct format_class *format,
                                            const struct schema *schema, const struct batch *batch) {
    uint32_t *columns = ARENA_ARRAY(&run->arena, uint32_t, schema->field_count);
    for (uint32_t i = 0; i < schema->field_count; i++)
        columns[i] = i;
    struct encoder_config config = {&run->arena, &run->options, schema, columns, schema->field_count};
    struct encoder *encoder;
    struct error error;
    ASSERT(format->encoder_open(&config, &encoder, &error) == STATUS_OK);
    struct encoded_rows rows = {.ends = ARENA_ARRAY(&run->arena, uint32_t, batch->row_count + 1)};
    strbuf_init(&rows.data);
    struct selection all = {NULL, batch->row_count};
    ASSERT(format->encode(encoder, batch, &all, &rows, &error) == STATUS_OK);
    const char *bytes = arena_copy(&run->arena, strbuf_text(&rows.data), rows.data.size + 1);
    struct str *written = ARENA_ARRAY(&run->arena, struct str, batch->row_count + 1);
    for (uint32_t i = 0; i < batch->row_count; i++) {
        uint32_t start = i ? rows.ends[i - 1] : 0;
        written[i] = (struct str){bytes + start, rows.ends[i] - start};
    }
    strbuf_release(&rows.data);
    format->encoder_close(encoder);
    return written;
}

static inline void format_print(struct strbuf *out, const struct batch *batch) {
    strbuf_reset(out);
    for (uint32_t row = 0; row < batch->row_count; row++)
        for (uint32_t c = 0; c < batch->column_count; c++) {
            column_print_value(out, &batch->columns[c], row);
            strbuf_append_char(out, c + 1 == batch->column_count ? '\n' : '|');
        }
}

static inline void format_assert_equal(const struct strbuf *a, const struct strbuf *b) {
    if (strcmp(strbuf_text(a), strbuf_text(b)) != 0) {
        fprintf(stderr, "first:\n%ssecond:\n%s", strbuf_text(a), strbuf_text(b));
        abort();
    }
}
