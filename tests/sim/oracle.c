/* oracle.c: checks of every decision, commit and deletion. It keeps its own list of what is decided and never asks the code
 * under test. */
#include "tests/sim/oracle.h"

#include "tests/sim/kafka.h"
#include "tests/sim/store.h"

#define SOURCES_MAX 8u
#define FORMER_MAX 256u
#define SAVEPOINTS_MAX 64u

struct lane_history {
    struct expected_chunk *chunks;
    uint32_t count, capacity, committed;
    /* While checking the end. */
    uint32_t visited_chunk;
    size_t visited_bytes;
};

/* What is decided of a writer's rows. */
struct writer_history {
    uint64_t row_count;
    uint64_t last_sequence[SOURCES_MAX]; /* + 1 */
    bool final;
};

struct oracle {
    bool any;
    struct str head_name;
    struct head head;
    struct manifest manifest;
    uint64_t positions[SOURCES_MAX];
    int64_t time_us;
    struct lane_history *lanes;
    struct writer_history *writers;
    struct manifest savepoints[SAVEPOINTS_MAX];
    uint32_t savepoint_count;
    struct str former[FORMER_MAX];
    uint64_t former_epochs[FORMER_MAX];
    uint32_t former_count;
    bool expecting_refusal;
};

struct oracle *oracle_new(struct sim *sim) {
    struct oracle *oracle = ARENA_NEW(&sim->arena, struct oracle);
    oracle->lanes = ARENA_ARRAY(&sim->arena, struct lane_history, sim->lane_count);
    oracle->writers = ARENA_ARRAY(&sim->arena, struct writer_history, sim->writer_count);
    return oracle;
}

const struct head *oracle_head(struct sim *sim) {
    return sim->oracle->any ? &sim->oracle->head : NULL;
}
const struct manifest *oracle_manifest(struct sim *sim) {
    return &sim->oracle->manifest;
}
const struct expected_chunk *oracle_next_chunk(struct sim *sim, uint32_t lane) {
    struct lane_history *history = &sim->oracle->lanes[lane];
    return history->committed < history->count ? &history->chunks[history->committed] : NULL;
}
uint64_t oracle_committed_epoch(struct sim *sim, uint32_t lane) {
    struct lane_history *history = &sim->oracle->lanes[lane];
    return history->committed > 0 ? history->chunks[history->committed - 1].epoch : 0;
}
struct str oracle_former_head(struct sim *sim, uint32_t back, uint64_t *epoch) {
    struct oracle *oracle = sim->oracle;
    if (back >= oracle->former_count)
        return (struct str){0};
    *epoch = oracle->former_epochs[oracle->former_count - 1 - back];
    return oracle->former[oracle->former_count - 1 - back];
}
void oracle_expect_refusal(struct sim *sim) {
    sim->oracle->expecting_refusal = true;
}

static struct str object_bytes(struct sim *sim, const struct object_id *id) {
    char name[OBJECT_NAME_SIZE];
    object_name_format(id, name);
    const struct stored *stored = store_find(sim, str_from(name));
    SIM_CHECK(sim, stored != NULL, "a decided epoch names an object that does not exist: %s", name);
    return stored->bytes;
}

static void check_object(struct sim *sim, const struct object *object) {
    struct str bytes = object_bytes(sim, &object->id);
    struct digest digest = digest_of(bytes.data, bytes.size);
    SIM_CHECK(sim, bytes.size == object->size_bytes && digest_equal(&digest, &object->digest),
              "a decided epoch names an object that differs from its digest");
}

static void load_manifest(struct sim *sim, const struct manifest_reference *reference, struct manifest *manifest) {
    struct str bytes = object_bytes(sim, &reference->id);
    struct digest digest = digest_of(bytes.data, bytes.size);
    SIM_CHECK(sim, digest_equal(&digest, &reference->digest), "HEAD names a manifest that differs from its digest");
    struct error error;
    SIM_CHECK(sim, manifest_decode(bytes.data, bytes.size, &sim->arena, manifest, &error) == STATUS_OK,
              "HEAD names a manifest that does not decode: %s", error.message);
}

