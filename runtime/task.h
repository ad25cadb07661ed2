/* task.h: one instance of a fragment of the plan: a chain of operators on one thread, with what it has for itself.
 *
 *   channels ══▶ receiver ─▶ ┐
 *                            ├ operators of the fragment ─▶ routers ══▶ channels
 *   sources, VALUES ───────▶ ┘
 *
 * A fragment begins with sources, or with a receiver, so a task waits for one or the other. Memory is the task's: arena, batch pool, evaluation
 * context. Tasks share channels, orders and the first failure (job_control.h), dead letters and the published status. */
#pragma once

#include <pthread.h>

#include "runtime/dead_letters.h"
#include "runtime/exchange/network.h"
#include "runtime/job_control.h"
#include "runtime/job_state.h"
#include "runtime/job_status.h"
#include "runtime/task_context.h"

struct state_chains;
struct store;
struct task_checkpoint;
struct time_zone;

/* What all tasks of a job are made from; borrowed for their lives. */
struct task_parts {
    const struct job_config *config;
    const Plan__Plan *plan; /* as it runs: see job.c */
    const struct execution_graph *graph;
    const struct network *network;
    struct job_control *control;
    struct dead_letters *dead;
    struct job_status *status;
    struct state_budget *budget; /* of all tasks */
    const struct time_zone *zone;
    const struct processing_clock
        *clock;                        /* where all tasks' clocks begin: when they open, not before what is restored */
    const struct state_chains *chains; /* while tasks open; NULL: the job starts empty */
    struct store *store;               /* likewise: has the chains' files */
};

struct task {
    const struct task_parts *parts;
    uint32_t number; /* in the job: tasks with sources come first */
    uint32_t fragment, instance;
    struct arena arena;
    struct batch_pool pool;
    struct evaluation_context evaluation;
    struct task_context context;
    struct job_state state;             /* zeroed: all in memory */
    struct job_state restored_state;    /* operator_context.restored_state, while the task opens */
    bool stop_wanted;                   /* operator_context.stop_wanted */
    struct wakeup *wakeup;              /* posted by channels; its descriptor is written for mail and orders too */
    struct stream_operator **by_node;   /* NULL: elsewhere */
    struct stream_operator **operators; /* those of the plan in its order, then the routers */
    uint32_t node_count, operator_count;
    struct stream_operator **sources; /* those of them that are Scans */
    uint32_t source_count;
    struct stream_operator **router_sources; /* by router: whose rows it sends */
    struct receiver receiver;
    bool has_receiver;
    bool has_client;                    /* hands rows to the job's result_target */
    bool is_callers;                    /* runs on the thread of job_run */
    struct task_checkpoint *checkpoint; /* NULL: none are taken; the job's */
    /* the loop's, see task_loop.c */
    bool nothing_came;                    /* in the last round */
    bool is_stopped;                      /* a job without checkpoints stops: everything before has come, and went on */
    bool is_over;                         /* the last epoch is decided and published */
    int64_t last_flush_us, flush_took_us; /* monotonic */
    int64_t next_publish_us;              /* monotonic */
    pthread_t thread;
    bool has_thread;
};

/* A zeroed task, of the parts' network. */
void task_init(struct task *task, const struct task_parts *parts, uint32_t number, uint32_t fragment,
               uint32_t instance);
/* Opens operators, routers and gates, and restores them. On the job's thread, as all but task_run. */
enum status task_open(struct task *task, struct error *error) MUST_CHECK;
/* Until its input ended, the job stops or fails. On the task's thread. Its failure is the job's. */
void task_run(struct task *task);
void task_publish(struct task *task);
/* Consumers before producers: lent batches go home. First the operators of all, each after what its task sent was let go of (network_close_outputs):
 * a source must be the last to know of the bytes that its rows borrow. Then the rest. */
void task_close_operators(struct task *task);
void task_release(struct task *task);

static inline uint32_t task_instance_count(const struct task *task) {
    return task->parts->graph->fragments[task->fragment].parallelism;
}
static inline uint32_t task_router_count(const struct task *task) {
    return task->operator_count - task->node_count;
}
