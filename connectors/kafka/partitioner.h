/* partitioner.h: which partition a key belongs to, as the Java client's default partitioner says, so that a key stays where Flink and Kafka's
 * own tools put it. */
#pragma once

#include <stdint.h>

#include "core/base/str.h"

/* MurmurHash2 (Austin Appleby, public domain), 32 bits, with the seed that Kafka uses. */
uint32_t kafka_murmur2(struct str bytes);

/* Of 0 … partition_count-1. */
static inline uint32_t kafka_key_partition(struct str key, uint32_t partition_count) {
    return (kafka_murmur2(key) & 0x7FFFFFFF) % partition_count;
}