static uint64_t position_of(struct sim *sim, const struct manifest *manifest, uint32_t source) {
    for (uint32_t i = 0; i < manifest->position_count; i++)
        if (manifest->positions[i].source_id == source) {
            uint64_t position;
            SIM_CHECK(sim, manifest->positions[i].position.size == sizeof position, "a position of a wrong size");
            memcpy(&position, manifest->positions[i].position.data, sizeof position);
            return position;
        }
    sim_fail(sim, "epoch %llu has no position of source %u", (unsigned long long)manifest->id.epoch, source);
}

static void add_chunk(struct sim *sim, struct lane_history *history, struct expected_chunk chunk) {
    if (history->count == history->capacity) {
        uint32_t capacity = history->capacity ? history->capacity * 2 : 64;
        struct expected_chunk *chunks = ARENA_ARRAY(&sim->arena, struct expected_chunk, capacity);
        if (history->count > 0)
            memcpy(chunks, history->chunks, history->count * sizeof *chunks);
        history->chunks = chunks;
        history->capacity = capacity;
    }
    history->chunks[history->count++] = chunk;
}

struct row_set {
    uint8_t *seen[SOURCES_MAX];
};

static void check_row(struct sim *sim, uint32_t lane, const char *bytes, const struct manifest *manifest,
                      struct row_set *set) {
    struct row row;
    memcpy(&row, bytes, ROW_SIZE);
    SIM_CHECK(sim, row.writer < sim->writer_count && row.writer % sim->lane_count == lane,
              "epoch %llu, lane %u: a row of writer %u", (unsigned long long)manifest->id.epoch, lane, row.writer);
    struct writer_history *writer = &sim->oracle->writers[row.writer];
    writer->row_count++;
    SIM_CHECK(sim, row.ordinal == writer->row_count, "epoch %llu, writer %u: row %llu where %llu comes next",
              (unsigned long long)manifest->id.epoch, row.writer, (unsigned long long)row.ordinal,
              (unsigned long long)writer->row_count);
    if (row.source == ROW_FINAL) {
        SIM_CHECK(sim, manifest->final && !writer->final, "writer %u: a row of the end of input at the wrong time",
                  row.writer);
        writer->final = true;
        return;
    }
    SIM_CHECK(sim, row.source < sim->source_count, "a row of an unknown source");
    uint64_t before = sim->oracle->positions[row.source], after = position_of(sim, manifest, row.source);
    SIM_CHECK(sim, row.sequence >= before && row.sequence < after,
              "epoch %llu decides row %llu of source %u, outside its positions %llu to %llu",
              (unsigned long long)manifest->id.epoch, (unsigned long long)row.sequence, row.source,
              (unsigned long long)before, (unsigned long long)after);
    SIM_CHECK(sim, row.sequence >= writer->last_sequence[row.source], "writer %u: rows of source %u out of order",
              row.writer, row.source);
    writer->last_sequence[row.source] = row.sequence + 1;
    SIM_CHECK(sim, set->seen[row.source][row.sequence]++ == 0, "row %llu of source %u is decided twice",
              (unsigned long long)row.sequence, row.source);
}

static void take_log(struct sim *sim, uint32_t lane, const struct manifest *manifest, struct row_set *set) {
    const struct manifest_lane *manifest_lane = &manifest->lanes[lane];
    SIM_CHECK(sim, manifest_lane->pending_count > 0, "epoch %llu has no log of lane %u",
              (unsigned long long)manifest->id.epoch, lane);
    for (uint32_t i = 0; i < manifest_lane->pending_count; i++)
        for (uint32_t j = 0; j < manifest_lane->pending[i].segment_count; j++)
            check_object(sim, &manifest_lane->pending[i].segments[j]);
    const struct log_epoch *log = &manifest_lane->pending[manifest_lane->pending_count - 1];
    SIM_CHECK(sim, log->epoch == manifest->id.epoch, "a log of another epoch");
    for (uint32_t i = 0; i < log->chunk_count; i++) {
        const struct log_chunk *chunk = &log->chunks[i];
        struct expected_chunk expected = {.epoch = log->epoch,
                                          .chunk = i + 1,
                                          .chunk_count = log->chunk_count,
                                          .row_count = chunk->row_count,
                                          .digest = chunk->rows,
                                          .log = log->digest};
        if (chunk->size_bytes > 0) {
            expected.rows.data = object_bytes(sim, &log->segments[chunk->segment].id).data + chunk->offset;
            expected.rows.size = chunk->size_bytes;
        }
        struct digest digest = digest_of(expected.rows.data, expected.rows.size);
        SIM_CHECK(sim, digest_equal(&digest, &chunk->rows) && expected.rows.size == chunk->row_count * ROW_SIZE,
                  "a chunk of lane %u differs from its digest", lane);
        for (uint64_t row = 0; row < chunk->row_count; row++)
            check_row(sim, lane, expected.rows.data + row * ROW_SIZE, manifest, set);
        add_chunk(sim, &sim->oracle->lanes[lane], expected);
    }
}

