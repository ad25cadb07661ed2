/* message_decoder.c: see the header. A key column that is in the value too comes from the key, as in Flink. */
#include "connectors/kafka/message_decoder.h"

#include "core/base/arena.h"

/* included: which columns of the table this side has; wanted: which of them are taken from it. */
static enum status open_side(struct message_decoder *decoder, struct side *side, const struct format_class *format,
                             const struct options *options, const bool *included, const bool *wanted, const char *strip,
                             struct error *error) {
    struct arena *arena = decoder->config->arena;
    const struct schema *table = decoder->config->table_schema;
    /* The format sees only this side's columns, under the names they have there. */
    struct schema *schema = ARENA_NEW(arena, struct schema);
    schema->fields = ARENA_ARRAY(arena, struct field, table->field_count + 1u);
    int32_t *moved = ARENA_ARRAY(arena, int32_t, table->field_count + 1u);
    for (uint32_t i = 0; i < table->field_count; i++) {
        moved[i] = included[i] ? (int32_t)schema->field_count : -1;
        if (!included[i])
            continue;
        struct field field = table->fields[i];
        if (str_starts_with(str_from(field.name), str_from(strip)))
            field.name += strlen(strip);
        schema->fields[schema->field_count++] = field;
    }
    struct source_column *columns = ARENA_ARRAY(arena, struct source_column, decoder->config->column_count + 1u);
    uint32_t *targets = ARENA_ARRAY(arena, uint32_t, decoder->config->column_count + 1u);
    uint32_t count = 0;
    for (uint32_t i = 0; i < decoder->config->column_count; i++) {
        const struct source_column *column = &decoder->config->columns[i];
        if (column->table_column < 0 || !included[column->table_column] || !wanted[column->table_column])
            continue;
        /* what is declared NOT NULL must be there, even where rows without value make the batch's column nullable */
        const struct field *field = &schema->fields[moved[column->table_column]];
        columns[count] = (struct source_column){
            field->name, type_with_nullable(arena, column->type, field->type->nullable), moved[column->table_column]};
        targets[count++] = i;
    }
    struct decoder_config config = {.arena = arena,
                                    .options = options,
                                    .table_schema = schema,
                                    .columns = columns,
                                    .target_columns = targets,
                                    .column_count = count};
    side->format = format;
    side->targets = targets;
    side->target_count = count;
    return format->decoder_open(&config, &side->decoder, error);
}

/* A key column that is in the value too comes from the key, as in Flink. */
static enum status open_sides(struct message_decoder *decoder, struct error *error) {
    struct arena *arena = decoder->config->arena;
    struct kafka_layout *layout = &decoder->layout;
    uint32_t count = decoder->config->table_schema->field_count;
    bool *from_value = arena_copy(arena, layout->in_value, sizeof(bool) * (count + 1u));
    bool key_wanted = false;
    for (uint32_t i = 0; i < decoder->config->column_count; i++) {
        int32_t column = decoder->config->columns[i].table_column;
        if (column < 0 || !layout->key_format || !layout->in_key[column])
            continue;
        from_value[column] = false;
        key_wanted = true;
    }
    TRY(open_side(decoder, &decoder->value, decoder->config->format, &layout->value_options, layout->in_value,
                  from_value, "", error));
    if (!key_wanted)
        return STATUS_OK;
    const char *prefix = options_find(decoder->config->options, "key.fields-prefix");
    return open_side(decoder, &decoder->key, layout->key_format, &layout->key_options, layout->in_key, layout->in_key,
                     prefix ? prefix : "", error);
}

static enum status open_metadata(struct message_decoder *decoder, struct error *error) {
    decoder->metadata =
        arena_array_alloc(decoder->config->arena, decoder->config->column_count + 1u, sizeof *decoder->metadata);
    for (uint32_t i = 0; i < decoder->config->column_count; i++) {
        const struct source_column *column = &decoder->config->columns[i];
        if (column->table_column >= 0)
            continue;
        int found = kafka_metadata_find(column->name);
        if (found < 0)
            return FAIL(error, STATUS_INVALID_DEFINITION, "Kafka has no metadata \"%s\"", column->name);
        decoder->metadata[decoder->metadata_count].column = i;
        decoder->metadata[decoder->metadata_count++].metadata = (enum kafka_metadata)found;
    }
    return STATUS_OK;
}

