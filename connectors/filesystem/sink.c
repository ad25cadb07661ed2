/* sink.c: writes rows into part files of a folder.
 *
 *   .part-5f3a9c0177e2b4d8-0.json.inprogress  ──flush: end, sync, rename──▶  part-5f3a9c0177e2b4d8-0.json
 *
 * A file under its final name is whole and on disk; sources pass over names that start with a dot. The number in the
 * name is drawn for each sink, so that runs and tasks never meet. For exactly-once it writes no file: encoded rows go into the log, and
 * a publisher makes files of them (publisher.c).
 */
#include <inttypes.h>
#include <stdlib.h>

#include "connectors/connectors.h"
#include "connectors/filesystem/filesystem.h"
#include "connectors/filesystem/listing.h"
#include "connectors/filesystem/stream.h"
#include "core/base/arena.h"
#include "core/base/env.h"
#include "core/data/row_log.h"

enum { WRITE_BYTES = 1 << 20 };

struct filesystem_sink {
    struct sink sink;
    const struct sink_config *config;
    const char *folder;
    const char *suffix; /* ".json.gz" */
    enum compression compression;
    uint64_t part_bytes_max;
    int64_t part_age_max_us;
    struct encoder *encoder;
    struct encoded_rows rows;
    uint32_t ends_capacity;
    uint64_t id;
    uint32_t part_number;
    struct stream_writer *writer;      /* NULL: no part is begun */
    char *temporary_path, *final_path; /* of the part; in paths */
    struct arena paths;
    uint64_t part_bytes;
    int64_t part_started_us;
    struct strbuf text; /* not yet written */
};

static enum status begin_part(struct filesystem_sink *sink, struct error *error) {
    arena_reset(&sink->paths);
    const char *name =
        arena_printf(&sink->paths, "part-%016" PRIx64 "-%u%s", sink->id, sink->part_number, sink->suffix);
    sink->final_path = arena_printf(&sink->paths, "%s/%s", sink->folder, name);
    sink->temporary_path = arena_printf(&sink->paths, "%s/.%s.inprogress", sink->folder, name);
    TRY(stream_writer_open(&sink->writer, sink->config->env, sink->temporary_path, sink->compression, error));
    sink->part_number++;
    sink->part_bytes = 0;
    sink->part_started_us = env_monotonic_us(sink->config->env);
    if (sink->config->format->encoder_start_file)
        sink->config->format->encoder_start_file(sink->encoder, &sink->text);
    return STATUS_OK;
}

static enum status write_text(struct filesystem_sink *sink, struct error *error) {
    if (sink->text.size)
        TRY(stream_writer_write(sink->writer, strbuf_str(&sink->text), error));
    sink->part_bytes += sink->text.size;
    strbuf_reset(&sink->text);
    return STATUS_OK;
}

static enum status end_part(struct filesystem_sink *sink, struct error *error) {
    if (!sink->writer)
        return STATUS_OK;
    TRY(write_text(sink, error));
    TRY(stream_writer_finish(sink->writer, error));
    stream_writer_close(sink->writer);
    sink->writer = NULL;
    return env_path_rename(sink->config->env, sink->temporary_path, sink->final_path, error);
}

static bool is_part_done(const struct filesystem_sink *sink) {
    return sink->part_bytes + sink->text.size >= sink->part_bytes_max ||
           env_monotonic_us(sink->config->env) - sink->part_started_us >= sink->part_age_max_us;
}

static enum status encode(struct filesystem_sink *sink, struct batch *batch, struct error *error) {
    if (batch->row_count > sink->ends_capacity) {
        sink->ends_capacity = batch->row_count;
        sink->rows.ends = memory_realloc(sink->rows.ends, sink->ends_capacity * sizeof *sink->rows.ends);
    }
    strbuf_reset(&sink->rows.data);
    struct selection all = {NULL, batch->row_count};
    return sink->config->format->encode(sink->encoder, batch, &all, &sink->rows, error);
}

