/* hash.c: hashing of byte strings, by XXH3 inlined from libxxhash's header so that short keys cost no call. */
#include "core/base/hash.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

uint64_t hash_bytes(const void *data, size_t size) {
    return XXH3_64bits(data, size);
}
