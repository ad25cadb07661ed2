/* store.c: what all stores have in common: the table of kinds, checked arguments, attempts, and the meaning of a refused
 * write. Invariant: an operation is repeated only when every repetition has the effect of one, and "not done" is said only
 * when no attempt's fate is unknown. */
#include "runtime/store/store.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/base/arena.h"
#include "core/base/env.h"
#include "core/base/log.h"
#include "runtime/store/store_class.h"

static const struct store_class *const classes[] = {&file_store_class, &s3_store_class, &gcs_store_class};

enum {
    ATTEMPTS_DEFAULT = 6,
    BACKOFF_DEFAULT_MS = 100,
    BACKOFF_MAX_MS = 5000,
    REQUEST_TIMEOUT_DEFAULT_MS = 20000,
    PART_SIZE_UNIT = 256 * 1024, /* GCS takes only multiples */
    PAGE_NAME_MAX = 4096,
};

static struct store_options with_defaults(const struct store_options *given) {
    struct store_options options = given ? *given : (struct store_options){0};
    options.env = options.env ? options.env : env_posix();
    options.attempts = options.attempts ? options.attempts : ATTEMPTS_DEFAULT;
    options.backoff_ms = options.backoff_ms ? options.backoff_ms : BACKOFF_DEFAULT_MS;
    options.request_timeout_ms = options.request_timeout_ms ? options.request_timeout_ms : REQUEST_TIMEOUT_DEFAULT_MS;
    options.part_size_bytes = options.part_size_bytes ? options.part_size_bytes : STORE_PART_SIZE_DEFAULT;
    ASSERT(options.part_size_bytes % PART_SIZE_UNIT == 0);
    return options;
}

static enum status open_uri(const struct store_uri *uri, const struct store_options *options, struct store **store,
                            struct error *error) {
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++) {
        if (strcmp(classes[i]->scheme, uri->scheme) != 0)
            continue;
        TRY(classes[i]->open(uri, options, store, error));
        (*store)->class = classes[i];
        return STATUS_OK;
    }
    (void)FAIL(error, STATUS_INVALID_OPTION, "there is no store for addresses with %s://", uri->scheme);
    error_hint(error, "write file:///folder, s3://bucket/prefix or gs://bucket/prefix");
    return STATUS_INVALID_OPTION;
}

enum status store_open(const char *uri_text, const struct store_options *given, struct store **store,
                       struct error *error) {
    *store = NULL;
    struct store_options options = with_defaults(given);
    struct arena arena;
    arena_init(&arena);
    struct store_uri uri;
    enum status status = store_uri_parse(uri_text, &arena, &uri, error);
    if (status == STATUS_OK)
        status = open_uri(&uri, &options, store, error);
    if (status == STATUS_OK) {
        (*store)->options = options;
        (*store)->uri_text = memory_strdup(uri_text);
        (*store)->uri_text[strcspn(uri_text, "?")] = 0;
    }
    arena_release(&arena);
    return status;
}

bool store_is_folder(const struct store *store) {
    return store->class == &file_store_class;
}

void store_close(struct store *store) {
    if (!store)
        return;
    free(store->uri_text);
    store->class->close(store);
}

const char *store_uri_text(const struct store *store) {
    return store->uri_text;
}

static bool is_name_character(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c && strchr("/-_.=+:,@", c));
}

bool store_name_is_valid(const char *name) {
    size_t size = strnlen(name, STORE_NAME_MAX + 1);
    if (size == 0 || size > STORE_NAME_MAX || name[size - 1] == '/')
        return false;
    for (size_t i = 0; i < size; i++) {
        if (!is_name_character(name[i]))
            return false;
        if ((i == 0 || name[i - 1] == '/') && (name[i] == '/' || name[i] == '.'))
            return false;
    }
    return true;
}

static enum status check_name(const char *name, struct error *error) {
    if (store_name_is_valid(name))
        return STATUS_OK;
    return FAIL(error, STATUS_INVALID_ARGUMENT, "\"%.200s\" cannot be the name of a stored object", name);
}

