/* blackhole.c: a sink that forgets every row. */
#include "connectors/connectors.h"

#include "core/base/arena.h"

static enum status blackhole_write(struct sink *sink, struct batch *batch, struct error *error) {
    (void)sink, (void)batch, (void)error;
    return STATUS_OK;
}

static enum status blackhole_flush(struct sink *sink, struct error *error) {
    (void)sink, (void)error;
    return STATUS_OK;
}

static void blackhole_close(struct sink *sink) {
    (void)sink;
}

static const struct sink_class blackhole_sink = {
    .write = blackhole_write, .flush = blackhole_flush, .close = blackhole_close};

static enum status blackhole_open(const struct sink_config *config, struct sink **sink, struct error *error) {
    (void)error;
    *sink = ARENA_NEW(config->arena, struct sink);
    (*sink)->class = &blackhole_sink;
    return STATUS_OK;
}

static enum sink_changes blackhole_changes(const struct options *options, bool has_key) {
    (void)options;
    return has_key ? SINK_UPSERT : SINK_RETRACT;
}

static uint32_t blackhole_parallelism_limit(const struct options *options) {
    (void)options;
    return 0;
}

static const struct option_spec blackhole_options[] = {{0}};

const struct connector_class blackhole_connector = {
    .name = "blackhole",
    .options = blackhole_options,
    .sink_open = blackhole_open,
    .sink_parallelism_limit = blackhole_parallelism_limit,
    .sink_changes = blackhole_changes,
};
