/* store_class.h: what a kind of store has to do. store.c checks arguments, retries, and finds out what a refused write means;
 * an implementation makes one attempt and says what it saw.
 *
 *     store.c, store_writer.c ──▶ struct store_class ◀── file_store.c   file://
 *                                                    ◀── s3_store.c     s3://
 *                                                    ◀── gcs_store.c    gs://
 *
 * A failure (status other than OK) means that nothing was changed; error.retriable that another attempt may succeed. A write
 * that may have happened is OK with STORE_SWAP_UNKNOWN and a filled error.
 */
#pragma once

#include "runtime/store/store.h"
#include "runtime/store/store_uri.h"

struct store_upload; /* an object under way, in parts; the implementation's */

struct store_class {
    const char *scheme; /* "file" */
    bool retries;       /* failed attempts may be repeated */
    uint64_t parts_max; /* of one upload */

    enum status (*open)(const struct store_uri *uri, const struct store_options *options, struct store **store,
                        struct error *error);
    void (*close)(struct store *store);

    /* Creates; CONFLICT: there is an object of that name. */
    enum status (*put)(struct store *store, const char *name, struct str content, enum store_swap *outcome,
                       struct error *error);
    /* Parts are part_size_bytes long but for the last, which upload_finish gets. A failed upload_part may be called again with
     * the same part, as may upload_finish; upload_abort follows in every case and frees. */
    enum status (*upload_begin)(struct store *store, const char *name, struct store_upload **upload,
                                struct error *error);
    enum status (*upload_part)(struct store_upload *upload, struct str part, struct error *error);
    enum status (*upload_finish)(struct store_upload *upload, struct str last, enum store_swap *outcome,
                                 struct error *error);
    void (*upload_abort)(struct store_upload *upload);

    /* Appends up to `size` bytes from `offset`; sets the object's size. */
    enum status (*read)(struct store *store, const char *name, uint64_t offset, uint64_t size, struct strbuf *content,
                        uint64_t *object_size, struct store_tag *tag, struct error *error);
    enum status (*size)(struct store *store, const char *name, uint64_t *size_bytes, struct error *error);
    enum status (*remove)(struct store *store, const char *name, struct error *error);
    /* Adds entries through store_page_add and sets page->next, the last name seen, when there may be more. */
    enum status (*list)(struct store *store, const char *prefix, const char *after, uint32_t limit,
                        struct store_page *page, struct error *error);
    /* `expected` is NULL for no object. */
    enum status (*swap)(struct store *store, const char *name, const struct store_tag *expected, struct str content,
                        enum store_swap *outcome, struct store_tag *tag, struct error *error);
};

/* The common beginning of every store; store_open fills it once the class has opened. */
struct store {
    const struct store_class *class;
    struct store_options options; /* no zeroes */
    char *uri_text;
};

extern const struct store_class file_store_class;
extern const struct store_class s3_store_class;
extern const struct store_class gcs_store_class;

bool store_name_is_valid(const char *name);
/* Adds a copy; names that are not valid are left out. */
void store_page_add(struct store_page *page, const char *name, uint64_t size_bytes);

/* Whether to try again after a failed attempt (0 = the first); waits before it says yes. */
bool store_retry(const struct store *store, uint32_t attempt, const struct error *error);

/* Whether the object has this size and SHA-256; a missing one has not. */
enum status store_content_equals(struct store *store, const char *name, uint64_t size_bytes, const uint8_t digest[32],
                                 bool *equals, struct error *error) MUST_CHECK;