static void wait_us(int64_t duration_us) {
    struct timespec rest = {.tv_sec = duration_us / 1000000, .tv_nsec = duration_us % 1000000 * 1000};
    while (nanosleep(&rest, &rest) != 0)
        ASSERT(errno == EINTR);
}

/* Full jitter between half and all of the step: many workers that failed together do not return together. */
bool store_retry(const struct store *store, uint32_t attempt, const struct error *error) {
    if (!store->class->retries || !error->retriable || attempt + 1 >= store->options.attempts)
        return false;
    uint64_t step_ms = (uint64_t)store->options.backoff_ms << (attempt < 16 ? attempt : 16);
    if (step_ms > BACKOFF_MAX_MS)
        step_ms = BACKOFF_MAX_MS;
    uint64_t step_us = step_ms * 1000;
    uint64_t wait = step_us / 2 + env_random_u64(store->options.env) % (step_us / 2 + 1);
    log_debug("store is tried again", log_text("store", store->uri_text), log_int("attempt", attempt + 2),
              log_text("error", error->message));
    wait_us((int64_t)wait);
    return true;
}

/* Hands the error of the last attempt to the caller, who may not want it. */
static enum status pass(enum status status, const struct error *last, struct error *error) {
    if (status != STATUS_OK && error)
        *error = *last;
    return status;
}

static enum status read_some(struct store *store, const char *name, uint64_t offset, uint64_t size,
                             struct strbuf *content, uint64_t *object_size, struct store_tag *tag,
                             struct error *error) {
    size_t before = content->size;
    struct store_tag ignored;
    struct error last = {0};
    for (uint32_t attempt = 0;; attempt++) {
        content->size = before; /* a cut answer may have left its beginning */
        enum status status =
            store->class->read(store, name, offset, size, content, object_size, tag ? tag : &ignored, &last);
        if (status == STATUS_OK || !store_retry(store, attempt, &last))
            return pass(status, &last, error);
    }
}

enum status store_get(struct store *store, const char *name, uint64_t size_limit, struct strbuf *content,
                      struct store_tag *tag, struct error *error) {
    TRY(check_name(name, error));
    uint64_t object_size;
    size_t before = content->size;
    TRY(read_some(store, name, 0, size_limit, content, &object_size, tag, error));
    if (object_size > size_limit)
        return FAIL(error, STATUS_LIMIT_EXCEEDED, "%s of %s has %llu bytes; at most %llu were expected", name,
                    store->uri_text, (unsigned long long)object_size, (unsigned long long)size_limit);
    ASSERT(content->size - before == object_size);
    return STATUS_OK;
}

enum status store_get_range(struct store *store, const char *name, uint64_t offset, size_t size, void *data,
                            struct error *error) {
    TRY(check_name(name, error));
    if (size == 0)
        return STATUS_OK;
    uint64_t object_size;
    struct strbuf content;
    strbuf_init(&content);
    enum status status = read_some(store, name, offset, size, &content, &object_size, NULL, error);
    if (status == STATUS_OK && content.size != size)
        status = FAIL(error, STATUS_OUT_OF_RANGE, "%s of %s has %llu bytes; %zu from %llu were wanted", name,
                      store->uri_text, (unsigned long long)object_size, size, (unsigned long long)offset);
    if (status == STATUS_OK)
        memcpy(data, content.data, size);
    strbuf_release(&content);
    return status;
}

enum status store_size(struct store *store, const char *name, uint64_t *size_bytes, struct error *error) {
    TRY(check_name(name, error));
    struct error last = {0};
    for (uint32_t attempt = 0;; attempt++) {
        enum status status = store->class->size(store, name, size_bytes, &last);
        if (status == STATUS_OK || !store_retry(store, attempt, &last))
            return pass(status, &last, error);
    }
}

