/* records.h: the small records of protocol W: HEAD, the progress marker, the savepoint record, and names of objects.
 *
 * All are frames of codec.h with a fixed layout. Decoders take foreign bytes: whatever is cut off, changed, of another
 * version or out of range is STATUS_MALFORMED_RECORD, never a crash.
 *
 *   checkpoint path/HEAD                                          the only object that is ever overwritten
 *                  /<J>/<G>/<E>/<attempt>/<kind>-<task>-<number>   written once, never reused, deleted by garbage.h
 *                  /<J>/savepoints/<name>
 */
#pragma once

#include "core/base/str.h"
#include "runtime/protocol/codec.h"

/* 16 random bytes, made by whoever gives the order to start. J names one life of a job (new only when it is started
 * empty or forked); an owner names one run of a coordinator, so that it can recognise its own HEAD. */
struct incarnation {
    uint8_t bytes[16];
};
bool incarnation_equal(const struct incarnation *a, const struct incarnation *b);

enum object_kind {
    OBJECT_STATE = 1, /* a layer of a task's state */
    OBJECT_LOG = 2,
    OBJECT_MANIFEST = 3,
    OBJECT_FILE = 4, /* of a task's state back-end; epochs share it */
    OBJECT_KIND_LAST = OBJECT_FILE,
};
/* Of a task's acknowledgement, in a manifest's list of objects. */
static inline bool object_is_state(enum object_kind kind) {
    return kind == OBJECT_STATE || kind == OBJECT_FILE;
}

/* Who wrote an object: unique, because one generation has one coordinator, which gives each attempt at an epoch a number,
 * and one task of that generation numbers its objects. */
struct object_id {
    struct incarnation job;
    uint64_t generation;
    uint64_t epoch;
    uint32_t attempt;
    enum object_kind kind;
    uint32_t task;
    uint32_t number;
};
bool object_id_equal(const struct object_id *a, const struct object_id *b);
void write_object_id(struct byte_writer *writer, const struct object_id *id);
struct object_id read_object_id(struct byte_reader *reader); /* an unknown kind makes the reader fail */
#define OBJECT_ID_SIZE (16 + 8 + 8 + 4 + 1 + 4 + 4)

#define OBJECT_NAME_SIZE 112 /* with the closing NUL */
void object_name_format(const struct object_id *id, char name[OBJECT_NAME_SIZE]);
bool object_name_parse(struct str name, struct object_id *id); /* false: not a name of ours */

struct manifest_reference {
    struct object_id id; /* of kind OBJECT_MANIFEST */
    struct digest digest;
};
bool manifest_reference_equal(const struct manifest_reference *a, const struct manifest_reference *b);
void write_manifest_reference(struct byte_writer *writer, const struct manifest_reference *reference);
struct manifest_reference read_manifest_reference(struct byte_reader *reader);
#define MANIFEST_REFERENCE_SIZE (OBJECT_ID_SIZE + DIGEST_SIZE)

/* HEAD: the newest decided epoch and the generation that may decide the next. Changed only by compare-and-swap. */
struct head {
    struct incarnation job;
    struct incarnation owner; /* the coordinator that wrote it */
    uint64_t generation;      /* >= 1 */
    uint64_t epoch;           /* == manifest.id.epoch */
    struct manifest_reference manifest;
};
#define HEAD_SIZE (FRAME_SIZE + 16 + 16 + 8 + 8 + MANIFEST_REFERENCE_SIZE)
void head_encode(const struct head *head, uint8_t bytes[HEAD_SIZE]);
enum status head_decode(const void *bytes, size_t size, struct head *head, struct error *error) MUST_CHECK;
bool head_equal(const struct head *a, const struct head *b);

/* The last record of every transaction, in the lane's partition of the progress topic: "chunk i of n of epoch E is
 * committed". Rows and marker are in one transaction, so one is committed exactly when the other is. */
#define ENGINE_VERSION_SIZE 24
struct marker {
    struct incarnation job;
    uint32_t sink;
    uint32_t lane;
    uint64_t epoch;
    uint32_t chunk; /* 1 … chunk_count */
    uint32_t chunk_count;
    uint64_t generation; /* of the publisher */
    uint64_t row_count;
    struct digest rows;                       /* of the chunk's bytes in the log */
    struct digest log;                        /* of the lane's log of that epoch: log_epoch_digest() */
    char engine_version[ENGINE_VERSION_SIZE]; /* NUL-padded; for people, never compared */
};
#define MARKER_SIZE (FRAME_SIZE + 16 + 4 + 4 + 8 + 4 + 4 + 8 + 8 + 2 * DIGEST_SIZE + ENGINE_VERSION_SIZE)
void marker_encode(const struct marker *marker, uint8_t bytes[MARKER_SIZE]);
enum status marker_decode(const void *bytes, size_t size, struct marker *marker, struct error *error) MUST_CHECK;

/* Where a lane's newest known marker lies. */
struct topic_id {
    uint8_t bytes[16];
};
struct marker_position {
    bool known; /* false: no marker of this job was seen on the lane; then all else is 0 */
    uint64_t epoch;
    uint32_t chunk;
    uint32_t chunk_count;
    uint64_t offset; /* of the marker in the progress partition */
    struct topic_id topic;
};
#define MARKER_POSITION_SIZE (1 + 8 + 4 + 4 + 8 + 16)
void write_marker_position(struct byte_writer *writer, const struct marker_position *position);
struct marker_position read_marker_position(struct byte_reader *reader);

/* A savepoint: names a manifest that is fully published and is kept until the savepoint is removed. */
struct savepoint {
    uint64_t generation; /* of HEAD when it was made */
    struct manifest_reference manifest;
    struct digest plan;
};
#define SAVEPOINT_SIZE (FRAME_SIZE + 8 + MANIFEST_REFERENCE_SIZE + DIGEST_SIZE)
void savepoint_encode(const struct savepoint *savepoint, uint8_t bytes[SAVEPOINT_SIZE]);
enum status savepoint_decode(const void *bytes, size_t size, struct savepoint *savepoint,
                             struct error *error) MUST_CHECK;
