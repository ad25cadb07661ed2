/* hyperloglog.h: estimated number of distinct values in at most 4 KiB. Standard error 1.6 % (1.04 / sqrt(4096)); up to 384
 * values are counted practically exactly.
 * Starts as a set of 32-bit codes (26 hash bits, rank of the rest), becomes 4096 registers of one byte.
 * Estimator: O. Ertl, "New cardinality estimation algorithms for HyperLogLog sketches" (2017), algorithm 6, which needs no
 * correction tables and has no bias between the ranges. */
#pragma once

#include <stdint.h>

struct bytes_reader;
struct state_memory;
struct strbuf;

struct hyperloglog {
    void *data;        /* in the state memory: codes or registers; NULL while empty */
    uint32_t capacity; /* of codes, a power of two; HYPERLOGLOG_DENSE when registers */
    uint32_t count;    /* of codes */
};

#define HYPERLOGLOG_DENSE UINT32_MAX

/* A zeroed sketch is empty. */
void hyperloglog_add(struct hyperloglog *sketch, uint64_t hash, struct state_memory *memory);
void hyperloglog_merge(struct hyperloglog *sketch, const struct hyperloglog *source, struct state_memory *memory);
int64_t hyperloglog_estimate(const struct hyperloglog *sketch);
/* As bytes, and back into an empty sketch; what is refused leaves it empty. */
void hyperloglog_encode(const struct hyperloglog *sketch, struct strbuf *out);
void hyperloglog_decode(struct hyperloglog *sketch, struct bytes_reader *reader, struct state_memory *memory);
void hyperloglog_release(struct hyperloglog *sketch, struct state_memory *memory);