enum status store_delete(struct store *store, const char *name, struct error *error) {
    TRY(check_name(name, error));
    struct error last = {0};
    for (uint32_t attempt = 0;; attempt++) {
        enum status status = store->class->remove(store, name, &last);
        if (status == STATUS_OK || status == STATUS_UNDEFINED_FILE)
            return STATUS_OK;
        if (!store_retry(store, attempt, &last))
            return pass(status, &last, error);
    }
}

void store_page_add(struct store_page *page, const char *name, uint64_t size_bytes) {
    if (!store_name_is_valid(name))
        return;
    if (page->count % 64 == 0)
        page->entries = memory_realloc(page->entries, (page->count + 64) * sizeof *page->entries);
    page->entries[page->count++] = (struct store_entry){.name = memory_strdup(name), .size_bytes = size_bytes};
}

void store_page_release(struct store_page *page) {
    for (uint32_t i = 0; i < page->count; i++)
        free(page->entries[i].name);
    free(page->entries);
    free(page->next);
    *page = (struct store_page){0};
}

enum status store_list(struct store *store, const char *prefix, const char *after, uint32_t limit,
                       struct store_page *page, struct error *error) {
    *page = (struct store_page){0};
    if (strlen(prefix) > STORE_NAME_MAX || (after && strlen(after) > PAGE_NAME_MAX))
        return FAIL(error, STATUS_INVALID_ARGUMENT, "prefix of names to list is too long");
    if (limit == 0 || limit > STORE_PAGE_MAX)
        limit = STORE_PAGE_MAX;
    struct error last = {0};
    for (uint32_t attempt = 0;; attempt++) {
        enum status status = store->class->list(store, prefix, after, limit, page, &last);
        if (status == STATUS_OK)
            return STATUS_OK;
        store_page_release(page);
        if (!store_retry(store, attempt, &last))
            return pass(status, &last, error);
    }
}

static void digest_of(const void *data, size_t size, uint8_t digest[32]) {
    unsigned written;
    int done = EVP_Digest(data, size, digest, &written, EVP_sha256(), NULL);
    ASSERT(done == 1 && written == 32);
}

/* Reads in pieces: the object may be large. */
static enum status digest_stored(struct store *store, const char *name, uint64_t size_bytes, EVP_MD_CTX *context,
                                 bool *same_size, struct error *error) {
    struct strbuf piece;
    strbuf_init(&piece);
    enum status status = STATUS_OK;
    *same_size = true;
    uint64_t offset = 0;
    do {
        uint64_t object_size = 0;
        strbuf_reset(&piece);
        status = read_some(store, name, offset, store->options.part_size_bytes, &piece, &object_size, NULL, error);
        if (status != STATUS_OK)
            break;
        *same_size = object_size == size_bytes && (piece.size || offset == size_bytes);
        int updated = EVP_DigestUpdate(context, piece.size ? piece.data : "", piece.size);
        ASSERT(updated == 1);
        offset += piece.size;
    } while (*same_size && offset < size_bytes);
    strbuf_release(&piece);
    return status;
}

enum status store_content_equals(struct store *store, const char *name, uint64_t size_bytes, const uint8_t digest[32],
                                 bool *equals, struct error *error) {
    *equals = false;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    int started = context && EVP_DigestInit_ex(context, EVP_sha256(), NULL);
    ASSERT(started);
    bool same_size;
    enum status status = digest_stored(store, name, size_bytes, context, &same_size, error);
    if (status == STATUS_OK) {
        uint8_t stored[32];
        unsigned written;
        int ended = EVP_DigestFinal_ex(context, stored, &written);
        ASSERT(ended == 1 && written == 32);
        *equals = same_size && memcmp(stored, digest, 32) == 0;
    }
    EVP_MD_CTX_free(context);
    return status == STATUS_UNDEFINED_FILE ? STATUS_OK : status;
}

