/* operator.h: what an operator is, and how operators talk to each other.
 *
 * An operator class is a const struct; an instance belongs to one task thread. Operators never block, never read a clock,
 * never start a thread: time comes in as watermarks and as ticks of processing time, input as batches.
 * A chain is operators calling each other directly:
 *
 *     source ─batch─▶ calc ─batch─▶ window_aggregate ─batch─▶ sink
 *
 * Everything that travels keeps its order: batches, watermarks, idleness, (later) barriers, end of input.
 * The dispatch functions below count rows, merge the watermarks of several inputs (minimum over inputs that are not idle),
 * and apply defaults for members a class leaves NULL, so no operator repeats that.
 *
 * The ledger of every operator balances: rows_in = filtered + merged + late + held + (what led to rows_out).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/base/arena.h"
#include "core/base/status.h"
#include "core/data/batch.h"
#include "core/functions/function.h"
#include "planner/plan.h"

enum { OPERATOR_INPUTS_MAX = 1024 }; /* an exchange has one for each task that sends to it */
#define WATERMARK_NONE INT64_MIN     /* nothing known yet */
#define WATERMARK_END INT64_MAX      /* no more rows: fires everything */

struct snapshot_reader;
struct snapshot_writer;
struct state_backend;
struct stream_operator;

/* What the task lends to its operators; outlives them. */
struct operator_context {
    struct arena *arena;    /* lives as long as the task */
    const Plan__Plan *plan; /* the nodes belong to it */
    struct batch_pool *pool;
    struct evaluation_context *evaluation; /* now_us and watermark_us are kept current by the task */
    uint32_t batch_rows;         /* rows per emitted batch at most, but an update (-U, +U) is not torn apart */
    struct state_backend *state; /* where keyed state goes that memory has no room for; NULL: all stays in memory */
    /* What a checkpoint's files have, for an operator without `state` to take over when it is restored; NULL: nothing. */
    struct state_backend *restored_state;
    bool *stop_wanted; /* set when an operator became done: the task looks which sources nobody reads now */
};

struct operator_counters {
    uint64_t rows_in, batches_in;
    uint64_t rows_out, batches_out;
    uint64_t rows_filtered; /* a condition was not TRUE */
    uint64_t rows_late;     /* behind the watermark: dropped, counted */
    uint64_t rows_merged;   /* went into a group, a window, a duplicate */
    uint64_t state_rows;    /* held now */
    uint64_t state_bytes;
};
/* Of instances of one operator, or of its earlier lives. */
void operator_counters_add(struct operator_counters *to, const struct operator_counters *more);

struct operator_class {
    const char *name; /* shown by EXPLAIN, metrics and logs */
    size_t size;      /* of the instance; struct stream_operator is its first member */
    /* MUST: bind the plan node. The instance is zeroed but for the base. */
    enum status (*open)(struct stream_operator *self, const Plan__Node *node, struct error *error);
    /* MUST: consume one batch (borrowed: reference it to keep it). */
    enum status (*on_batch)(struct stream_operator *self, uint32_t input, struct batch *batch, struct error *error);
    /* MAY: the merged watermark rose; NULL forwards it. An implementation forwards it itself, after what it releases. */
    enum status (*on_watermark)(struct stream_operator *self, int64_t watermark_us, struct error *error);
    /* MAY: all inputs that have not ended became idle, or one of them active again; NULL tells the outputs. */
    enum status (*on_idle)(struct stream_operator *self, bool idle, struct error *error);
    /* MAY: processing time is now now_us; called at least every next_tick_us wanted. */
    enum status (*on_tick)(struct stream_operator *self, int64_t now_us, struct error *error);
    /* MAY: all inputs ended (after WATERMARK_END was delivered): emit the rest. The dispatcher forwards the end.
     * An operator without inputs (VALUES) emits its rows here, before WATERMARK_END. */
    enum status (*on_end)(struct stream_operator *self, struct error *error);
    /* MAY: what is held back only to make batches larger goes on, and everything emitted reaches the outside now (sinks). */
    enum status (*on_flush)(struct stream_operator *self, struct error *error);
    /* MAY: memory for state is short: what is beyond the operator's share of the budget leaves (state.h). For when no rows come. */
    enum status (*on_memory_short)(struct stream_operator *self, struct error *error);
    /* MAY: begins a snapshot: state as sections, what is large only marked; NULL: stateless. Between two batches, after on_flush: what is
     * held back is not part of it. The dispatcher keeps watermarks, idleness, ends and counters. */
    enum status (*on_snapshot)(struct stream_operator *self, struct snapshot_writer *writer, struct error *error);
    /* MAY: writes what is left of the snapshot, as it was when it began, until the budget is used up, which it counts down; *done when there
     * is no more. NULL: on_snapshot wrote everything. on_snapshot_abandon: it will not be asked for the rest. */
    enum status (*on_snapshot_step)(struct stream_operator *self, size_t *budget_bytes, bool *done,
                                    struct error *error);
    void (*on_snapshot_abandon)(struct stream_operator *self);
    /* MAY: state back into an instance that was opened and has seen nothing but, when is_divisible, the state of other instances: the
     * reader says so (reader->chain > 0), and which key groups are wanted. */
    enum status (*on_restore)(struct stream_operator *self, struct snapshot_reader *reader, struct error *error);
    bool
        is_divisible; /* state is keyed, or a list of splits: any number of instances may be restored from any other number */
    bool
        keeps_state_at_end; /* what it holds matters after its end, too: a source's splits, which are not to be read again */
    void (*close)(struct stream_operator *self); /* MAY: release what is not in the task's arena */
};

struct operator_output {
    struct stream_operator *target;
    uint32_t input;
};

struct operator_input {
    int64_t watermark_us;
    bool idle;
    bool ended;
};

