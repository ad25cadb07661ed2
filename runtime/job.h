/* job.h: runs a physical plan in this process.
 *
 * A job is one plan, cut into chains of operators, each of them in one or more instances: the tasks (execution_graph.h). With a parallelism of 1
 * all of it is one task, on the thread that calls job_run; otherwise that thread runs the task that hands rows to the client, if there is one,
 * and the others have threads of their own. job_stop may be called from anywhere, a signal handler included.
 * Watermarks are kept per split and merged, with idleness; the end of bounded input flushes all windows.
 * Late rows are decided by the order of rows in their split, never by where batches were cut: a source batch is cut before a row
 * that is behind the end of a window which the split's watermark has passed meanwhile, so the result does not depend on the
 * batch size (runtime/split_watermarks.h).
 * The functions about status may be called from any thread while the job runs; they see copies that the tasks publish.
 * The first task that fails ends the others, and its error is the job's.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "connectors/connector.h"
#include "core/base/status.h"
#include "executor/operator.h"
#include "planner/plan.h"

struct env;
struct job;

/* Receives the rows of a SELECT. All calls come from the thread of job_run; a failure ends the job. Batches are borrowed for the call. */
struct result_target {
    enum status (*on_batch)(struct result_target *target, struct batch *batch, struct error *error);
    enum status (*on_idle)(struct result_target *target, int64_t now_us,
                           struct error *error); /* MAY: nothing to do now */
};

struct job_config {
    const Plan__Plan *plan; /* borrowed for the job's life */
    const struct connector_registry *registry;
    struct env *env;
    struct result_target *result; /* for sinks with connector "" */
    uint32_t batch_rows;          /* 0 = default */
    const char *time_zone;        /* session zone; NULL = UTC */
    const char *
        checkpoint_uri; /* the job's own place (store.h, or a folder); NULL: no checkpoints. It goes on from what is there */
    int64_t checkpoint_interval_us; /* 0: only at the end and when stopped */
    uint64_t
        log_bytes_max; /* rows for exactly-once sinks, logged and not decided: beyond it no more is read. 0: default */
    const char *savepoint;   /* start from it (checkpointer.h); NULL: go on, or start empty */
    bool must_resume;        /* refuse to start empty */
    bool accept_plan_change; /* state of another plan is used where operators are the same */
    bool stop_with_savepoint;
    void (*savepoint_made)(void *context, const char *name); /* MAY; from another thread */
    void *savepoint_context;
    const atomic_bool *
        stop_wanted; /* MAY: job_open gives up its wait for the store or the outside (CANCELLED); afterwards job_stop */
    uint64_t checkpoint_stop_batches; /* for tests: stops itself once sources read so many batches; 0: never */
    bool uses_rocksdb;                /* state that memory has no room for goes to a local folder */
    uint64_t state_budget_bytes;      /* rocksdb: memory for keyed state */
    const char *state_folder;     /* rocksdb: where folders are made; NULL or empty: the system's for temporary files */
    const char *dead_letter_path; /* JSON lines are appended; NULL: only counted and the last ones kept in memory */
};

/* What an observer sees: a copy, consistent per instance of an operator, and the sum of them. */
struct job_operator_status {
    const char *name; /* "WindowAggregate" */
    uint32_t node_id;
    struct operator_counters counters;
    int64_t watermark_us;
    bool idle;
};
struct job_split_status {
    const char *source;
    const char *name;
    int64_t watermark_us;
    bool idle;
    bool ended;
    uint64_t rows;
};
struct job_dead_letter {
    char *table, *split, *reason, *bytes; /* bytes: clipped, control characters escaped */
    int64_t offset, line;
};

enum status job_open(const struct job_config *config, struct job **job, struct error *error) MUST_CHECK;
/* Whether checkpoint_stop_batches ended it. */
bool job_stopped_itself(const struct job *job);
/* Until all sources end, job_stop, or a failure. At its end, unless it failed, a checkpoint is taken, where they are. A stop is a clean end: sources stop, held changes and sinks are flushed,
 * windows that are not complete are not emitted. */
enum status job_run(struct job *job, struct error *error) MUST_CHECK;
void job_stop(
    struct job *job); /* async-signal-safe. The second one does not wait for what is decided to be published */
void job_make_savepoint(struct job *job); /* of the next epoch; async-signal-safe */
void job_free(struct job *job);

uint32_t job_operator_count(const struct job *job);
void job_operator_status(const struct job *job, uint32_t index, struct job_operator_status *status);
uint32_t job_split_count(const struct job *job);
void job_split_status(const struct job *job, uint32_t index, struct job_split_status *status);
/* False: the job has no checkpoints. */
struct checkpointer_status;
bool job_checkpoint_status(const struct job *job, struct checkpointer_status *status);
uint64_t job_rows_in(const struct job *job); /* rows read by all sources */
uint64_t job_rows_late(const struct job *job);
uint64_t job_dead_count(const struct job *job);
/* The last ones kept (up to 1000), oldest first. After job_run returned. */
const struct job_dead_letter *job_dead_letters(const struct job *job, uint32_t *count);
