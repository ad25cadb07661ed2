/* job_status.h: what observers on other threads may know about a running job: copies that its tasks publish, each its own part. */
#pragma once

#include <pthread.h>
#include <stdint.h>

#include "runtime/job.h"

struct job_status_part {
    struct job_operator_status *operators; /* of the task; fixed count */
    uint32_t operator_count;
    struct job_split_status *splits; /* grows; names are owned */
    uint32_t split_count, split_capacity;
    uint64_t rows_in, rows_late;
};

struct job_status {
    pthread_mutex_t mutex;
    struct job_status_part *parts; /* by task */
    uint32_t part_count;
};

void job_status_init(struct job_status *status, uint32_t task_count);
void job_status_release(struct job_status *status);
/* By the task's thread: copies from its operators, which are the same at each call, and its sources. */
void job_status_publish(struct job_status *status, uint32_t task, struct stream_operator *const *operators,
                        uint32_t operator_count);

/* Any thread: an operator as the sum of its instances; false when no task has the node. Watermark: the least of those that are not idle. */
bool job_status_operator(struct job_status *status, uint32_t node_id, struct job_operator_status *sum);
uint32_t job_status_split_count(struct job_status *status);
void job_status_split(struct job_status *status, uint32_t index, struct job_split_status *split);
void job_status_rows(struct job_status *status, uint64_t *rows_in, uint64_t *rows_late);
