/* log_segments.c: a short list (epochs that are not published yet, times lanes) under a lock. */
#include "runtime/checkpoint/log_segments.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/fault.h"

struct log_segment_entry {
    struct log_segment_entry *next;
    struct object_id id;
    struct log_buffer *buffer;
};

_Static_assert(sizeof LOG_SEGMENT_HEADER - 1 == LOG_SEGMENT_HEADER_SIZE, "the header's size");

struct log_buffer *log_buffer_new(struct strbuf *records, uint64_t row_count) {
    struct log_buffer *buffer = memory_zalloc(sizeof *buffer);
    buffer->records = *records;
    buffer->row_count = row_count;
    buffer->references = 1;
    strbuf_init(records);
    return buffer;
}

struct log_buffer *log_buffer_reference(struct log_buffer *buffer) {
    __atomic_add_fetch(&buffer->references, 1, __ATOMIC_RELAXED);
    return buffer;
}

void log_buffer_release(struct log_buffer *buffer) {
    if (!buffer || __atomic_sub_fetch(&buffer->references, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    strbuf_release(&buffer->records);
    free(buffer);
}

/* Size of the record that starts here, its size field included. */
static size_t record_size(const char *data) {
    uint32_t size;
    memcpy(&size, data, sizeof size);
    return sizeof size + size;
}

static struct log_chunk cut_chunk(const struct str records, size_t start, size_t bytes_max, uint64_t rows_max) {
    size_t end = start;
    uint64_t rows = 0;
    while (end < records.size && rows < rows_max) {
        size_t size = record_size(records.data + end);
        ASSERT(size <= records.size - end);
        if (rows > 0 && (end + size - start > bytes_max || fault_point(FAULT_CHUNK)))
            break;
        end += size;
        rows++;
    }
    return (struct log_chunk){.segment = 0,
                              .offset = LOG_SEGMENT_HEADER_SIZE + start,
                              .size_bytes = end - start,
                              .row_count = rows,
                              .rows = digest_of(records.data + start, end - start)};
}

struct log_chunk *log_buffer_chunks(const struct log_buffer *buffer, size_t bytes_max, uint64_t rows_max,
                                    struct arena *arena, uint32_t *count) {
    struct str records = {buffer->records.data, buffer->records.size};
    uint32_t capacity = 4, used = 0;
    uint64_t rows = 0;
    struct log_chunk *chunks = ARENA_ARRAY(arena, struct log_chunk, capacity);
    for (size_t start = 0; start < records.size; start += chunks[used++].size_bytes) {
        if (used == capacity) {
            struct log_chunk *larger = ARENA_ARRAY(arena, struct log_chunk, capacity * 2);
            memcpy(larger, chunks, used * sizeof *chunks);
            chunks = larger;
            capacity *= 2;
        }
        chunks[used] = cut_chunk(records, start, bytes_max, rows_max);
        rows += chunks[used].row_count;
    }
    ASSERT(rows == buffer->row_count);
    *count = used;
    return chunks;
}

void log_segments_init(struct log_segments *segments) {
    segments->first = NULL;
    pthread_mutex_init(&segments->mutex, NULL);
}

void log_segments_release(struct log_segments *segments) {
    log_segments_drop(segments, UINT64_MAX);
    pthread_mutex_destroy(&segments->mutex);
}

/* The same place, of an attempt before: task, number and epoch are equal, the coordinator and its attempt are not. */
static bool is_given_up(const struct object_id *earlier, const struct object_id *id) {
    return earlier->task == id->task && earlier->number == id->number && earlier->epoch == id->epoch;
}

static void unlink_entry(struct log_segment_entry **link) {
    struct log_segment_entry *entry = *link;
    *link = entry->next;
    log_buffer_release(entry->buffer);
    free(entry);
}

void log_segments_add(struct log_segments *segments, const struct object_id *id, struct log_buffer *buffer) {
    struct log_segment_entry *entry = memory_zalloc(sizeof *entry);
    entry->id = *id;
    entry->buffer = log_buffer_reference(buffer);
    pthread_mutex_lock(&segments->mutex);
    for (struct log_segment_entry **link = &segments->first; *link;)
        if (is_given_up(&(*link)->id, id))
            unlink_entry(link);
        else
            link = &(*link)->next;
    entry->next = segments->first;
    segments->first = entry;
    pthread_mutex_unlock(&segments->mutex);
}

struct log_buffer *log_segments_find(struct log_segments *segments, const struct object_id *id) {
    struct log_buffer *found = NULL;
    pthread_mutex_lock(&segments->mutex);
    for (const struct log_segment_entry *entry = segments->first; entry && !found; entry = entry->next)
        if (object_id_equal(&entry->id, id))
            found = log_buffer_reference(entry->buffer);
    pthread_mutex_unlock(&segments->mutex);
    return found;
}

void log_segments_drop(struct log_segments *segments, uint64_t published_epoch) {
    pthread_mutex_lock(&segments->mutex);
    for (struct log_segment_entry **link = &segments->first; *link;)
        if ((*link)->id.epoch <= published_epoch)
            unlink_entry(link);
        else
            link = &(*link)->next;
    pthread_mutex_unlock(&segments->mutex);
}