struct stream_operator {
    const struct operator_class *class;
    const Plan__Node *node;
    struct operator_context *context;
    struct schema *schema; /* of what it emits */
    struct schema **input_schemas;
    struct operator_output *outputs;
    uint32_t output_count;
    struct operator_input *inputs;
    uint32_t input_count;
    int64_t watermark_us; /* merged, as last handed to on_watermark */
    bool idle;
    bool ended;
    bool done;            /* wants no more rows (operator_set_done); watermarks and the end still come */
    int64_t next_tick_us; /* processing time at which on_tick wants to run; INT64_MAX never */
    struct operator_counters counters;
    bool snapshot_under_way;        /* begun and not complete */
    bool has_snapshot;              /* the last one was completed and not abandoned: a DELTA may follow */
    uint64_t snapshot_digest;       /* of the last one completed */
    struct operator_checks *checks; /* what was seen of its output, in builds that check (checked.h) */
};

/* The class for a plan node (executor/operators.def); NULL for Scan and Sink, which the runtime provides, and for a node
 * without operation. */
const struct operator_class *operator_class_for(const Plan__Node *node);

/* Allocates in context->arena and opens; inputs and outputs are wired by operator_connect before the first batch. */
enum status operator_new(const struct operator_class *class, const Plan__Node *node,
                         struct schema *const *input_schemas, uint32_t input_count, struct operator_context *context,
                         struct stream_operator **self, struct error *error) MUST_CHECK;
void operator_connect(struct stream_operator *from, struct stream_operator *to, uint32_t input);
void operator_close(struct stream_operator *self);

/* For the task: deliver to one operator. Rows for an operator that is done are dropped. The end of an input counts as
 * WATERMARK_END on it; an operator without inputs is started and ended by operator_on_end(operator, 0, …). */
enum status operator_on_batch(struct stream_operator *self, uint32_t input, struct batch *batch,
                              struct error *error) MUST_CHECK;
enum status operator_on_watermark(struct stream_operator *self, uint32_t input, int64_t watermark_us,
                                  struct error *error) MUST_CHECK;
enum status operator_on_idle(struct stream_operator *self, uint32_t input, bool idle, struct error *error) MUST_CHECK;
enum status operator_on_end(struct stream_operator *self, uint32_t input, struct error *error) MUST_CHECK;
enum status operator_on_memory_short(struct stream_operator *self, struct error *error) MUST_CHECK;
enum status operator_on_tick(struct stream_operator *self, int64_t now_us,
                             struct error *error) MUST_CHECK; /* if it is due */
enum status operator_on_flush(struct stream_operator *self, struct error *error) MUST_CHECK;

/* All of an operator's state, the dispatcher's part included, as it is at the barrier. Flush first, all operators in plan order: what one
 * holds back is another's input. The writer's mode is FULL, or DELTA: what changed since the last snapshot that this operator completed,
 * which is there and was not abandoned. begin writes small state at once and only marks what is large; the same writer goes with the
 * steps, and stays until the snapshot is done or abandoned: the operator writes to it also while it processes. */
enum status operator_snapshot_begin(struct stream_operator *self, struct snapshot_writer *writer,
                                    struct error *error) MUST_CHECK;
/* Between batches, again and again until *done: writes up to about budget_bytes (> 0) more. The operator may have ended meanwhile. */
enum status operator_snapshot_step(struct stream_operator *self, struct snapshot_writer *writer, size_t budget_bytes,
                                   bool *done, struct error *error) MUST_CHECK;
/* The snapshot under way is given up, or the last one finished did not become part of a checkpoint: the next one is FULL. Before the
 * writer is released. */
void operator_snapshot_abandon(struct stream_operator *self);
/* begin, and steps until it is done. */
enum status operator_snapshot(struct stream_operator *self, struct snapshot_writer *writer,
                              struct error *error) MUST_CHECK;
/* Into an operator that was opened and has seen nothing; leaves one that cannot be used when it fails. */
enum status operator_restore(struct stream_operator *self, struct snapshot_reader *reader,
                             struct error *error) MUST_CHECK;
/* The same from the snapshots of several instances, in their order, at one barrier: those key groups that the readers want. Watermarks are the
 * least of all, idle, ended and done is what all were, counters go to the instance whose reader is not `counted_elsewhere`. UNSUPPORTED
 * with a hint when the operator's state cannot be divided, and there is more than one. */
enum status operator_restore_chains(struct stream_operator *self, struct snapshot_reader *readers, uint32_t count,
                                    struct error *error) MUST_CHECK;

/* Passes over the dispatcher's part: for those who need an operator's own state before the operator is there. */
enum status operator_restore_skip(struct snapshot_reader *reader, bool *ended, struct error *error) MUST_CHECK;

/* For operators: send on to all outputs. emit takes the caller's reference to the batch. */
enum status operator_emit(struct stream_operator *self, struct batch *batch, struct error *error) MUST_CHECK;
enum status operator_emit_watermark(struct stream_operator *self, int64_t watermark_us, struct error *error) MUST_CHECK;
/* Tells all outputs that nothing comes for now, or that it does again (sources; the dispatcher does it for the others). */
enum status operator_emit_idle(struct stream_operator *self, bool idle, struct error *error) MUST_CHECK;
/* This operator needs no more rows: its input may stop. */
void operator_set_done(struct stream_operator *self);
/* False when the operator, or everything that reads from it, is done. */
bool operator_wants_rows(const struct stream_operator *self);
/* Whether rows of this input may be changes (-U, +U, -D). */
bool operator_input_may_change(const struct stream_operator *self, uint32_t input);
/* Next batch to fill and emit: FLAT columns of the operator's schema. */
struct batch *operator_batch_new(struct stream_operator *self, uint32_t row_count);
