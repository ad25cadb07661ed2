/* memory_job.h: jobs over rows in memory: a connector that reads them, one that keeps what is written, and plans built by hand.
 *
 * The table has columns k BIGINT, v BIGINT, ts TIMESTAMP(3) and w TIMESTAMP(3), the watermark of the row. Output is text: one
 * line per row, change kind first, timestamps in microseconds. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <ftw.h>
#include <string.h>
#include <unistd.h>

#include "connectors/connector.h"
#include "core/base/env_virtual.h"
#include "runtime/job.h"

#define ROW_NULL INT64_MIN

struct memory_row {
    int64_t key, value, time_us, watermark_us; /* ROW_NULL: NULL */
    uint32_t split;
    int64_t wait_us; /* before it is there: the clock of the world moves on while the source is polled */
};

struct memory_table {
    const struct memory_row *rows;
    uint32_t row_count;
    uint32_t split_count;
    bool caught_up;      /* after its last row so far, a split is at its end */
    bool unbounded;      /* waits for ever after the last row */
    uint32_t fail_after; /* rows; 0: never */
    struct env_virtual *world;
    void (*on_poll)(struct memory_table *table, uint32_t next_row);
    bool (*is_ready)(struct memory_table *table, uint32_t next_row); /* false: there is nothing now */
    struct job *job;
    const char *checkpoint_uri; /* of the jobs to come; NULL: none */
    int64_t checkpoint_interval_us;
    uint64_t stop_batches; /* with a folder: job_config.checkpoint_stop_batches */
    /* what happened */
    uint32_t next_row;
    uint64_t poll_count, waited_us;
    bool closed;
};
static struct memory_table memory;

struct memory_source {
    struct source base;
    const struct source_config *config;
};

static inline void memory_write(struct batch *batch, struct column *column, uint32_t row, int64_t value) {
    if (value == ROW_NULL)
        column_set_null(column, &batch->arena, row, batch->row_count);
    else
        COLUMN_VALUES(column, int64_t)[row] = value;
}

static inline void memory_fill(const struct source_config *config, struct batch *batch, const struct memory_row *rows) {
    for (uint32_t i = 0; i < config->column_count; i++) {
        column_init(&batch->columns[i], &batch->arena, config->columns[i].type, batch->row_count);
        for (uint32_t row = 0; row < batch->row_count; row++) {
            const char *name = config->columns[i].name;
            int64_t value = strcmp(name, "k") == 0    ? rows[row].key
                            : strcmp(name, "v") == 0  ? rows[row].value
                            : strcmp(name, "ts") == 0 ? rows[row].time_us
                                                      : rows[row].watermark_us;
            memory_write(batch, &batch->columns[i], row, value);
        }
    }
}

static inline void memory_wait(struct source_poll *poll, int64_t max_wait_us, int64_t want_us) {
    int64_t wait_us = want_us < max_wait_us ? want_us : max_wait_us;
    if (memory.world)
        env_virtual_advance(memory.world, wait_us);
    memory.waited_us += (uint64_t)wait_us;
    poll->state = SOURCE_WAIT;
    poll->wait_us = 1;
    poll->split = (uint32_t)(memory.poll_count % memory.split_count); /* says of one after the other where it stands */
    poll->split_caught_up = memory.caught_up;
}

static inline enum status memory_poll(struct source *source, int64_t max_wait_us, struct source_poll *poll,
                                      struct error *error) {
    const struct source_config *config = ((struct memory_source *)source)->config;
    memory.poll_count++;
    if (memory.on_poll)
        memory.on_poll(&memory, memory.next_row);
    if (memory.fail_after && memory.next_row >= memory.fail_after)
        return FAIL(error, STATUS_CONNECTION_FAILURE, "the memory is gone");
    if (memory.is_ready && !memory.is_ready(&memory, memory.next_row)) {
        poll->state = SOURCE_WAIT;
        poll->wait_us = 1000;
        return STATUS_OK;
    }
    if (memory.next_row == memory.row_count) {
        if (memory.unbounded)
            memory_wait(poll, max_wait_us, INT64_MAX);
        else
            poll->state = SOURCE_END;
        return STATUS_OK;
    }
    static int64_t waited_us;
    const struct memory_row *rows = &memory.rows[memory.next_row];
    if (waited_us < rows->wait_us) {
        memory_wait(poll, max_wait_us, rows->wait_us - waited_us);
        waited_us += max_wait_us < rows->wait_us - waited_us ? max_wait_us : rows->wait_us - waited_us;
        return STATUS_OK;
    }
    waited_us = 0;
    uint32_t count = 1;
    while (count < config->batch_rows && memory.next_row + count < memory.row_count &&
           rows[count].split == rows->split && rows[count].wait_us == 0)
        count++;
    poll->batch = batch_new(config->pool, config->column_count);
    poll->batch->row_count = count;
    poll->split = rows->split;
    poll->split_caught_up = memory.caught_up;
    memory_fill(config, poll->batch, rows);
    memory.next_row += count;
    return STATUS_OK;
}

