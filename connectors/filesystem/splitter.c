/* splitter.c: blocks, and the records in them. */
#include "connectors/filesystem/splitter.h"

#include <pthread.h>
#include <stdlib.h>

#include "core/base/arena.h"

enum { FREE_BLOCKS_MAX = 8 };

/* Blocks come back when the last batch that holds them is gone, maybe on another thread, maybe after the source is closed. A
 * block used again has its pages, which saves more than it costs to lock. */
struct block_pool {
    pthread_mutex_t lock;
    struct block *free;
    uint32_t free_count;
    uint32_t owner_count; /* blocks outside, and the splitter */
};

struct block {
    struct buffer buffer;
    struct block_pool *pool;
    struct block *next_free;
};

static void pool_leave(struct block_pool *pool) {
    bool is_last = --pool->owner_count == 0;
    pthread_mutex_unlock(&pool->lock);
    if (!is_last)
        return;
    while (pool->free) {
        struct block *block = pool->free;
        pool->free = block->next_free;
        free(block);
    }
    pthread_mutex_destroy(&pool->lock);
    free(pool);
}

static void block_release(struct buffer *buffer) {
    struct block *block = (struct block *)buffer;
    struct block_pool *pool = block->pool;
    pthread_mutex_lock(&pool->lock);
    if (buffer->size == SPLITTER_BLOCK_BYTES && pool->free_count < FREE_BLOCKS_MAX) {
        block->next_free = pool->free;
        pool->free = block;
        pool->free_count++;
    } else {
        free(block);
    }
    pool_leave(pool);
}

static struct buffer *block_new(struct block_pool *pool, size_t size) {
    struct block *block = NULL;
    pthread_mutex_lock(&pool->lock);
    pool->owner_count++;
    if (size == SPLITTER_BLOCK_BYTES && pool->free) {
        block = pool->free;
        pool->free = block->next_free;
        pool->free_count--;
    }
    pthread_mutex_unlock(&pool->lock);
    if (!block) {
        block = memory_alloc(sizeof *block + size + SPLITTER_PADDING_BYTES);
        block->pool = pool;
        block->buffer.data = (char *)(block + 1);
        block->buffer.size = size;
        block->buffer.release = block_release;
        memset(block->buffer.data + size, 0, SPLITTER_PADDING_BYTES);
    }
    block->buffer.reference_count = 1;
    return &block->buffer;
}

void splitter_init(struct splitter *splitter, const struct splitter_config *config) {
    splitter->config = *config;
    splitter->reader = NULL;
    splitter->block = NULL;
    splitter->blocks = memory_zalloc(sizeof *splitter->blocks);
    pthread_mutex_init(&splitter->blocks->lock, NULL);
    splitter->blocks->owner_count = 1;
}

enum status splitter_open(struct splitter *splitter, const char *path, struct error *error) {
    TRY(stream_reader_open(&splitter->reader, splitter->config.env, path, splitter->config.compression, error));
    splitter->block = block_new(splitter->blocks, SPLITTER_BLOCK_BYTES);
    splitter->start = splitter->end = splitter->scanned = 0;
    splitter->block_offset = 0;
    splitter->line = 1;
    splitter->is_file_end = false;
    splitter->count = splitter->next = 0;
    return STATUS_OK;
}

void splitter_close(struct splitter *splitter) {
    if (splitter->reader)
        stream_reader_close(splitter->reader);
    if (splitter->block)
        buffer_release(splitter->block);
    splitter->reader = NULL;
    splitter->block = NULL;
}

void splitter_release(struct splitter *splitter) {
    splitter_close(splitter);
    pthread_mutex_lock(&splitter->blocks->lock);
    pool_leave(splitter->blocks);
}

/* Makes room for more: a new block that starts with the record that is begun. */
static void next_block(struct splitter *splitter) {
    size_t begun = splitter->end - splitter->start;
    size_t size = SPLITTER_BLOCK_BYTES;
    while (size < begun * 2)
        size *= 2;
    struct buffer *block = block_new(splitter->blocks, size);
    memcpy(block->data, splitter->block->data + splitter->start, begun);
    buffer_release(splitter->block);
    splitter->block = block;
    splitter->block_offset += (int64_t)splitter->start;
    splitter->start = 0;
    splitter->end = begun;
}

