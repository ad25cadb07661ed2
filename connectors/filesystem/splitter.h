/* splitter.h: one file as records, each a piece of a reference-counted block, so that strings need no copy.
 *
 *   block   [ record | record | record | begun ........ room | padding ]
 *                                        ^ start      ^ end
 *
 * A record that is begun when the block is full moves to the start of the next block. A record longer than a block gets a
 * block of its own size, up to the limit; beyond it the record is passed over and reported.
 */
#pragma once

#include "connectors/connector.h"
#include "connectors/filesystem/stream.h"

enum {
    OVERSIZE_SHOWN_BYTES = 1024,
    SPLITTER_BLOCK_BYTES = 512 * 1024, /* stays in the second-level cache between reading and decoding */
    SPLITTER_PADDING_BYTES = 64,       /* readable behind every record */
    SPLITTER_RECORDS_MAX = 512,        /* given at once */
};

struct splitter_config {
    struct env *env;
    enum compression compression;
    uint64_t max_record_bytes;
    const struct format_class *format;
    struct decoder *decoder; /* may be NULL: records are lines */
};

struct splitter_record {
    int64_t offset; /* of its first byte, in the unpacked file */
    int64_t line;   /* from 1 */
};

/* A record that was too long. */
struct splitter_oversize {
    char shown[OVERSIZE_SHOWN_BYTES]; /* its first bytes */
    size_t shown_size;
    uint64_t size_bytes;
    struct splitter_record place;
};

struct block_pool;

struct splitter {
    struct splitter_config config;
    struct stream_reader *reader;
    struct block_pool *blocks;
    struct buffer *block;
    size_t start, end;    /* bytes of the block not yet given out */
    size_t scanned;       /* from start: known to hold no record end */
    int64_t block_offset; /* of the block's first byte in the file */
    int64_t line;         /* of the byte at start */
    bool is_file_end;
    struct splitter_oversize oversize;
    struct str records[SPLITTER_RECORDS_MAX];
    struct splitter_record places[SPLITTER_RECORDS_MAX];
    uint32_t count; /* of records */
    uint32_t next;  /* for the caller: first one not yet used */
};

void splitter_init(struct splitter *splitter, const struct splitter_config *config);
enum status splitter_open(struct splitter *splitter, const char *path, struct error *error) MUST_CHECK;
/* Fills records, which all lie in splitter->block; count 0: the file's end. `is_oversize` tells that oversize is to be
 * reported; then there are no records this time, but the file may go on. */
enum status splitter_read(struct splitter *splitter, bool *is_oversize, struct error *error) MUST_CHECK;
void splitter_close(struct splitter *splitter); /* the file; may be opened on the next one */
void splitter_release(struct splitter *splitter);
