/* source.c: reads files one after the other, each as a split.
 *
 * A file becomes a split when it is opened, so that files not yet begun hold no watermark back; one that an earlier run had begun is a
 * split from the start.
 *
 *   files   [ read … │ current │ begun by an earlier run, waiting │ not begun … ]
 *           └──────────────── splits ──────────────────────────────┘
 *
 * A batch has rows of one file; it holds the blocks that its strings point into.
 */
#include "connectors/connectors.h"
#include "connectors/filesystem/filesystem.h"
#include "connectors/filesystem/listing.h"
#include "connectors/filesystem/partitions.h"
#include "connectors/filesystem/splitter.h"
#include "connectors/name_pattern.h"
#include "connectors/rows.h"
#include "core/base/arena.h"
#include "core/base/array.h"
#include "core/base/env.h"

struct filesystem_source {
    struct source source;
    const struct source_config *config;
    struct schema schema;
    const char *path;
    struct name_pattern wanted;  /* paths of files; zeroed: all */
    int64_t monitor_interval_us; /* 0: the files there are at the start */
    int64_t next_listing_us;
    struct map listed;    /* path -> struct listed_file *; all there are */
    size_t listed_count;  /* of them, how many were looked at: `files` has those that are its own */
    struct map files;     /* path -> struct listed_file *; the first split_count are splits */
    struct map positions; /* path -> struct source_position *: where files that were begun go on */
    uint32_t next_file;   /* to open; the one before it is the current one */
    bool is_open;         /* the current one */
    struct splitter splitter;
    struct partition_columns partitions;
    struct decoder *decoder; /* NULL: only metadata columns are wanted, or none */
    uint64_t row_count;
    uint32_t *metadata_columns; /* column of the batch for each metadata key, UINT32_MAX when not wanted */
};

static const struct listed_file *current_file(const struct filesystem_source *source) {
    return source->files.entries[source->next_file - 1].value;
}

static void report(struct filesystem_source *source, const struct splitter_record *place, struct str bytes,
                   uint64_t size_bytes, const struct error *reason) {
    struct dead_letter letter = {
        .table = source->config->table,
        .split = current_file(source)->path,
        .offset = place->offset,
        .line = place->line,
        .bytes = {bytes.data, bytes.size < DEAD_LETTER_BYTES_MAX ? bytes.size : DEAD_LETTER_BYTES_MAX},
        .size_bytes = size_bytes,
        .reason = reason,
    };
    source->config->dead->report(source->config->dead, &letter);
}

static void bad_record(void *context, uint32_t record, const struct error *reason) {
    struct filesystem_source *source = context;
    const struct str *bytes = &source->splitter.records[record];
    report(source, &source->splitter.places[record], *bytes, bytes->size, reason);
}

static void report_oversize(struct filesystem_source *source) {
    const struct splitter_oversize *oversize = &source->splitter.oversize;
    struct error reason;
    FAIL(&reason, STATUS_LIMIT_EXCEEDED, "record of %llu bytes is longer than 'max-record-size'",
         (unsigned long long)oversize->size_bytes);
    report(source, &oversize->place, (struct str){oversize->shown, oversize->shown_size}, oversize->size_bytes,
           &reason);
}

/* Names the place of the record that made the decoder give up. */
static enum status at_record(struct filesystem_source *source, enum status status, struct error *error) {
    if (status && source->splitter.next < source->splitter.count)
        error_detail(error, "file \"%s\", line %lld", current_file(source)->path,
                     (long long)source->splitter.places[source->splitter.next].line);
    return status;
}

static void constant_column(struct batch *batch, uint32_t index, const struct type *type,
                            const struct listed_file *file, uint32_t key) {
    struct column *column = &batch->columns[index];
    column_init(column, &batch->arena, type, 1);
    column->kind = COLUMN_CONSTANT;
    const char *slash = strrchr(file->path, '/');
    switch (key) {
    case 0: *COLUMN_VALUES(column, struct string_view) = view_copy(&batch->arena, str_from(file->path)); break;
    case 1:
        *COLUMN_VALUES(column, struct string_view) = view_copy(&batch->arena, str_from(slash ? slash + 1 : file->path));
        break;
    case 2: *COLUMN_VALUES(column, int64_t) = (int64_t)file->size_bytes; break;
    default: *COLUMN_VALUES(column, int64_t) = file->modified_us / 1000 * 1000; break;
    }
}

static struct batch *new_batch(struct filesystem_source *source) {
    const struct source_config *config = source->config;
    struct batch *batch = batch_new_for(config->pool, &source->schema, config->batch_rows);
    for (uint32_t key = 0; filesystem_metadata[key].key; key++)
        if (source->metadata_columns[key] != UINT32_MAX)
            constant_column(batch, source->metadata_columns[key], filesystem_metadata[key].type, current_file(source),
                            key);
    partition_columns_put(&source->partitions, batch);
    return batch;
}

