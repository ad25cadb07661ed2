/* task_context.h: what the runtime's own operators (source and sink) know beyond what every operator knows. */
#pragma once

#include "connectors/connector.h"
#include "executor/operator.h"
#include "runtime/job.h"
#include "runtime/protocol/processing_clock.h"

struct snapshot_reader;

/* Whose snapshots a node is restored from: those of its instances then, in their order. To be copied, then read. */
struct restored_node {
    const struct snapshot_reader *readers;
    uint32_t count;
};

struct task_context {
    struct operator_context operators; /* first: operators hold a pointer to it */
    const struct connector_registry *registry;
    struct env *env;
    struct processing_clock clock; /* of evaluation->now_us */
    bool follows_wall_clock;       /* no barrier brings stamps from time to time */
    struct result_target *result;
    struct dead_letter_target *dead;
    uint32_t instance, instance_count;    /* of the task's chain */
    const struct restored_node *restored; /* by node; sources need it when they open. NULL: the job starts anew */
    const atomic_bool *cancel;            /* of opening: job_config.stop_wanted; may be NULL */
    bool has_checkpoints;                 /* sinks that can be are written exactly once */
    int64_t watermark_granularity_us;     /* ends of windows are multiples of it: split_watermarks.h */
    int64_t watermark_reach_us;           /* 1 with sessions, else 0: split_watermarks.h */
};

/* The connector and format of a Scan or Sink, and its options as text. */
struct task_connector {
    const struct connector_class *connector;
    const struct format_class *format; /* NULL: none */
    struct options options;
};
enum status task_connector_find(const struct task_context *context, const char *table, const char *connector,
                                const char *format, Plan__Option *const *options, size_t option_count,
                                struct task_connector *found, struct error *error) MUST_CHECK;
/* The plan's columns as connectors want them, in the task's arena. */
enum status task_columns_decode(const struct task_context *context, Plan__ScanColumn *const *messages, size_t count,
                                struct source_column **columns, struct error *error) MUST_CHECK;