static struct str encoded_row(const struct filesystem_sink *sink, uint32_t row) {
    uint32_t start = row ? sink->rows.ends[row - 1] : 0;
    return (struct str){sink->rows.data.data + start, sink->rows.ends[row] - start};
}

static void log_rows(struct filesystem_sink *sink, uint32_t count) {
    for (uint32_t i = 0; i < count; i++)
        row_log_append(sink->config->log, &(struct row_log_record){.has_value = true, .value = encoded_row(sink, i)});
}

static enum status filesystem_write(struct sink *base, struct batch *batch, struct error *error) {
    struct filesystem_sink *sink = (struct filesystem_sink *)base;
    if (batch->row_count == 0)
        return STATUS_OK;
    TRY(encode(sink, batch, error));
    if (sink->config->log) {
        log_rows(sink, batch->row_count);
        return STATUS_OK;
    }
    if (sink->writer && is_part_done(sink))
        TRY(end_part(sink, error));
    if (!sink->writer)
        TRY(begin_part(sink, error));
    strbuf_reserve(&sink->text, sink->rows.data.size + batch->row_count);
    for (uint32_t i = 0; i < batch->row_count; i++) {
        strbuf_append_str(&sink->text, encoded_row(sink, i));
        strbuf_append_char(&sink->text, '\n');
    }
    return sink->text.size >= WRITE_BYTES ? write_text(sink, error) : STATUS_OK;
}

static enum status filesystem_flush(struct sink *base, struct error *error) {
    return end_part((struct filesystem_sink *)base, error);
}

static void filesystem_sink_close(struct sink *base) {
    struct filesystem_sink *sink = (struct filesystem_sink *)base;
    if (sink->writer) {
        struct error ignored;
        stream_writer_close(sink->writer);
        if (env_path_remove(sink->config->env, sink->temporary_path, &ignored)) {
            /* it stays, under a name that no source reads */
        }
    }
    sink->config->format->encoder_close(sink->encoder);
    free(sink->rows.ends);
    strbuf_release(&sink->rows.data);
    strbuf_release(&sink->text);
    arena_release(&sink->paths);
}

/* Every flush makes a file: as many as the rolling policy says. */
static int64_t filesystem_flush_interval_us(const struct sink *base) {
    return ((const struct filesystem_sink *)base)->part_age_max_us;
}

static const struct sink_class filesystem_sink_class = {
    .write = filesystem_write,
    .flush = filesystem_flush,
    .close = filesystem_sink_close,
    .flush_interval_us = filesystem_flush_interval_us,
};

enum status filesystem_sink_open(const struct sink_config *config, struct sink **sink_out, struct error *error) {
    const struct option_spec *specs = filesystem_options;
    struct filesystem_sink *sink = ARENA_NEW(config->arena, struct filesystem_sink);
    sink->sink.class = &filesystem_sink_class;
    sink->config = arena_copy(config->arena, config, sizeof *config);
    sink->folder = listing_local_path(options_text(config->options, specs, "path"));
    sink->compression = compression_from_text(options_text(config->options, specs, "compression"));
    sink->suffix = filesystem_suffix(config->arena, config->format, sink->compression);
    sink->part_bytes_max = options_size_bytes(config->options, specs, "sink.rolling-policy.file-size");
    sink->part_age_max_us = options_duration_us(config->options, specs, "sink.rolling-policy.rollover-interval");
    sink->id = env_random_u64(config->env);
    TRY(listing_make_folder(sink->folder, error));
    TRY(filesystem_encoder_open(config->arena, config->format, config->options, config->schema, config->columns,
                                &sink->encoder, error));
    strbuf_init(&sink->text);
    strbuf_init(&sink->rows.data);
    arena_init(&sink->paths);
    *sink_out = &sink->sink;
    return STATUS_OK;
}
