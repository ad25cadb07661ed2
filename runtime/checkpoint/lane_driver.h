/* lane_driver.h: one sink lane at work: carries out what runtime/protocol/lane.h asks for, with a publisher and a
 * store.
 *
 *   mailbox ─▶ lane thread: lane_step, blocking calls of the publisher ─▶ reports to the coordinator
 *                └─▶ opener thread: opens slots, one after the other, while the lane sends on the other one
 *
 * What the coordinator says comes through lane_driver_start and lane_driver_commit, which copy it; what the lane has to
 * say goes to `report` and `failed`, which are called on the lane's thread. */
#pragma once

#include "connectors/connector.h"
#include "runtime/checkpoint/log_segments.h"
#include "runtime/protocol/lane.h"

struct lane_driver;
struct store;

struct lane_driver_config {
    struct store *store;
    struct log_segments *segments;
    const struct publisher_support *publishers;
    /* Arena, job and cancel are the driver's business; what it points to outlives the driver. */
    struct publisher_config publisher;
    void (*report)(void *context, const struct lane_report *report);
    /* The outside cannot keep the promise, whatever is tried again (preflight): said once, and the lane rests. */
    void (*failed)(void *context, const struct error *error);
    void *context;
};

/* Starts the threads; the lane does nothing before lane_driver_start. */
struct lane_driver *lane_driver_new(const struct lane_driver_config *config);
void lane_driver_start(struct lane_driver *driver, const struct lane_start *start);
void lane_driver_commit(struct lane_driver *driver, const struct incarnation *job, uint64_t generation,
                        const struct log_epoch *log);
/* Leaves without a word, waits for the threads, and frees. */
void lane_driver_free(struct lane_driver *driver);
