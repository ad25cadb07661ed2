/* manifest.c: manifests to bytes and back. Invariant: what decodes is valid, and encodes to the same bytes again. Pure;
 * memory comes from the caller's arena, and no more of it than a fixed multiple of the input's size. */
#include "runtime/protocol/manifest.h"

#include <string.h>

static const struct frame_kind manifest_frame = {MAGIC('S', 'Q', 'M', 'F'), 1, "manifest"};

#define CHUNK_SIZE (4 + 8 + 8 + 8 + DIGEST_SIZE)
#define LOG_EPOCH_FIXED_SIZE (8 + DIGEST_SIZE + 4 + 4)
#define LANE_FIXED_SIZE (4 + 4 + MARKER_POSITION_SIZE + 4)
#define POSITION_FIXED_SIZE (8 + 4 + 4)
#define MANIFEST_FIXED_SIZE (OBJECT_ID_SIZE + 8 + DIGEST_SIZE + 1 + MANIFEST_REFERENCE_SIZE + 1 + 8 + 4 + 4 + 4)

static void write_chunk(struct byte_writer *writer, const struct log_chunk *chunk) {
    write_u32(writer, chunk->segment);
    write_u64(writer, chunk->offset);
    write_u64(writer, chunk->size_bytes);
    write_u64(writer, chunk->row_count);
    write_digest(writer, &chunk->rows);
}

/* A chain over the chunks, so that it needs no buffer of their number. Where segments lie does not count: only what is
 * published does. */
struct digest log_epoch_digest(const struct log_epoch *log) {
    uint8_t link[DIGEST_SIZE + 8 + 8 + 8 + DIGEST_SIZE];
    struct byte_writer start = {.data = link, .capacity = sizeof link};
    write_u64(&start, log->epoch);
    write_u32(&start, log->chunk_count);
    struct digest digest = digest_of(link, start.size);
    for (uint32_t i = 0; i < log->chunk_count; i++) {
        struct byte_writer writer = {.data = link, .capacity = sizeof link};
        write_digest(&writer, &digest);
        write_u64(&writer, i);
        write_u64(&writer, log->chunks[i].size_bytes);
        write_u64(&writer, log->chunks[i].row_count);
        write_digest(&writer, &log->chunks[i].rows);
        digest = digest_of(link, writer.size);
    }
    return digest;
}

struct log_epoch log_epoch_empty(uint64_t epoch) {
    /* XXH3-128 of nothing. */
    static const struct log_chunk empty = {
        .segment = LOG_NO_SEGMENT,
        .rows = {{0x99, 0xAA, 0x06, 0xD3, 0x01, 0x47, 0x98, 0xD8, 0x60, 0x01, 0xC3, 0x24, 0x46, 0x8D, 0x49, 0x7F}}};
    struct log_epoch log = {.epoch = epoch, .chunks = &empty, .chunk_count = 1};
    log.digest = log_epoch_digest(&log);
    return log;
}

struct log_epoch log_epoch_copy(struct arena *arena, const struct log_epoch *log) {
    struct log_epoch copy = *log;
    copy.segments = arena_copy(arena, log->segments, log->segment_count * sizeof *log->segments);
    copy.chunks = arena_copy(arena, log->chunks, log->chunk_count * sizeof *log->chunks);
    return copy;
}

struct log_epoch log_epoch_join(struct arena *arena, const struct log_epoch *const *parts, uint32_t count) {
    const struct log_epoch *only = NULL;
    uint32_t with_rows = 0, chunk_count = 0, segment_count = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (parts[i]->segment_count == 0)
            continue;
        only = parts[i];
        with_rows++;
        chunk_count += parts[i]->chunk_count;
        segment_count += parts[i]->segment_count;
    }
    if (with_rows < 2)
        return with_rows == 1 ? *only : *parts[0];
    struct log_chunk *chunks = ARENA_ARRAY(arena, struct log_chunk, chunk_count);
    struct object *segments = ARENA_ARRAY(arena, struct object, segment_count);
    struct log_epoch joined = {.epoch = parts[0]->epoch, .chunks = chunks, .segments = segments};
    for (uint32_t i = 0; i < count; i++) {
        const struct log_epoch *part = parts[i];
        for (uint32_t j = 0; j < part->chunk_count && part->segment_count > 0; j++) {
            chunks[joined.chunk_count] = part->chunks[j];
            chunks[joined.chunk_count++].segment += joined.segment_count;
        }
        for (uint32_t j = 0; j < part->segment_count; j++)
            segments[joined.segment_count++] = part->segments[j];
    }
    joined.digest = log_epoch_digest(&joined);
    return joined;
}

