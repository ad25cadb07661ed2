/* log_segments.h: rows that were logged and are perhaps not published yet, still in memory, so that lanes need not read
 * them back.
 *
 *   segment object:  "streamsql rows 1" (16 bytes) | records (core/data/row_log.h)
 *
 * A buffer is immutable once sealed and shared by reference count: the task keeps it until its epoch is decided, the
 * cache until it is published. Any thread.
 */
#pragma once

#include <pthread.h>

#include "core/base/str.h"
#include "runtime/protocol/manifest.h"

enum { LOG_SEGMENT_HEADER_SIZE = 16 };
#define LOG_SEGMENT_HEADER "streamsql rows 1"

/* What one transaction publishes at most. */
enum { LOG_CHUNK_BYTES_MAX = 64 * 1024 * 1024, LOG_CHUNK_ROWS_MAX = 1000000 };

struct log_buffer {
    struct strbuf records;
    uint64_t row_count;
    uint32_t references; /* atomic */
};
/* Takes the records out of the strbuf, which is empty afterwards. One reference is the caller's. */
struct log_buffer *log_buffer_new(struct strbuf *records, uint64_t row_count);
struct log_buffer *log_buffer_reference(struct log_buffer *buffer);
void log_buffer_release(struct log_buffer *buffer); /* NULL is fine */

/* The chunks of a buffer in one segment (number 0), cut between records, none larger than the limits but for a single
 * record; in the arena. At least one record. */
struct log_chunk *log_buffer_chunks(const struct log_buffer *buffer, size_t bytes_max, uint64_t rows_max,
                                    struct arena *arena, uint32_t *count);

struct log_segments {
    pthread_mutex_t mutex;
    struct log_segment_entry *first;
};
void log_segments_init(struct log_segments *segments);
void log_segments_release(struct log_segments *segments);
/* Keeps a reference of its own. What an earlier attempt at the same epoch put in the same place is forgotten: it was
 * given up. */
void log_segments_add(struct log_segments *segments, const struct object_id *id, struct log_buffer *buffer);
/* A reference of the caller's, or NULL: it has to be read from the store. */
struct log_buffer *log_segments_find(struct log_segments *segments, const struct object_id *id);
/* Forgets the segments of all epochs up to this one. */
void log_segments_drop(struct log_segments *segments, uint64_t published_epoch);
