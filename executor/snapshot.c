/* snapshot.c: frames of records, and their directory.
 * Invariant: a reader hands out only what lies within a frame whose digest was right, in a snapshot whose directory counts just
 * these frames. */
#include "executor/snapshot.h"

#include <stdlib.h>

#include "core/base/arena.h"
#include "executor/snapshot_format.h"

enum {
    FRAME_BYTES = 64 << 10,     /* a frame is closed once it has so many */
    PIECE_BYTES_MIN = 64 << 10, /* room at first, and behind what is written */
    PIECE_BYTES_MAX = 1 << 20,  /* room at first, after larger pieces */
    RECORD_BYTES_MIN = sizeof(uint32_t) + 3,
};

_Static_assert(sizeof(struct frame_head) == 32 && sizeof(struct snapshot_tail) == 48 &&
                   sizeof(struct snapshot_section) == 64 && sizeof(struct snapshot_place) == 12,
               "stored as they are: no padding");

/* ---- writing ---- */

void snapshot_writer_init(struct snapshot_writer *writer, enum snapshot_mode mode) {
    *writer = (struct snapshot_writer){.mode = mode};
    strbuf_init(&writer->out);
}

void snapshot_writer_release(struct snapshot_writer *writer) {
    strbuf_release(&writer->out);
    free(writer->sections);
    writer->sections = NULL;
}

static void frame_close(struct snapshot_writer *writer) {
    if (!writer->frame_section)
        return;
    char *frame = writer->out.data + writer->frame_start;
    struct snapshot_section *section = &writer->sections[writer->frame_section - 1];
    struct frame_head head = {.section = writer->frame_section - 1,
                              .record_count = writer->frame_records,
                              .payload_size = writer->out.size - writer->frame_start - sizeof head,
                              .previous = section->last_frame};
    head.digest = frame_digest(&head, frame + sizeof head);
    memcpy(frame, &head, sizeof head);
    section->record_count += head.record_count;
    section->last_frame = writer->taken_bytes + writer->frame_start + 1;
    writer->frames_digest = hash_combine(writer->frames_digest, head.digest);
    writer->frame_count++;
    writer->frame_section = 0;
}

static void frame_open(struct snapshot_writer *writer, uint32_t section) {
    bool is_first = writer->out.size == 0 && writer->piece_bytes > PIECE_BYTES_MIN;
    strbuf_reserve(&writer->out, is_first ? writer->piece_bytes : PIECE_BYTES_MIN);
    writer->frame_section = section + 1;
    writer->frame_start = writer->out.size;
    writer->frame_records = 0;
    strbuf_append(&writer->out, &(struct frame_head){0}, sizeof(struct frame_head));
}

/* A frame of the section with room for another record, which is counted. */
static void frame_record(struct snapshot_writer *writer, uint32_t section) {
    bool is_open = writer->frame_section == section + 1;
    if (!is_open || writer->out.size - writer->frame_start >= FRAME_BYTES) {
        frame_close(writer);
        frame_open(writer, section);
    }
    writer->frame_records++;
}

bool snapshot_writer_take(struct snapshot_writer *writer, struct strbuf *piece) {
    ASSERT(!writer->plain_section);
    frame_close(writer);
    if (writer->out.size == 0)
        return false;
    *piece = writer->out;
    writer->taken_bytes += piece->size;
    writer->piece_bytes = piece->size < PIECE_BYTES_MAX ? piece->size : PIECE_BYTES_MAX;
    strbuf_init(&writer->out);
    return true;
}