static inline const char *memory_split_name(const struct source *source, uint32_t split) {
    (void)source;
    static const char *const names[] = {"memory-0", "memory-1", "memory-2"};
    return names[split];
}

/* One number for all splits: rows have one order. */
static inline void memory_split_position(const struct source *source, uint32_t split, struct strbuf *out) {
    (void)source, (void)split;
    strbuf_printf(out, "%u", memory.next_row);
}

static inline void memory_close(struct source *source) {
    (void)source;
    memory.closed = true;
}

static const struct source_class memory_source_class = {
    .poll = memory_poll,
    .split_name = memory_split_name,
    .split_position = memory_split_position,
    .close = memory_close,
};

static inline enum status memory_source_open(const struct source_config *config, struct source **source,
                                             struct error *error) {
    (void)error;
    struct memory_source *opened = ARENA_NEW(config->arena, struct memory_source);
    opened->base = (struct source){.class = &memory_source_class, .split_count = memory.split_count};
    opened->config = config;
    if (config->position_count > 0)
        memory.next_row = (uint32_t)strtoul(config->positions[0].position, NULL, 10);
    *source = &opened->base;
    return STATUS_OK;
}

/* ---- output ---- */

struct memory_output {
    struct result_target target;
    struct sink sink;
    struct strbuf text;
    uint32_t flush_count, batch_count, idle_count;
    uint32_t fail_after; /* batches; 0: never */
    bool closed;
    enum sink_changes changes;
};
static struct memory_output output;

static inline void output_batch(const struct batch *batch) {
    for (uint32_t row = 0; row < batch->row_count; row++) {
        strbuf_append_text(&output.text,
                           change_kind_text(batch->change_kinds ? batch->change_kinds[row] : CHANGE_INSERT));
        for (uint32_t i = 0; i < batch->column_count; i++) {
            const struct column *column = &batch->columns[i];
            strbuf_append_char(&output.text, ' ');
            if (!column_is_null(column, row) && type_is_timestamp(column->type))
                strbuf_printf(&output.text, "%lld", (long long)*(const int64_t *)column_value(column, row));
            else
                column_print_value(&output.text, column, row);
        }
        strbuf_append_char(&output.text, '\n');
    }
}

static inline enum status output_add(struct batch *batch, struct error *error) {
    if (output.fail_after && output.batch_count >= output.fail_after)
        return FAIL(error, STATUS_BROKEN_PIPE, "nobody listens");
    output.batch_count++;
    output_batch(batch);
    return STATUS_OK;
}

static inline enum status output_on_batch(struct result_target *target, struct batch *batch, struct error *error) {
    (void)target;
    return output_add(batch, error);
}

static inline enum status output_on_idle(struct result_target *target, int64_t now_us, struct error *error) {
    (void)target, (void)now_us, (void)error;
    output.idle_count++;
    return STATUS_OK;
}

static inline enum status memory_sink_write(struct sink *sink, struct batch *batch, struct error *error) {
    (void)sink;
    return output_add(batch, error);
}

static inline enum status memory_sink_flush(struct sink *sink, struct error *error) {
    (void)sink, (void)error;
    output.flush_count++;
    return STATUS_OK;
}

static inline void memory_sink_close(struct sink *sink) {
    (void)sink;
    output.closed = true;
}

static const struct sink_class memory_sink_class = {
    .write = memory_sink_write, .flush = memory_sink_flush, .close = memory_sink_close};

static inline enum status memory_sink_open(const struct sink_config *config, struct sink **sink, struct error *error) {
    (void)config, (void)error;
    output.sink.class = &memory_sink_class;
    *sink = &output.sink;
    return STATUS_OK;
}

static inline enum sink_changes memory_sink_changes(const struct options *options, bool has_key) {
    (void)options, (void)has_key;
    return output.changes;
}

static const struct connector_class memory_connector = {
    .name = "memory",
    .source_open = memory_source_open,
    .sink_open = memory_sink_open,
    .sink_changes = memory_sink_changes,
};
static const struct connector_class *const memory_connectors[] = {&memory_connector, NULL};
static const struct format_class *const memory_formats[] = {NULL};
static const struct connector_registry memory_registry = {memory_connectors, memory_formats};

