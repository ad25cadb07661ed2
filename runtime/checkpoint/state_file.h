/* state_file.h: the state of one task's operators in one object.
 *
 *   file   := "SSQSTATE" | version u32 | mode u8 (0 full, 1 delta) | operator count varint | operator* | frame* | end
 *   operator := node id varint | digest of its plan node u64 | name block
 *   frame  := operator index + 1 varint | block: the next piece of its snapshot (executor/snapshot.h)
 *   end    := 0 varint | file count varint | file*               (version 1: 0 varint)
 *   file   := name block | incarnation 16 bytes | generation u64 | epoch u64 | attempt u32 | task u32 | number u32
 *
 * Pieces of several operators may alternate; joined they are the operators' snapshots. A delta says what changed since
 * the file before it; the files (executor/state.h) are all that the task's back-end has at this moment, and lie in
 * objects of their own, whose sizes and digests stand in the manifest, as this file's do. The reader takes foreign bytes. */
#pragma once

#include <stdbool.h>

#include "core/base/arena.h"
#include "core/base/bytes.h"
#include "core/base/status.h"
#include "core/base/str.h"
#include "runtime/protocol/records.h"

enum { STATE_FILE_VERSION = 2, STATE_FILE_VERSION_MIN = 1 };

struct state_file_operator {
    uint32_t node_id;
    uint64_t node_digest;
    struct str name;
};

/* A file of the task's back-end, and the object that holds it. */
struct state_file_part {
    struct str name; /* A-Z a-z 0-9 _ - . , not beginning with a dot */
    struct object_id object;
};

void state_file_begin(struct strbuf *out, bool delta, const struct state_file_operator *operators, uint32_t count);
void state_file_put(struct strbuf *out, uint32_t operator_index, struct str piece);
void state_file_end(struct strbuf *out, const struct state_file_part *parts, uint32_t part_count);

struct state_file {
    uint32_t version;
    bool delta;
    uint32_t operator_count;
    struct state_file_operator *operators;
    struct str *snapshots; /* by operator index */
    struct state_file_part *parts;
    uint32_t part_count; /* 0: the snapshots are all */
};
/* Only the part before the frames; `bytes` may be cut behind it. */
enum status state_file_read_head(struct str bytes, struct arena *arena, struct state_file *file,
                                 struct error *error) MUST_CHECK;
/* The snapshots borrow from `bytes`, in which the pieces of the largest one are moved together, or from the arena, into which others are copied.
 * MALFORMED_RECORD for what no writer writes; then nothing was moved. */
enum status state_file_read(char *bytes, size_t size, struct arena *arena, struct state_file *file,
                            struct error *error) MUST_CHECK;