static void check_epoch(struct sim *sim, const struct manifest *manifest) {
    struct oracle *oracle = sim->oracle;
    struct row_set set;
    for (uint32_t source = 0; source < sim->source_count; source++) {
        set.seen[source] = arena_zalloc(&sim->arena, sim->rows_per_source + 1);
        uint64_t position = position_of(sim, manifest, source);
        SIM_CHECK(sim, position >= oracle->positions[source] && position <= sim->rows_per_source,
                  "source %u goes back from %llu to %llu", source, (unsigned long long)oracle->positions[source],
                  (unsigned long long)position);
    }
    for (uint32_t i = 0; i < manifest->object_count; i++)
        check_object(sim, &manifest->objects[i]);
    SIM_CHECK(sim, manifest->lane_count == sim->lane_count, "a manifest with other lanes");
    for (uint32_t lane = 0; lane < sim->lane_count; lane++)
        take_log(sim, lane, manifest, &set);
    for (uint32_t source = 0; source < sim->source_count; source++) {
        uint64_t position = position_of(sim, manifest, source);
        for (uint64_t row = oracle->positions[source]; row < position; row++)
            SIM_CHECK(sim, set.seen[source][row] == 1, "epoch %llu lacks row %llu of source %u",
                      (unsigned long long)manifest->id.epoch, (unsigned long long)row, source);
        oracle->positions[source] = position;
    }
    SIM_CHECK(sim, manifest->time_us >= oracle->time_us, "processing time goes back");
    oracle->time_us = manifest->time_us;
}

static void remember_head(struct sim *sim, struct str bytes) {
    struct oracle *oracle = sim->oracle;
    if (oracle->former_count == FORMER_MAX) {
        memmove(oracle->former, oracle->former + 1, (FORMER_MAX - 1) * sizeof *oracle->former);
        memmove(oracle->former_epochs, oracle->former_epochs + 1, (FORMER_MAX - 1) * sizeof *oracle->former_epochs);
        oracle->former_count--;
    }
    oracle->former[oracle->former_count] = bytes;
    oracle->former_epochs[oracle->former_count++] = oracle->head.epoch;
}

/* The first HEAD of a path: an empty job, or a fork of what this oracle knows. */
static void on_first_head(struct sim *sim, struct str name, const struct head *head) {
    struct oracle *oracle = sim->oracle;
    struct manifest manifest;
    load_manifest(sim, &head->manifest, &manifest);
    if (!oracle->any) {
        SIM_CHECK(sim, head->epoch == 0 && head->generation == 1 && !manifest.has_parent,
                  "a job that begins elsewhere");
    } else {
        SIM_CHECK(sim,
                  !incarnation_equal(&head->job, &oracle->head.job) && manifest.has_parent &&
                      manifest_reference_equal(&manifest.parent, &oracle->head.manifest) &&
                      head->epoch == oracle->head.epoch && manifest.base_epoch == head->epoch,
                  "a fork of something else than the newest epoch");
        for (uint32_t lane = 0; lane < sim->lane_count; lane++)
            SIM_CHECK(sim, oracle_next_chunk(sim, lane) == NULL, "a fork of an epoch that is not published");
        oracle->former_count = 0;
    }
    oracle->any = true;
    oracle->head_name = name;
    oracle->head = *head;
    oracle->manifest = manifest;
}

