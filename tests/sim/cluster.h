/* cluster.h: the job's processes: coordinators, workers with tasks and lanes, and the supervisor that starts them again.
 *
 * Each node drives the machines of runtime/protocol exactly as the real runtime does: an event in, actions carried out one
 * by one. Before and after each action the process may die. */
#pragma once

#include "runtime/protocol/coordinator.h"
#include "runtime/protocol/garbage.h"
#include "tests/sim/sim.h"

#define WORKERS_MAX 4u

/* Sites of messages, and of crashes besides the kinds of actions. */
enum message_site {
    MESSAGE_DEPLOY = 40,
    MESSAGE_BARRIER,
    MESSAGE_ABORT,
    MESSAGE_COMMIT,
    MESSAGE_CANCEL,
    MESSAGE_STATUS,
    MESSAGE_ACK,
    MESSAGE_LANE,
    MESSAGE_SITES_END
};
enum { SITE_AFTER = 32, SITE_SNAPSHOT = 20, SITE_UPLOADING, SITE_UPLOADED };

struct coordinator_node {
    struct process *process;
    struct coordinator machine;
    uint32_t path;
    bool wrong_plan;
    struct str head_name;
    struct incarnation job;               /* of the last deployment */
    uint64_t generation;                  /* of it; 0: none yet */
    struct process *workers[WORKERS_MAX]; /* whom it deployed to */
    uint32_t worker_count;
    struct str savepoint_name; /* to be made */
    struct str origin_name;    /* to start from */
    uint64_t resend_count;
    struct barrier stamped; /* the newest barrier, … */
    uint64_t stamped_at_us; /* … and when it was made */
    uint64_t barrier_us;    /* when the epoch under way began */
    struct garbage *garbage;
};

struct cluster *cluster_new(struct sim *sim);
void cluster_start(struct sim *sim);
void cluster_release(struct sim *sim); /* frees what machines hold outside the arena */
const char *cluster_describe(struct sim *sim);

/* From the worker's side. */
void coordinator_node_step(struct coordinator_node *node, const struct coordinator_event *event);
void cluster_kill(struct process *process);
int64_t cluster_wall_clock_us(const struct sim *sim);

/* Who runs what: the same for everybody who knows the generation and the workers. */
uint32_t worker_of_task(const struct sim *sim, uint64_t generation, uint32_t worker_count, uint32_t task);
uint32_t worker_of_writer(const struct sim *sim, uint64_t generation, uint32_t worker_count, uint32_t writer);
uint32_t worker_of_lane(const struct sim *sim, uint64_t generation, uint32_t worker_count, uint32_t lane);

/* A message; `run` gets a copy of the argument at the receiver. */
void post(struct sim *sim, struct process *to, enum message_site site, void (*run)(struct sim *, void *),
          const void *argument, size_t size);

/* worker.c */
struct deployment {
    struct process *to;
    struct coordinator_node *coordinator;
    struct process *workers[WORKERS_MAX];
    uint32_t worker_count;
    uint32_t path; /* of the checkpoint: a fork's is higher than its origin's */
    uint64_t generation;
    const struct manifest *manifest;
    struct str head_name;
    bool lanes_only;
};
struct barrier_message {
    struct process *to;
    struct coordinator_node *from;
    struct barrier barrier;
};
struct commit_message {
    struct process *to;
    struct coordinator_node *from;
    struct incarnation job;
    uint64_t generation;
    uint32_t lane;
    struct log_epoch log;
};
struct cancel_message {
    struct process *to;
    struct incarnation job;
    uint64_t generation;
};
struct process *worker_new(struct sim *sim);
void worker_on_deploy(struct sim *sim, void *deployment);
void worker_on_barrier(struct sim *sim, void *barrier_message);
void worker_on_abort(struct sim *sim, void *barrier_message);
void worker_on_commit(struct sim *sim, void *commit_message);
void worker_on_cancel(struct sim *sim, void *cancel_message);
void worker_describe(struct process *process, char *text, size_t size);
