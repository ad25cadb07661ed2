/* manifest.h: the manifest of an epoch: everything that a decided epoch consists of. Immutable once written.
 *
 *   HEAD ─ digest ─▶ manifest E ─ parent digest ─▶ manifest E-1 ─ …
 *                      ├─ objects: state, with sizes and digests
 *                      ├─ positions: where every source split was, opaque bytes of the connector
 *                      └─ lanes: the newest marker known, and the log of every epoch that may not be published yet
 *
 * A manifest is enough to restore its epoch: it repeats the logs of older epochs until they are acknowledged, so that
 * nobody walks back along parents to recover. Log bytes lie in segments (objects); a chunk is one Kafka transaction: a
 * byte range of one segment. An epoch without rows on a lane has exactly one empty chunk, so that its marker is written.
 */
#pragma once

#include "core/base/arena.h"
#include "runtime/protocol/processing_clock.h"
#include "runtime/protocol/records.h"

#define LANES_MAX 1024u          /* lanes of all sinks of a job */
#define TASKS_MAX 4096u          /* tasks of a job */
#define PENDING_EPOCHS_MAX 8u    /* decided epochs that a lane may be behind; the bound K is at most one less */
#define LOG_CHUNKS_MAX 65536u    /* of a lane in one epoch */
#define LOG_SEGMENTS_MAX 4096u   /* of a lane in one epoch */
#define OBJECTS_MAX (1u << 20)   /* of a manifest */
#define POSITIONS_MAX (1u << 18) /* of a manifest */
#define POSITION_SIZE_MAX 65536u /* bytes of a split's name, and of its position */

struct object {
    struct object_id id;
    uint64_t size_bytes;
    struct digest digest;
    uint64_t operator_id;     /* whose state; 0 for logs */
    uint32_t key_group_first; /* inclusive range; 0 and 0 for logs */
    uint32_t key_group_last;
};
#define OBJECT_SIZE (OBJECT_ID_SIZE + 8 + DIGEST_SIZE + 8 + 4 + 4)

#define LOG_NO_SEGMENT UINT32_MAX

struct log_chunk {
    uint32_t segment;    /* index in the epoch's segments; LOG_NO_SEGMENT for the empty chunk */
    uint64_t offset;     /* in the segment */
    uint64_t size_bytes; /* 0 exactly for the empty chunk */
    uint64_t row_count;
    struct digest rows; /* of the bytes */
};

/* What a lane publishes for one epoch. */
struct log_epoch {
    uint64_t epoch;
    const struct object *segments;
    uint32_t segment_count;
    const struct log_chunk *chunks; /* at least one */
    uint32_t chunk_count;
    struct digest digest; /* log_epoch_digest() */
};

struct digest log_epoch_digest(const struct log_epoch *log);
/* Whether ranges, counts and digest fit together; `problem` names what does not. */
bool log_epoch_valid(const struct log_epoch *log, const char **problem);
/* The log of a lane without rows in `epoch`: borrows static memory. */
struct log_epoch log_epoch_empty(uint64_t epoch);
/* What several tasks logged for the same epoch as one log: one task's chunks after the other's, in the order of `parts` (at least one).
 * Borrows what they point to; lists that are longer are in the arena. */
struct log_epoch log_epoch_join(struct arena *arena, const struct log_epoch *const *parts, uint32_t count);
/* Copies with everything it points to. */
struct log_epoch log_epoch_copy(struct arena *arena, const struct log_epoch *log);

struct manifest_lane {
    uint32_t sink;
    uint32_t lane;
    struct marker_position marker;   /* newest one known when the manifest was written */
    const struct log_epoch *pending; /* epochs after it, oldest first, without a gap; the last is the manifest's own */
    uint32_t pending_count;
};

struct split_position {
    uint64_t source_id;
    struct str split; /* name of the split */
    struct str position;
};

struct manifest {
    struct object_id id; /* of kind OBJECT_MANIFEST; carries J, G, E and the attempt */
    uint64_t base_epoch; /* this J publishes only epochs above it: 0, or where a fork began */
    struct digest plan;  /* of the plan whose state this is */
    bool has_parent;     /* false only for the first manifest of an empty start */
    struct manifest_reference parent;
    bool final; /* the input ended; nothing follows but publishing */
    int64_t
        time_us; /* no task was at a later processing time when it took the epoch's barrier; never goes back along the chain */
    const struct object *objects;
    uint32_t object_count;
    const struct split_position *positions;
    uint32_t position_count;
    const struct manifest_lane *lanes;
    uint32_t lane_count;
};

/* Returns the encoding, owned by the arena. The manifest must be valid (ASSERT). */
struct str manifest_encode(const struct manifest *manifest, struct arena *arena);
/* `manifest` then points into the arena and borrows nothing of `bytes`. Anything out of its bounds is refused. */
enum status manifest_decode(const void *bytes, size_t size, struct arena *arena, struct manifest *manifest,
                            struct error *error) MUST_CHECK;
/* Whether the parts fit together: a decided epoch that is not valid is never written, one that is read is refused. */
bool manifest_valid(const struct manifest *manifest, const char **problem);
