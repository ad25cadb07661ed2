/* s3_answers.h: what the bodies of S3's answers say. Pure functions of bytes from outside: whatever is not as expected is false, and nothing is read
 * that is not there. */
#pragma once

#include <stdbool.h>

#include "core/base/str.h"

struct arena;
struct store_page;

/* Whether the body is an error document with this code. */
bool s3_answer_has_code(struct str body, const char *code);
/* The text of the first element of this name, NUL-terminated into text[size_max]; false when there is none that fits. */
bool s3_answer_find_text(struct str body, const char *name, char *text, size_t size_max);
/* S3 may answer 200, keep the connection busy with blanks, and then write an error document. */
bool s3_answer_is_completed(struct str body);

struct s3_listing {
    struct arena *arena; /* for decoded names */
    const char *key_prefix;
    struct store_page *page; /* gets the names behind the prefix; the caller's to release, also after a failure */
    const char *last;        /* name as listed, whether we would use it or not; NULL: none. In the arena */
    bool truncated;
};
/* A ListBucketResult whose names are URL-encoded; sets page, last and truncated. */
bool s3_answer_read_listing(struct str body, struct s3_listing *listing);
