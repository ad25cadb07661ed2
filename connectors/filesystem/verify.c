/* verify.c: reads back what was published: the newest marker, then the files in the order of the rows that their names say. A file is a chunk
 * and chunks are bounded, so it is read whole; records end where the format says that they do. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "connectors/filesystem/filesystem.h"
#include "connectors/filesystem/publisher.h"
#include "core/base/arena.h"
#include "core/base/array.h"
#include "core/base/env.h"
#include "core/data/row_log.h"

enum { READ_BYTES = 1 << 20, FILE_BYTES_MAX = 1 << 30 };

struct part {
    const char *name;
    uint64_t epoch, first_row;
};

struct reading {
    const struct publisher_config *config;
    struct published_target *target;
    struct filesystem_places places;
    ARRAY_OF(struct part) parts;
    struct decoder *decoder; /* NULL: records are lines */
    struct strbuf start;     /* what files begin with */
    struct strbuf content, record;
};

/* "part-01234567-3-0000000001-0000000000.csv" of this table, nothing else. */
static bool parse_name(const struct filesystem_places *places, const char *name, struct part *part) {
    char again[512];
    size_t size = strlen(places->prefix);
    if (strncmp(name, places->prefix, size) != 0 ||
        sscanf(name + size, "%" SCNu64 "-%" SCNu64, &part->epoch, &part->first_row) != 2)
        return false;
    snprintf(again, sizeof again, "%s%010" PRIu64 "-%010" PRIu64 "%s", places->prefix, part->epoch, part->first_row,
             places->suffix);
    return strcmp(name, again) == 0;
}

static void add_part(void *context, const char *name) {
    struct reading *reading = context;
    struct part part;
    if (!parse_name(&reading->places, name, &part))
        return;
    part.name = arena_strdup(reading->config->arena, name);
    ARRAY_PUSH(reading->config->arena, &reading->parts, part);
}

static int compare_parts(const void *a, const void *b) {
    const struct part *left = a, *right = b;
    if (left->epoch != right->epoch)
        return left->epoch < right->epoch ? -1 : 1;
    return (left->first_row > right->first_row) - (left->first_row < right->first_row);
}

static enum status read_file(struct reading *reading, const char *path, struct error *error) {
    struct stream_reader *reader;
    struct strbuf *content = &reading->content;
    strbuf_reset(content);
    TRY(stream_reader_open(&reader, reading->config->env, path, reading->places.compression, error));
    enum status status;
    size_t got;
    do {
        strbuf_reserve(content, READ_BYTES);
        status = stream_reader_read(reader, content->data + content->size, READ_BYTES, &got, error);
        content->size += status == STATUS_OK ? got : 0;
        if (status == STATUS_OK && content->size > FILE_BYTES_MAX)
            status = FAIL(error, STATUS_LIMIT_EXCEEDED, "file \"%s\" is larger than any that was published", path);
    } while (status == STATUS_OK && got > 0);
    stream_reader_close(reader);
    return status;
}

/* Where the record at `data` ends: its '\n'; NULL when it is cut. */
static const char *record_end(const struct reading *reading, const char *data, const char *end) {
    if (reading->decoder && reading->config->format->record_end)
        return reading->config->format->record_end(reading->decoder, data, end);
    return memchr(data, '\n', (size_t)(end - data));
}

static void hand_on(struct reading *reading, const struct part *part, uint64_t place, struct str value) {
    struct row_log_record record = {.has_value = true, .value = value};
    strbuf_reset(&reading->record);
    row_log_put(&reading->record, &record);
    struct published_row row = {
        .offset = place,
        .has_place = true,
        .epoch = part->epoch,
        .number = (uint32_t)(part->first_row + place),
        .record = strbuf_str(&reading->record),
    };
    reading->target->on_row(reading->target, &row);
}

static enum status read_part(struct reading *reading, const struct part *part, struct error *error) {
    const char *path = arena_printf(reading->config->arena, "%s/%s", reading->places.folder, part->name);
    TRY(read_file(reading, path, error));
    struct str content = strbuf_str(&reading->content);
    if (!str_starts_with(content, strbuf_str(&reading->start)))
        return FAIL(error, STATUS_MALFORMED_RECORD, "file \"%s\" does not begin as this table's files do", path);
    const char *at = content.data + reading->start.size, *end = content.data + content.size;
    for (uint64_t place = 0; at < end; place++) {
        const char *stop = record_end(reading, at, end);
        if (!stop)
            return FAIL(error, STATUS_MALFORMED_RECORD, "file \"%s\" ends within a record", path);
        hand_on(reading, part, place, (struct str){at, (size_t)(stop - at)});
        at = stop + 1;
    }
    return STATUS_OK;
}

/* For formats whose records are more than lines, or whose files begin with more than a record. */
static enum status open_format(struct reading *reading, struct error *error) {
    const struct publisher_config *config = reading->config;
    const struct format_class *format = config->format;
    if (!format->record_end && !format->encoder_start_file)
        return STATUS_OK;
    if (!config->schema)
        return FAIL(error, STATUS_UNSUPPORTED, "files of format \"%s\" cannot be read back without their columns",
                    format->name);
    struct decoder_config decoder = {
        .arena = config->arena, .options = config->options, .table_schema = config->schema};
    TRY(format->decoder_open(&decoder, &reading->decoder, error));
    if (!format->encoder_start_file)
        return STATUS_OK;
    struct encoder *encoder;
    TRY(filesystem_encoder_open(config->arena, format, config->options, config->schema, config->columns, &encoder,
                                error));
    format->encoder_start_file(encoder, &reading->start);
    format->encoder_close(encoder);
    return STATUS_OK;
}

static enum status read_all(struct reading *reading, struct error *error) {
    const struct publisher_config *config = reading->config;
    TRY(filesystem_places_init(&reading->places, config, error));
    TRY(open_format(reading, error));
    struct filesystem_newest newest;
    TRY(filesystem_newest_read(&reading->places, config->env, &newest, error));
    uint64_t end = filesystem_newest_end(&newest);
    if (end > 0)
        reading->target->on_marker(reading->target, 0, end - 1, strbuf_str(&newest.bytes));
    strbuf_release(&newest.bytes);
    TRY(env_folder_list(config->env, reading->places.folder, add_part, reading, error));
    if (reading->parts.count)
        qsort(reading->parts.items, reading->parts.count, sizeof *reading->parts.items, compare_parts);
    for (size_t i = 0; i < reading->parts.count; i++) {
        if (config->cancel && __atomic_load_n(config->cancel, __ATOMIC_ACQUIRE))
            return FAIL(error, STATUS_CANCELLED, "reading back: cancelled");
        if (i > 0 && compare_parts(&reading->parts.items[i - 1], &reading->parts.items[i]) == 0)
            continue; /* a folder may name a file twice while it changes */
        TRY(read_part(reading, &reading->parts.items[i], error));
    }
    return STATUS_OK;
}

enum status filesystem_publisher_verify(const struct publisher_config *config, struct published_target *target,
                                        struct error *error) {
    struct reading reading = {.config = config, .target = target};
    enum status status = read_all(&reading, error);
    if (reading.decoder)
        config->format->decoder_close(reading.decoder);
    strbuf_release(&reading.start);
    strbuf_release(&reading.content);
    strbuf_release(&reading.record);
    return status;
}
