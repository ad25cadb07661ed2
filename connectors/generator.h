/* generator.h: the frame of sources that compute their rows: one split, rows numbered from 0, each a pure function of the
 * options and its number; a row count that may be bounded, and an emission rate.
 *
 * A connector embeds `struct generator` first in its own state and gives a fill function.
 */
#pragma once

#include "connectors/connector.h"

struct generator {
    struct source source;
    const struct source_config *config; /* a copy in config->arena */
    struct schema schema;               /* of the batches: config's columns */
    uint64_t next_row;
    uint64_t end_row;       /* UINT64_MAX: unbounded */
    bool keep_alive;        /* after the last row the table stays open */
    double rows_per_second; /* 0: as fast as asked */
    int64_t started_us;     /* monotonic; 0 before the first poll */
    uint64_t started_row;
    /* Fills all columns of rows [first_row, first_row + batch->row_count). */
    void (*fill)(struct generator *generator, struct batch *batch, uint64_t first_row);
};

/* Sets up everything but fill. row_count 0: unbounded. Fails when config's position is no row of this table. */
enum status generator_init(struct generator *generator, const struct source_config *config, uint64_t row_count,
                           double rows_per_second, struct error *error) MUST_CHECK;

/* A random number of the row, independent between streams and seeds: one step of the wyrand generator (Wang Yi) at
 * position `row` of the stream's sequence. stream_seed comes from random_stream. */
static inline uint64_t random_at(uint64_t stream_seed, uint64_t row) {
    uint64_t state = stream_seed + row * 0xA0761D6478BD642Full;
    __uint128_t product = (__uint128_t)state * (state ^ 0xE7037ED1A0B428DBull);
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}
uint64_t random_stream(uint64_t seed, uint64_t stream);

/* 32 random bits to 0 … range-1 (range < 2^32), and 53 of them to [0, 1). */
static inline uint32_t random_below(uint32_t random, uint32_t range) {
    return (uint32_t)(((uint64_t)random * range) >> 32);
}
static inline double random_unit(uint64_t random) {
    return (double)(random >> 11) * 0x1p-53;
}
