/* texts.h: the strings of Nexmark events: made once for the process and never freed, so that generated columns hold views of
 * them and no row copies a byte. */
#pragma once

#include <stdint.h>

#include "core/data/column.h"

enum {
    NEXMARK_POOL_BYTES = 1 << 20,  /* letters */
    NEXMARK_WORDS_BYTES = 1 << 16, /* letters, one in thirteen a space */
    NEXMARK_HOT_CHANNELS = 4,      /* Google, Facebook, Baidu, Apple */
    NEXMARK_CHANNELS = 4 + 10000,  /* the hot ones first */
    NEXMARK_CITIES = 10,
    NEXMARK_STATES = 6,
    NEXMARK_NAMES = 11 * 9,
};

struct nexmark_texts {
    const char *pool;
    const char *words;
    struct string_view *channels; /* NEXMARK_CHANNELS of each */
    struct string_view *urls;
    struct string_view cities[NEXMARK_CITIES];
    struct string_view states[NEXMARK_STATES];
    struct string_view names[NEXMARK_NAMES];
};

/* Made at the first call; any thread. */
const struct nexmark_texts *nexmark_texts(void);
