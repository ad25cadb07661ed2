/* router.c: see the header. Invariant: nothing is sent on a channel while its builder has rows, and the held watermark goes after
 * the rows of all builders. */
#include "runtime/exchange/router.h"

#include <string.h>

#include "core/base/hash.h"
#include "core/data/batch_builder.h"
#include "runtime/exchange/channel.h"
#include "runtime/exchange/exchange_node.h"

struct target {
    struct channel *channel;
    struct batch_builder builder;
    uint32_t row_count; /* of the batch at hand */
    uint16_t *rows;
};

struct router {
    struct stream_operator base;
    const struct router_config *config; /* while it opens */
    Plan__Distribution distribution;
    const uint32_t *key_columns;
    uint32_t key_column_count;
    struct target *targets;
    uint32_t target_count;
    int64_t granularity_us;
    int64_t sent_watermark_us;
    int64_t held_watermark_us; /* WATERMARK_NONE: none */
    struct arena scratch;      /* of one batch */
};

/* ---- opening ---- */

static enum status router_open(struct stream_operator *self, const Plan__Node *node, struct error *error) {
    (void)node, (void)error;
    struct router *router = (struct router *)self;
    router->sent_watermark_us = router->held_watermark_us = WATERMARK_NONE;
    return STATUS_OK;
}

static void open_targets(struct router *router, const struct router_config *config) {
    struct operator_context *context = router->base.context;
    uint32_t rows = context->batch_rows < BATCH_ROWS_MAX - 1 ? context->batch_rows : BATCH_ROWS_MAX - 1;
    router->targets = ARENA_ARRAY(context->arena, struct target, config->channel_count);
    router->target_count = config->channel_count;
    for (uint32_t i = 0; i < config->channel_count; i++) {
        router->targets[i].channel = config->channels[i];
        batch_builder_init(&router->targets[i].builder, context->pool, router->base.schema, rows);
    }
}

enum status router_new(const struct router_config *config, struct stream_operator *from,
                       struct stream_operator **router_out, struct error *error) {
    ASSERT(config->channel_count > 0 && config->channel_count <= KEY_GROUP_COUNT);
    ASSERT(config->channel_count == 1 || config->distribution == PLAN__DISTRIBUTION__HASH ||
           config->distribution == PLAN__DISTRIBUTION__BROADCAST);
    const Plan__Node *node = exchange_node_new(from->context->arena, from->node);
    TRY(operator_new(&router_class, node, &from->schema, 1, from->context, router_out, error));
    struct router *router = (struct router *)*router_out;
    router->distribution = config->distribution;
    router->key_columns = config->key_columns;
    router->key_column_count = config->key_column_count;
    router->granularity_us = config->watermark_granularity_us;
    open_targets(router, config);
    operator_connect(from, *router_out, 0);
    return STATUS_OK;
}

/* ---- sending ---- */

/* Counts what left; takes the batch, which is lent. */
static enum status send_batch(struct router *router, struct target *target, struct batch *batch, struct error *error) {
    uint32_t row_count = batch->row_count;
    while (!channel_try_batch(target->channel, batch)) {
        enum status status = channel_wait_for_room(target->channel, error);
        if (status != STATUS_OK) {
            batch_release(batch);
            return status;
        }
    }
    router->base.counters.rows_out += row_count;
    router->base.counters.batches_out++;
    return STATUS_OK;
}

static enum status send_built(struct router *router, struct target *target, struct error *error) {
    struct batch *batch = batch_builder_take(&target->builder);
    return batch ? send_batch(router, target, batch_lend(router->base.context->pool, batch), error) : STATUS_OK;
}

static enum status send_watermark(struct router *router, int64_t watermark_us, struct error *error) {
    for (uint32_t i = 0; i < router->target_count; i++)
        while (!channel_try_watermark(router->targets[i].channel, watermark_us))
            TRY(channel_wait_for_room(router->targets[i].channel, error));
    router->sent_watermark_us = watermark_us;
    return STATUS_OK;
}

