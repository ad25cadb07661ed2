/* job_status.c: published copies of counters and split states. */
#include "runtime/job_status.h"

#include <stdlib.h>

#include "runtime/source_operator.h"

void job_status_init(struct job_status *status, uint32_t task_count) {
    *status = (struct job_status){.part_count = task_count};
    pthread_mutex_init(&status->mutex, NULL);
    status->parts = memory_zalloc(sizeof *status->parts * task_count);
}

void job_status_release(struct job_status *status) {
    for (uint32_t i = 0; i < status->part_count; i++) {
        struct job_status_part *part = &status->parts[i];
        for (uint32_t j = 0; j < part->split_count; j++)
            free((char *)part->splits[j].name);
        free(part->splits);
        free(part->operators);
    }
    free(status->parts);
    pthread_mutex_destroy(&status->mutex);
}

static void publish_split(struct job_status_part *part, uint32_t index, const struct stream_operator *source,
                          uint32_t split) {
    if (index == part->split_capacity) {
        part->split_capacity = part->split_capacity ? part->split_capacity * 2 : 16;
        part->splits = memory_realloc(part->splits, part->split_capacity * sizeof *part->splits);
    }
    const struct split_state *state = &source_operator_splits(source)->splits[split];
    struct job_split_status *target = &part->splits[index];
    if (index == part->split_count) {
        *target = (struct job_split_status){0};
        part->split_count++;
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

void job_status_publish(struct job_status *status, uint32_t task, struct stream_operator *const *operators,
                        uint32_t operator_count) {
    struct job_status_part *part = &status->parts[task];
    uint32_t split_index = 0;
    pthread_mutex_lock(&status->mutex);
    if (!part->operators)
        part->operators = memory_zalloc(sizeof *part->operators * operator_count);
    part->operator_count = operator_count;
    part->rows_in = part->rows_late = 0;
    for (uint32_t i = 0; i < operator_count; i++) {
        const struct stream_operator *one = operators[i];
        part->operators[i] = (struct job_operator_status){
            .name = one->class->name,
            .node_id = one->node->id,
            .counters = one->counters,
            .watermark_us = one->watermark_us,
            .idle = one->idle,
        };
        part->rows_late += one->counters.rows_late;
        if (one->class != &source_operator_class)
            continue;
        part->rows_in += one->counters.rows_in;
        for (uint32_t split = 0; split < source_operator_splits(one)->count; split++)
            publish_split(part, split_index++, one, split);
    }
    pthread_mutex_unlock(&status->mutex);
}

/* ---- observers ---- */

static void add_instance(struct job_operator_status *sum, const struct job_operator_status *one) {
    bool decides = sum->idle != one->idle ? sum->idle : /* those that are active do */
                       sum->idle ? one->watermark_us > sum->watermark_us
                                 : one->watermark_us < sum->watermark_us;
    if (decides)
        sum->watermark_us = one->watermark_us;
    sum->idle = sum->idle && one->idle;
    operator_counters_add(&sum->counters, &one->counters);
}

bool job_status_operator(struct job_status *status, uint32_t node_id, struct job_operator_status *sum) {
    bool found = false;
    pthread_mutex_lock(&status->mutex);
    for (uint32_t i = 0; i < status->part_count; i++) {
        const struct job_status_part *part = &status->parts[i];
        for (uint32_t j = 0; j < part->operator_count; j++) {
            if (part->operators[j].node_id != node_id)
                continue;
            if (found)
                add_instance(sum, &part->operators[j]);
            else
                *sum = part->operators[j];
            found = true;
        }
    }
    pthread_mutex_unlock(&status->mutex);
    return found;
}

uint32_t job_status_split_count(struct job_status *status) {
    uint32_t count = 0;
    pthread_mutex_lock(&status->mutex);
    for (uint32_t i = 0; i < status->part_count; i++)
        count += status->parts[i].split_count;
    pthread_mutex_unlock(&status->mutex);
    return count;
}

void job_status_split(struct job_status *status, uint32_t index, struct job_split_status *split) {
    pthread_mutex_lock(&status->mutex);
    uint32_t part = 0;
    for (; part < status->part_count && index >= status->parts[part].split_count; part++)
        index -= status->parts[part].split_count;
    ASSERT(part < status->part_count);
    *split = status->parts[part].splits[index];
    pthread_mutex_unlock(&status->mutex);
}

void job_status_rows(struct job_status *status, uint64_t *rows_in, uint64_t *rows_late) {
    *rows_in = *rows_late = 0;
    pthread_mutex_lock(&status->mutex);
    for (uint32_t i = 0; i < status->part_count; i++) {
        *rows_in += status->parts[i].rows_in;
        *rows_late += status->parts[i].rows_late;
    }
    pthread_mutex_unlock(&status->mutex);
}