static enum status settle_put(struct store *store, const char *name, struct str content, struct error *error) {
    uint8_t digest[32];
    digest_of(content.data ? content.data : "", content.size, digest);
    bool equals;
    TRY(store_content_equals(store, name, content.size, digest, &equals, error));
    if (equals)
        return STATUS_OK;
    return FAIL(error, STATUS_DUPLICATE_OBJECT, "%s of %s exists with another content", name, store->uri_text);
}

enum status store_put(struct store *store, const char *name, struct str content, struct error *error) {
    TRY(check_name(name, error));
    struct error last = {0};
    for (uint32_t attempt = 0;; attempt++) {
        enum store_swap outcome = 0;
        enum status status = store->class->put(store, name, content, &outcome, &last);
        if (status == STATUS_OK && outcome == STORE_SWAP_DONE)
            return STATUS_OK;
        if (status == STATUS_OK && outcome == STORE_SWAP_CONFLICT)
            return settle_put(store, name, content, error);
        last.retriable |= status == STATUS_OK;
        if (!store_retry(store, attempt, &last))
            return pass(status == STATUS_OK ? last.status : status, &last, error);
    }
}

/* The swap was refused. Was it an earlier attempt of ours that changed the object? */
static enum status settle_swap(struct store *store, const char *name, const struct store_tag *expected,
                               struct str content, bool doubtful, enum store_swap *outcome, struct store_tag *tag,
                               struct error *error) {
    struct strbuf stored;
    strbuf_init(&stored);
    uint64_t object_size = 0;
    struct error last = {0};
    enum status status = read_some(store, name, 0, STORE_SWAP_SIZE_MAX + 1, &stored, &object_size, tag, &last);
    if (status == STATUS_OK && object_size == content.size && str_equal(strbuf_str(&stored), content))
        *outcome = STORE_SWAP_DONE;
    else if (status == STATUS_OK)
        *outcome = doubtful ? STORE_SWAP_UNKNOWN : STORE_SWAP_CONFLICT;
    else if (status == STATUS_UNDEFINED_FILE)
        *outcome = doubtful ? STORE_SWAP_UNKNOWN : expected ? STORE_SWAP_MISSING : STORE_SWAP_CONFLICT;
    else
        *outcome = STORE_SWAP_UNKNOWN; /* refused, but perhaps because of what we did ourselves */
    if (*outcome == STORE_SWAP_UNKNOWN && error) {
        if (status != STATUS_OK && status != STATUS_UNDEFINED_FILE)
            *error = last;
        else
            (void)FAIL(error, STATUS_CONNECTION_FAILURE,
                       "%s of %s was changed again after a swap whose answer did not arrive", name, store->uri_text);
    }
    strbuf_release(&stored);
    return STATUS_OK;
}

enum status store_swap(struct store *store, const char *name, const struct store_tag *expected, struct str content,
                       enum store_swap *outcome, struct store_tag *tag, struct error *error) {
    TRY(check_name(name, error));
    if (content.size > STORE_SWAP_SIZE_MAX)
        return FAIL(error, STATUS_LIMIT_EXCEEDED, "a swapped object has at most %d bytes", STORE_SWAP_SIZE_MAX);
    struct store_tag wanted = expected ? *expected : (struct store_tag){0}; /* `tag` may be the same place */
    expected = wanted.size ? &wanted : NULL;
    *tag = (struct store_tag){0};
    bool doubtful = false;
    struct error last = {0};
    for (uint32_t attempt = 0;; attempt++) {
        enum status status = store->class->swap(store, name, expected, content, outcome, tag, &last);
        if (status == STATUS_OK && *outcome == STORE_SWAP_DONE)
            return STATUS_OK;
        if (status == STATUS_OK && *outcome != STORE_SWAP_UNKNOWN)
            return settle_swap(store, name, expected, content, doubtful, outcome, tag, error);
        if (status == STATUS_OK)
            doubtful = last.retriable = true;
        if (store_retry(store, attempt, &last))
            continue;
        if (doubtful)
            *outcome = STORE_SWAP_UNKNOWN;
        if (error)
            *error = last;
        return doubtful ? STATUS_OK : status;
    }
}
