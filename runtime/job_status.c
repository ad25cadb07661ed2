/* job_status.c: published copies of counters and split states. */
#include "runtime/job_status.h"

#include <stdlib.h>

#include "runtime/source_operator.h"

void job_status_init(struct job_status *status, uint32_t operator_count) {
    *status = (struct job_status){.operator_count = operator_count};
    pthread_mutex_init(&status->mutex, NULL);
    status->operators = memory_zalloc(sizeof *status->operators * operator_count);
}

void job_status_release(struct job_status *status) {
    for (uint32_t i = 0; i < status->split_count; i++)
        free((char *)status->splits[i].name);
    free(status->splits);
    free(status->operators);
    pthread_mutex_destroy(&status->mutex);
}

static void publish_split(struct job_status *status, uint32_t index, const struct stream_operator *source,
                          uint32_t split) {
    if (index == status->split_capacity) {
        status->split_capacity = status->split_capacity ? status->split_capacity * 2 : 16;
        status->splits = memory_realloc(status->splits, status->split_capacity * sizeof *status->splits);
    }
    const struct split_state *state = &source_operator_splits(source)->splits[split];
    struct job_split_status *target = &status->splits[index];
    if (index == status->split_count) {
        *target = (struct job_split_status){0};
        status->split_count++;
    }
    const char *name = source_operator_split_name(source, split);
    if (!target->name || strcmp(target->name, name) != 0) { /* a source before it got more splits */
        free((char *)target->name);
        target->name = memory_strdup(name);
    }
    target->source = source_operator_table(source);
    target->watermark_us = state->watermark_us;
    target->idle = state->idle;
    target->ended = state->ended;
    target->rows = state->row_count;
}

void job_status_publish(struct job_status *status, struct stream_operator *const *operators, uint64_t dead_count) {
    uint32_t split_index = 0;
    pthread_mutex_lock(&status->mutex);
    status->rows_in = status->rows_late = 0;
    status->dead_count = dead_count;
    for (uint32_t i = 0; i < status->operator_count; i++) {
        const struct stream_operator *one = operators[i];
        status->operators[i] = (struct job_operator_status){
            .name = one->class->name,
            .node_id = one->node->id,
            .counters = one->counters,
            .watermark_us = one->watermark_us,
            .idle = one->idle,
        };
        status->rows_late += one->counters.rows_late;
        if (one->class != &source_operator_class)
            continue;
        status->rows_in += one->counters.rows_in;
        for (uint32_t split = 0; split < source_operator_splits(one)->count; split++)
            publish_split(status, split_index++, one, split);
    }
    pthread_mutex_unlock(&status->mutex);
}