static enum status cannot_go_on(const struct filesystem_source *source, const struct source_position *position,
                                struct error *error) {
    return FAIL(error, STATUS_FILE_ERROR, "table \"%s\" cannot go on from \"%s\" of file \"%s\"", source->config->table,
                position->position, position->split);
}

static void ignore_bad_record(void *context, uint32_t record, const struct error *reason) {
    (void)context, (void)record, (void)reason;
}

/* Lets the decoder see the first record, which may be a header; a row that it makes was read before. */
static enum status pass_first_record(struct filesystem_source *source, struct error *error) {
    struct splitter *splitter = &source->splitter;
    uint32_t end = splitter->next + 1;
    struct batch *batch = new_batch(source);
    struct decode_target target = {.batch = batch,
                                   .capacity = source->config->batch_rows,
                                   .padding_bytes = SPLITTER_PADDING_BYTES,
                                   .bad_record = ignore_bad_record,
                                   .context = source};
    enum status status =
        source->config->format->decode(source->decoder, splitter->records, end, &splitter->next, &target, error);
    splitter->next = end;
    batch_release(batch);
    return status;
}

/* Passes over the records before the position: files may be packed, and lines keep their numbers. */
static enum status skip_records(struct filesystem_source *source, const struct source_position *position,
                                struct error *error) {
    struct splitter *splitter = &source->splitter;
    int64_t offset;
    if (!int_parse(str_from(position->position), &offset) || offset < 0)
        return cannot_go_on(source, position, error);
    for (bool is_first = true;;) {
        if (splitter->next == splitter->count) {
            bool is_oversize;
            TRY(splitter_read(splitter, &is_oversize, error));
            if (is_oversize)
                continue;
            if (splitter->count == 0)
                return splitter->block_offset + (int64_t)splitter->start >= offset
                           ? STATUS_OK
                           : cannot_go_on(source, position, error); /* it is shorter than it was */
        }
        if (splitter->places[splitter->next].offset >= offset)
            return STATUS_OK;
        if (is_first)
            TRY(pass_first_record(source, error));
        else
            splitter->next++;
        is_first = false;
    }
}

static bool is_wanted(const struct filesystem_source *source, const char *path) {
    return !source->wanted.code || name_pattern_matches(&source->wanted, path);
}

/* Files that are new in the listing, unless another instance serves them. */
static void add_own_files(struct filesystem_source *source) {
    for (; source->listed_count < source->listed.count; source->listed_count++) {
        const char *path = source->listed.entries[source->listed_count].key;
        if (split_is_own(source->config, path, 0) && is_wanted(source, path) && !map_get(&source->files, path))
            map_put(&source->files, path, source->listed.entries[source->listed_count].value);
    }
}

static enum status open_next_file(struct filesystem_source *source, struct error *error) {
    const char *path = source->files.entries[source->next_file++].key;
    if (source->source.split_count < source->next_file)
        source->source.split_count = source->next_file;
    TRY(partition_columns_read(&source->partitions, path, error));
    TRY(splitter_open(&source->splitter, path, error));
    source->is_open = true;
    if (source->config->format->decoder_start_file)
        source->config->format->decoder_start_file(source->decoder);
    const struct source_position *position = map_get(&source->positions, path);
    return position ? skip_records(source, position, error) : STATUS_OK;
}

/* Decodes until the batch is full or the file ends. */
static enum status fill_batch(struct filesystem_source *source, struct decode_target *target, struct error *error) {
    struct splitter *splitter = &source->splitter;
    const struct buffer *held = NULL;
    while (target->row_count < target->capacity) {
        if (splitter->next == splitter->count) {
            bool is_oversize;
            TRY(splitter_read(splitter, &is_oversize, error));
            if (is_oversize) {
                report_oversize(source);
                continue;
            }
            if (splitter->count == 0) {
                splitter_close(splitter);
                source->is_open = false;
                break;
            }
        }
        if (held != splitter->block)
            batch_hold_buffer(target->batch, splitter->block);
        held = splitter->block;
        TRY(at_record(source,
                      source->config->format->decode(source->decoder, splitter->records, splitter->count,
                                                     &splitter->next, target, error),
                      error));
    }
    return STATUS_OK;
}

