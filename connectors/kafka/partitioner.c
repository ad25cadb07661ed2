/* partitioner.c: see the header. */
#include "connectors/kafka/partitioner.h"

enum { ROTATION = 24 };
static const uint32_t seed = 0x9747B28C, factor = 0x5BD1E995;

uint32_t kafka_murmur2(struct str bytes) {
    uint32_t hash = seed ^ (uint32_t)bytes.size;
    size_t whole = bytes.size & ~(size_t)3;
    for (size_t i = 0; i < whole; i += 4) {
        uint32_t word;
        memcpy(&word, bytes.data + i, sizeof word);
        word *= factor;
        word ^= word >> ROTATION;
        hash = hash * factor ^ word * factor;
    }
    if (bytes.size > whole) {
        for (size_t i = bytes.size; i-- > whole;)
            hash ^= (uint32_t)(unsigned char)bytes.data[i] << 8 * (i - whole);
        hash *= factor;
    }
    hash ^= hash >> 13;
    hash *= factor;
    return hash ^ hash >> 15;
}