static void report_bad(void *context, uint32_t record, const struct error *reason) {
    struct message_decoder *decoder = context;
    const rd_kafka_message_t *message = decoder->messages[record];
    enum { KEPT_MAX = 64 << 10 };
    size_t kept = message->len < KEPT_MAX ? message->len : KEPT_MAX;
    struct dead_letter letter = {.table = decoder->config->table,
                                 .split = decoder->split,
                                 .offset = message->offset,
                                 .bytes = {message->payload, message->payload ? kept : 0},
                                 .size_bytes = message->len,
                                 .reason = reason};
    decoder->config->dead->report(decoder->config->dead, &letter);
}

static void report_tombstone(struct message_decoder *decoder, uint32_t record) {
    struct error reason;
    FAIL(&reason, STATUS_MALFORMED_RECORD, "the message has no value (a tombstone)");
    report_bad(decoder, record, &reason);
}

/* The columns of one side become NULL: their message has nothing there. */
static void put_null(const struct side *side, struct batch *batch, uint32_t row, uint32_t capacity) {
    for (uint32_t i = 0; i < side->target_count; i++) {
        struct column *column = &batch->columns[side->targets[i]];
        size_t size = layout_size(type_layout(column->type));
        memset((char *)column->values + size * row, 0, size);
        column_set_null(column, &batch->arena, row, capacity);
    }
}

static enum status check_key_may_miss(const struct message_decoder *decoder, struct error *reason) {
    for (uint32_t i = 0; i < decoder->key.target_count; i++) {
        const struct source_column *column = &decoder->config->columns[decoder->key.targets[i]];
        if (!column->type->nullable)
            return FAIL(reason, STATUS_NOT_NULL_VIOLATION, "the message has no key, and column \"%s\" is NOT NULL",
                        column->name);
    }
    return STATUS_OK;
}

static enum status decode_key(struct message_decoder *decoder, struct batch *batch, uint32_t row, uint32_t record,
                              uint32_t capacity, bool *rejected, struct error *error) {
    const rd_kafka_message_t *message = decoder->messages[record];
    struct error reason;
    if (!message->key) {
        *rejected = check_key_may_miss(decoder, &reason) != STATUS_OK;
        if (*rejected)
            report_bad(decoder, record, &reason);
        else
            put_null(&decoder->key, batch, row, capacity);
        return STATUS_OK;
    }
    struct str key = {message->key, message->key_len};
    uint32_t next = 0;
    struct decode_target target = {
        .batch = batch, .capacity = capacity, .row_count = row, .bad_record = report_bad, .context = decoder};
    rd_kafka_message_t **all = decoder->messages;
    decoder->messages = all + record; /* the format's record 0 */
    enum status status = decoder->key.format->decode(decoder->key.decoder, &key, 1, &next, &target, error);
    decoder->messages = all;
    *rejected = target.row_count == row;
    return status;
}

/* The key of each accepted row; a row whose key cannot be decoded is reported and marked. */
static enum status decode_keys(struct message_decoder *decoder, struct batch *batch, const uint32_t *row_records,
                               uint32_t capacity, bool *rejected, struct error *error) {
    for (uint32_t row = 0; row < batch->row_count; row++)
        TRY(decode_key(decoder, batch, row, row_records[row], capacity, &rejected[row], error));
    return STATUS_OK;
}

/* A name may come again; in a MAP the last one counts, as in Flink. */
static uint32_t header_place(const struct string_view *names, struct list_slice *slice,
                             const struct string_view *name) {
    for (uint32_t i = slice->offset; i < slice->offset + slice->count; i++)
        if (view_equal(&names[i], name))
            return i;
    return slice->offset + slice->count++;
}