/* ---- plans ---- */

struct memory_plan {
    struct arena arena;
    Plan__Plan plan;
    Plan__Node *nodes[16];
};

static inline void plan_init(struct memory_plan *plan) {
    arena_init(&plan->arena);
    plan__plan__init(&plan->plan);
    plan->plan.nodes = plan->nodes;
    plan->plan.version = PLAN_VERSION;
}

static inline void plan_add_column(struct memory_plan *plan, Plan__Node *node, const char *name,
                                   const struct type *type) {
    Plan__Field *field = ARENA_NEW(&plan->arena, Plan__Field);
    plan__field__init(field);
    field->name = (char *)name;
    field->type = plan_type_encode(&plan->arena, type);
    if (!node->output)
        node->output = ARENA_ARRAY(&plan->arena, Plan__Field *, 16);
    node->output[node->n_output++] = field;
}

/* A node that reads the one before it. */
static inline Plan__Node *plan_add(struct memory_plan *plan, Plan__Node__OperationCase operation) {
    Plan__Node *node = ARENA_NEW(&plan->arena, Plan__Node);
    plan__node__init(node);
    node->id = (uint32_t)plan->plan.n_nodes;
    node->operation_case = operation;
    if (node->id > 0) {
        node->inputs = ARENA_ARRAY(&plan->arena, uint32_t, 4);
        node->inputs[node->n_inputs++] = node->id - 1;
    }
    plan->nodes[plan->plan.n_nodes++] = node;
    return node;
}

static inline Plan__Scan *plan_add_scan(struct memory_plan *plan, bool has_watermark, int64_t idle_timeout_us) {
    static const char *const names[] = {"k", "v", "ts", "w"};
    Plan__Node *node = plan_add(plan, PLAN__NODE__OPERATION_SCAN);
    node->n_inputs = 0;
    Plan__Scan *scan = node->scan = ARENA_NEW(&plan->arena, Plan__Scan);
    plan__scan__init(scan);
    scan->table = "t";
    scan->connector = "memory";
    scan->columns = ARENA_ARRAY(&plan->arena, Plan__ScanColumn *, 4);
    for (uint32_t i = 0; i < 4; i++) {
        plan_add_column(plan, node, names[i], i < 2 ? &type_bigint : &type_timestamp3);
        Plan__ScanColumn *column = scan->columns[i] = ARENA_NEW(&plan->arena, Plan__ScanColumn);
        plan__scan_column__init(column);
        column->name = (char *)names[i];
        column->type = node->output[i]->type;
        column->table_column = i;
    }
    scan->n_columns = scan->n_table_columns = 4;
    scan->table_columns = node->output;
    scan->has_watermark = has_watermark;
    scan->watermark_column = 2;
    scan->watermark = plan_expression_encode(&plan->arena, expression_column(&plan->arena, 3, &type_timestamp3, 0));
    scan->idle_timeout_us = idle_timeout_us;
    return scan;
}

static inline void plan_add_calls(struct memory_plan *plan, Plan__Node *node, Plan__AggregateCall ***calls,
                                  size_t *count, const char *const *ids) {
    *calls = ARENA_ARRAY(&plan->arena, Plan__AggregateCall *, 8);
    for (*count = 0; ids[*count]; ++*count) {
        const char *id = ids[*count];
        Plan__AggregateCall *call = (*calls)[*count] = ARENA_NEW(&plan->arena, Plan__AggregateCall);
        plan__aggregate_call__init(call);
        call->aggregate = (char *)id;
        call->type = plan_type_encode(&plan->arena, &type_bigint);
        if (strcmp(id, "count_star") != 0) {
            call->arguments = ARENA_ARRAY(&plan->arena, uint32_t, 1);
            call->arguments[0] = 1;
            call->n_arguments = 1;
        }
        plan_add_column(plan, node, id, &type_bigint);
    }
}

