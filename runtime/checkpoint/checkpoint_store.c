/* checkpoint_store.c: store calls and the meaning of their failures. Invariant: MISSING, CONFLICT and CORRUPT are said
 * only of what was seen for certain; whatever may pass by itself, or may have been done, is UNKNOWN. */
#include "runtime/checkpoint/checkpoint_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/env.h"
#include "core/base/fault.h"
#include "runtime/checkpoint/digest_stream.h"
#include "runtime/store/store.h"

#define HEAD_NAME "HEAD"
enum { COPY_BYTES = 8 << 20 }; /* one request of a bucket */

_Static_assert(sizeof((struct store_tag *)0)->bytes == sizeof((struct head_version *)0)->bytes, "tags are versions");

static struct head_version version_of(const struct store_tag *tag) {
    struct head_version version = {.size = tag->size};
    memcpy(version.bytes, tag->bytes, sizeof version.bytes);
    return version;
}

static struct store_tag tag_of(const struct head_version *version) {
    struct store_tag tag = {.size = version->size};
    memcpy(tag.bytes, version->bytes, sizeof tag.bytes);
    return tag;
}

static enum answer failed_read(enum status status) {
    switch (status) {
    case STATUS_UNDEFINED_FILE: return ANSWER_MISSING;
    case STATUS_LIMIT_EXCEEDED:
    case STATUS_OUT_OF_RANGE: return ANSWER_CORRUPT;
    default: return ANSWER_UNKNOWN;
    }
}

enum answer checkpoint_read_head(struct store *store, struct head *head, struct head_version *version,
                                 struct error *error) {
    struct strbuf content;
    struct store_tag tag;
    strbuf_init(&content);
    enum status status = store_get(store, HEAD_NAME, STORE_SWAP_SIZE_MAX, &content, &tag, error);
    enum answer answer = status == STATUS_OK ? ANSWER_OK : failed_read(status);
    if (answer == ANSWER_OK && head_decode(content.data, content.size, head, error) != STATUS_OK)
        answer = ANSWER_CORRUPT;
    if (answer == ANSWER_OK)
        *version = version_of(&tag);
    strbuf_release(&content);
    return answer;
}

enum answer checkpoint_swap_head(struct store *store, const struct head_version *expected, const struct head *head,
                                 struct head_version *version, struct error *error) {
    uint8_t bytes[HEAD_SIZE];
    head_encode(head, bytes);
    struct store_tag tag, wanted = tag_of(expected);
    enum store_swap outcome;
    struct str content = {(const char *)bytes, sizeof bytes};
    if (fault_point(FAULT_SWAP)) {
        (void)FAIL(error, STATUS_CONNECTION_FAILURE, "fault point: HEAD was not swapped");
        error->retriable = true;
        return ANSWER_UNKNOWN;
    }
    enum status status = store_swap(store, HEAD_NAME, expected->size ? &wanted : NULL, content, &outcome, &tag, error);
    if (fault_point(FAULT_SWAPPED)) {
        (void)FAIL(error, STATUS_CONNECTION_FAILURE, "fault point: the answer of the swap was lost");
        error->retriable = true;
        return ANSWER_UNKNOWN;
    }
    if (status != STATUS_OK)
        return ANSWER_UNKNOWN; /* certainly not done, but not refused either: HEAD tells */
    switch (outcome) {
    case STORE_SWAP_DONE: *version = version_of(&tag); return ANSWER_OK;
    case STORE_SWAP_CONFLICT: return ANSWER_CONFLICT;
    case STORE_SWAP_MISSING: return ANSWER_MISSING;
    case STORE_SWAP_UNKNOWN: return ANSWER_UNKNOWN;
    }
    UNREACHABLE();
}

enum answer checkpoint_put(struct store *store, const struct object_id *id, struct str bytes, struct error *error) {
    char name[OBJECT_NAME_SIZE];
    object_name_format(id, name);
    enum status status = store_put(store, name, bytes, error);
    if (status == STATUS_OK)
        return ANSWER_OK;
    return status == STATUS_DUPLICATE_OBJECT ? ANSWER_CONFLICT : ANSWER_UNKNOWN;
}

static enum answer corrupt(const char *name, const char *what, struct error *error) {
    (void)FAIL(error, STATUS_MALFORMED_RECORD, "object \"%s\" %s", name, what);
    return ANSWER_CORRUPT;
}

enum answer checkpoint_get(struct store *store, const struct object *object, struct strbuf *bytes,
                           struct error *error) {
    char name[OBJECT_NAME_SIZE];
    object_name_format(&object->id, name);
    size_t start = bytes->size;
    enum status status = store_get(store, name, object->size_bytes, bytes, NULL, error);
    if (status == STATUS_LIMIT_EXCEEDED)
        return corrupt(name, "is longer than it was", error);
    if (status != STATUS_OK)
        return failed_read(status);
    if (bytes->size - start != object->size_bytes)
        return corrupt(name, "is cut short", error);
    struct digest digest = digest_of(bytes->data + start, bytes->size - start);
    return digest_equal(&digest, &object->digest) ? ANSWER_OK
                                                  : corrupt(name, "is corrupted: its digest is wrong", error);
}