static void put_headers(struct column *column, struct arena *arena, struct list_slice *slice,
                        const rd_kafka_headers_t *headers, uint32_t total) {
    struct column *values = &column->children[1];
    struct string_view *names = COLUMN_VALUES(&column->children[0], struct string_view);
    const char *text;
    const void *bytes;
    size_t size;
    for (size_t i = 0; rd_kafka_header_get_all(headers, i, &text, &bytes, &size) == RD_KAFKA_RESP_ERR_NO_ERROR; i++) {
        struct string_view name = view_make(text, (uint32_t)strlen(text));
        uint32_t at = header_place(names, slice, &name);
        names[at] = name;
        COLUMN_VALUES(values, struct string_view)[at] = view_make(bytes, (uint32_t)(bytes ? size : 0));
        if (!bytes)
            column_set_null(values, arena, at, total);
        else if (values->validity)
            validity_set(values->validity, at, true);
    }
}

static void write_headers(struct column *column, struct arena *arena, const uint32_t *row_records, uint32_t row_count,
                          rd_kafka_message_t **messages) {
    rd_kafka_headers_t *headers;
    uint32_t total = 0;
    for (uint32_t row = 0; row < row_count; row++)
        if (rd_kafka_message_headers(messages[row_records[row]], &headers) == RD_KAFKA_RESP_ERR_NO_ERROR)
            total += (uint32_t)rd_kafka_header_cnt(headers);
    column_init(&column->children[0], arena, column->type->key, total);
    column_init(&column->children[1], arena, column->type->element, total);
    uint32_t at = 0;
    for (uint32_t row = 0; row < row_count; row++) {
        struct list_slice *slice = &COLUMN_VALUES(column, struct list_slice)[row];
        *slice = (struct list_slice){.offset = at};
        if (rd_kafka_message_headers(messages[row_records[row]], &headers) != RD_KAFKA_RESP_ERR_NO_ERROR)
            continue;
        put_headers(column, arena, slice, headers, total);
        at += slice->count;
    }
}

static const char *timestamp_type_name(rd_kafka_timestamp_type_t type) {
    return type == RD_KAFKA_TIMESTAMP_CREATE_TIME       ? "CreateTime"
           : type == RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME ? "LogAppendTime"
                                                        : "NoTimestampType";
}

static void write_metadata(struct message_decoder *decoder, struct batch *batch, const uint32_t *row_records,
                           uint32_t capacity, enum kafka_metadata metadata, struct column *column) {
    if (metadata == KAFKA_HEADERS) {
        write_headers(column, &batch->arena, row_records, batch->row_count, decoder->messages);
        return;
    }
    for (uint32_t row = 0; row < batch->row_count; row++) {
        const rd_kafka_message_t *message = decoder->messages[row_records[row]];
        rd_kafka_timestamp_type_t type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
        int64_t number = -1;
        const char *text = NULL;
        switch (metadata) {
        case KAFKA_TOPIC: text = decoder->topic; break;
        case KAFKA_PARTITION: number = message->partition; break;
        case KAFKA_LEADER_EPOCH: number = rd_kafka_message_leader_epoch(message); break;
        case KAFKA_OFFSET: number = message->offset; break;
        case KAFKA_TIMESTAMP: number = rd_kafka_message_timestamp(message, &type); break;
        case KAFKA_TIMESTAMP_TYPE:
            rd_kafka_message_timestamp(message, &type);
            text = timestamp_type_name(type);
            break;
        default: UNREACHABLE();
        }
        if (text)
            COLUMN_VALUES(column, struct string_view)[row] = view_make(text, (uint32_t)strlen(text));
        else if (number < 0)
            column_set_null(column, &batch->arena, row, capacity);
        else if (type_layout(column->type) == LAYOUT_I32)
            COLUMN_VALUES(column, int32_t)[row] = (int32_t)number;
        else
            COLUMN_VALUES(column, int64_t)[row] = metadata == KAFKA_TIMESTAMP ? number * 1000 : number;
    }
}

/* Replaces the batch by one without the rejected rows. */
static struct batch *without_rejected(struct message_decoder *decoder, struct batch *batch, const bool *rejected) {
    uint16_t *rows = arena_alloc(&batch->arena, sizeof *rows * batch->row_count);
    struct selection kept = {.rows = rows};
    for (uint32_t row = 0; row < batch->row_count; row++)
        if (!rejected[row])
            rows[kept.count++] = (uint16_t)row;
    if (kept.count == batch->row_count)
        return batch;
    struct batch *smaller = batch_gather(decoder->config->pool, batch, &kept);
    batch_release(batch);
    return smaller;
}