/* Everything that is held: rows first. */
static enum status send_held(struct router *router, struct error *error) {
    router->base.next_tick_us = INT64_MAX;
    for (uint32_t i = 0; i < router->target_count; i++)
        TRY(send_built(router, &router->targets[i], error));
    int64_t watermark_us = router->held_watermark_us;
    router->held_watermark_us = WATERMARK_NONE;
    return watermark_us == WATERMARK_NONE ? STATUS_OK : send_watermark(router, watermark_us, error);
}

static void linger(struct router *router) {
    if (router->base.next_tick_us == INT64_MAX)
        router->base.next_tick_us = router->base.context->evaluation->now_us + ROUTER_LINGER_US;
}

/* ---- rows ---- */

/* Whole batches, shared by all channels. */
static enum status send_whole(struct router *router, struct batch *batch, struct error *error) {
    for (uint32_t i = 0; i < router->target_count; i++) {
        batch_reference(batch);
        struct batch *lent = batch_lend(router->base.context->pool, batch);
        TRY(send_batch(router, &router->targets[i], lent, error));
    }
    return STATUS_OK;
}

static enum status append(struct router *router, struct target *target, struct batch *batch,
                          const struct selection *selection, struct error *error) {
    for (uint32_t done = 0; done < selection->count;) {
        done += batch_builder_append(&target->builder, batch, selection, done);
        if (batch_builder_is_full(&target->builder))
            TRY(send_built(router, target, error));
    }
    return STATUS_OK;
}

/* The instance of every row's key group, and how many rows each has, in counts. */
static const uint16_t *find_instances(struct router *router, const struct batch *batch, uint32_t *counts) {
    struct selection all = {.count = batch->row_count};
    uint64_t *hashes = arena_alloc(&router->scratch, sizeof *hashes * batch->row_count);
    uint16_t *instances = arena_alloc(&router->scratch, sizeof *instances * batch->row_count);
    for (uint32_t k = 0; k < router->key_column_count; k++)
        column_hash(&batch->columns[router->key_columns[k]], &all, hashes, k == 0);
    for (uint32_t row = 0; row < batch->row_count; row++)
        instances[row] = (uint16_t)key_group_instance(hash_key_group(hashes[row]), router->target_count);
    for (uint32_t row = 0; row < batch->row_count; row++)
        counts[instances[row]]++;
    return instances;
}

/* A counting sort of row numbers by instance: those of a target are ascending. */
static void divide_rows(struct router *router, const struct batch *batch) {
    uint32_t *next = arena_zalloc(&router->scratch, sizeof *next * router->target_count);
    const uint16_t *instances = find_instances(router, batch, next);
    uint16_t *rows = arena_alloc(&router->scratch, sizeof *rows * batch->row_count);
    uint32_t start = 0;
    for (uint32_t i = 0; i < router->target_count; i++) {
        router->targets[i].rows = rows + start;
        router->targets[i].row_count = next[i];
        next[i] = start;
        start += router->targets[i].row_count;
    }
    for (uint32_t row = 0; row < batch->row_count; row++)
        rows[next[instances[row]]++] = (uint16_t)row;
}

static enum status send_divided(struct router *router, struct batch *batch, struct error *error) {
    divide_rows(router, batch);
    enum status status = STATUS_OK;
    for (uint32_t i = 0; i < router->target_count && status == STATUS_OK; i++) {
        struct target *target = &router->targets[i];
        struct selection selection = {.rows = target->rows, .count = target->row_count};
        status = append(router, target, batch, &selection, error);
    }
    arena_reset(&router->scratch);
    return status;
}

static enum status router_on_batch(struct stream_operator *self, uint32_t input, struct batch *batch,
                                   struct error *error) {
    (void)input;
    struct router *router = (struct router *)self;
    linger(router);
    if (router->distribution == PLAN__DISTRIBUTION__HASH && router->target_count > 1)
        return send_divided(router, batch, error);
    if (router->target_count == 1 && batch->row_count < self->context->batch_rows / 2) {
        struct selection all = {.count = batch->row_count};
        return append(router, &router->targets[0], batch, &all, error);
    }
    TRY(send_built(router, &router->targets[0], error)); /* what a small batch left */
    return send_whole(router, batch, error);
}