void oracle_on_head(struct sim *sim, struct str name, struct str before, struct str after) {
    struct oracle *oracle = sim->oracle;
    struct head head;
    struct error error;
    SIM_CHECK(sim, head_decode(after.data, after.size, &head, &error) == STATUS_OK, "HEAD does not decode: %s",
              error.message);
    NOTE(sim, "store: HEAD is generation %llu, epoch %llu", head.generation, head.epoch, 0);
    if (oracle->expecting_refusal) {
        struct head former;
        SIM_CHECK(sim,
                  head_decode(before.data, before.size, &former, &error) == STATUS_OK && former.epoch == head.epoch,
                  "an epoch is decided though the job must refuse to run");
        return;
    }
    if (before.size == 0) {
        on_first_head(sim, name, &head);
        remember_head(sim, after);
        return;
    }
    if (!str_equal(name, oracle->head_name))
        return; /* of a job that was forked: what it still does must not be published, which on_commit sees */
    SIM_CHECK(sim, incarnation_equal(&head.job, &oracle->head.job), "HEAD passes to another job");
    if (head.generation == oracle->head.generation + 1) {
        SIM_CHECK(sim, manifest_reference_equal(&head.manifest, &oracle->head.manifest),
                  "a take-over changes what is decided");
    } else {
        SIM_CHECK(sim,
                  head.generation == oracle->head.generation && head.epoch == oracle->head.epoch + 1 &&
                      incarnation_equal(&head.owner, &oracle->head.owner),
                  "HEAD goes from (%llu, %llu) to (%llu, %llu)", (unsigned long long)oracle->head.generation,
                  (unsigned long long)oracle->head.epoch, (unsigned long long)head.generation,
                  (unsigned long long)head.epoch);
        struct manifest manifest;
        load_manifest(sim, &head.manifest, &manifest);
        SIM_CHECK(sim, manifest_reference_equal(&manifest.parent, &oracle->head.manifest),
                  "epoch %llu has another parent than HEAD", (unsigned long long)head.epoch);
        check_epoch(sim, &manifest);
        oracle->manifest = manifest;
    }
    oracle->head = head;
    remember_head(sim, after);
}

void oracle_on_commit(struct sim *sim, const struct incarnation *job, uint32_t lane, const struct str *rows,
                      uint32_t row_count, const struct str *markers, uint32_t marker_count) {
    struct oracle *oracle = sim->oracle;
    struct marker marker;
    struct error error;
    if (row_count == 0 && marker_count == 0)
        return; /* opened by one late request and ended by another: nothing becomes visible */
    SIM_CHECK(sim, marker_count == 1, "lane %u: a transaction with %u rows and %u markers is committed", lane,
              row_count, marker_count);
    SIM_CHECK(sim, marker_decode(markers[0].data, markers[0].size, &marker, &error) == STATUS_OK,
              "a marker does not decode: %s", error.message);
    SIM_CHECK(sim, incarnation_equal(&marker.job, job) && oracle->any, "a marker of another job is published");
    const struct expected_chunk *next = oracle_next_chunk(sim, lane);
    SIM_CHECK(sim, next != NULL, "lane %u: chunk %u of epoch %llu is published, but nothing decided is left to publish",
              lane, marker.chunk, (unsigned long long)marker.epoch);
    SIM_CHECK(sim,
              marker.epoch == next->epoch && marker.chunk == next->chunk && marker.chunk_count == next->chunk_count,
              "lane %u: chunk %u of epoch %llu is published where chunk %u of epoch %llu comes next", lane,
              marker.chunk, (unsigned long long)marker.epoch, next->chunk, (unsigned long long)next->epoch);
    SIM_CHECK(sim, incarnation_equal(&marker.job, &oracle->head.job), "a job that was left behind publishes");
    SIM_CHECK(sim,
              row_count == next->row_count && marker.row_count == row_count &&
                  digest_equal(&marker.rows, &next->digest) && digest_equal(&marker.log, &next->log),
              "lane %u: chunk %u of epoch %llu is published with %u of %llu rows", lane, marker.chunk,
              (unsigned long long)marker.epoch, row_count, (unsigned long long)next->row_count);
    for (uint32_t i = 0; i < row_count; i++)
        SIM_CHECK(sim, rows[i].size == ROW_SIZE && memcmp(rows[i].data, next->rows.data + i * ROW_SIZE, ROW_SIZE) == 0,
                  "lane %u: a published row differs from the decided one", lane);
    oracle->lanes[lane].committed++;
}