static enum status read_more(struct splitter *splitter, struct error *error) {
    if (splitter->end == splitter->block->size)
        next_block(splitter);
    size_t got;
    TRY(stream_reader_read(splitter->reader, splitter->block->data + splitter->end,
                           splitter->block->size - splitter->end, &got, error));
    splitter->is_file_end = got == 0;
    bool is_first = splitter->block_offset == 0 && splitter->end == 0;
    splitter->end += got;
    if (is_first && got >= 3 && memcmp(splitter->block->data, "\xEF\xBB\xBF", 3) == 0)
        splitter->start = 3; /* byte-order mark */
    return STATUS_OK;
}

/* The line end that closes the record at `data`, or NULL when it is not there yet. */
static const char *record_end(const struct splitter *splitter, const char *data, const char *end, size_t scanned) {
    const struct splitter_config *config = &splitter->config;
    if (config->decoder && config->format->record_end)
        return config->format->record_end(config->decoder, data, end);
    return memchr(data + scanned, '\n', (size_t)(end - data) - scanned);
}

static void add_record(struct splitter *splitter, const char *data, const char *end) {
    int64_t line = splitter->line;
    bool is_multi_line = splitter->config.format && splitter->config.format->record_end;
    splitter->line++;
    for (const char *p = data; is_multi_line && (p = memchr(p, '\n', (size_t)(end - p))); p++)
        splitter->line++;
    if (end > data && end[-1] == '\r')
        end--;
    if (end == data && !(splitter->config.format && splitter->config.format->keeps_empty_records))
        return;
    splitter->places[splitter->count] = (struct splitter_record){
        .offset = splitter->block_offset + (data - splitter->block->data),
        .line = line,
    };
    splitter->records[splitter->count++] = (struct str){data, (size_t)(end - data)};
}

/* All whole records of the block, as many as there is room for, up to one that is too long. */
static void find_records(struct splitter *splitter) {
    const char *data = splitter->block->data + splitter->start, *end = splitter->block->data + splitter->end;
    while (data < end && splitter->count < SPLITTER_RECORDS_MAX) {
        const char *newline = record_end(splitter, data, end, splitter->scanned);
        if (!newline && !splitter->is_file_end) {
            splitter->scanned = (size_t)(end - data);
            break;
        }
        if ((uint64_t)((newline ? newline : end) - data) > splitter->config.max_record_bytes)
            break;
        splitter->scanned = 0;
        add_record(splitter, data, newline ? newline : end);
        data = newline ? newline + 1 : end;
    }
    splitter->start = (size_t)(data - splitter->block->data);
}

/* Passes over what is in the block of a record that is too long. true: its end was there. */
static bool discard(struct splitter *splitter) {
    const char *data = splitter->block->data + splitter->start;
    size_t size = splitter->end - splitter->start;
    const char *newline = memchr(data, '\n', size);
    size_t passed = newline ? (size_t)(newline - data) : size;
    splitter->oversize.size_bytes += passed;
    splitter->start += passed + (newline != NULL);
    splitter->scanned = 0;
    splitter->line += newline != NULL;
    return newline || splitter->is_file_end;
}

static void start_discarding(struct splitter *splitter) {
    size_t size = splitter->end - splitter->start;
    const char *data = splitter->block->data + splitter->start;
    splitter->oversize = (struct splitter_oversize){
        .place = {.offset = splitter->block_offset + (int64_t)splitter->start, .line = splitter->line},
    };
    splitter->oversize.shown_size = size < OVERSIZE_SHOWN_BYTES ? size : OVERSIZE_SHOWN_BYTES;
    memcpy(splitter->oversize.shown, data, splitter->oversize.shown_size);
}

/* Reads on to the end of the record that is too long. Batches may hold the block, so it is not written again. */
static enum status finish_discarding(struct splitter *splitter, struct error *error) {
    while (!discard(splitter)) {
        splitter->block_offset += (int64_t)splitter->end;
        buffer_release(splitter->block);
        splitter->block = block_new(splitter->blocks, SPLITTER_BLOCK_BYTES);
        splitter->start = splitter->end = 0;
        TRY(read_more(splitter, error));
    }
    return STATUS_OK;
}

enum status splitter_read(struct splitter *splitter, bool *is_oversize, struct error *error) {
    *is_oversize = false;
    splitter->count = splitter->next = 0;
    for (;;) {
        find_records(splitter);
        if (splitter->count || (splitter->is_file_end && splitter->start == splitter->end))
            return STATUS_OK;
        if (splitter->start < splitter->end && splitter->end - splitter->start > splitter->config.max_record_bytes) {
            start_discarding(splitter);
            *is_oversize = true;
            return finish_discarding(splitter, error);
        }
        TRY(read_more(splitter, error));
    }
}