/* ---- control records ---- */

/* Whether some window may end between what was sent and this: windows end at multiples of the granularity, and close 1 µs earlier. */
static bool may_close_windows(const struct router *router, int64_t watermark_us) {
    int64_t sent_us = router->sent_watermark_us, granularity_us = router->granularity_us;
    if (granularity_us <= 1 || sent_us == WATERMARK_NONE || watermark_us == WATERMARK_END)
        return true;
    return (watermark_us + 1) / granularity_us != (sent_us + 1) / granularity_us || sent_us < 0;
}

static enum status router_on_watermark(struct stream_operator *self, int64_t watermark_us, struct error *error) {
    struct router *router = (struct router *)self;
    router->held_watermark_us = watermark_us;
    if (may_close_windows(router, watermark_us))
        return send_held(router, error);
    linger(router);
    return STATUS_OK;
}

static enum status router_on_idle(struct stream_operator *self, bool idle, struct error *error) {
    struct router *router = (struct router *)self;
    TRY(send_held(router, error));
    for (uint32_t i = 0; i < router->target_count; i++)
        while (!channel_try_idle(router->targets[i].channel, idle))
            TRY(channel_wait_for_room(router->targets[i].channel, error));
    return STATUS_OK;
}

static enum status router_on_tick(struct stream_operator *self, int64_t now_us, struct error *error) {
    (void)now_us;
    return send_held((struct router *)self, error);
}

static enum status router_on_end(struct stream_operator *self, struct error *error) {
    struct router *router = (struct router *)self;
    TRY(send_held(router, error));
    for (uint32_t i = 0; i < router->target_count; i++)
        channel_end(router->targets[i].channel);
    return STATUS_OK;
}

static enum status router_on_flush(struct stream_operator *self, struct error *error) {
    return send_held((struct router *)self, error);
}

enum status router_barrier(struct stream_operator *self, const struct barrier *barrier, struct error *error) {
    struct router *router = (struct router *)self;
    if (self->ended)
        return STATUS_OK;
    TRY(send_held(router, error));
    for (uint32_t i = 0; i < router->target_count; i++)
        while (!channel_try_barrier(router->targets[i].channel, barrier))
            TRY(channel_wait_for_room(router->targets[i].channel, error));
    return STATUS_OK;
}

enum status router_start(struct stream_operator *self, const struct stream_operator *from, struct error *error) {
    struct router *router = (struct router *)self;
    for (uint32_t i = 0; i < router->target_count; i++)
        while (!channel_try_idle(router->targets[i].channel, from->idle && !from->ended))
            TRY(channel_wait_for_room(router->targets[i].channel, error));
    if (from->watermark_us != WATERMARK_NONE)
        TRY(operator_on_watermark(self, 0, from->watermark_us, error));
    if (from->idle && !from->ended)
        TRY(operator_on_idle(self, 0, true, error));
    return from->ended ? operator_on_end(self, 0, error) : STATUS_OK;
}

void router_check(struct stream_operator *self) {
    struct router *router = (struct router *)self;
    if (self->done || self->ended)
        return;
    for (uint32_t i = 0; i < router->target_count; i++)
        if (!channel_is_refused(router->targets[i].channel))
            return;
    operator_set_done(self);
}

static void router_close(struct stream_operator *self) {
    struct router *router = (struct router *)self;
    for (uint32_t i = 0; i < router->target_count; i++)
        batch_builder_release(&router->targets[i].builder);
    arena_release(&router->scratch);
}

const struct operator_class router_class = {
    .name = "Router",
    .size = sizeof(struct router),
    .open = router_open,
    .on_batch = router_on_batch,
    .on_watermark = router_on_watermark,
    .on_idle = router_on_idle,
    .on_tick = router_on_tick,
    .on_end = router_on_end,
    .on_flush = router_on_flush,
    .close = router_close,
};
