/* duel.c: owners of one lane follow each other while the former ones still publish, are paused, or wake up. HEAD's generation
 * rises just before each owner starts, as a take-over would make it. */
#include "tests/sim/duel.h"

#include "tests/sim/cluster.h"
#include "tests/sim/oracle.h"
#include "tests/sim/store.h"

enum { OWNERS_MAX = 5, EPOCHS = 3, ROWS_MAX = 14, AFTERMATH_US = 250000 };

struct duel {
    struct head head;
    const struct manifest *manifest;
    struct str head_name;
    uint32_t owner_count, started;
};

static struct str put_object(struct sim *sim, const struct object_id *id, struct str bytes) {
    char name[OBJECT_NAME_SIZE];
    object_name_format(id, name);
    store_overwrite(sim, str_from(name), bytes);
    return bytes;
}

static void swap_head(struct sim *sim, struct duel *duel) {
    const struct stored *stored = store_find(sim, duel->head_name);
    struct str before = stored != NULL ? stored->bytes : (struct str){0};
    uint8_t *bytes = arena_alloc(&sim->arena, HEAD_SIZE);
    head_encode(&duel->head, bytes);
    store_overwrite(sim, duel->head_name, (struct str){(char *)bytes, HEAD_SIZE});
    oracle_on_head(sim, duel->head_name, before, store_find(sim, duel->head_name)->bytes);
}

/* Decides an epoch: its log, its manifest, HEAD. */
static struct log_epoch make_log(struct sim *sim, const struct duel *duel, uint64_t epoch, uint64_t first_row,
                                 uint32_t row_count) {
    if (row_count == 0)
        return log_epoch_empty(epoch);
    struct object *segment = ARENA_NEW(&sim->arena, struct object);
    segment->id = (struct object_id){.job = duel->head.job, .generation = 1, .epoch = epoch, .kind = OBJECT_LOG};
    char *rows = arena_alloc(&sim->arena, row_count * ROW_SIZE);
    for (uint32_t i = 0; i < row_count; i++) {
        struct row row = {.sequence = first_row + i, .ordinal = first_row + i + 1};
        memcpy(rows + i * ROW_SIZE, &row, ROW_SIZE);
    }
    segment->size_bytes = row_count * ROW_SIZE;
    segment->digest = digest_of(rows, row_count * ROW_SIZE);
    put_object(sim, &segment->id, (struct str){rows, row_count * ROW_SIZE});
    uint32_t chunk_count = (row_count + sim->chunk_rows - 1) / sim->chunk_rows;
    struct log_chunk *chunks = ARENA_ARRAY(&sim->arena, struct log_chunk, chunk_count);
    for (uint32_t i = 0; i < chunk_count; i++) {
        uint32_t first = i * sim->chunk_rows;
        uint32_t count = row_count - first < sim->chunk_rows ? row_count - first : sim->chunk_rows;
        chunks[i] = (struct log_chunk){.offset = first * ROW_SIZE,
                                       .size_bytes = count * ROW_SIZE,
                                       .row_count = count,
                                       .rows = digest_of(rows + first * ROW_SIZE, count * ROW_SIZE)};
    }
    struct log_epoch log = {
        .epoch = epoch, .segments = segment, .segment_count = 1, .chunks = chunks, .chunk_count = chunk_count};
    log.digest = log_epoch_digest(&log);
    return log;
}