uint64_t snapshot_writer_end(struct snapshot_writer *writer, uint64_t parent) {
    ASSERT(!writer->plain_section);
    frame_close(writer);
    size_t start = writer->out.size;
    strbuf_append(&writer->out, writer->sections, writer->section_count * sizeof *writer->sections);
    struct snapshot_tail tail = {.section_count = writer->section_count,
                                 .mode = (uint32_t)writer->mode,
                                 .frame_count = writer->frame_count,
                                 .frames_digest = writer->frames_digest,
                                 .parent = parent,
                                 .magic = SNAPSHOT_MAGIC,
                                 .version = SNAPSHOT_VERSION};
    strbuf_append(&writer->out, &tail, offsetof(struct snapshot_tail, digest));
    tail.digest = hash_bytes(writer->out.data + start, writer->out.size - start);
    strbuf_append(&writer->out, &tail.digest, sizeof tail.digest);
    return tail.digest;
}

static uint32_t add_section(struct snapshot_writer *writer, const struct snapshot_section *section) {
    if (writer->section_count == writer->section_capacity) {
        writer->section_capacity = writer->section_capacity ? writer->section_capacity * 2 : 8;
        writer->sections = memory_realloc(writer->sections, writer->section_capacity * sizeof *writer->sections);
    }
    writer->sections[writer->section_count] = *section;
    return writer->section_count++;
}

uint32_t snapshot_section_begin(struct snapshot_writer *writer, const char *name, uint32_t version) {
    ASSERT(!writer->plain_section && strlen(name) < SNAPSHOT_NAME_SIZE);
    struct snapshot_section section = {.version = version};
    memcpy(section.name, name, strlen(name));
    writer->plain_section = add_section(writer, &section) + 1;
    return writer->plain_section - 1;
}

void snapshot_section_resume(struct snapshot_writer *writer, uint32_t section) {
    ASSERT(!writer->plain_section && section < writer->section_count && writer->sections[section].serial == 0);
    writer->plain_section = section + 1;
}

void snapshot_section_end(struct snapshot_writer *writer) {
    ASSERT(writer->plain_section);
    writer->plain_section = 0;
}

void snapshot_put(struct snapshot_writer *writer, const struct snapshot_record *record) {
    ASSERT(writer->plain_section);
    frame_record(writer, writer->plain_section - 1);
    bytes_put_u32(&writer->out, record->hash);
    bytes_put_varint(&writer->out, record->order);
    bytes_put_block(&writer->out, record->key);
    bytes_put_block(&writer->out, record->value);
}

void snapshot_put_value(struct snapshot_writer *writer, const char *name, uint32_t version, struct str value) {
    snapshot_section_begin(writer, name, version);
    snapshot_put(writer, &(struct snapshot_record){.value = value});
    snapshot_section_end(writer);
}

uint32_t snapshot_table_begin(struct snapshot_writer *writer, const struct snapshot_section *section) {
    ASSERT(section->serial != 0 && !writer->plain_section);
    return add_section(writer, section);
}

struct strbuf *snapshot_table_record(struct snapshot_writer *writer, uint32_t section) {
    frame_record(writer, section);
    return &writer->out;
}

/* ---- reading: layers ---- */

void snapshot_reader_init(struct snapshot_reader *reader, struct str bytes) {
    *reader = (struct snapshot_reader){
        .only = bytes, .layer_count = 1, .name = "", .end_key_group = KEY_GROUP_COUNT, .chain_count = 1};
}

void snapshot_reader_init_layers(struct snapshot_reader *reader, const struct str *layers, size_t count) {
    ASSERT(count > 0);
    snapshot_reader_init(reader, layers[count - 1]);
    reader->layers = layers;
    reader->layer_count = count;
}

bool snapshot_is_whole(const struct snapshot_reader *reader) {
    return reader->first_key_group == 0 && reader->end_key_group == KEY_GROUP_COUNT && reader->chain_count == 1;
}

enum status snapshot_malformed(const struct snapshot_reader *reader, const char *what, struct error *error) {
    return FAIL(error, STATUS_MALFORMED_RECORD, "state \"%s\" of a snapshot %s", reader->name, what);
}

static struct str layer_bytes(const struct snapshot_reader *reader, size_t layer) {
    return reader->layers ? reader->layers[layer] : reader->only;
}