/* A message without value takes its key back where rows replace each other, and else is a dead letter. */
static void put_tombstone(struct message_decoder *decoder, uint32_t record, struct decode_target *target) {
    if (!decoder->upserts) {
        report_tombstone(decoder, record);
        return;
    }
    put_null(&decoder->value, target->batch, target->row_count, target->capacity);
    target->row_records[target->row_count++] = record;
}

/* Rows of the values, up to the row limit. */
static enum status decode_values(struct message_decoder *decoder, uint32_t count, struct decode_target *target,
                                 struct error *error) {
    rd_kafka_message_t **messages = decoder->messages;
    const struct side *value = &decoder->value;
    bool reads_null = value->format->reads_null && !decoder->upserts;
    struct str *records = arena_alloc(&target->batch->arena, sizeof *records * count);
    for (uint32_t i = 0; i < count; i++)
        records[i] = (struct str){messages[i]->payload, messages[i]->len};
    for (uint32_t next = 0; next < count && target->row_count < target->capacity;) {
        uint32_t end = next;
        while (end < count && (records[end].data || reads_null))
            end++;
        if (end == next) {
            put_tombstone(decoder, next++, target);
            continue;
        }
        enum status status = value->format->decode(value->decoder, records, end, &next, target, error);
        if (status != STATUS_OK) {
            error_detail(error, "table \"%s\", topic \"%s\" partition %d, offset %lld", decoder->config->table,
                         decoder->topic, (int)messages[0]->partition,
                         next < count ? (long long)messages[next]->offset : -1LL);
            return status;
        }
        ASSERT(next == end || target->row_count == target->capacity); /* a record gives one row at most */
    }
    return STATUS_OK;
}

static uint8_t *change_kinds(struct message_decoder *decoder, struct batch *batch, const uint32_t *row_records) {
    uint8_t *kinds = arena_alloc(&batch->arena, batch->row_count + 1u);
    for (uint32_t row = 0; row < batch->row_count; row++)
        kinds[row] = decoder->messages[row_records[row]]->payload ? CHANGE_UPDATE_AFTER : CHANGE_DELETE;
    return kinds;
}

enum status message_decoder_run(struct message_decoder *decoder, const char *topic, const char *split,
                                rd_kafka_message_t **messages, uint32_t count, uint64_t row_limit,
                                struct batch **batch_io, struct error *error) {
    struct batch *batch = *batch_io;
    decoder->topic = topic;
    decoder->split = split;
    decoder->messages = messages;
    uint32_t *row_records = arena_alloc(&batch->arena, sizeof *row_records * count);
    uint32_t capacity = row_limit < count ? (uint32_t)row_limit : count; /* the row limit drops the rest */
    struct decode_target target = {
        .batch = batch, .capacity = capacity, .row_records = row_records, .bad_record = report_bad, .context = decoder};
    TRY(decode_values(decoder, count, &target, error));
    batch->row_count = target.row_count;
    if (decoder->upserts)
        batch->change_kinds = change_kinds(decoder, batch, row_records);
    bool *rejected = NULL;
    if (decoder->key.decoder) {
        rejected = arena_zalloc(&batch->arena, count);
        TRY(decode_keys(decoder, batch, row_records, capacity, rejected, error));
    }
    for (uint32_t i = 0; i < decoder->metadata_count; i++)
        write_metadata(decoder, batch, row_records, capacity, decoder->metadata[i].metadata,
                       &batch->columns[decoder->metadata[i].column]);
    if (rejected)
        *batch_io = without_rejected(decoder, batch, rejected);
    return STATUS_OK;
}

enum status message_decoder_open(struct message_decoder *decoder, const struct source_config *config, bool upserts,
                                 struct error *error) {
    decoder->config = config;
    decoder->upserts = upserts;
    TRY(kafka_layout_init(&decoder->layout, config->arena, config->options, config->table_schema, config->key_columns,
                          config->key_column_count, error));
    TRY(open_metadata(decoder, error));
    return open_sides(decoder, error);
}

static void side_close(struct side *side) {
    if (side->decoder && side->format->decoder_close)
        side->format->decoder_close(side->decoder);
}

void message_decoder_close(struct message_decoder *decoder) {
    side_close(&decoder->key);
    side_close(&decoder->value);
}
