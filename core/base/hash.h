/* hash.h: hashing of keys. One function per width, the same everywhere a key is hashed (tables,
 * exchange, key groups), so that a hash computed once can travel with the batch.
 * 64-bit mixing: multiply-xorshift finaliser in the manner of MurmurHash3's fmix64 (Austin Appleby, public domain);
 * bytes: XXH3 from libxxhash. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define KEY_GROUP_BITS 10
#define KEY_GROUP_COUNT 1024u

uint64_t hash_bytes(const void *data, size_t size);

static inline uint64_t hash_u64(uint64_t x) {
    x ^= x >> 32;
    x *= 0xD6E8FEB86659FD93ull;
    x ^= x >> 32;
    x *= 0xD6E8FEB86659FD93ull;
    x ^= x >> 32;
    return x;
}
static inline uint64_t hash_combine(uint64_t seed, uint64_t hash) {
    return hash_u64(seed * 0x9E3779B97F4A7C15ull + hash);
}
/* The key group is the hash's top ten bits: a table ordered by hash is ordered by key group. */
static inline uint32_t hash_key_group(uint64_t hash) {
    return (uint32_t)(hash >> 54);
}

/* Which of `instance_count` (1 … KEY_GROUP_COUNT) instances of an operator has a key group, and the first key group of an instance:
 * contiguous ranges, as snapshots are cut. key_group_first(count, count) is KEY_GROUP_COUNT. */
static inline uint32_t key_group_instance(uint32_t key_group, uint32_t instance_count) {
    return key_group * instance_count / KEY_GROUP_COUNT;
}
static inline uint32_t key_group_first(uint32_t instance, uint32_t instance_count) {
    return (instance * KEY_GROUP_COUNT + instance_count - 1) / instance_count;
}
