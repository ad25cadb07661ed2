/* store_uri.h: the address of a store in its parts: scheme://authority/path?key=value&key=value. */
#pragma once

#include "core/base/arena.h"
#include "core/base/status.h"

enum { STORE_URI_MAX = 4096, STORE_URI_OPTIONS_MAX = 8 };

struct store_uri {
    const char *scheme;    /* lower case */
    const char *authority; /* the bucket; "" for file:/// */
    const char *path;      /* decoded; without slashes at the end; for buckets without one at the start */
    struct {
        const char *key, *value;
    } options[STORE_URI_OPTIONS_MAX];
    uint32_t option_count;
};

/* Everything lives in `arena`. */
enum status store_uri_parse(const char *text, struct arena *arena, struct store_uri *uri,
                            struct error *error) MUST_CHECK;
/* NULL when it is not there. */
const char *store_uri_option(const struct store_uri *uri, const char *key);
/* Refuses options other than those of the NULL-terminated list. */
enum status store_uri_check_options(const struct store_uri *uri, const char *const *known,
                                    struct error *error) MUST_CHECK;