static void decide(struct sim *sim, struct duel *duel, uint64_t epoch, uint64_t *rows, struct log_epoch *pending) {
    struct manifest *manifest = ARENA_NEW(&sim->arena, struct manifest);
    uint32_t row_count = epoch == 0 ? 0 : (uint32_t)sim_between(sim, STREAM_CONFIG, 0, ROWS_MAX);
    if (epoch > 0)
        pending[epoch - 1] = make_log(sim, duel, epoch, *rows, row_count);
    *rows += row_count;
    struct manifest_lane *lane = ARENA_NEW(&sim->arena, struct manifest_lane);
    *lane = (struct manifest_lane){.sink = 1, .pending = pending, .pending_count = (uint32_t)epoch};
    struct split_position *position = ARENA_NEW(&sim->arena, struct split_position);
    *position = (struct split_position){.split = STR("all"), .position = {sim_copy(sim, rows, 8), 8}};
    *manifest = (struct manifest){
        .id = {.job = duel->head.job, .generation = 1, .epoch = epoch, .kind = OBJECT_MANIFEST},
        .has_parent = epoch > 0,
        .parent = duel->head.manifest,
        .positions = position,
        .position_count = 1,
        .lanes = lane,
        .lane_count = 1,
    };
    struct str bytes = put_object(sim, &manifest->id, manifest_encode(manifest, &sim->arena));
    duel->head.epoch = epoch;
    duel->head.manifest = (struct manifest_reference){.id = manifest->id, .digest = digest_of(bytes.data, bytes.size)};
    duel->manifest = manifest;
    swap_head(sim, duel);
}

/* All lanes are resolved, as far as this owner's coordinator would know: it may publish. */
struct release {
    struct duel *duel;
    struct process *process;
    uint64_t generation;
};

static void release_owner(struct sim *sim, void *argument) {
    struct release *release = argument;
    const struct manifest_lane *lane = &release->duel->manifest->lanes[0];
    struct commit_message message = {.to = release->process,
                                     .job = release->duel->head.job,
                                     .generation = release->generation,
                                     .log = lane->pending[0]};
    worker_on_commit(sim, &message);
}

static void start_owner(struct sim *sim, void *argument) {
    struct duel *duel = argument;
    duel->head.generation += duel->started++ > 0;
    if (duel->started > 1)
        swap_head(sim, duel);
    struct process *process = worker_new(sim);
    NOTE(sim, "owner %llu starts", duel->head.generation, 0, 0);
    struct deployment deployment = {.to = process,
                                    .workers = {process},
                                    .worker_count = 1,
                                    .generation = duel->head.generation,
                                    .manifest = duel->manifest,
                                    .head_name = duel->head_name,
                                    .lanes_only = true};
    worker_on_deploy(sim, &deployment);
    struct release *release = ARENA_NEW(&sim->arena, struct release);
    *release = (struct release){.duel = duel, .process = process, .generation = duel->head.generation};
    sim_after(sim, sim_between(sim, STREAM_SUPERVISOR, 0, 5000), process, release_owner, release);
    if (duel->started < duel->owner_count)
        sim_after(sim, sim_between(sim, STREAM_SUPERVISOR, 500, sim->tick_us * 3), NULL, start_owner, duel);
    else
        sim->heal_us = sim->now_us + 20000;
}

/* The end is when everything is published, and long after: a former owner may still wake up. */
static void watch(struct sim *sim, void *argument) {
    struct duel *duel = argument;
    if (duel->started == duel->owner_count && oracle_next_chunk(sim, 0) == NULL &&
        sim->now_us > sim->heal_us + AFTERMATH_US)
        sim->done = true;
    sim_after(sim, 5000, NULL, watch, duel);
}

void duel_start(struct sim *sim) {
    struct duel *duel = ARENA_NEW(&sim->arena, struct duel);
    sim->rows_per_source = EPOCHS * ROWS_MAX;
    duel->owner_count = (uint32_t)sim_between(sim, STREAM_CONFIG, 2, OWNERS_MAX);
    duel->head_name = STR("HEAD-0");
    duel->head.generation = 1;
    duel->head.job.bytes[0] = duel->head.owner.bytes[0] = 1;
    struct log_epoch *pending = ARENA_ARRAY(&sim->arena, struct log_epoch, EPOCHS);
    uint64_t rows = 0;
    for (uint64_t epoch = 0; epoch <= EPOCHS; epoch++)
        decide(sim, duel, epoch, &rows, pending);
    sim->fault_rates[FAULT_WORKER_CRASH] = 0; /* nobody would start the last owner again */
    start_owner(sim, duel);
    watch(sim, duel);
}
