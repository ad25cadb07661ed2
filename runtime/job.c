/* job.c: one plan as running operators: builds the chains, wires them, opens sources and sinks, and takes all down again.
 * The task's arena holds everything that lives as long as the job; observers see only what job_status.h publishes. */
#include "runtime/job.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "core/base/env.h"
#include "core/data/datetime.h"
#include "runtime/dead_letters.h"
#include "runtime/job_checkpoint.h"
#include "runtime/job_state.h"
#include "runtime/job_status.h"
#include "runtime/sink_operator.h"
#include "runtime/source_operator.h"
#include "runtime/task_context.h"
#include "runtime/task_loop.h"

struct job {
    const Plan__Plan *plan;
    struct arena arena;
    struct batch_pool pool;
    struct evaluation_context evaluation;
    struct task_context context;
    struct stream_operator **operators; /* by node id */
    uint32_t operator_count;            /* opened, the last one perhaps in part */
    struct stream_operator **sources;
    uint32_t source_count;
    struct dead_letters dead;
    struct job_status status;
    bool stop;        /* atomic */
    bool cancel;      /* atomic: the second stop */
    bool savepoint;   /* atomic */
    bool stop_wanted; /* operator_context.stop_wanted */
    int wake_fd;
    struct job_checkpoint checkpoint; /* zeroed: none */
    struct job_state state;
    bool stop_with_savepoint;
    uint64_t batches_left; /* until it stops itself; 0: never */
    bool stopped_itself;
};

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

static bool has_sessions(const Plan__Plan *plan) {
    for (size_t i = 0; i < plan->n_nodes; i++) {
        const Plan__Node *node = plan->nodes[i];
        if (node->operation_case == PLAN__NODE__OPERATION_WINDOW_AGGREGATE &&
            node->window_aggregate->window->kind == PLAN__WINDOW_KIND__SESSION)
            return true;
    }
    return false;
}

