/* stream.c: reading and writing files through zlib and zstd. Packed files may have several members, one after the other. */
#include "connectors/filesystem/stream.h"

#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>

#include "core/base/arena.h"
#include "core/base/env.h"

enum { PACKED_BYTES = 256 * 1024, GZIP_WINDOW_BITS = 15 + 16, ZSTD_LEVEL = 3 };

enum compression compression_from_text(const char *text) {
    if (text_equal_ignore_case(text, "gzip"))
        return COMPRESSION_GZIP;
    if (text_equal_ignore_case(text, "zstd"))
        return COMPRESSION_ZSTD;
    return text_equal_ignore_case(text, "none") ? COMPRESSION_NONE : COMPRESSION_AUTO;
}

struct stream_reader {
    struct env_file *file;
    char *path;
    enum compression compression;
    z_stream gzip;
    ZSTD_DCtx *zstd;
    char *packed; /* bytes as they lie in the file */
    size_t packed_start, packed_end;
    uint64_t read_bytes; /* of the file */
    bool has_size;       /* no pipe or device */
    bool is_file_end;
    bool is_between_members; /* nothing, or whole members, read so far */
};

static enum compression detect(const char *bytes, size_t size) {
    if (size >= 2 && memcmp(bytes, "\x1F\x8B", 2) == 0)
        return COMPRESSION_GZIP;
    return size >= 4 && memcmp(bytes, "\x28\xB5\x2F\xFD", 4) == 0 ? COMPRESSION_ZSTD : COMPRESSION_NONE;
}

/* A regular file that ends before what was read of it was cut while it was read: what was in it is gone. */
static enum status check_end(struct stream_reader *reader, struct error *error) {
    uint64_t size_bytes;
    TRY(env_file_size(reader->file, &size_bytes, error));
    if (size_bytes >= reader->read_bytes || !reader->has_size)
        return STATUS_OK;
    return FAIL(error, STATUS_FILE_ERROR,
                "\"%s\" became shorter while it was read: %llu bytes are left of at least %llu", reader->path,
                (unsigned long long)size_bytes, (unsigned long long)reader->read_bytes);
}

static enum status read_file(struct stream_reader *reader, char *data, size_t size, size_t *got, struct error *error) {
    TRY(env_file_read(reader->file, data, size, got, error));
    reader->read_bytes += *got;
    return *got || !size ? STATUS_OK : check_end(reader, error);
}

/* More packed bytes behind those that are left. */
static enum status fill(struct stream_reader *reader, struct error *error) {
    if (reader->packed_start == reader->packed_end)
        reader->packed_start = reader->packed_end = 0;
    if (reader->is_file_end || reader->packed_end == PACKED_BYTES)
        return STATUS_OK;
    size_t got;
    TRY(read_file(reader, reader->packed + reader->packed_end, PACKED_BYTES - reader->packed_end, &got, error));
    reader->packed_end += got;
    reader->is_file_end = got == 0;
    return STATUS_OK;
}

enum status stream_reader_open(struct stream_reader **reader_out, struct env *env, const char *path,
                               enum compression compression, struct error *error) {
    struct env_file *file;
    TRY(env_file_open(env, path, ENV_OPEN_READ, &file, error));
    struct stream_reader *reader = memory_zalloc(sizeof *reader);
    reader->file = file;
    uint64_t size_bytes;
    reader->has_size = env_file_size(file, &size_bytes, NULL) == STATUS_OK && size_bytes > 0;
    reader->path = memory_strdup(path);
    reader->packed = memory_alloc(PACKED_BYTES);
    reader->is_between_members = true;
    enum status status = fill(reader, error);
    reader->compression = compression == COMPRESSION_AUTO ? detect(reader->packed, reader->packed_end) : compression;
    if (status == STATUS_OK && reader->compression == COMPRESSION_GZIP)
        ASSERT(inflateInit2(&reader->gzip, GZIP_WINDOW_BITS) == Z_OK);
    if (status == STATUS_OK && reader->compression == COMPRESSION_ZSTD)
        reader->zstd = ZSTD_createDCtx();
    if (status) {
        reader->compression = COMPRESSION_NONE;
        stream_reader_close(reader);
        return status;
    }
    *reader_out = reader;
    return STATUS_OK;
}

static enum status broken(const struct stream_reader *reader, const char *what, struct error *error) {
    return FAIL(error, STATUS_FILE_ERROR, "cannot unpack \"%s\": %s", reader->path, what);
}

static enum status read_plain(struct stream_reader *reader, char *data, size_t size, size_t *got, struct error *error) {
    size_t left = reader->packed_end - reader->packed_start; /* what was read to look at the first bytes */
    if (left == 0)
        return read_file(reader, data, size, got, error);
    *got = left < size ? left : size;
    memcpy(data, reader->packed + reader->packed_start, *got);
    reader->packed_start += *got;
    return STATUS_OK;
}

/* One step; *got may be 0 although there is more. */
static enum status read_gzip(struct stream_reader *reader, char *data, size_t size, size_t *got, struct error *error) {
    z_stream *gzip = &reader->gzip;
    gzip->next_in = (Bytef *)reader->packed + reader->packed_start;
    gzip->avail_in = (uInt)(reader->packed_end - reader->packed_start);
    gzip->next_out = (Bytef *)data;
    gzip->avail_out = (uInt)(size < UINT32_MAX / 2 ? size : UINT32_MAX / 2);
    int result = inflate(gzip, Z_NO_FLUSH);
    *got = (size_t)((char *)gzip->next_out - data);
    reader->packed_start = reader->packed_end - gzip->avail_in;
    reader->is_between_members = result == Z_STREAM_END;
    if (result == Z_STREAM_END)
        inflateReset(gzip);
    else if (result != Z_OK && result != Z_BUF_ERROR)
        return broken(reader, gzip->msg ? gzip->msg : "damaged data", error);
    return STATUS_OK;
}

