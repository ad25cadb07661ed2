/* protocol_sample.h: one of each record of the commit protocol, for the tests of encodings and machines. */
#pragma once

#include <stdio.h>
#include <string.h>

#include "runtime/protocol/manifest.h"

static inline struct incarnation sample_incarnation(uint8_t number) {
    struct incarnation incarnation;
    memset(incarnation.bytes, number, sizeof incarnation.bytes);
    return incarnation;
}

static inline struct object_id sample_id(enum object_kind kind, uint64_t generation, uint64_t epoch, uint32_t number) {
    return (struct object_id){.job = sample_incarnation(7),
                              .generation = generation,
                              .epoch = epoch,
                              .attempt = 1,
                              .kind = kind,
                              .task = kind == OBJECT_MANIFEST ? 0 : 3,
                              .number = number};
}

/* A log of `chunk_count` chunks of 10 bytes and 2 rows each in one segment; empty when 0. */
static inline struct log_epoch sample_log(struct arena *arena, uint64_t generation, uint64_t epoch,
                                          uint32_t chunk_count) {
    if (chunk_count == 0)
        return log_epoch_empty(epoch);
    struct object *segment = ARENA_NEW(arena, struct object);
    *segment = (struct object){.id = sample_id(OBJECT_LOG, generation, epoch, 9), .size_bytes = 10u * chunk_count + 5};
    struct log_chunk *chunks = ARENA_ARRAY(arena, struct log_chunk, chunk_count);
    for (uint32_t i = 0; i < chunk_count; i++)
        chunks[i] = (struct log_chunk){
            .offset = 10u * i, .size_bytes = 10, .row_count = 2, .rows = digest_of(&epoch, sizeof epoch)};
    for (uint32_t i = 0; i < chunk_count; i++)
        chunks[i].rows.bytes[0] = (uint8_t)i;
    struct log_epoch log = {
        .epoch = epoch, .segments = segment, .segment_count = 1, .chunks = chunks, .chunk_count = chunk_count};
    log.digest = log_epoch_digest(&log);
    return log;
}

/* Epoch 5 of generation 2: two lanes (one behind by two epochs, one published up to chunk 1 of 2), state, positions. */
static inline struct manifest sample_manifest(struct arena *arena) {
    struct object *objects = ARENA_ARRAY(arena, struct object, 3);
    objects[0] = (struct object){.id = sample_id(OBJECT_STATE, 2, 5, 1),
                                 .size_bytes = 1234,
                                 .digest = digest_of("a", 1),
                                 .operator_id = 77,
                                 .key_group_first = 0,
                                 .key_group_last = 511};
    objects[1] = objects[0];
    objects[1].id = sample_id(OBJECT_STATE, 1, 3, 2);
    objects[2] = objects[0];
    objects[2].id = sample_id(OBJECT_FILE, 1, 2, 4);
    struct split_position *positions = ARENA_ARRAY(arena, struct split_position, 2);
    positions[0] = (struct split_position){.source_id = 1, .split = STR("orders-0"), .position = STR("\0\1\2\3")};
    positions[1] = (struct split_position){.source_id = 1, .split = STR("orders-1"), .position = STR("")};
    struct log_epoch *first = ARENA_ARRAY(arena, struct log_epoch, 2);
    first[0] = sample_log(arena, 1, 4, 1);
    first[1] = sample_log(arena, 2, 5, 3);
    struct log_epoch *second = ARENA_ARRAY(arena, struct log_epoch, 1);
    second[0] = sample_log(arena, 2, 5, 2);
    struct manifest_lane *lanes = ARENA_ARRAY(arena, struct manifest_lane, 2);
    lanes[0] = (struct manifest_lane){.sink = 1, .lane = 0, .pending = first, .pending_count = 2};
    lanes[0].marker = (struct marker_position){.known = true, .epoch = 3, .chunk = 1, .chunk_count = 1, .offset = 40};
    lanes[1] = (struct manifest_lane){.sink = 1, .lane = 1, .pending = second, .pending_count = 1};
    lanes[1].marker = (struct marker_position){.known = true, .epoch = 5, .chunk = 1, .chunk_count = 2, .offset = 51};
    memset(lanes[1].marker.topic.bytes, 0xAB, sizeof lanes[1].marker.topic.bytes);
    return (struct manifest){
        .id = sample_id(OBJECT_MANIFEST, 2, 5, 0),
        .plan = digest_of("plan", 4),
        .has_parent = true,
        .parent = {.id = sample_id(OBJECT_MANIFEST, 1, 4, 0), .digest = digest_of("parent", 6)},
        .time_us = 1700000000000000,
        .objects = objects,
        .object_count = 3,
        .positions = positions,
        .position_count = 2,
        .lanes = lanes,
        .lane_count = 2,
    };
}

static inline struct head sample_head(void) {
    return (struct head){.job = sample_incarnation(7),
                         .owner = sample_incarnation(9),
                         .generation = 3,
                         .epoch = 5,
                         .manifest = {.id = sample_id(OBJECT_MANIFEST, 2, 5, 0), .digest = digest_of("m", 1)}};
}

static inline struct marker sample_marker(void) {
    return (struct marker){.job = sample_incarnation(7),
                           .sink = 1,
                           .lane = 2,
                           .epoch = 5,
                           .chunk = 2,
                           .chunk_count = 3,
                           .generation = 3,
                           .row_count = 1000,
                           .rows = digest_of("rows", 4),
                           .log = digest_of("log", 3),
                           .engine_version = "0.1.0"};
}