static enum status read_batch(struct filesystem_source *source, struct source_poll *poll, struct error *error) {
    const struct source_config *config = source->config;
    uint64_t left = config->row_limit ? config->row_limit - source->row_count : UINT64_MAX;
    struct batch *batch = new_batch(source);
    struct decode_target target = {
        .batch = batch,
        .capacity = left < config->batch_rows ? (uint32_t)left : config->batch_rows,
        .padding_bytes = SPLITTER_PADDING_BYTES,
        .bad_record = bad_record,
        .context = source,
    };
    enum status status = fill_batch(source, &target, error);
    batch->row_count = target.row_count;
    source->row_count += target.row_count;
    if (status || target.row_count == 0)
        batch_release(batch);
    else
        poll->batch = batch;
    return status;
}

static enum status look_for_files(struct filesystem_source *source, struct source_poll *poll, struct error *error) {
    int64_t now_us = env_monotonic_us(source->config->env);
    if (now_us >= source->next_listing_us) {
        TRY(listing_add(&source->listed, source->path, NULL, error));
        add_own_files(source);
        source->next_listing_us = now_us + source->monitor_interval_us;
    }
    bool has_new = source->next_file < source->files.count;
    poll->state = has_new ? SOURCE_READY : SOURCE_WAIT;
    poll->wait_us = source->next_listing_us - now_us;
    return STATUS_OK;
}

static enum status filesystem_poll(struct source *base, int64_t max_wait_us, struct source_poll *poll,
                                   struct error *error) {
    (void)max_wait_us;
    struct filesystem_source *source = (struct filesystem_source *)base;
    uint64_t row_limit = source->config->row_limit;
    *poll = (struct source_poll){.state = SOURCE_READY};
    if (!source->is_open) {
        if (source->next_file == source->files.count) {
            if (source->monitor_interval_us)
                return look_for_files(source, poll, error);
            poll->state = SOURCE_END;
            return STATUS_OK;
        }
        TRY(open_next_file(source, error));
    }
    poll->split = source->next_file - 1;
    TRY(read_batch(source, poll, error));
    bool is_limit = row_limit && source->row_count >= row_limit;
    poll->split_ended = !source->is_open || is_limit;
    bool is_last = source->next_file == source->files.count && !source->monitor_interval_us;
    if (is_limit || (poll->split_ended && is_last))
        poll->state = SOURCE_END;
    return STATUS_OK;
}

static const char *filesystem_split_name(const struct source *base, uint32_t split) {
    const struct filesystem_source *source = (const struct filesystem_source *)base;
    return source->files.entries[split].key;
}

/* The byte offset of the next record, or "end". */
static void filesystem_split_position(const struct source *base, uint32_t split, struct strbuf *out) {
    const struct filesystem_source *source = (const struct filesystem_source *)base;
    const struct splitter *splitter = &source->splitter;
    if (split >= source->next_file) {
        const struct source_position *position = map_get(&source->positions, source->files.entries[split].key);
        strbuf_append_text(out, position->position);
    } else if (split + 1 < source->next_file || !source->is_open) {
        strbuf_append_text(out, "end");
    } else if (splitter->next < splitter->count) {
        strbuf_printf(out, "%lld", (long long)splitter->places[splitter->next].offset);
    } else {
        strbuf_printf(out, "%lld", (long long)splitter->block_offset + (long long)splitter->start);
    }
}

static void filesystem_close(struct source *base) {
    struct filesystem_source *source = (struct filesystem_source *)base;
    splitter_release(&source->splitter);
    partition_columns_close(&source->partitions);
    name_pattern_close(&source->wanted);
    source->config->format->decoder_close(source->decoder);
}

/* ---- going on where an earlier run was ---- */

/* The files of its own positions come first, those that were read before those that were begun, in their order: from one source to
 * one source, splits have the numbers they had. */
static enum status restore_files(struct filesystem_source *source, bool read, struct error *error) {
    const struct source_config *config = source->config;
    for (uint32_t i = 0; i < config->position_count; i++) {
        const struct source_position *position = &config->positions[i];
        bool is_read = strcmp(position->position, "end") == 0;
        if (is_read != read || !split_is_own(config, position->split, 0))
            continue;
        struct listed_file *file = map_get(&source->listed, position->split);
        if (!file) { /* read, and gone since */
            file = ARENA_NEW(config->arena, struct listed_file);
            file->path = position->split;
        }
        if (map_put(&source->files, file->path, file))
            return cannot_go_on(source, position, error);
        if (!is_read)
            map_put(&source->positions, file->path, (void *)position);
    }
    return STATUS_OK;
}

static enum status restore_positions(struct filesystem_source *source, struct error *error) {
    TRY(restore_files(source, true, error));
    source->next_file = (uint32_t)source->files.count;
    TRY(restore_files(source, false, error));
    source->source.split_count = (uint32_t)source->files.count;
    uint64_t limit = source->config->row_limit, before = source->config->rows_before;
    source->row_count = limit && before > limit ? limit : before; /* others may have read some of them */
    add_own_files(source);
    return source->next_file < source->source.split_count ? open_next_file(source, error) : STATUS_OK;
}