enum answer checkpoint_get_manifest(struct store *store, const struct object_id *id, struct strbuf *bytes,
                                    struct error *error) {
    char name[OBJECT_NAME_SIZE];
    object_name_format(id, name);
    enum status status = store_get(store, name, CHECKPOINT_MANIFEST_SIZE_MAX, bytes, NULL, error);
    return status == STATUS_OK ? ANSWER_OK : failed_read(status);
}

enum answer checkpoint_get_range(struct store *store, const struct object_id *id, uint64_t offset, size_t size,
                                 void *data, struct error *error) {
    char name[OBJECT_NAME_SIZE];
    object_name_format(id, name);
    enum status status = store_get_range(store, name, offset, size, data, error);
    return status == STATUS_OK ? ANSWER_OK : failed_read(status);
}

/* Where pieces go; NULL: nowhere. */
typedef enum status piece_target(void *context, const void *data, size_t size, struct error *error);

/* Reads the object in pieces: none is ever whole in memory. `piece` (COPY_BYTES) is the caller's. */
static enum answer read_pieces(struct store *store, const struct object *object, char *piece, piece_target *put,
                               void *context, struct error *error) {
    char name[OBJECT_NAME_SIZE];
    object_name_format(&object->id, name);
    uint64_t size = 0;
    enum status status = store_size(store, name, &size, error);
    if (status != STATUS_OK) {
        enum answer answer = failed_read(status);
        if (answer == ANSWER_MISSING)
            (void)FAIL(error, STATUS_UNDEFINED_FILE, "object \"%s\" does not exist", name);
        return answer;
    }
    if (size != object->size_bytes)
        return corrupt(name, size < object->size_bytes ? "is cut short" : "is longer than it was", error);
    struct digest_stream *stream = digest_stream_new();
    enum answer answer = ANSWER_OK;
    for (uint64_t done = 0; done < size && answer == ANSWER_OK;) {
        size_t part = size - done < COPY_BYTES ? (size_t)(size - done) : COPY_BYTES;
        status = store_get_range(store, name, done, part, piece, error);
        if (status == STATUS_OK && put)
            answer = put(context, piece, part, error) == STATUS_OK ? ANSWER_OK : ANSWER_UNKNOWN;
        else if (status != STATUS_OK)
            answer = failed_read(status);
        digest_stream_update(stream, piece, part);
        done += part;
    }
    struct digest digest = digest_stream_digest(stream);
    digest_stream_free(stream);
    if (answer == ANSWER_OK && !digest_equal(&digest, &object->digest))
        return corrupt(name, "is corrupted: its digest is wrong", error);
    return answer;
}

/* Calls visit for every object that the manifest needs; stops at an answer that is not OK. */
static enum answer visit_objects(const struct manifest *manifest,
                                 enum answer (*visit)(void *context, const struct object *object, struct error *error),
                                 void *context, struct error *error) {
    enum answer answer = ANSWER_OK;
    for (uint32_t i = 0; i < manifest->object_count && answer == ANSWER_OK; i++)
        answer = visit(context, &manifest->objects[i], error);
    for (uint32_t i = 0; i < manifest->lane_count; i++)
        for (uint32_t j = 0; j < manifest->lanes[i].pending_count; j++)
            for (uint32_t k = 0; k < manifest->lanes[i].pending[j].segment_count && answer == ANSWER_OK; k++)
                answer = visit(context, &manifest->lanes[i].pending[j].segments[k], error);
    return answer;
}

struct copying {
    struct store *from, *to; /* to NULL: only looks */
    char *piece;
};

static enum answer look_at_object(void *context, const struct object *object, struct error *error) {
    const struct copying *copying = context;
    return read_pieces(copying->from, object, copying->piece, NULL, NULL, error);
}

enum answer checkpoint_verify(struct store *store, const struct manifest *manifest, struct error *error) {
    struct copying copying = {.from = store, .piece = memory_alloc(COPY_BYTES)};
    enum answer answer = visit_objects(manifest, look_at_object, &copying, error);
    free(copying.piece);
    return answer;
}

static enum status append_piece(void *writer, const void *data, size_t size, struct error *error) {
    return store_writer_append(writer, data, size, error);
}