/* Of a layer that was verified. */
static struct snapshot_tail layer_tail(struct str bytes) {
    struct snapshot_tail tail;
    memcpy(&tail, bytes.data + bytes.size - sizeof tail, sizeof tail);
    return tail;
}

static size_t directory_start(struct str bytes, const struct snapshot_tail *tail) {
    return bytes.size - sizeof *tail - tail->section_count * sizeof(struct snapshot_section);
}

static enum status verify_tail(const struct snapshot_reader *reader, struct str bytes, struct error *error) {
    struct snapshot_tail tail;
    if (bytes.size < sizeof tail)
        return snapshot_malformed(reader, "is cut short", error);
    tail = layer_tail(bytes);
    if (tail.magic != SNAPSHOT_MAGIC)
        return snapshot_malformed(reader, "is cut short or is something else", error);
    if (tail.version != SNAPSHOT_VERSION)
        return FAIL(error, STATUS_UNSUPPORTED, "a snapshot has the format %u, this program reads %d", tail.version,
                    SNAPSHOT_VERSION);
    if (tail.section_count > (bytes.size - sizeof tail) / sizeof(struct snapshot_section))
        return snapshot_malformed(reader, "has no room for its directory", error);
    size_t start = directory_start(bytes, &tail);
    if (hash_bytes(bytes.data + start, bytes.size - start - sizeof tail.digest) != tail.digest)
        return snapshot_malformed(reader, "is corrupted: the digest of its directory is wrong", error);
    for (size_t i = 0; i < tail.section_count; i++) {
        struct snapshot_section section;
        memcpy(&section, bytes.data + start + i * sizeof section, sizeof section);
        if (section.name[SNAPSHOT_NAME_SIZE - 1] != '\0' || section.last_frame > start)
            return snapshot_malformed(reader, "has a section that is none", error);
    }
    return STATUS_OK;
}

/* The frame at an offset, which may be anything. */
static bool frame_at(struct str frames, uint64_t offset, struct frame_head *head, struct str *payload) {
    if (offset > frames.size || frames.size - offset < sizeof *head)
        return false;
    memcpy(head, frames.data + offset, sizeof *head);
    if (head->payload_size > frames.size - offset - sizeof *head || head->previous > offset)
        return false;
    *payload = (struct str){frames.data + offset + sizeof *head, (size_t)head->payload_size};
    return true;
}

static struct str layer_frames(struct str bytes) {
    struct snapshot_tail tail = layer_tail(bytes);
    return (struct str){bytes.data, directory_start(bytes, &tail)};
}

static enum status verify_frames(const struct snapshot_reader *reader, struct str bytes, struct error *error) {
    struct snapshot_tail tail = layer_tail(bytes);
    struct str frames = layer_frames(bytes);
    uint64_t count = 0, digest = 0;
    for (size_t offset = 0; offset < frames.size; count++) {
        struct frame_head head;
        struct str payload;
        if (!frame_at(frames, offset, &head, &payload) || frame_digest(&head, payload.data) != head.digest)
            return snapshot_malformed(reader, "is corrupted: a digest is wrong", error);
        digest = hash_combine(digest, head.digest);
        offset += sizeof head + payload.size;
    }
    return count == tail.frame_count && digest == tail.frames_digest
               ? STATUS_OK
               : snapshot_malformed(reader, "has other frames than it says", error);
}

static enum status verify_layers(struct snapshot_reader *reader, struct error *error) {
    uint64_t parent = 0;
    for (size_t i = 0; i < reader->layer_count; i++) {
        struct str bytes = layer_bytes(reader, i);
        TRY(verify_tail(reader, bytes, error));
        TRY(verify_frames(reader, bytes, error));
        struct snapshot_tail tail = layer_tail(bytes);
        if (tail.mode != (i == 0 ? SNAPSHOT_FULL : SNAPSHOT_DELTA) || tail.parent != parent)
            return snapshot_malformed(reader, "is not the one that follows", error);
        parent = tail.digest;
    }
    reader->is_verified = true;
    return STATUS_OK;
}

