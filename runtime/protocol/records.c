/* records.c: encodings of HEAD, marker and savepoint, and names of objects. Invariant: decode(encode(x)) = x, and no byte
 * string other than an encoding decodes. Pure. */
#include "runtime/protocol/records.h"

#include <string.h>

static const struct frame_kind head_frame = {MAGIC('S', 'Q', 'H', 'D'), 1, "HEAD"};
static const struct frame_kind marker_frame = {MAGIC('S', 'Q', 'M', 'K'), 1, "progress marker"};
static const struct frame_kind savepoint_frame = {MAGIC('S', 'Q', 'S', 'P'), 1, "savepoint"};

bool incarnation_equal(const struct incarnation *a, const struct incarnation *b) {
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

static void write_incarnation(struct byte_writer *writer, const struct incarnation *incarnation) {
    write_bytes(writer, incarnation->bytes, sizeof incarnation->bytes);
}

static struct incarnation read_incarnation(struct byte_reader *reader) {
    struct incarnation incarnation = {{0}};
    const uint8_t *bytes = read_bytes(reader, sizeof incarnation.bytes);
    if (bytes != NULL)
        memcpy(incarnation.bytes, bytes, sizeof incarnation.bytes);
    return incarnation;
}

bool object_id_equal(const struct object_id *a, const struct object_id *b) {
    return incarnation_equal(&a->job, &b->job) && a->generation == b->generation && a->epoch == b->epoch &&
           a->attempt == b->attempt && a->kind == b->kind && a->task == b->task && a->number == b->number;
}

void write_object_id(struct byte_writer *writer, const struct object_id *id) {
    write_incarnation(writer, &id->job);
    write_u64(writer, id->generation);
    write_u64(writer, id->epoch);
    write_u32(writer, id->attempt);
    write_u8(writer, (uint8_t)id->kind);
    write_u32(writer, id->task);
    write_u32(writer, id->number);
}

struct object_id read_object_id(struct byte_reader *reader) {
    struct object_id id;
    id.job = read_incarnation(reader);
    id.generation = read_u64(reader);
    id.epoch = read_u64(reader);
    id.attempt = read_u32(reader);
    uint8_t kind = read_u8(reader);
    if (kind < OBJECT_STATE || kind > OBJECT_KIND_LAST)
        reader->failed = true;
    id.kind = (enum object_kind)kind;
    id.task = read_u32(reader);
    id.number = read_u32(reader);
    return id;
}

/* None begins another. */
static const struct str kind_names[] = {[OBJECT_STATE] = {"state", 5},
                                        [OBJECT_LOG] = {"log", 3},
                                        [OBJECT_MANIFEST] = {"manifest", 8},
                                        [OBJECT_FILE] = {"file", 4}};

static char *append_hex(char *end, uint64_t value, unsigned digits) {
    for (unsigned i = digits; i-- > 0;)
        *end++ = "0123456789abcdef"[value >> (4 * i) & 15];
    return end;
}

void object_name_format(const struct object_id *id, char name[OBJECT_NAME_SIZE]) {
    hex_format(id->job.bytes, name);
    char *end = name + HEX_SIZE - 1;
    *end++ = '/';
    end = append_hex(end, id->generation, 16);
    *end++ = '/';
    end = append_hex(end, id->epoch, 16);
    *end++ = '/';
    end = append_hex(end, id->attempt, 8);
    *end++ = '/';
    memcpy(end, kind_names[id->kind].data, kind_names[id->kind].size);
    end += kind_names[id->kind].size;
    *end++ = '-';
    end = append_hex(end, id->task, 8);
    *end++ = '-';
    end = append_hex(end, id->number, 8);
    *end++ = '\0';
    ASSERT(end - name <= OBJECT_NAME_SIZE);
}

static bool take_char(struct str *rest, char expected) {
    if (rest->size == 0 || rest->data[0] != expected)
        return false;
    rest->data++, rest->size--;
    return true;
}

static bool take_hex(struct str *rest, unsigned digits, uint64_t *value) {
    if (rest->size < digits)
        return false;
    *value = 0;
    for (unsigned i = 0; i < digits; i++) {
        char c = rest->data[i];
        unsigned digit;
        if (c >= '0' && c <= '9')
            digit = (unsigned)(c - '0');
        else if (c >= 'a' && c <= 'f')
            digit = (unsigned)(c - 'a') + 10;
        else
            return false;
        *value = *value << 4 | digit;
    }
    rest->data += digits, rest->size -= digits;
    return true;
}

static bool take_kind(struct str *rest, enum object_kind *kind) {
    for (enum object_kind i = OBJECT_STATE; i <= OBJECT_KIND_LAST; i++)
        if (str_starts_with(*rest, kind_names[i])) {
            rest->data += kind_names[i].size, rest->size -= kind_names[i].size;
            *kind = i;
            return true;
        }
    return false;
}

bool object_name_parse(struct str name, struct object_id *id) {
    uint64_t value;
    for (size_t i = 0; i < sizeof id->job.bytes; i++) {
        if (!take_hex(&name, 2, &value))
            return false;
        id->job.bytes[i] = (uint8_t)value;
    }
    if (!take_char(&name, '/') || !take_hex(&name, 16, &id->generation) || !take_char(&name, '/') ||
        !take_hex(&name, 16, &id->epoch) || !take_char(&name, '/') || !take_hex(&name, 8, &value))
        return false;
    id->attempt = (uint32_t)value;
    if (!take_char(&name, '/') || !take_kind(&name, &id->kind) || !take_char(&name, '-') || !take_hex(&name, 8, &value))
        return false;
    id->task = (uint32_t)value;
    if (!take_char(&name, '-') || !take_hex(&name, 8, &value))
        return false;
    id->number = (uint32_t)value;
    return name.size == 0;
}

bool manifest_reference_equal(const struct manifest_reference *a, const struct manifest_reference *b) {
    return object_id_equal(&a->id, &b->id) && digest_equal(&a->digest, &b->digest);
}

void write_manifest_reference(struct byte_writer *writer, const struct manifest_reference *reference) {
    write_object_id(writer, &reference->id);
    write_digest(writer, &reference->digest);
}

struct manifest_reference read_manifest_reference(struct byte_reader *reader) {
    struct manifest_reference reference;
    reference.id = read_object_id(reader);
    reference.digest = read_digest(reader);
    if (reference.id.kind != OBJECT_MANIFEST)
        reader->failed = true;
    return reference;
}

void head_encode(const struct head *head, uint8_t bytes[HEAD_SIZE]) {
    struct byte_writer writer = {.data = bytes, .capacity = HEAD_SIZE};
    frame_begin(&writer, &head_frame);
    write_incarnation(&writer, &head->job);
    write_incarnation(&writer, &head->owner);
    write_u64(&writer, head->generation);
    write_u64(&writer, head->epoch);
    write_manifest_reference(&writer, &head->manifest);
    frame_end(&writer);
    ASSERT(writer.size == HEAD_SIZE);
}

enum status head_decode(const void *bytes, size_t size, struct head *head, struct error *error) {
    struct byte_reader reader;
    TRY(frame_open(&head_frame, bytes, size, &reader, error));
    head->job = read_incarnation(&reader);
    head->owner = read_incarnation(&reader);
    head->generation = read_u64(&reader);
    head->epoch = read_u64(&reader);
    head->manifest = read_manifest_reference(&reader);
    if (head->generation == 0 || head->epoch != head->manifest.id.epoch ||
        !incarnation_equal(&head->job, &head->manifest.id.job))
        reader.failed = true;
    return frame_close(&head_frame, &reader, error);
}

bool head_equal(const struct head *a, const struct head *b) {
    return incarnation_equal(&a->job, &b->job) && incarnation_equal(&a->owner, &b->owner) &&
           a->generation == b->generation && a->epoch == b->epoch &&
           manifest_reference_equal(&a->manifest, &b->manifest);
}

void marker_encode(const struct marker *marker, uint8_t bytes[MARKER_SIZE]) {
    ASSERT(marker->chunk >= 1 && marker->chunk <= marker->chunk_count);
    struct byte_writer writer = {.data = bytes, .capacity = MARKER_SIZE};
    frame_begin(&writer, &marker_frame);
    write_incarnation(&writer, &marker->job);
    write_u32(&writer, marker->sink);
    write_u32(&writer, marker->lane);
    write_u64(&writer, marker->epoch);
    write_u32(&writer, marker->chunk);
    write_u32(&writer, marker->chunk_count);
    write_u64(&writer, marker->generation);
    write_u64(&writer, marker->row_count);
    write_digest(&writer, &marker->rows);
    write_digest(&writer, &marker->log);
    write_bytes(&writer, marker->engine_version, ENGINE_VERSION_SIZE);
    frame_end(&writer);
    ASSERT(writer.size == MARKER_SIZE);
}

enum status marker_decode(const void *bytes, size_t size, struct marker *marker, struct error *error) {
    struct byte_reader reader;
    TRY(frame_open(&marker_frame, bytes, size, &reader, error));
    marker->job = read_incarnation(&reader);
    marker->sink = read_u32(&reader);
    marker->lane = read_u32(&reader);
    marker->epoch = read_u64(&reader);
    marker->chunk = read_u32(&reader);
    marker->chunk_count = read_u32(&reader);
    marker->generation = read_u64(&reader);
    marker->row_count = read_u64(&reader);
    marker->rows = read_digest(&reader);
    marker->log = read_digest(&reader);
    const uint8_t *version = read_bytes(&reader, ENGINE_VERSION_SIZE);
    if (version != NULL)
        memcpy(marker->engine_version, version, ENGINE_VERSION_SIZE);
    if (marker->chunk == 0 || marker->chunk > marker->chunk_count || marker->epoch == 0 || marker->generation == 0)
        reader.failed = true;
    return frame_close(&marker_frame, &reader, error);
}

void write_marker_position(struct byte_writer *writer, const struct marker_position *position) {
    write_u8(writer, position->known);
    write_u64(writer, position->epoch);
    write_u32(writer, position->chunk);
    write_u32(writer, position->chunk_count);
    write_u64(writer, position->offset);
    write_bytes(writer, position->topic.bytes, sizeof position->topic.bytes);
}

struct marker_position read_marker_position(struct byte_reader *reader) {
    struct marker_position position = {.known = read_flag(reader)};
    position.epoch = read_u64(reader);
    position.chunk = read_u32(reader);
    position.chunk_count = read_u32(reader);
    position.offset = read_u64(reader);
    const uint8_t *topic = read_bytes(reader, sizeof position.topic.bytes);
    if (topic != NULL)
        memcpy(position.topic.bytes, topic, sizeof position.topic.bytes);
    static const struct topic_id none;
    if (position.known ? position.epoch == 0 || position.chunk == 0 || position.chunk > position.chunk_count
                       : position.epoch != 0 || position.chunk != 0 || position.chunk_count != 0 ||
                             position.offset != 0 || memcmp(&position.topic, &none, sizeof none) != 0)
        reader->failed = true;
    return position;
}

void savepoint_encode(const struct savepoint *savepoint, uint8_t bytes[SAVEPOINT_SIZE]) {
    struct byte_writer writer = {.data = bytes, .capacity = SAVEPOINT_SIZE};
    frame_begin(&writer, &savepoint_frame);
    write_u64(&writer, savepoint->generation);
    write_manifest_reference(&writer, &savepoint->manifest);
    write_digest(&writer, &savepoint->plan);
    frame_end(&writer);
    ASSERT(writer.size == SAVEPOINT_SIZE);
}

enum status savepoint_decode(const void *bytes, size_t size, struct savepoint *savepoint, struct error *error) {
    struct byte_reader reader;
    TRY(frame_open(&savepoint_frame, bytes, size, &reader, error));
    savepoint->generation = read_u64(&reader);
    savepoint->manifest = read_manifest_reference(&reader);
    savepoint->plan = read_digest(&reader);
    return frame_close(&savepoint_frame, &reader, error);
}
