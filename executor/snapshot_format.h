/* snapshot_format.h: what stands between the records of a snapshot, byte for byte. Private to snapshot.c, and to the fuzzer that damages
 * snapshots and makes their digests right again. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "core/base/hash.h"

enum {
    SNAPSHOT_MAGIC = 0x504E5353, /* "SSNP" */
    SNAPSHOT_VERSION = 2,
};

struct frame_head {
    uint32_t section;
    uint32_t record_count;
    uint64_t payload_size;
    uint64_t previous; /* frame of the same section: offset + 1; 0: this is the first */
    uint64_t digest;   /* of the members before and the payload */
};

/* Ends a snapshot; the directory's entries (struct snapshot_section) stand before it. */
struct snapshot_tail {
    uint32_t section_count;
    uint32_t mode;
    uint64_t frame_count, frames_digest; /* of the frames' digests, in their order */
    uint64_t parent;                     /* the `digest` of the snapshot before; 0 when FULL */
    uint32_t magic, version;
    uint64_t digest; /* of the directory up to here */
};

static inline uint64_t frame_digest(const struct frame_head *head, const char *payload) {
    return hash_combine(hash_bytes(head, offsetof(struct frame_head, digest)),
                        hash_bytes(payload, (size_t)head->payload_size));
}