/* ---- reading: sections ---- */

static bool section_at(struct str bytes, uint32_t index, struct snapshot_section *section) {
    struct snapshot_tail tail = layer_tail(bytes);
    if (index >= tail.section_count)
        return false;
    memcpy(section, bytes.data + directory_start(bytes, &tail) + index * sizeof *section, sizeof *section);
    return true;
}

static enum status open_next(struct snapshot_reader *reader, const char *name, uint32_t version, bool is_table,
                             struct error *error) {
    reader->name = name;
    if (!reader->is_verified)
        TRY(verify_layers(reader, error));
    reader->layer = reader->layer_count - 1;
    reader->section_index = reader->next_section;
    if (!section_at(layer_bytes(reader, reader->layer), reader->next_section, &reader->section) ||
        strcmp(reader->section.name, name) != 0 || (reader->section.serial != 0) != is_table)
        return snapshot_malformed(reader, "is not where it should be", error);
    if (reader->section.version != version)
        return FAIL(error, STATUS_UNSUPPORTED, "state \"%s\" of a snapshot has version %u, this program reads %u", name,
                    reader->section.version, version);
    reader->next_section++;
    reader->next_frame = reader->section.last_frame;
    reader->frame_records = 0;
    reader->frame = (struct bytes_reader){0};
    return STATUS_OK;
}

enum status snapshot_section_open(struct snapshot_reader *reader, const char *name, uint32_t version,
                                  struct error *error) {
    return open_next(reader, name, version, false, error);
}

enum status snapshot_table_open(struct snapshot_reader *reader, const char *name, uint32_t version,
                                struct error *error) {
    TRY(open_next(reader, name, version, true, error));
    size_t size = 0; /* bounds what a caller may want to make room for */
    for (size_t i = 0; i < reader->layer_count; i++)
        size += layer_bytes(reader, i).size;
    return reader->section.place_count <= size / sizeof(struct snapshot_place)
               ? STATUS_OK
               : snapshot_malformed(reader, "has fewer records than it says", error);
}

/* The next frame of the section in this layer, if there is one. The chain goes back, so it ends. */
static enum status next_frame(struct snapshot_reader *reader, struct error *error) {
    struct frame_head head;
    struct str payload;
    if (!bytes_are_done(&reader->frame))
        return snapshot_malformed(reader, "has more than it says", error);
    if (!frame_at(layer_frames(layer_bytes(reader, reader->layer)), reader->next_frame - 1, &head, &payload) ||
        head.section != reader->section_index)
        return snapshot_malformed(reader, "has a frame that is none", error);
    if (head.record_count > payload.size / RECORD_BYTES_MIN)
        return snapshot_malformed(reader, "has fewer records than it says", error);
    reader->frame = bytes_reader_of(payload);
    reader->frame_records = head.record_count;
    reader->next_frame = head.previous;
    return STATUS_OK;
}

enum status snapshot_next(struct snapshot_reader *reader, struct snapshot_record *record, bool *found,
                          struct error *error) {
    for (;;) {
        *found = false;
        if (reader->frame_records == 0) {
            if (!reader->next_frame)
                return snapshot_check(reader, &reader->frame, error);
            TRY(next_frame(reader, error));
            continue;
        }
        reader->frame_records--;
        record->hash = bytes_get_u32(&reader->frame);
        record->order = bytes_get_varint(&reader->frame);
        record->key = bytes_get_block(&reader->frame);
        record->value = bytes_get_block(&reader->frame);
        if (reader->frame.failed)
            return snapshot_malformed(reader, "is cut short", error);
        *found = snapshot_wants(reader, record->hash);
        if (*found)
            return STATUS_OK;
    }
}

static int compare_orders(const void *left, const void *right) {
    const struct snapshot_record *a = left, *b = right;
    return (a->order > b->order) - (a->order < b->order);
}