bool log_epoch_valid(const struct log_epoch *log, const char **problem) {
    *problem = "a log without chunks";
    if (log->chunk_count == 0)
        return false;
    *problem = "a log with too many chunks or segments";
    if (log->chunk_count > LOG_CHUNKS_MAX || log->segment_count > LOG_SEGMENTS_MAX)
        return false;
    *problem = "a log segment of another kind";
    for (uint32_t i = 0; i < log->segment_count; i++)
        if (log->segments[i].id.kind != OBJECT_LOG)
            return false;
    for (uint32_t i = 0; i < log->chunk_count; i++) {
        const struct log_chunk *chunk = &log->chunks[i];
        *problem = "an empty chunk that is not alone";
        if (chunk->size_bytes == 0 || chunk->row_count == 0 || chunk->segment == LOG_NO_SEGMENT) {
            if (log->chunk_count != 1 || log->segment_count != 0 || chunk->size_bytes != 0 || chunk->row_count != 0 ||
                chunk->offset != 0 || chunk->segment != LOG_NO_SEGMENT)
                return false;
            continue;
        }
        *problem = "a chunk outside its segment";
        if (chunk->segment >= log->segment_count)
            return false;
        uint64_t segment_size = log->segments[chunk->segment].size_bytes;
        if (chunk->size_bytes > segment_size || chunk->offset > segment_size - chunk->size_bytes)
            return false;
    }
    *problem = "a log whose digest differs";
    struct digest digest = log_epoch_digest(log);
    return digest_equal(&digest, &log->digest);
}

static bool lane_valid(const struct manifest *manifest, const struct manifest_lane *lane, const char **problem) {
    uint64_t epoch = manifest->id.epoch;
    *problem = "a lane with too many unpublished epochs";
    if (lane->pending_count > PENDING_EPOCHS_MAX)
        return false;
    *problem = "a marker of an epoch that is not decided, or from before the job began";
    if (lane->marker.known && (lane->marker.epoch > epoch || lane->marker.epoch <= manifest->base_epoch))
        return false;
    /* The epoch after which the pending ones follow: the last that is published whole. */
    uint64_t published = manifest->base_epoch;
    if (lane->marker.known)
        published = lane->marker.chunk == lane->marker.chunk_count ? lane->marker.epoch : lane->marker.epoch - 1;
    *problem = "a lane whose unpublished epochs have a gap";
    if (published > epoch || epoch - published != lane->pending_count)
        return false;
    for (uint32_t i = 0; i < lane->pending_count; i++) {
        if (lane->pending[i].epoch != published + 1 + i)
            return false;
        const char *log_problem;
        if (!log_epoch_valid(&lane->pending[i], &log_problem)) {
            *problem = log_problem;
            return false;
        }
    }
    return true;
}

bool manifest_valid(const struct manifest *manifest, const char **problem) {
    *problem = "a wrong kind, generation or epoch";
    if (manifest->id.kind != OBJECT_MANIFEST || manifest->id.generation == 0 ||
        manifest->base_epoch > manifest->id.epoch)
        return false;
    *problem = "a parent that does not come before it";
    if (manifest->has_parent) {
        const struct object_id *parent = &manifest->parent.id;
        bool same_job = incarnation_equal(&parent->job, &manifest->id.job);
        /* A fork copies the epoch of the savepoint that it starts from; all others go on by one. */
        if (same_job ? parent->epoch + 1 != manifest->id.epoch : parent->epoch != manifest->id.epoch)
            return false;
        if (same_job ? parent->generation > manifest->id.generation : manifest->base_epoch != manifest->id.epoch)
            return false;
    } else if (manifest->id.epoch != 0) {
        return false;
    }
    *problem = "a processing time that no clock shows";
    if (manifest->time_us > PROCESSING_TIME_MAX_US || manifest->time_us < -PROCESSING_TIME_MAX_US)
        return false;
    *problem = "an object that is no state";
    for (uint32_t i = 0; i < manifest->object_count; i++)
        if (!object_is_state(manifest->objects[i].id.kind) ||
            manifest->objects[i].key_group_first > manifest->objects[i].key_group_last)
            return false;
    for (uint32_t i = 0; i < manifest->lane_count; i++)
        if (!lane_valid(manifest, &manifest->lanes[i], problem))
            return false;
    return true;
}

