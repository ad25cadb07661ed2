/* job.c: one plan as running tasks: builds the execution graph, the tasks and the channels between them, runs them, and takes all down again.
 * Invariant: tasks are numbered producers first, and those that read input before all others. Observers see only what job_status.h
 * publishes. */
#include "runtime/job.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/env.h"
#include "core/data/datetime.h"
#include "runtime/dead_letters.h"
#include "runtime/exchange/network.h"
#include "runtime/job_checkpoint.h"
#include "runtime/job_status.h"
#include "runtime/task.h"

struct job {
    struct arena arena;     /* of what tasks share: graph, channels */
    const Plan__Plan *plan; /* borrowed */
    struct execution_graph graph;
    struct task_parts parts;
    struct processing_clock clock; /* at the start */
    struct task *tasks;
    uint32_t task_count, source_count; /* source_count: of them, the first ones, read input */
    uint32_t open_count;               /* initialised */
    struct network network;            /* of their channels */
    struct dead_letters dead;
    struct job_status status;
    struct job_control control;
    struct job_checkpoint checkpoint; /* zeroed: none */
    struct state_budget budget;
};

/* ---- tasks ---- */

static bool reads_input(const struct job *job, const struct graph_fragment *fragment) {
    return job->plan->nodes[fragment->nodes[0]]->n_inputs == 0;
}

static void init_fragment(struct job *job, uint32_t fragment) {
    for (uint32_t i = 0; i < job->graph.fragments[fragment].parallelism; i++) {
        uint32_t number = job->open_count++;
        task_init(&job->tasks[number], &job->parts, number, fragment, i);
    }
}

static void init_tasks(struct job *job) {
    job->task_count = job->graph.task_count;
    job->tasks = ARENA_ARRAY(&job->arena, struct task, job->task_count);
    for (uint32_t i = 0; i < job->graph.fragment_count; i++)
        if (reads_input(job, &job->graph.fragments[i]))
            init_fragment(job, i);
    job->source_count = job->open_count;
    for (uint32_t i = 0; i < job->graph.fragment_count; i++)
        if (!reads_input(job, &job->graph.fragments[i]))
            init_fragment(job, i);
}

static void init_control(struct job *job, const struct job_config *config) {
    struct wakeup **wakeups = ARENA_ARRAY(&job->arena, struct wakeup *, job->task_count);
    for (uint32_t i = 0; i < job->task_count; i++)
        wakeups[i] = job->tasks[i].wakeup;
    job->control.wakeups = wakeups;
    job->control.task_count = job->task_count;
    job->control.reading_count = job->source_count;
    job->control.network = &job->network;
    job->control.batches_left = config->checkpoint_uri ? config->checkpoint_stop_batches : 0;
    job->control.stop_with_savepoint = config->stop_with_savepoint;
}

static enum status open_tasks(struct job *job, struct error *error) {
    for (uint32_t i = 0; i < job->task_count; i++)
        TRY(task_open(&job->tasks[i], error));
    return STATUS_OK;
}

static enum status restore(struct job *job, const struct job_config *config, struct error *error) {
    TRY(job_checkpoint_open(&job->checkpoint, config, job->tasks, job->task_count, job->source_count, &job->arena,
                            error));
    job->control.checkpointer = job->checkpoint.checkpointer;
    processing_clock_raise(&job->clock, job_checkpoint_time_us(&job->checkpoint), env_monotonic_us(config->env));
    job->parts.chains = &job->checkpoint.chains;
    job->parts.store = checkpointer_store(job->checkpoint.checkpointer);
    enum status status = open_tasks(job, error);
    job->parts.chains = NULL;
    return status;
}

static enum status open_restored(struct job *job, const struct job_config *config, struct error *error) {
    enum status status = restore(job, config, error);
    memory_ahead_stop(&job->checkpoint.memory);
    if (status == STATUS_OK)
        job_checkpoint_start(&job->checkpoint, job->tasks, config->log_bytes_max);
    return status;
}

static enum status find_zone(struct job *job, const struct job_config *config, struct error *error) {
    const char *zone = config->time_zone ? config->time_zone : "UTC";
    job->parts.zone = time_zone_find(zone);
    return job->parts.zone ? STATUS_OK : FAIL(error, STATUS_INVALID_OPTION, "time zone \"%s\" is not known", zone);
}

static enum status open_job(struct job *job, const struct job_config *config, struct error *error) {
    TRY(plan_verify(config->plan, error));
    TRY(find_zone(job, config, error));
    TRY(dead_letters_open(&job->dead, config->env, config->dead_letter_path, error));
    TRY(execution_graph_build(&job->arena, config->plan, &job->graph, error));
    TRY(network_open(&job->network, &(struct network_config){.arena = &job->arena, .graph = &job->graph}, error));
    init_tasks(job);
    init_control(job, config);
    job_status_init(&job->status, job->task_count);
    return config->checkpoint_uri ? open_restored(job, config, error) : open_tasks(job, error);
}