static enum status read_zstd(struct stream_reader *reader, char *data, size_t size, size_t *got, struct error *error) {
    ZSTD_inBuffer in = {reader->packed + reader->packed_start, reader->packed_end - reader->packed_start, 0};
    ZSTD_outBuffer out = {data, size, 0};
    size_t result = ZSTD_decompressStream(reader->zstd, &out, &in);
    if (ZSTD_isError(result))
        return broken(reader, ZSTD_getErrorName(result), error);
    reader->packed_start += in.pos;
    reader->is_between_members = result == 0;
    *got = out.pos;
    return STATUS_OK;
}

enum status stream_reader_read(struct stream_reader *reader, char *data, size_t size, size_t *got,
                               struct error *error) {
    if (reader->compression == COMPRESSION_NONE)
        return read_plain(reader, data, size, got, error);
    *got = 0;
    while (*got == 0) {
        TRY(fill(reader, error));
        if (reader->is_file_end && reader->packed_start == reader->packed_end && reader->is_between_members)
            return STATUS_OK;
        size_t packed_before = reader->packed_start;
        TRY((reader->compression == COMPRESSION_GZIP ? read_gzip : read_zstd)(reader, data, size, got, error));
        if (*got == 0 && reader->is_file_end && reader->packed_start == packed_before && !reader->is_between_members)
            return broken(reader, "the file ends too early", error);
    }
    return STATUS_OK;
}

void stream_reader_close(struct stream_reader *reader) {
    if (reader->compression == COMPRESSION_GZIP)
        inflateEnd(&reader->gzip);
    ZSTD_freeDCtx(reader->zstd);
    env_file_close(reader->file);
    free(reader->packed);
    free(reader->path);
    free(reader);
}

struct stream_writer {
    struct env_file *file;
    enum compression compression;
    z_stream gzip;
    ZSTD_CCtx *zstd;
    char *packed;
};

enum status stream_writer_open(struct stream_writer **writer_out, struct env *env, const char *path,
                               enum compression compression, struct error *error) {
    struct env_file *file;
    TRY(env_file_open(env, path, ENV_OPEN_NEW, &file, error));
    struct stream_writer *writer = memory_zalloc(sizeof *writer);
    writer->file = file;
    writer->compression = compression;
    writer->packed = memory_alloc(PACKED_BYTES);
    if (compression == COMPRESSION_GZIP)
        ASSERT(deflateInit2(&writer->gzip, Z_DEFAULT_COMPRESSION, Z_DEFLATED, GZIP_WINDOW_BITS, 8,
                            Z_DEFAULT_STRATEGY) == Z_OK);
    if (compression == COMPRESSION_ZSTD) {
        writer->zstd = ZSTD_createCCtx();
        ZSTD_CCtx_setParameter(writer->zstd, ZSTD_c_compressionLevel, ZSTD_LEVEL);
    }
    *writer_out = writer;
    return STATUS_OK;
}

static enum status write_gzip(struct stream_writer *writer, struct str bytes, int flush, struct error *error) {
    z_stream *gzip = &writer->gzip;
    ASSERT(bytes.size <= UINT32_MAX);
    gzip->next_in = (Bytef *)bytes.data;
    gzip->avail_in = (uInt)bytes.size;
    do {
        gzip->next_out = (Bytef *)writer->packed;
        gzip->avail_out = PACKED_BYTES;
        deflate(gzip, flush);
        TRY(env_file_write(writer->file, writer->packed, PACKED_BYTES - gzip->avail_out, error));
    } while (gzip->avail_out == 0);
    return STATUS_OK;
}

static enum status write_zstd(struct stream_writer *writer, struct str bytes, ZSTD_EndDirective end,
                              struct error *error) {
    ZSTD_inBuffer in = {bytes.data, bytes.size, 0};
    size_t left;
    do {
        ZSTD_outBuffer out = {writer->packed, PACKED_BYTES, 0};
        left = ZSTD_compressStream2(writer->zstd, &out, &in, end);
        ASSERT(!ZSTD_isError(left));
        TRY(env_file_write(writer->file, writer->packed, out.pos, error));
    } while (in.pos < in.size || (end == ZSTD_e_end && left));
    return STATUS_OK;
}

enum status stream_writer_write(struct stream_writer *writer, struct str bytes, struct error *error) {
    switch (writer->compression) {
    case COMPRESSION_GZIP: return write_gzip(writer, bytes, Z_NO_FLUSH, error);
    case COMPRESSION_ZSTD: return write_zstd(writer, bytes, ZSTD_e_continue, error);
    default: return env_file_write(writer->file, bytes.data, bytes.size, error);
    }
}

enum status stream_writer_finish(struct stream_writer *writer, struct error *error) {
    if (writer->compression == COMPRESSION_GZIP)
        TRY(write_gzip(writer, (struct str){0}, Z_FINISH, error));
    if (writer->compression == COMPRESSION_ZSTD)
        TRY(write_zstd(writer, (struct str){0}, ZSTD_e_end, error));
    return env_file_sync(writer->file, error);
}

void stream_writer_close(struct stream_writer *writer) {
    if (writer->compression == COMPRESSION_GZIP)
        deflateEnd(&writer->gzip);
    ZSTD_freeCCtx(writer->zstd);
    env_file_close(writer->file);
    free(writer->packed);
    free(writer);
}