static const struct source_class filesystem_source_class = {
    .poll = filesystem_poll,
    .split_name = filesystem_split_name,
    .split_position = filesystem_split_position,
    .close = filesystem_close,
};

/* The table as its records have it: without the columns of PARTITIONED BY. moved: where each column is in that, -1: nowhere. */
static struct schema *record_schema(const struct filesystem_source *source, int32_t *moved) {
    const struct source_config *config = source->config;
    struct schema *schema = ARENA_NEW(config->arena, struct schema);
    schema->fields = ARENA_ARRAY(config->arena, struct field, config->table_schema->field_count + 1u);
    for (uint32_t i = 0; i < config->table_schema->field_count; i++) {
        bool is_record = !partition_columns_has(&source->partitions, i);
        moved[i] = is_record ? (int32_t)schema->field_count : -1;
        if (is_record)
            schema->fields[schema->field_count++] = config->table_schema->fields[i];
    }
    return schema;
}

/* Divides the wanted columns into metadata, partitions and those of the format. */
static enum status open_decoder(struct filesystem_source *source, struct error *error) {
    const struct source_config *config = source->config;
    int32_t *moved = ARENA_ARRAY(config->arena, int32_t, config->table_schema->field_count + 1u);
    const struct schema *schema = record_schema(source, moved);
    struct source_column *columns = ARENA_ARRAY(config->arena, struct source_column, config->column_count);
    uint32_t *targets = ARENA_ARRAY(config->arena, uint32_t, config->column_count), count = 0;
    for (uint32_t i = 0; i < config->column_count; i++) {
        const struct source_column *column = &config->columns[i];
        if (column->table_column >= 0) {
            if (moved[column->table_column] < 0)
                continue;
            targets[count] = i;
            columns[count] = *column;
            columns[count++].table_column = moved[column->table_column];
            continue;
        }
        for (uint32_t key = 0; filesystem_metadata[key].key; key++)
            if (strcmp(filesystem_metadata[key].key, column->name) == 0)
                source->metadata_columns[key] = i;
    }
    struct decoder_config decoder = {
        .arena = config->arena,
        .options = config->options,
        .table_schema = schema,
        .columns = columns,
        .target_columns = targets,
        .column_count = count,
    };
    return config->format->decoder_open(&decoder, &source->decoder, error);
}

enum status filesystem_source_open(const struct source_config *config, struct source **source_out,
                                   struct error *error) {
    const struct option_spec *specs = filesystem_options;
    struct filesystem_source *source = ARENA_NEW(config->arena, struct filesystem_source);
    source->source.class = &filesystem_source_class;
    source->config = arena_copy(config->arena, config, sizeof *config);
    source->schema = source_config_schema(config);
    source->path = listing_local_path(options_text(config->options, specs, "path"));
    source->metadata_columns = arena_alloc(config->arena, 4 * sizeof(uint32_t));
    memset(source->metadata_columns, 0xFF, 4 * sizeof(uint32_t));
    if (options_find(config->options, "source.monitor-interval"))
        source->monitor_interval_us = options_duration_us(config->options, specs, "source.monitor-interval");
    map_init(&source->listed, config->arena, false);
    map_init(&source->files, config->arena, false);
    map_init(&source->positions, config->arena, false);
    TRY(listing_add(&source->listed, source->path, NULL, error));
    if (source->listed.count == 0 && strpbrk(source->path, "*?[") && !source->monitor_interval_us)
        return FAIL(error, STATUS_UNDEFINED_FILE, "no file matches \"%s\"", source->path);
    partition_columns_open(&source->partitions, source->config);
    TRY(open_decoder(source, error));
    const char *pattern = options_find(config->options, "source.path.regex-pattern");
    if (pattern)
        TRY(name_pattern_open(&source->wanted, pattern, "source.path.regex-pattern", error));
    splitter_init(&source->splitter,
                  &(struct splitter_config){
                      .env = config->env,
                      .compression = compression_from_text(options_text(config->options, specs, "compression")),
                      .max_record_bytes = options_size_bytes(config->options, specs, "max-record-size"),
                      .format = config->format,
                      .decoder = source->decoder,
                  });
    enum status status = STATUS_OK;
    if (config->position_count)
        status = restore_positions(source, error);
    else
        add_own_files(source);
    if (status == STATUS_OK && !config->position_count &&
        source->files.count > 0) /* it counts as a split from now on */
        status = open_next_file(source, error);
    if (status) {
        filesystem_close(&source->source);
        return status;
    }
    *source_out = &source->source;
    return STATUS_OK;
}
