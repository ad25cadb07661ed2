/* texts.c: the tables of channels, urls and names, and the pools that free texts are cut from. */
#include "connectors/nexmark/texts.h"

#include <pthread.h>
#include <stdio.h>

#include "connectors/generator.h"
#include "core/base/arena.h"

enum { TEXT_SEED = 20150715, URL_WORD = 5, URL_MAX = 96 };

static struct nexmark_texts texts;
static pthread_once_t texts_once = PTHREAD_ONCE_INIT;

static const char *const city_names[NEXMARK_CITIES] = {"Phoenix", "Los Angeles", "San Francisco", "Boise", "Portland",
                                                       "Bend",    "Redmond",     "Seattle",       "Kent",  "Cheyenne"};
static const char *const state_names[NEXMARK_STATES] = {"AZ", "CA", "ID", "OR", "WA", "WY"};
static const char *const first_names[11] = {"Peter", "Paul",  "Luke",  "John",   "Saul",  "Vicky",
                                            "Kate",  "Julie", "Sarah", "Deiter", "Walter"};
static const char *const last_names[9] = {"Shultz", "Abrams", "Spencer", "White", "Bartels",
                                          "Walton", "Smith",  "Jones",   "Noris"};
static const char *const hot_channel_names[NEXMARK_HOT_CHANNELS] = {"Google", "Facebook", "Baidu", "Apple"};

static char *make_letters(size_t size, unsigned space_in, uint64_t stream) {
    char *letters = memory_alloc(size);
    for (size_t i = 0; i < size; i++) {
        uint64_t random = random_at(stream, i);
        bool is_space = space_in && random_below((uint32_t)(random >> 32), space_in) == 0;
        letters[i] = is_space ? ' ' : (char)('a' + random_below((uint32_t)random, 26));
    }
    return letters;
}

static uint32_t reverse_bits(uint32_t value) {
    uint32_t reversed = 0;
    for (int i = 0; i < 32; i++, value >>= 1)
        reversed = reversed << 1 | (value & 1);
    return reversed;
}

/* "https://www.nexmark.com/abc/de_f/ghi/item.htm?query=1" */
static struct string_view make_url(char *at, uint64_t stream, uint32_t index, bool with_channel) {
    char words[3][URL_WORD + 1];
    for (unsigned i = 0; i < 3; i++) {
        uint64_t random = random_at(stream, (uint64_t)index * 8 + i);
        unsigned size = 3 + (unsigned)(random >> 60) % (URL_WORD - 3 + 1);
        for (unsigned j = 0; j < size; j++, random /= 32)
            words[i][j] = random % 13 == 0 ? '_' : (char)('a' + random % 26);
        words[i][size] = '\0';
    }
    int size = snprintf(at, URL_MAX, "https://www.nexmark.com/%s/%s/%s/item.htm?query=1", words[0], words[1], words[2]);
    if (with_channel) {
        uint32_t reversed = reverse_bits(index - NEXMARK_HOT_CHANNELS);
        int64_t id = (int32_t)reversed;
        size += snprintf(at + size, (size_t)(URL_MAX - size), "&channel_id=%lld", (long long)(id < 0 ? -id : id));
    }
    return view_make(at, (uint32_t)size);
}

static void make_channels(void) {
    uint64_t url_stream = random_stream(TEXT_SEED, 2), share_stream = random_stream(TEXT_SEED, 3);
    texts.channels = memory_alloc(NEXMARK_CHANNELS * sizeof *texts.channels);
    texts.urls = memory_alloc(NEXMARK_CHANNELS * sizeof *texts.urls);
    char *bytes = memory_alloc((size_t)NEXMARK_CHANNELS * URL_MAX),
         *next = bytes; /* tight: it should stay in the cache */
    for (uint32_t i = 0; i < NEXMARK_CHANNELS; i++) {
        bool is_hot = i < NEXMARK_HOT_CHANNELS;
        char name[16];
        int size = is_hot ? snprintf(name, sizeof name, "%s", hot_channel_names[i])
                          : snprintf(name, sizeof name, "channel-%u", i - NEXMARK_HOT_CHANNELS);
        ASSERT(size <= VIEW_INLINE_MAX);
        texts.channels[i] = view_make(name, (uint32_t)size);
        bool with_channel = !is_hot && random_below((uint32_t)random_at(share_stream, i), 10) > 0;
        texts.urls[i] = make_url(next, url_stream, i, with_channel);
        next += texts.urls[i].size;
    }
}

static void make_names(void) {
    for (unsigned i = 0; i < NEXMARK_CITIES; i++)
        texts.cities[i] = view_make(city_names[i], (uint32_t)strlen(city_names[i]));
    for (unsigned i = 0; i < NEXMARK_STATES; i++)
        texts.states[i] = view_make(state_names[i], (uint32_t)strlen(state_names[i]));
    static char full_names[NEXMARK_NAMES][16];
    for (unsigned i = 0; i < NEXMARK_NAMES; i++) {
        int size = snprintf(full_names[i], sizeof full_names[i], "%s %s", first_names[i / 9], last_names[i % 9]);
        texts.names[i] = view_make(full_names[i], (uint32_t)size);
    }
}

static void make_texts(void) {
    texts.pool = make_letters(NEXMARK_POOL_BYTES, 0, random_stream(TEXT_SEED, 0));
    texts.words = make_letters(NEXMARK_WORDS_BYTES, 13, random_stream(TEXT_SEED, 1));
    make_channels();
    make_names();
}

const struct nexmark_texts *nexmark_texts(void) {
    pthread_once(&texts_once, make_texts);
    return &texts;
}