static enum answer copy_object(void *context, const struct object *object, struct error *error) {
    const struct copying *copying = context;
    char name[OBJECT_NAME_SIZE];
    object_name_format(&object->id, name);
    struct store_writer *writer;
    if (store_writer_open(copying->to, name, &writer, error) != STATUS_OK)
        return ANSWER_UNKNOWN;
    enum answer answer = read_pieces(copying->from, object, copying->piece, append_piece, writer, error);
    if (answer != ANSWER_OK) {
        store_writer_abort(writer);
        return answer;
    }
    return store_writer_finish(writer, error) == STATUS_OK ? ANSWER_OK : ANSWER_UNKNOWN;
}

static enum status write_piece(void *file, const void *data, size_t size, struct error *error) {
    return env_file_write(file, data, size, error);
}

enum answer checkpoint_fetch(struct store *store, const struct object *object, struct env *env, const char *path,
                             struct error *error) {
    struct env_file *file;
    if (env_file_open(env, path, ENV_OPEN_NEW, &file, error) != STATUS_OK)
        return ANSWER_UNKNOWN;
    char *piece = memory_alloc(COPY_BYTES);
    enum answer answer = read_pieces(store, object, piece, write_piece, file, error);
    free(piece);
    env_file_close(file);
    return answer;
}

enum answer checkpoint_copy(struct store *from, struct store *to, const struct savepoint *savepoint,
                            struct error *error) {
    struct arena arena;
    struct manifest manifest;
    struct strbuf bytes;
    arena_init(&arena);
    strbuf_init(&bytes);
    enum answer answer = checkpoint_get_manifest(from, &savepoint->manifest.id, &bytes, error);
    if (answer == ANSWER_OK && manifest_decode(bytes.data, bytes.size, &arena, &manifest, error) != STATUS_OK)
        answer = ANSWER_CORRUPT;
    struct copying copying = {.from = from, .to = to, .piece = memory_alloc(COPY_BYTES)};
    if (answer == ANSWER_OK)
        answer = visit_objects(&manifest, copy_object, &copying, error);
    if (answer == ANSWER_OK) /* last: what it names is there */
        answer = checkpoint_put(to, &savepoint->manifest.id, strbuf_str(&bytes), error);
    free(copying.piece);
    strbuf_release(&bytes);
    arena_release(&arena);
    return answer;
}

bool savepoint_name_valid(const char *name) {
    size_t size = strlen(name);
    return size >= 1 && size <= SAVEPOINT_NAME_MAX && name[0] != '.' &&
           strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.") == size;
}

char *savepoint_object_name(const struct incarnation *job, const char *name) {
    char hex[HEX_SIZE];
    hex_format(job->bytes, hex);
    size_t size = sizeof hex + sizeof "/savepoints/" + strlen(name);
    char *text = memory_alloc(size);
    snprintf(text, size, "%s/savepoints/%s", hex, name);
    return text;
}

enum answer checkpoint_put_savepoint(struct store *store, const struct incarnation *job, const char *name,
                                     const struct savepoint *savepoint, struct error *error) {
    uint8_t bytes[SAVEPOINT_SIZE];
    ASSERT(savepoint_name_valid(name));
    savepoint_encode(savepoint, bytes);
    char *object_name = savepoint_object_name(job, name);
    enum status status = store_put(store, object_name, (struct str){(const char *)bytes, sizeof bytes}, error);
    free(object_name);
    if (status == STATUS_OK)
        return ANSWER_OK;
    return status == STATUS_DUPLICATE_OBJECT ? ANSWER_CONFLICT : ANSWER_UNKNOWN;
}

enum answer checkpoint_get_savepoint(struct store *store, const char *object_name, struct savepoint *savepoint,
                                     struct error *error) {
    struct strbuf content;
    strbuf_init(&content);
    enum status status = store_get(store, object_name, SAVEPOINT_SIZE, &content, NULL, error);
    enum answer answer = status == STATUS_OK ? ANSWER_OK : failed_read(status);
    if (answer == ANSWER_OK && savepoint_decode(content.data, content.size, savepoint, error) != STATUS_OK)
        answer = ANSWER_CORRUPT;
    strbuf_release(&content);
    return answer;
}

enum status checkpoint_load_manifest(struct store *store, const struct manifest_reference *reference,
                                     struct arena *arena, struct manifest *manifest, struct error *error) {
    struct strbuf bytes;
    strbuf_init(&bytes);
    enum answer answer = checkpoint_get_manifest(store, &reference->id, &bytes, error);
    enum status status = answer == ANSWER_OK ? STATUS_OK : error->status;
    struct digest digest = digest_of(bytes.data, bytes.size);
    if (status == STATUS_OK && !digest_equal(&digest, &reference->digest))
        status = FAIL(error, STATUS_MALFORMED_RECORD, "the manifest of the checkpoint differs from its digest");
    if (status == STATUS_OK)
        status = manifest_decode(bytes.data, bytes.size, arena, manifest, error);
    strbuf_release(&bytes);
    return status;
}