static void write_object(struct byte_writer *writer, const struct object *object) {
    write_object_id(writer, &object->id);
    write_u64(writer, object->size_bytes);
    write_digest(writer, &object->digest);
    write_u64(writer, object->operator_id);
    write_u32(writer, object->key_group_first);
    write_u32(writer, object->key_group_last);
}

static void write_log_epoch(struct byte_writer *writer, const struct log_epoch *log) {
    write_u64(writer, log->epoch);
    write_digest(writer, &log->digest);
    write_u32(writer, log->segment_count);
    for (uint32_t i = 0; i < log->segment_count; i++)
        write_object(writer, &log->segments[i]);
    write_u32(writer, log->chunk_count);
    for (uint32_t i = 0; i < log->chunk_count; i++)
        write_chunk(writer, &log->chunks[i]);
}

static void write_lane(struct byte_writer *writer, const struct manifest_lane *lane) {
    write_u32(writer, lane->sink);
    write_u32(writer, lane->lane);
    write_marker_position(writer, &lane->marker);
    write_u32(writer, lane->pending_count);
    for (uint32_t i = 0; i < lane->pending_count; i++)
        write_log_epoch(writer, &lane->pending[i]);
}

static void write_text(struct byte_writer *writer, struct str text) {
    write_u32(writer, (uint32_t)text.size);
    write_bytes(writer, text.data, text.size);
}

static size_t encoded_size(const struct manifest *manifest) {
    size_t size = FRAME_SIZE + MANIFEST_FIXED_SIZE + manifest->object_count * (size_t)OBJECT_SIZE;
    for (uint32_t i = 0; i < manifest->position_count; i++)
        size += POSITION_FIXED_SIZE + manifest->positions[i].split.size + manifest->positions[i].position.size;
    for (uint32_t i = 0; i < manifest->lane_count; i++) {
        const struct manifest_lane *lane = &manifest->lanes[i];
        size += LANE_FIXED_SIZE;
        for (uint32_t j = 0; j < lane->pending_count; j++)
            size += LOG_EPOCH_FIXED_SIZE + lane->pending[j].segment_count * (size_t)OBJECT_SIZE +
                    lane->pending[j].chunk_count * (size_t)CHUNK_SIZE;
    }
    return size;
}

struct str manifest_encode(const struct manifest *manifest, struct arena *arena) {
    const char *problem;
    ASSERT(manifest_valid(manifest, &problem));
    size_t size = encoded_size(manifest);
    struct byte_writer writer = {.data = arena_alloc(arena, size), .capacity = size};
    frame_begin(&writer, &manifest_frame);
    write_object_id(&writer, &manifest->id);
    write_u64(&writer, manifest->base_epoch);
    write_digest(&writer, &manifest->plan);
    write_u8(&writer, manifest->has_parent);
    struct manifest_reference none = {.id = {.kind = OBJECT_MANIFEST}};
    write_manifest_reference(&writer, manifest->has_parent ? &manifest->parent : &none);
    write_u8(&writer, manifest->final);
    write_u64(&writer, (uint64_t)manifest->time_us);
    write_u32(&writer, manifest->object_count);
    for (uint32_t i = 0; i < manifest->object_count; i++)
        write_object(&writer, &manifest->objects[i]);
    write_u32(&writer, manifest->position_count);
    for (uint32_t i = 0; i < manifest->position_count; i++) {
        write_u64(&writer, manifest->positions[i].source_id);
        write_text(&writer, manifest->positions[i].split);
        write_text(&writer, manifest->positions[i].position);
    }
    write_u32(&writer, manifest->lane_count);
    for (uint32_t i = 0; i < manifest->lane_count; i++)
        write_lane(&writer, &manifest->lanes[i]);
    frame_end(&writer);
    ASSERT(writer.size == size);
    return (struct str){(const char *)writer.data, writer.size};
}

static struct object read_object(struct byte_reader *reader) {
    struct object object;
    object.id = read_object_id(reader);
    object.size_bytes = read_u64(reader);
    object.digest = read_digest(reader);
    object.operator_id = read_u64(reader);
    object.key_group_first = read_u32(reader);
    object.key_group_last = read_u32(reader);
    return object;
}

