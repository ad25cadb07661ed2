/* job_status.h: what observers on other threads may know about a running job: copies that the task publishes. */
#pragma once

#include <pthread.h>
#include <stdint.h>

#include "runtime/job.h"

struct job_status {
    pthread_mutex_t mutex;
    struct job_operator_status *operators; /* fixed count */
    uint32_t operator_count;
    struct job_split_status *splits; /* grows; names are owned */
    uint32_t split_count, split_capacity;
    uint64_t rows_in, rows_late, dead_count;
};

void job_status_init(struct job_status *status, uint32_t operator_count);
void job_status_release(struct job_status *status);
/* By the task thread: copies from its operators (in plan order) and its sources. */
void job_status_publish(struct job_status *status, struct stream_operator *const *operators, uint64_t dead_count);
