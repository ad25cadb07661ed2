/* metrics.c: series in one sorted list under a lock. There are some thousands at most, and they are registered when jobs start,
 * so a list is enough; values are atomics outside the lock. A gauge's value is a double kept by its bits. */
#include "core/base/metrics.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/arena.h"

struct metric {
    struct metric *next;
    struct metrics *registry;
    char *name;
    char *help;
    enum metric_type type;
    struct metric_label *labels; /* sorted by name; texts are owned */
    size_t label_count;
    unsigned holders;
    _Atomic uint64_t bits;
};

struct metrics {
    pthread_mutex_t lock;
    struct metric *first; /* ordered by name, then labels */
};

struct metrics *metrics_new(void) {
    struct metrics *metrics = memory_zalloc(sizeof *metrics);
    pthread_mutex_init(&metrics->lock, NULL);
    return metrics;
}

void metrics_free(struct metrics *metrics) {
    ASSERT(metrics->first == NULL);
    pthread_mutex_destroy(&metrics->lock);
    free(metrics);
}

static bool is_metric_name(const char *name) {
    return strspn(name, "abcdefghijklmnopqrstuvwxyz_:0123456789") == strlen(name) && *name &&
           !(*name >= '0' && *name <= '9');
}

static int label_order(const void *a, const void *b) {
    return strcmp(((const struct metric_label *)a)->name, ((const struct metric_label *)b)->name);
}

/* Order of series; `labels` are sorted. */
static int series_order(const struct metric *metric, const char *name, const struct metric_label *labels,
                        size_t count) {
    int order = strcmp(metric->name, name);
    for (size_t i = 0; order == 0 && i < metric->label_count && i < count; i++) {
        order = strcmp(metric->labels[i].name, labels[i].name);
        if (order == 0)
            order = strcmp(metric->labels[i].value, labels[i].value);
    }
    return order ? order : (metric->label_count > count) - (metric->label_count < count);
}

static struct metric *metric_new(struct metrics *registry, enum metric_type type, const char *name, const char *help,
                                 const struct metric_label *labels, size_t label_count) {
    struct metric *metric = memory_zalloc(sizeof *metric);
    metric->registry = registry;
    metric->type = type;
    metric->name = memory_strdup(name);
    metric->help = memory_strdup(help);
    metric->labels = memory_alloc(label_count * sizeof *labels);
    metric->label_count = label_count;
    for (size_t i = 0; i < label_count; i++)
        metric->labels[i] = (struct metric_label){memory_strdup(labels[i].name), memory_strdup(labels[i].value)};
    return metric;
}

static void metric_free(struct metric *metric) {
    for (size_t i = 0; i < metric->label_count; i++) {
        free((char *)metric->labels[i].name);
        free((char *)metric->labels[i].value);
    }
    free(metric->labels);
    free(metric->name);
    free(metric->help);
    free(metric);
}

static struct metric *metrics_get(struct metrics *metrics, enum metric_type type, const char *name, const char *help,
                                  const struct metric_label *labels, size_t label_count) {
    ASSERT(is_metric_name(name));
    struct metric_label *sorted = memory_alloc(label_count * sizeof *labels);
    if (label_count) {
        memcpy(sorted, labels, label_count * sizeof *labels);
        qsort(sorted, label_count, sizeof *sorted, label_order);
    }
    pthread_mutex_lock(&metrics->lock);
    struct metric **link = &metrics->first;
    int order = -1;
    while (*link && (order = series_order(*link, name, sorted, label_count)) < 0)
        link = &(*link)->next;
    struct metric *metric = *link;
    if (!metric || order != 0) {
        metric = metric_new(metrics, type, name, help, sorted, label_count);
        metric->next = *link;
        *link = metric;
    }
    ASSERT(metric->type == type);
    metric->holders++;
    pthread_mutex_unlock(&metrics->lock);
    free(sorted);
    return metric;
}

struct metric *metrics_counter(struct metrics *metrics, const char *name, const char *help,
                               const struct metric_label *labels, size_t label_count) {
    return metrics_get(metrics, METRIC_COUNTER, name, help, labels, label_count);
}

struct metric *metrics_gauge(struct metrics *metrics, const char *name, const char *help,
                             const struct metric_label *labels, size_t label_count) {
    return metrics_get(metrics, METRIC_GAUGE, name, help, labels, label_count);
}

void metric_release(struct metric *metric) {
    if (!metric)
        return;
    struct metrics *metrics = metric->registry;
    pthread_mutex_lock(&metrics->lock);
    bool last = --metric->holders == 0;
    if (last) {
        struct metric **link = &metrics->first;
        while (*link != metric)
            link = &(*link)->next;
        *link = metric->next;
    }
    pthread_mutex_unlock(&metrics->lock);
    if (last)
        metric_free(metric);
}

void metric_add(struct metric *metric, uint64_t amount) {
    ASSERT(metric->type == METRIC_COUNTER);
    atomic_fetch_add_explicit(&metric->bits, amount, memory_order_relaxed);
}

void metric_set(struct metric *metric, double value) {
    ASSERT(metric->type == METRIC_GAUGE);
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    atomic_store_explicit(&metric->bits, bits, memory_order_relaxed);
}

double metric_value(const struct metric *metric) {
    uint64_t bits = atomic_load_explicit(&metric->bits, memory_order_relaxed);
    if (metric->type == METRIC_COUNTER)
        return (double)bits;
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static struct metric_sample sample(const struct metric *metric, struct arena *arena) {
    struct metric_label *labels = ARENA_ARRAY(arena, struct metric_label, metric->label_count);
    for (size_t i = 0; i < metric->label_count; i++) {
        labels[i].name = arena_strdup(arena, metric->labels[i].name);
        labels[i].value = arena_strdup(arena, metric->labels[i].value);
    }
    return (struct metric_sample){
        .name = arena_strdup(arena, metric->name),
        .help = arena_strdup(arena, metric->help),
        .type = metric->type,
        .labels = labels,
        .label_count = metric->label_count,
        .value = metric_value(metric),
    };
}

size_t metrics_snapshot(struct metrics *metrics, struct arena *arena, struct metric_sample **samples) {
    pthread_mutex_lock(&metrics->lock);
    size_t count = 0;
    for (const struct metric *metric = metrics->first; metric; metric = metric->next)
        count++;
    *samples = ARENA_ARRAY(arena, struct metric_sample, count);
    size_t i = 0;
    for (const struct metric *metric = metrics->first; metric; metric = metric->next)
        (*samples)[i++] = sample(metric, arena);
    pthread_mutex_unlock(&metrics->lock);
    return count;
}