enum status job_open(const struct job_config *config, struct job **job, struct error *error) {
    struct job *opened = memory_zalloc(sizeof *opened);
    opened->plan = config->plan;
    arena_init(&opened->arena);
    job_control_init(&opened->control);
    int64_t wall_clock_us = env_now_us(config->env);
    opened->clock = processing_clock_from(wall_clock_us, env_monotonic_us(config->env));
    opened->parts = (struct task_parts){.config = arena_copy(&opened->arena, config, sizeof *config),
                                        .plan = config->plan,
                                        .graph = &opened->graph,
                                        .network = &opened->network,
                                        .clock = &opened->clock,
                                        .control = &opened->control,
                                        .dead = &opened->dead,
                                        .status = &opened->status,
                                        .budget = &opened->budget};
    job_state_budget_init(&opened->budget, config);
    enum status status = open_job(opened, config, error);
    if (status != STATUS_OK) {
        job_free(opened);
        return status;
    }
    for (uint32_t i = 0; i < opened->task_count; i++)
        task_publish(&opened->tasks[i]);
    *job = opened;
    return STATUS_OK;
}

/* ---- running ---- */

static void *run_thread(void *task) {
    task_run(task);
    return NULL;
}

/* Rows for the client are handed over on the caller's thread; without such, it runs a task that is near the end. */
static struct task *callers_task(const struct job *job) {
    for (uint32_t i = 0; i < job->task_count; i++)
        if (job->tasks[i].has_client)
            return &job->tasks[i];
    return &job->tasks[job->task_count - 1];
}

static enum status start_thread(struct task *task, struct error *error) {
    int code = pthread_create(&task->thread, NULL, run_thread, task);
    task->has_thread = code == 0;
    return code == 0 ? STATUS_OK : env_failed(error, code, "cannot start", "a task's thread");
}

enum status job_run(struct job *job, struct error *error) {
    struct task *own = callers_task(job);
    struct error failure = {0};
    enum status status = STATUS_OK;
    own->is_callers = true;
    job->control.start_us = processing_clock_at(&job->clock, env_monotonic_us(job->parts.config->env));
    for (uint32_t i = 0; i < job->task_count && status == STATUS_OK; i++)
        if (&job->tasks[i] != own)
            status = start_thread(&job->tasks[i], &failure);
    if (status == STATUS_OK)
        task_run(own);
    else
        job_control_fail(&job->control, &failure);
    for (uint32_t i = 0; i < job->task_count; i++)
        if (job->tasks[i].has_thread)
            pthread_join(job->tasks[i].thread, NULL);
    if (job_control_has_failed(&job->control))
        *error = job->control.error;
    return job->control.error.status;
}

bool job_stopped_itself(const struct job *job) {
    return job->control.stopped_itself;
}

void job_stop(struct job *job) {
    job_control_stop(&job->control);
}

void job_make_savepoint(struct job *job) {
    job_control_make_savepoint(&job->control);
}

bool job_checkpoint_status(const struct job *job, struct checkpointer_status *status) {
    if (!job->checkpoint.checkpointer)
        return false;
    checkpointer_status(job->checkpoint.checkpointer, status);
    return true;
}

void job_free(struct job *job) {
    if (!job)
        return;
    job_checkpoint_close(&job->checkpoint, job->tasks); /* first: it knows the operators */
    for (uint32_t i = job->open_count; i > 0; i--) {
        network_close_outputs(&job->network, job->tasks[i - 1].fragment, job->tasks[i - 1].instance);
        task_close_operators(&job->tasks[i - 1]);
    }
    for (uint32_t i = job->open_count; i > 0; i--)
        task_release(&job->tasks[i - 1]);
    network_close(&job->network);
    dead_letters_close(&job->dead);
    if (job->status.parts)
        job_status_release(&job->status);
    job_control_release(&job->control);
    arena_release(&job->arena);
    free(job);
}

/* ---- observers ---- */

/* Their side of what is shared; locks are the only things that they change. */
static struct job_status *status_of(const struct job *job) {
    return (struct job_status *)&job->status;
}

uint32_t job_operator_count(const struct job *job) {
    return (uint32_t)job->plan->n_nodes;
}

void job_operator_status(const struct job *job, uint32_t index, struct job_operator_status *status) {
    bool found = job_status_operator(status_of(job), index, status);
    ASSERT(found);
}

uint32_t job_split_count(const struct job *job) {
    return job_status_split_count(status_of(job));
}

void job_split_status(const struct job *job, uint32_t index, struct job_split_status *status) {
    job_status_split(status_of(job), index, status);
}

uint64_t job_rows_in(const struct job *job) {
    uint64_t rows_in, rows_late;
    job_status_rows(status_of(job), &rows_in, &rows_late);
    return rows_in;
}

uint64_t job_rows_late(const struct job *job) {
    uint64_t rows_in, rows_late;
    job_status_rows(status_of(job), &rows_in, &rows_late);
    return rows_late;
}

uint64_t job_dead_count(const struct job *job) {
    return dead_letters_count((struct dead_letters *)&job->dead);
}

const struct job_dead_letter *job_dead_letters(const struct job *job, uint32_t *count) {
    return dead_letters_list((struct dead_letters *)&job->dead, count);
}
