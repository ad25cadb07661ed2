/* plan_watermarks.c: the greatest common divisor of everything that decides where windows end. */
#include "runtime/plan_watermarks.h"

#include <string.h>

#include "core/data/datetime.h"

static int64_t greatest_common_divisor(int64_t a, int64_t b) {
    while (b) {
        int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a < 0 ? -a : a;
}

/* Timestamps of up to three digits are whole milliseconds. */
static bool has_whole_milliseconds(const Plan__Plan *plan, const Plan__Node *node, const Plan__Window *window) {
    const Plan__Node *input = plan->nodes[node->inputs[0]];
    return window->time_column < input->n_output && input->output[window->time_column]->type->precision <= 3;
}

bool plan_has_sessions(const Plan__Plan *plan) {
    for (size_t i = 0; i < plan->n_nodes; i++) {
        const Plan__Node *node = plan->nodes[i];
        if (node->operation_case == PLAN__NODE__OPERATION_WINDOW_AGGREGATE &&
            node->window_aggregate->window->kind == PLAN__WINDOW_KIND__SESSION)
            return true;
    }
    return false;
}

/* Offsets of time zones are whole seconds. */
int64_t plan_watermark_granularity_us(const Plan__Plan *plan, const struct time_zone *zone) {
    int64_t granularity_us = strcmp(time_zone_name(zone), "UTC") == 0 ? 0 : US_PER_SECOND;
    for (size_t i = 0; i < plan->n_nodes; i++) {
        const Plan__Node *node = plan->nodes[i];
        const Plan__Window *window = NULL;
        if (node->operation_case == PLAN__NODE__OPERATION_WINDOW_AGGREGATE) {
            window = node->window_aggregate->window;
            granularity_us = greatest_common_divisor(granularity_us, node->window_aggregate->allowed_lateness_us);
        } else if (node->operation_case == PLAN__NODE__OPERATION_WINDOW_TABLE) {
            window = node->window_table->window;
        }
        if (!window)
            continue;
        granularity_us = greatest_common_divisor(granularity_us, window->size_us);
        granularity_us = greatest_common_divisor(granularity_us, window->slide_us);
        granularity_us = greatest_common_divisor(granularity_us, window->offset_us);
        granularity_us = greatest_common_divisor(granularity_us, window->gap_us);
        if (window->kind == PLAN__WINDOW_KIND__SESSION)
            granularity_us =
                greatest_common_divisor(granularity_us, has_whole_milliseconds(plan, node, window) ? 1000 : 1);
    }
    return granularity_us ? granularity_us : 1;
}
