/* metrics.h: named numbers that others watch: counters that only grow, and gauges.
 *
 * Names follow Prometheus: snake_case, base units, counters end in _total; labels tell series of one name apart. The owner of a
 * series holds it and gives it back; a series exists while somebody holds it. Adding to a series is one relaxed atomic and may
 * be done by any thread; registering and reading take the registry's lock.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/status.h"

struct arena;
struct metric;
struct metrics;

enum metric_type { METRIC_COUNTER, METRIC_GAUGE };

struct metric_label {
    const char *name;
    const char *value;
};

struct metrics *metrics_new(void);
void metrics_free(struct metrics *metrics); /* every series must have been given back */

/* The series of this name and these labels, made when there is none; label order does not matter. Texts are copied.
 * The same name with another type is a bug. */
struct metric *metrics_counter(struct metrics *metrics, const char *name, const char *help,
                               const struct metric_label *labels, size_t label_count);
struct metric *metrics_gauge(struct metrics *metrics, const char *name, const char *help,
                             const struct metric_label *labels, size_t label_count);
void metric_release(struct metric *metric); /* accepts NULL */

void metric_add(struct metric *metric, uint64_t amount); /* counters */
void metric_set(struct metric *metric, double value);    /* gauges */
double metric_value(const struct metric *metric);

struct metric_sample {
    const char *name;
    const char *help;
    enum metric_type type;
    const struct metric_label *labels; /* sorted by name */
    size_t label_count;
    double value;
};
/* Every series as it is now, ordered by name and labels, copied into the arena. Each value is read once; values of different
 * series may be from slightly different moments. */
size_t metrics_snapshot(struct metrics *metrics, struct arena *arena, struct metric_sample **samples);