static const struct object *read_objects(struct byte_reader *reader, struct arena *arena, uint32_t limit,
                                         uint32_t *count) {
    *count = read_count(reader, OBJECT_SIZE, limit);
    struct object *objects = ARENA_ARRAY(arena, struct object, *count);
    for (uint32_t i = 0; i < *count; i++)
        objects[i] = read_object(reader);
    return objects;
}

static struct log_epoch read_log_epoch(struct byte_reader *reader, struct arena *arena) {
    struct log_epoch log = {.epoch = read_u64(reader)};
    log.digest = read_digest(reader);
    log.segments = read_objects(reader, arena, LOG_SEGMENTS_MAX, &log.segment_count);
    log.chunk_count = read_count(reader, CHUNK_SIZE, LOG_CHUNKS_MAX);
    struct log_chunk *chunks = ARENA_ARRAY(arena, struct log_chunk, log.chunk_count);
    for (uint32_t i = 0; i < log.chunk_count; i++) {
        chunks[i].segment = read_u32(reader);
        chunks[i].offset = read_u64(reader);
        chunks[i].size_bytes = read_u64(reader);
        chunks[i].row_count = read_u64(reader);
        chunks[i].rows = read_digest(reader);
    }
    log.chunks = chunks;
    return log;
}

static struct manifest_lane read_lane(struct byte_reader *reader, struct arena *arena) {
    struct manifest_lane lane = {.sink = read_u32(reader), .lane = read_u32(reader)};
    lane.marker = read_marker_position(reader);
    lane.pending_count = read_count(reader, LOG_EPOCH_FIXED_SIZE, PENDING_EPOCHS_MAX);
    struct log_epoch *pending = ARENA_ARRAY(arena, struct log_epoch, lane.pending_count);
    for (uint32_t i = 0; i < lane.pending_count; i++)
        pending[i] = read_log_epoch(reader, arena);
    lane.pending = pending;
    return lane;
}

static struct str read_text(struct byte_reader *reader, struct arena *arena) {
    uint32_t size = read_count(reader, 1, POSITION_SIZE_MAX);
    const uint8_t *bytes = read_bytes(reader, size);
    if (bytes == NULL)
        return (struct str){0};
    return (struct str){arena_copy(arena, bytes, size), size};
}

static void read_lists(struct byte_reader *reader, struct arena *arena, struct manifest *manifest) {
    manifest->objects = read_objects(reader, arena, OBJECTS_MAX, &manifest->object_count);
    manifest->position_count = read_count(reader, POSITION_FIXED_SIZE, POSITIONS_MAX);
    struct split_position *positions = ARENA_ARRAY(arena, struct split_position, manifest->position_count);
    for (uint32_t i = 0; i < manifest->position_count; i++) {
        positions[i].source_id = read_u64(reader);
        positions[i].split = read_text(reader, arena);
        positions[i].position = read_text(reader, arena);
    }
    manifest->positions = positions;
    manifest->lane_count = read_count(reader, LANE_FIXED_SIZE, LANES_MAX);
    struct manifest_lane *lanes = ARENA_ARRAY(arena, struct manifest_lane, manifest->lane_count);
    for (uint32_t i = 0; i < manifest->lane_count; i++)
        lanes[i] = read_lane(reader, arena);
    manifest->lanes = lanes;
}

enum status manifest_decode(const void *bytes, size_t size, struct arena *arena, struct manifest *manifest,
                            struct error *error) {
    struct byte_reader reader;
    TRY(frame_open(&manifest_frame, bytes, size, &reader, error));
    *manifest = (struct manifest){.id = read_object_id(&reader)};
    manifest->base_epoch = read_u64(&reader);
    manifest->plan = read_digest(&reader);
    manifest->has_parent = read_flag(&reader);
    manifest->parent = read_manifest_reference(&reader);
    static const struct manifest_reference none = {.id = {.kind = OBJECT_MANIFEST}};
    if (!manifest->has_parent && !manifest_reference_equal(&manifest->parent, &none))
        reader.failed = true;
    manifest->final = read_flag(&reader);
    manifest->time_us = (int64_t)read_u64(&reader);
    read_lists(&reader, arena, manifest);
    TRY(frame_close(&manifest_frame, &reader, error));
    const char *problem;
    if (!manifest_valid(manifest, &problem))
        return FAIL(error, STATUS_MALFORMED_RECORD, "manifest of epoch %llu has %s",
                    (unsigned long long)manifest->id.epoch, problem);
    return STATUS_OK;
}
