/* row_log.c: see the header. There is one way to write a record, and the reader insists on it: shortest varints, no unknown flags, no byte
 * left over. So equal digests over records mean equal rows. */
#include "core/data/row_log.h"

enum { HAS_TIMESTAMP = 1, HAS_KEY = 2, HAS_VALUE = 4, FLAGS_KNOWN = 7 };

/* ---- writing ---- */

void row_log_put_header(struct strbuf *headers, struct str name, const struct str *value) {
    bytes_put_block(headers, name);
    bytes_put_u8(headers, value != NULL);
    if (value)
        bytes_put_block(headers, *value);
}

void row_log_put(struct strbuf *out, const struct row_log_record *record) {
    ASSERT(record->header_count <= ROW_LOG_HEADERS_MAX && (record->header_count > 0) == (record->headers.size > 0));
    size_t start = out->size;
    strbuf_reserve(out, record->key.size + record->value.size + record->headers.size + 64);
    bytes_put_u32(out, 0);
    bytes_put_u8(out, (uint8_t)((record->has_timestamp ? HAS_TIMESTAMP : 0) | (record->has_key ? HAS_KEY : 0) |
                                (record->has_value ? HAS_VALUE : 0)));
    bytes_put_varint(out, record->partition);
    if (record->has_timestamp)
        bytes_put_i64(out, record->timestamp_ms);
    if (record->has_key)
        bytes_put_block(out, record->key);
    if (record->has_value)
        bytes_put_block(out, record->value);
    bytes_put_varint(out, record->header_count);
    strbuf_append_str(out, record->headers);
    size_t size = out->size - start - sizeof(uint32_t);
    ASSERT(size <= ROW_LOG_RECORD_SIZE_MAX);
    uint32_t size_field = (uint32_t)size;
    memcpy(out->data + start, &size_field, sizeof size_field);
}

void row_log_append(struct row_log *log, const struct row_log_record *record) {
    struct row_log_lane *lane = &log->lanes[record->partition % log->lane_count];
    row_log_put(&lane->records, record);
    lane->row_count++;
}

/* ---- reading ---- */

/* A varint as bytes_put_varint writes it: no superfluous zeros, no more than 64 bits. */
static uint64_t get_varint(struct bytes_reader *reader) {
    const char *start = reader->at;
    uint64_t value = bytes_get_varint(reader);
    if (reader->failed)
        return 0;
    size_t size = (size_t)(reader->at - start);
    unsigned char last = (unsigned char)reader->at[-1];
    if ((size > 1 && last == 0) || (size == 10 && last > 1))
        bytes_refuse(reader);
    return reader->failed ? 0 : value;
}

static struct str get_block(struct bytes_reader *reader) {
    uint64_t size = get_varint(reader);
    return bytes_get(reader, size > SIZE_MAX ? SIZE_MAX : (size_t)size);
}

bool row_log_next_header(struct bytes_reader *headers, struct str *name, bool *has_value, struct str *value) {
    if (bytes_left(headers) == 0)
        return false;
    *name = get_block(headers);
    *has_value = bytes_get_bool(headers);
    *value = *has_value ? get_block(headers) : (struct str){0};
    return !headers->failed;
}

/* Counts must agree, and nothing may follow the last header. */
static void read_headers(struct bytes_reader *body, struct row_log_record *record) {
    uint64_t count = get_varint(body);
    if (count > ROW_LOG_HEADERS_MAX) {
        bytes_refuse(body);
        return;
    }
    record->header_count = (uint32_t)count;
    record->headers = bytes_get(body, bytes_left(body));
    struct bytes_reader headers = bytes_reader_of(record->headers);
    struct str name, value;
    bool has_value;
    uint32_t found = 0;
    while (found <= record->header_count && row_log_next_header(&headers, &name, &has_value, &value))
        found++;
    if (found != record->header_count || !bytes_are_done(&headers))
        bytes_refuse(body);
}

static void read_body(struct bytes_reader *body, struct row_log_record *record) {
    uint8_t flags = bytes_get_u8(body);
    if (flags & ~FLAGS_KNOWN)
        bytes_refuse(body);
    uint64_t partition = get_varint(body);
    if (partition > UINT32_MAX)
        bytes_refuse(body);
    record->partition = (uint32_t)partition;
    record->has_timestamp = flags & HAS_TIMESTAMP;
    record->has_key = flags & HAS_KEY;
    record->has_value = flags & HAS_VALUE;
    if (record->has_timestamp)
        record->timestamp_ms = bytes_get_i64(body);
    if (record->has_key)
        record->key = get_block(body);
    if (record->has_value)
        record->value = get_block(body);
    read_headers(body, record);
}

enum status row_log_next(struct bytes_reader *reader, struct row_log_record *record, bool *found, struct error *error) {
    *record = (struct row_log_record){0};
    *found = false;
    if (bytes_are_done(reader))
        return STATUS_OK;
    uint32_t size = bytes_get_u32(reader);
    if (size > ROW_LOG_RECORD_SIZE_MAX)
        bytes_refuse(reader);
    struct bytes_reader body = bytes_reader_of(bytes_get(reader, size));
    if (!reader->failed)
        read_body(&body, record);
    if (reader->failed || !bytes_are_done(&body)) {
        bytes_refuse(reader);
        *record = (struct row_log_record){0};
        return FAIL(error, STATUS_MALFORMED_RECORD, "a record of the row log is damaged");
    }
    *found = true;
    return STATUS_OK;
}
