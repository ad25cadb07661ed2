/* gcs_answers.h: what the bodies of Google Cloud Storage's answers say. Pure functions of bytes from outside: whatever is not as expected is false. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/base/str.h"

struct store_page;
struct store_tag;

/* A generation: decimal digits, at most 20. */
bool gcs_tag_from_text(const char *generation, struct store_tag *tag);
/* Of an object resource: its generation; its size. */
bool gcs_answer_generation(struct str body, struct store_tag *tag);
bool gcs_answer_size(struct str body, uint64_t *size_bytes);

struct gcs_listing {
    const char *key_prefix;
    struct store_page *page; /* gets the names behind the prefix; the caller's to release, also after a failure */
    const char *after;       /* names up to this one are passed over; NULL: none */
    char *last;              /* name as listed, without our prefix; owned */
    char *page_token;        /* NULL: no more; owned */
};
/* One page of a list of objects; adds to what `listing` has. */
bool gcs_answer_read_listing(struct str body, struct gcs_listing *listing);
void gcs_listing_release(struct gcs_listing *listing);