/* Every window of the plan closes at a multiple of this (split_watermarks.h). Offsets of time zones are whole seconds. */
static int64_t watermark_granularity_us(const Plan__Plan *plan, const struct time_zone *zone) {
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

static const struct operator_class *class_for(const Plan__Node *node) {
    if (node->operation_case == PLAN__NODE__OPERATION_SCAN)
        return &source_operator_class;
    if (node->operation_case == PLAN__NODE__OPERATION_SINK)
        return &sink_operator_class;
    return operator_class_for(node);
}

static enum status open_operator(struct job *job, const Plan__Node *node, struct error *error) {
    const struct operator_class *class = class_for(node);
    if (!class)
        return FAIL(error, STATUS_UNSUPPORTED, "%s cannot be executed yet", plan_node_name(node));
    struct schema *input_schemas[OPERATOR_INPUTS_MAX];
    uint32_t input_count = (uint32_t)node->n_inputs;
    for (uint32_t i = 0; i < input_count && i < OPERATOR_INPUTS_MAX; i++)
        input_schemas[i] = job->operators[node->inputs[i]]->schema;
    struct stream_operator **slot = &job->operators[job->operator_count];
    enum status status = operator_new(class, node, input_schemas, input_count, &job->context.operators, slot, error);
    job->operator_count += *slot != NULL;
    TRY(status);
    for (uint32_t i = 0; i < input_count; i++)
        operator_connect(job->operators[node->inputs[i]], *slot, i);
    if (class == &source_operator_class)
        job->sources[job->source_count++] = *slot;
    return STATUS_OK;
}

static enum status open_operators(struct job *job, struct error *error) {
    size_t count = job->plan->n_nodes;
    job->operators = ARENA_ARRAY(&job->arena, struct stream_operator *, count);
    job->sources = ARENA_ARRAY(&job->arena, struct stream_operator *, count);
    for (size_t i = 0; i < count; i++)
        TRY(open_operator(job, job->plan->nodes[i], error));
    return STATUS_OK;
}

static uint32_t batch_rows(uint32_t wanted) {
    uint32_t rows = wanted ? wanted : BATCH_ROWS_DEFAULT;
    return rows > BATCH_ROWS_MAX ? BATCH_ROWS_MAX : rows;
}

static enum status open_evaluation(struct job *job, const struct job_config *config, struct error *error) {
    const char *zone = config->time_zone ? config->time_zone : "UTC";
    job->evaluation.zone = time_zone_find(zone);
    if (!job->evaluation.zone)
        return FAIL(error, STATUS_INVALID_OPTION, "time zone \"%s\" is not known", zone);
    job->evaluation.now_us = job->evaluation.statement_start_us = env_now_us(config->env);
    job->evaluation.watermark_us = WATERMARK_NONE;
    job->evaluation.random_state = env_random_u64(config->env);
    return STATUS_OK;
}

static void init_context(struct job *job, const struct job_config *config) {
    job->context = (struct task_context){
        .operators =
            {
                .arena = &job->arena,
                .plan = config->plan,
                .pool = &job->pool,
                .evaluation = &job->evaluation,
                .batch_rows = batch_rows(config->batch_rows),
                .stop_wanted = &job->stop_wanted,
            },
        .registry = config->registry,
        .env = config->env,
        .result = config->result,
        .dead = &job->dead.target,
        .has_checkpoints = config->checkpoint_uri != NULL,
        .watermark_granularity_us = watermark_granularity_us(config->plan, job->evaluation.zone),
        .watermark_reach_us = has_sessions(config->plan) ? 1 : 0,
    };
}

/* Sources learn where to go on when they open, the rest afterwards. */
static enum status open_restored(struct job *job, uint64_t log_bytes_max, struct error *error) {
    const struct task_layers *layers = &job->checkpoint.layers;
    job->context.restored = layers->layer_count > 0 ? layers->layers : NULL;
    job->context.restored_layers = layers->layer_count;
    enum status status = open_operators(job, error);
    job->context.restored = NULL;
    TRY(status);
    return job_checkpoint_start(&job->checkpoint, job->operators, job->sources, job->source_count, log_bytes_max,
                                &job->arena, error);
}

static enum status open_job(struct job *job, const struct job_config *config, struct error *error) {
    job->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (job->wake_fd < 0)
        return env_failed(error, errno, "cannot create", "an event descriptor");
    TRY(plan_verify(config->plan, error));
    TRY(open_evaluation(job, config, error));
    TRY(dead_letters_open(&job->dead, config->env, config->dead_letter_path, error));
    init_context(job, config);
    TRY(job_state_open(&job->state, config, error));
    job->context.operators.state = job->state.backend;
    if (!config->checkpoint_uri)
        return open_operators(job, error);
    job->batches_left = config->checkpoint_stop_batches;
    job->stop_with_savepoint = config->stop_with_savepoint;
    TRY(job_checkpoint_open(&job->checkpoint, config, &job->context, job->wake_fd, error));
    return open_restored(job, config->log_bytes_max, error);
}

enum status job_open(const struct job_config *config, struct job **job, struct error *error) {
    struct job *opened = memory_zalloc(sizeof *opened);
    opened->plan = config->plan;
    arena_init(&opened->arena);
    batch_pool_init(&opened->pool);
    job_status_init(&opened->status, (uint32_t)config->plan->n_nodes);
    enum status status = open_job(opened, config, error);
    if (status != STATUS_OK) {
        job_free(opened);
        return status;
    }
    job_status_publish(&opened->status, opened->operators, opened->dead.count);
    *job = opened;
    return STATUS_OK;
}

enum status job_run(struct job *job, struct error *error) {
    struct task_loop loop = {
        .context = &job->context,
        .operators = job->operators,
        .operator_count = job->operator_count,
        .sources = job->sources,
        .source_count = job->source_count,
        .dead = &job->dead,
        .status = &job->status,
        .stop = &job->stop,
        .cancel = &job->cancel,
        .savepoint = &job->savepoint,
        .wake_fd = job->wake_fd,
        .checkpoint = job->checkpoint.task,
        .checkpointer = job->checkpoint.checkpointer,
        .stop_with_savepoint = job->stop_with_savepoint,
        .batches_left = job->batches_left,
    };
    enum status status = task_loop_run(&loop, error);
    job->stopped_itself = loop.stopped_itself;
    return status;
}

bool job_stopped_itself(const struct job *job) {
    return job->stopped_itself;
}

/* May run inside a signal handler. */
static void wake(struct job *job) {
    int saved_errno = errno;
    uint64_t one = 1;
    ssize_t written = write(job->wake_fd, &one, sizeof one);
    (void)written; /* full means that it is readable already */
    errno = saved_errno;
}

void job_stop(struct job *job) {
    if (__atomic_exchange_n(&job->stop, true, __ATOMIC_ACQ_REL))
        __atomic_store_n(&job->cancel, true, __ATOMIC_RELEASE);
    wake(job);
}

void job_make_savepoint(struct job *job) {
    __atomic_store_n(&job->savepoint, true, __ATOMIC_RELEASE);
    wake(job);
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
    job_checkpoint_close(&job->checkpoint); /* first: it knows the operators */
    for (uint32_t i = job->operator_count; i > 0; i--)
        operator_close(job->operators[i - 1]);
    job_state_close(&job->state);
    arena_release(&job->arena);
    batch_pool_release(&job->pool);
    dead_letters_close(&job->dead);
    job_status_release(&job->status);
    if (job->wake_fd >= 0)
        close(job->wake_fd);
    free(job);
}

uint32_t job_operator_count(const struct job *job) {
    return job->status.operator_count;
}

/* The observer's side of the published copies; the mutex is the only thing it changes. */
static struct job_status *lock_status(const struct job *job) {
    struct job_status *status = (struct job_status *)&job->status;
    pthread_mutex_lock(&status->mutex);
    return status;
}

void job_operator_status(const struct job *job, uint32_t index, struct job_operator_status *status) {
    struct job_status *published = lock_status(job);
    ASSERT(index < published->operator_count);
    *status = published->operators[index];
    pthread_mutex_unlock(&published->mutex);
}

uint32_t job_split_count(const struct job *job) {
    struct job_status *published = lock_status(job);
    uint32_t count = published->split_count;
    pthread_mutex_unlock(&published->mutex);
    return count;
}

void job_split_status(const struct job *job, uint32_t index, struct job_split_status *status) {
    struct job_status *published = lock_status(job);
    ASSERT(index < published->split_count);
    *status = published->splits[index];
    pthread_mutex_unlock(&published->mutex);
}

static uint64_t published_number(const struct job *job, size_t offset) {
    struct job_status *published = lock_status(job);
    uint64_t number = *(const uint64_t *)((const char *)published + offset);
    pthread_mutex_unlock(&published->mutex);
    return number;
}

uint64_t job_rows_in(const struct job *job) {
    return published_number(job, offsetof(struct job_status, rows_in));
}

uint64_t job_rows_late(const struct job *job) {
    return published_number(job, offsetof(struct job_status, rows_late));
}

uint64_t job_dead_count(const struct job *job) {
    return published_number(job, offsetof(struct job_status, dead_count));
}

const struct job_dead_letter *job_dead_letters(const struct job *job, uint32_t *count) {
    return dead_letters_list((struct dead_letters *)&job->dead, count);
}
