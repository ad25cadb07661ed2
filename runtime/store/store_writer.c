/* store_writer.c: an object written piece by piece. Pieces are gathered into parts; an object of one part is a plain put, a
 * larger one an upload in parts. At most one part is held in memory. */
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/arena.h"
#include "runtime/store/store_class.h"

struct store_writer {
    struct store *store;
    char *name;
    struct strbuf part;
    struct store_upload *upload; /* NULL until the first part is full */
    uint64_t parts;
    uint64_t size_bytes;
    EVP_MD_CTX *digest; /* of all bytes: to recognise our own object when the answer was lost */
};

enum status store_writer_open(struct store *store, const char *name, struct store_writer **writer,
                              struct error *error) {
    *writer = NULL;
    if (!store_name_is_valid(name))
        return FAIL(error, STATUS_INVALID_ARGUMENT, "\"%.200s\" cannot be the name of a stored object", name);
    struct store_writer *opened = memory_zalloc(sizeof *opened);
    opened->store = store;
    opened->name = memory_strdup(name);
    opened->digest = EVP_MD_CTX_new();
    int started = opened->digest && EVP_DigestInit_ex(opened->digest, EVP_sha256(), NULL);
    ASSERT(started);
    strbuf_init(&opened->part);
    *writer = opened;
    return STATUS_OK;
}

static enum status begin_upload(struct store_writer *writer, struct error *error) {
    struct store *store = writer->store;
    for (uint32_t attempt = 0;; attempt++) {
        struct error last = {0};
        enum status status = store->class->upload_begin(store, writer->name, &writer->upload, &last);
        if (status == STATUS_OK || !store_retry(store, attempt, &last)) {
            if (status != STATUS_OK && error)
                *error = last;
            return status;
        }
    }
}

static enum status send_part(struct store_writer *writer, struct error *error) {
    struct store *store = writer->store;
    if (!writer->upload)
        TRY(begin_upload(writer, error));
    if (++writer->parts >= store->class->parts_max)
        return FAIL(error, STATUS_LIMIT_EXCEEDED, "%s of %s would have more than %llu parts", writer->name,
                    store_uri_text(store), (unsigned long long)store->class->parts_max);
    for (uint32_t attempt = 0;; attempt++) {
        struct error last = {0};
        enum status status = store->class->upload_part(writer->upload, strbuf_str(&writer->part), &last);
        if (status == STATUS_OK) {
            strbuf_reset(&writer->part);
            return STATUS_OK;
        }
        if (!store_retry(store, attempt, &last)) {
            if (error)
                *error = last;
            return status;
        }
    }
}

/* A full part is sent only when more follows: the last one belongs to upload_finish. */
enum status store_writer_append(struct store_writer *writer, const void *data, size_t size, struct error *error) {
    const char *next = data;
    size_t part_size = writer->store->options.part_size_bytes;
    int updated = size == 0 || EVP_DigestUpdate(writer->digest, data, size);
    ASSERT(updated);
    writer->size_bytes += size;
    while (size) {
        if (writer->part.size == part_size)
            TRY(send_part(writer, error));
        size_t room = part_size - writer->part.size;
        size_t taken = size < room ? size : room;
        strbuf_append(&writer->part, next, taken);
        next += taken;
        size -= taken;
    }
    return STATUS_OK;
}

/* Refused, because there is such an object or no longer such an upload: is the object the one that we sent? */
static enum status settle_finish(struct store_writer *writer, struct error *error) {
    uint8_t digest[32];
    unsigned written;
    int ended = EVP_DigestFinal_ex(writer->digest, digest, &written);
    ASSERT(ended == 1 && written == 32);
    bool equals;
    TRY(store_content_equals(writer->store, writer->name, writer->size_bytes, digest, &equals, error));
    if (equals)
        return STATUS_OK;
    return FAIL(error, STATUS_DUPLICATE_OBJECT, "%s of %s exists with another content", writer->name,
                store_uri_text(writer->store));
}

static enum status finish_upload(struct store_writer *writer, struct error *error) {
    struct store *store = writer->store;
    for (uint32_t attempt = 0;; attempt++) {
        struct error last = {0};
        enum store_swap outcome = 0;
        enum status status = store->class->upload_finish(writer->upload, strbuf_str(&writer->part), &outcome, &last);
        if (status == STATUS_OK && outcome == STORE_SWAP_DONE)
            return STATUS_OK;
        if (status == STATUS_OK && outcome != STORE_SWAP_UNKNOWN)
            return settle_finish(writer, error);
        last.retriable |= status == STATUS_OK;
        if (!store_retry(store, attempt, &last)) {
            if (error)
                *error = last;
            return status == STATUS_OK ? last.status : status;
        }
    }
}

enum status store_writer_finish(struct store_writer *writer, struct error *error) {
    enum status status = writer->upload ? finish_upload(writer, error)
                                        : store_put(writer->store, writer->name, strbuf_str(&writer->part), error);
    store_writer_abort(writer);
    return status;
}

void store_writer_abort(struct store_writer *writer) {
    if (writer->upload)
        writer->store->class->upload_abort(writer->upload);
    EVP_MD_CTX_free(writer->digest);
    strbuf_release(&writer->part);
    free(writer->name);
    free(writer);
}
