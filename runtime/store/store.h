/* store.h: where checkpoints live: a folder, an S3 bucket or a Google Cloud Storage bucket behind one interface.
 *
 *     file:///path/to/folder              s3://bucket/prefix?region=…&endpoint=…&style=path|virtual
 *                                         gs://bucket/prefix?endpoint=…
 *
 *     state files, logs, manifests ── store_put, store_writer ──▶ immutable objects; a name is never used twice
 *     HEAD                         ── store_swap ──────────────▶ one small object, changed only by compare-and-swap
 *
 * Names are relative to the URI: 1 to STORE_NAME_MAX of the characters A-Z a-z 0-9 / - _ . = + : , @, in parts between slashes
 * that are neither empty nor begin with a dot. Foreign objects whose names are not such names are not seen.
 * No name may be the folder of another ("a" and "a/b"): on a file system both cannot be.
 *
 * Remote operations are tried again (jittered backoff; see struct store_options) when that is safe. What then still fails
 * says whether it may pass by itself: error.retriable. Missing objects are UNDEFINED_FILE, a full disk DISK_FULL (retriable),
 * a store that cannot be reached or answers nonsense CONNECTION_FAILURE, refusals FILE_ERROR.
 *
 * A store may be used by any number of threads; a writer by one. All calls block. A process whose fsync fails is ended:
 * after that nobody knows what the disk holds.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/status.h"
#include "core/base/str.h"

struct env;
struct store;
struct store_writer;

enum {
    STORE_NAME_MAX = 700,
    STORE_TAG_MAX = 64,
    STORE_SWAP_SIZE_MAX = 64 * 1024, /* bytes of a swapped object */
    STORE_PART_SIZE_DEFAULT = 8 * 1024 * 1024,
    STORE_PAGE_MAX = 1000, /* entries of one page of a list */
};

/* Zero or NULL means the default. */
struct store_options {
    struct env *env;             /* clocks and randomness; default: the real one */
    uint32_t attempts;           /* of one operation; default 6 */
    uint32_t backoff_ms;         /* before the second attempt, doubled for each more; default 100 */
    uint32_t request_timeout_ms; /* of one request that makes no progress; default 20 s */
    uint32_t part_size_bytes;    /* of large objects; default STORE_PART_SIZE_DEFAULT, a multiple of 256 KiB */
};

/* Reads credentials but sends nothing; a folder is created when it is absent. `options` may be NULL. */
enum status store_open(const char *uri, const struct store_options *options, struct store **store,
                       struct error *error) MUST_CHECK;
void store_close(struct store *store); /* NULL is fine; no writer may be open */
/* As given, without its options: for messages. Lives as long as the store. */
const char *store_uri_text(const struct store *store);
/* A folder of this machine: listing costs nothing, and swaps compare under a lock of ours, so that they need no probe. */
bool store_is_folder(const struct store *store);

/* Immutable objects. */

/* Durable when it returns OK. The name's having this content already is OK; another content is DUPLICATE_OBJECT, and is kept. */
enum status store_put(struct store *store, const char *name, struct str content, struct error *error) MUST_CHECK;

/* The same for an object that is written piece by piece; it appears as a whole when finished, or not at all. */
enum status store_writer_open(struct store *store, const char *name, struct store_writer **writer,
                              struct error *error) MUST_CHECK;
enum status store_writer_append(struct store_writer *writer, const void *data, size_t size,
                                struct error *error) MUST_CHECK;
/* Frees the writer, whatever happens. */
enum status store_writer_finish(struct store_writer *writer, struct error *error) MUST_CHECK;
void store_writer_abort(struct store_writer *writer); /* frees it and takes back what was sent, as far as possible */

/* The store's name for one content of a swapped object: an ETag, a generation, a digest. Opaque; size 0: no object. */
struct store_tag {
    uint8_t bytes[STORE_TAG_MAX];
    uint8_t size;
};

/* Appends the whole object to `content`; LIMIT_EXCEEDED when it is larger than `size_limit`. `tag` may be NULL. */
enum status store_get(struct store *store, const char *name, uint64_t size_limit, struct strbuf *content,
                      struct store_tag *tag, struct error *error) MUST_CHECK;
/* Exactly `size` bytes from `offset`; OUT_OF_RANGE when the object ends before. */
enum status store_get_range(struct store *store, const char *name, uint64_t offset, size_t size, void *data,
                            struct error *error) MUST_CHECK;
enum status store_size(struct store *store, const char *name, uint64_t *size_bytes, struct error *error) MUST_CHECK;
/* OK too when there is no such object. */
enum status store_delete(struct store *store, const char *name, struct error *error) MUST_CHECK;

struct store_entry {
    char *name;
    uint64_t size_bytes;
};
struct store_page {
    struct store_entry *entries; /* by name, in byte order */
    uint32_t count;              /* may be 0 although more follows */
    char *next;                  /* pass as `after` for the page that follows; NULL: this was the last */
};
/* One page of the names that begin with `prefix` (any text, "" for all) and come after `after` (NULL: from the start);
 * `limit` 0 means STORE_PAGE_MAX. Initialises the page, also on failure. */
enum status store_list(struct store *store, const char *prefix, const char *after, uint32_t limit,
                       struct store_page *page, struct error *error) MUST_CHECK;
void store_page_release(struct store_page *page);

/* Compare-and-swap of one small object. */

enum store_swap {
    STORE_SWAP_DONE = 1, /* the object holds `content`, by this call; `tag` is its new tag */
    STORE_SWAP_CONFLICT, /* not done: the object is not what was expected */
    STORE_SWAP_MISSING,  /* not done: there is no object although one was expected */
    STORE_SWAP_UNKNOWN, /* done, or not, or will be: no answer came, or the object was changed again since. Read it again. */
};

/* Puts `content` in the place of what has the tag `expected` (NULL or size 0: of nothing). OK means that `outcome` was
 * set; with UNKNOWN `error` says why. A failure means that it was certainly not done.
 *
 * A swap whose answer was lost and that is then refused is recognised by reading the object: so every content ever
 * offered must be unlike all others, those of other processes included (it names its writer, or carries a random number). */
enum status store_swap(struct store *store, const char *name, const struct store_tag *expected, struct str content,
                       enum store_swap *outcome, struct store_tag *tag, struct error *error) MUST_CHECK;

/* Finds out, by racing creates and stale swaps on objects of its own, whether swaps compare; UNSUPPORTED when they do not.
 * To be called before a store is trusted with HEAD. */
enum status store_probe_swap(struct store *store, struct error *error) MUST_CHECK;