static inline Plan__WindowAggregate *plan_add_window(struct memory_plan *plan, Plan__WindowKind kind, int64_t size_us,
                                                     int64_t slide_us, int64_t offset_us, bool keyed,
                                                     const char *const *ids) {
    Plan__Node *node = plan_add(plan, PLAN__NODE__OPERATION_WINDOW_AGGREGATE);
    Plan__WindowAggregate *aggregate = node->window_aggregate = ARENA_NEW(&plan->arena, Plan__WindowAggregate);
    plan__window_aggregate__init(aggregate);
    aggregate->window = ARENA_NEW(&plan->arena, Plan__Window);
    plan__window__init(aggregate->window);
    aggregate->window->kind = kind;
    aggregate->window->size_us = kind == PLAN__WINDOW_KIND__SESSION ? 0 : size_us;
    aggregate->window->gap_us = kind == PLAN__WINDOW_KIND__SESSION ? size_us : 0;
    aggregate->window->slide_us = slide_us;
    aggregate->window->offset_us = offset_us;
    aggregate->window->time_column = 2;
    if (keyed) {
        aggregate->keys = ARENA_ARRAY(&plan->arena, uint32_t, 1);
        aggregate->n_keys = 1;
        plan_add_column(plan, node, "k", &type_bigint);
    }
    plan_add_calls(plan, node, &aggregate->aggregates, &aggregate->n_aggregates, ids);
    const struct type *bound = type_with_nullable(&plan->arena, &type_timestamp3, false);
    plan_add_column(plan, node, "window_start", bound);
    plan_add_column(plan, node, "window_end", bound);
    plan_add_column(plan, node, "window_time", bound);
    return aggregate;
}

static inline Plan__GroupAggregate *plan_add_group(struct memory_plan *plan, bool keyed, const char *const *ids) {
    Plan__Node *node = plan_add(plan, PLAN__NODE__OPERATION_GROUP_AGGREGATE);
    Plan__GroupAggregate *aggregate = node->group_aggregate = ARENA_NEW(&plan->arena, Plan__GroupAggregate);
    plan__group_aggregate__init(aggregate);
    if (keyed) {
        aggregate->keys = ARENA_ARRAY(&plan->arena, uint32_t, 1);
        aggregate->n_keys = 1;
        plan_add_column(plan, node, "k", &type_bigint);
    }
    plan_add_calls(plan, node, &aggregate->aggregates, &aggregate->n_aggregates, ids);
    return aggregate;
}

/* connector "": to the client. */
static inline Plan__Sink *plan_add_sink(struct memory_plan *plan, const char *connector) {
    Plan__Node *input = plan->nodes[plan->plan.n_nodes - 1];
    Plan__Node *node = plan_add(plan, PLAN__NODE__OPERATION_SINK);
    node->output = input->output;
    node->n_output = input->n_output;
    node->change_mode = input->change_mode;
    node->sink = ARENA_NEW(&plan->arena, Plan__Sink);
    plan__sink__init(node->sink);
    node->sink->table = "result";
    node->sink->connector = (char *)connector;
    return node->sink;
}

/* ---- runs ---- */

static inline void memory_reset(const struct memory_row *rows, uint32_t row_count) {
    strbuf_release(&output.text);
    memory = (struct memory_table){.rows = rows, .row_count = row_count, .split_count = 1};
    output = (struct memory_output){.target = {output_on_batch, output_on_idle}};
    strbuf_init(&output.text);
}

static inline enum status memory_run(struct memory_plan *plan, uint32_t batch_rows, struct error *error) {
    struct job_config config = {
        .plan = &plan->plan,
        .registry = &memory_registry,
        .env = memory.world ? env_virtual_env(memory.world) : env_posix(),
        .result = &output.target,
        .batch_rows = batch_rows,
        .checkpoint_uri = memory.checkpoint_uri,
        .checkpoint_interval_us = memory.checkpoint_interval_us,
        .checkpoint_stop_batches = memory.checkpoint_uri ? memory.stop_batches : 0,
    };
    TRY(job_open(&config, &memory.job, error));
    enum status status = job_run(memory.job, error);
    return status;
}

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *place) {
    (void)status, (void)kind, (void)place;
    return remove(path);
}
/* A new folder, in memory where the machine has such a place: what checkpoints promise is tested here, not how fast a disk syncs. */
static inline void make_folder(char folder[64], const char *name) {
    const char *wanted = getenv("TMPDIR");
    const char *place = wanted ? wanted : access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    snprintf(folder, 64, "%.30s/%.20s-XXXXXX", place, name);
    if (!mkdtemp(folder))
        fail_msg("cannot make %s", folder);
}

/* A folder that a test made, with all that is in it. */
static inline void remove_tree(const char *folder) {
    nftw(folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

/* Runs to the end; the text of the result is in output.text. */
static inline void memory_run_ok(struct memory_plan *plan, uint32_t batch_rows) {
    struct error error = {0};
    if (memory_run(plan, batch_rows, &error) != STATUS_OK)
        fail_msg("%s: %s", status_name(error.status), error.message);
}