enum status snapshot_records(struct snapshot_reader *reader, struct snapshot_record **records, size_t *count,
                             struct error *error) {
    struct snapshot_record *list = NULL;
    size_t capacity = 0;
    *count = 0;
    for (bool found = true; found; *count += found) {
        if (*count == capacity) {
            capacity = capacity ? capacity * 2 : 64;
            list = memory_realloc(list, capacity * sizeof *list);
        }
        enum status status = snapshot_next(reader, &list[*count], &found, error);
        if (status != STATUS_OK) {
            free(list);
            return status;
        }
    }
    qsort(list, *count, sizeof *list, compare_orders);
    *records = list;
    return STATUS_OK;
}

enum status snapshot_get_value(struct snapshot_reader *reader, const char *name, uint32_t version,
                               struct bytes_reader *value, struct error *error) {
    struct snapshot_record record = {0}, more;
    bool found = false, is_more = false;
    uint32_t first = reader->first_key_group, end = reader->end_key_group;
    reader->first_key_group = 0; /* a value without a key belongs to every range */
    reader->end_key_group = KEY_GROUP_COUNT;
    enum status status = snapshot_section_open(reader, name, version, error);
    if (status == STATUS_OK)
        status = snapshot_next(reader, &record, &found, error);
    if (status == STATUS_OK && found)
        status = snapshot_next(reader, &more, &is_more, error);
    reader->first_key_group = first;
    reader->end_key_group = end;
    TRY(status);
    if (!found || is_more)
        return snapshot_malformed(reader, "is not one value", error);
    *value = bytes_reader_of(record.value);
    return STATUS_OK;
}

/* ---- reading: tables ---- */

/* The section of the same table in the layer before; records without one are at an end. */
static bool older_section(struct snapshot_reader *reader) {
    while (reader->layer > 0) {
        struct str bytes = layer_bytes(reader, --reader->layer);
        struct snapshot_section section;
        for (uint32_t i = 0; section_at(bytes, i, &section); i++) {
            if (section.serial != reader->section.serial || section.body_size != reader->section.body_size)
                continue;
            reader->section_index = i;
            reader->next_frame = section.last_frame;
            return true;
        }
    }
    return false;
}

enum status snapshot_table_next(struct snapshot_reader *reader, struct snapshot_place *place, struct str *body,
                                bool *found, struct error *error) {
    while (reader->frame_records == 0) {
        *found = false;
        if (reader->next_frame)
            TRY(next_frame(reader, error));
        else if (!older_section(reader))
            return snapshot_check(reader, &reader->frame, error);
    }
    struct str head = bytes_get(&reader->frame, sizeof *place);
    if (reader->frame.failed)
        return snapshot_malformed(reader, "is cut short", error);
    memcpy(place, head.data, sizeof *place);
    *body = (struct str){0};
    if (place->live) {
        size_t size = reader->section.body_size ? reader->section.body_size : bytes_get_u32(&reader->frame);
        *body = bytes_get(&reader->frame, size);
    }
    if (reader->frame.failed)
        return snapshot_malformed(reader, "is cut short", error);
    reader->frame_records--;
    *found = true;
    return STATUS_OK;
}

enum status snapshot_check(const struct snapshot_reader *reader, const struct bytes_reader *bytes,
                           struct error *error) {
    return bytes_are_done(bytes) ? STATUS_OK : snapshot_malformed(reader, "cannot be decoded", error);
}

bool snapshot_is_read(const struct snapshot_reader *reader) {
    struct snapshot_tail tail = layer_tail(layer_bytes(reader, reader->layer_count - 1));
    return reader->is_verified && reader->next_section == tail.section_count;
}

enum status snapshot_finish(const struct snapshot_reader *reader, struct error *error) {
    return snapshot_is_read(reader) ? STATUS_OK
                                    : snapshot_malformed(reader, "is followed by more than is known", error);
}