static bool names_object(const struct manifest *manifest, const struct object_id *id) {
    if (object_id_equal(&manifest->id, id))
        return true;
    for (uint32_t i = 0; i < manifest->object_count; i++)
        if (object_id_equal(&manifest->objects[i].id, id))
            return true;
    for (uint32_t i = 0; i < manifest->lane_count; i++)
        for (uint32_t j = 0; j < manifest->lanes[i].pending_count; j++)
            for (uint32_t k = 0; k < manifest->lanes[i].pending[j].segment_count; k++)
                if (object_id_equal(&manifest->lanes[i].pending[j].segments[k].id, id))
                    return true;
    return false;
}

void oracle_on_delete(struct sim *sim, struct str name) {
    struct oracle *oracle = sim->oracle;
    struct object_id id;
    SIM_CHECK(sim, object_name_parse(name, &id), "something else than an object is deleted: %.*s", STR_FORMAT(name));
    NOTE(sim, "store: object of epoch %llu, kind %llu, generation %llu is deleted", id.epoch, id.kind, id.generation);
    SIM_CHECK(sim, !oracle->any || !names_object(&oracle->manifest, &id),
              "an object of HEAD's manifest is deleted: %.*s", STR_FORMAT(name));
    for (uint32_t i = 0; i < oracle->savepoint_count; i++)
        SIM_CHECK(sim, !names_object(&oracle->savepoints[i], &id), "an object of a savepoint is deleted: %.*s",
                  STR_FORMAT(name));
}

void oracle_on_savepoint(struct sim *sim, const struct savepoint *savepoint) {
    struct oracle *oracle = sim->oracle;
    SIM_CHECK(sim, oracle->savepoint_count < SAVEPOINTS_MAX, "the oracle has too many savepoints");
    struct manifest *manifest = &oracle->savepoints[oracle->savepoint_count++];
    load_manifest(sim, &savepoint->manifest, manifest);
    for (uint32_t i = 0; i < manifest->object_count; i++) {
        check_object(sim, &manifest->objects[i]);
        SIM_CHECK(sim, manifest->final || manifest->objects[i].id.epoch == manifest->id.epoch,
                  "a savepoint refers to state of an older epoch");
    }
    for (uint32_t lane = 0; lane < sim->lane_count; lane++) {
        const struct expected_chunk *next = oracle_next_chunk(sim, lane);
        SIM_CHECK(sim, next == NULL || next->epoch > manifest->id.epoch, "a savepoint is complete before lane %u is",
                  lane);
    }
}

static void visit_row(struct sim *sim, uint32_t lane, struct str row) {
    struct lane_history *history = &sim->oracle->lanes[lane];
    while (history->visited_chunk < history->committed &&
           history->visited_bytes == history->chunks[history->visited_chunk].rows.size) {
        history->visited_chunk++;
        history->visited_bytes = 0;
    }
    SIM_CHECK(sim, history->visited_chunk < history->committed, "lane %u: a reader sees a row too many", lane);
    const struct expected_chunk *chunk = &history->chunks[history->visited_chunk];
    SIM_CHECK(sim, memcmp(chunk->rows.data + history->visited_bytes, row.data, ROW_SIZE) == 0,
              "lane %u: a reader sees rows in another order", lane);
    history->visited_bytes += ROW_SIZE;
}

void oracle_check_end(struct sim *sim, bool complete) {
    struct oracle *oracle = sim->oracle;
    complete &= !oracle->expecting_refusal;
    for (uint32_t lane = 0; lane < sim->lane_count; lane++) {
        struct lane_history *history = &oracle->lanes[lane];
        kafka_visit_committed(sim, lane, visit_row);
        size_t left = 0;
        for (uint32_t i = history->visited_chunk; i < history->committed; i++)
            left += history->chunks[i].rows.size;
        SIM_CHECK(sim, left == history->visited_bytes, "lane %u: a reader does not see all committed rows", lane);
        if (!complete)
            continue;
        SIM_CHECK(sim, oracle_next_chunk(sim, lane) == NULL, "lane %u: the job ended before all was published", lane);
    }
    for (uint32_t writer = 0; writer < sim->writer_count && complete; writer++)
        SIM_CHECK(sim, oracle->writers[writer].final, "writer %u: the job ended without its last epoch", writer);
    for (uint32_t source = 0; source < sim->source_count && complete; source++)
        SIM_CHECK(sim, oracle->positions[source] == sim->rows_per_source, "the job ended before source %u did", source);
}
