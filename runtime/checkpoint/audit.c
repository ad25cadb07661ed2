/* audit.c: rows against markers. Invariant: a chunk's digest is fed in the order of its rows' numbers, each number
 * once. */
#include "runtime/checkpoint/audit.h"

#include <stdlib.h>
#include <string.h>

#include "runtime/checkpoint/digest_stream.h"

/* A row that came before its turn. */
struct early_row {
    struct early_row *next;
    uint32_t number;
    size_t size;
    char bytes[];
};

enum { EARLY_BUCKETS = 256 };

struct audit_chunk {
    uint64_t first, count; /* numbers of its rows */
    struct digest digest;
};

/* One epoch of a lane. */
struct audit_epoch {
    uint64_t epoch;
    struct audit_chunk *chunks;
    uint32_t chunk_count, chunk_capacity;
    bool is_whole;                /* all its markers are there, the first one included */
    uint32_t chunk;               /* being read */
    uint64_t next;                /* number of the next row */
    struct digest_stream *stream; /* of the chunk being read; NULL: nothing fed yet */
    struct early_row **early;
    uint64_t early_count;
};

struct audit_lane {
    struct audit_epoch *epochs; /* rising */
    size_t count, capacity;
    struct marker last;
    bool has_marker;
};

struct audit_partition {
    uint64_t *places; /* by lane: epoch and number of the last row, + 1 */
    uint64_t *epochs;
};

static void on_marker(struct published_target *target, uint32_t lane, uint64_t offset, struct str bytes);
static void on_row(struct published_target *target, const struct published_row *row);

void audit_init(struct audit *audit, const struct incarnation *job, uint32_t sink, uint32_t lane_count) {
    *audit = (struct audit){
        .target = {.on_marker = on_marker, .on_row = on_row}, .job = *job, .sink = sink, .lane_count = lane_count};
    audit->lanes = memory_zalloc((lane_count + 1) * sizeof *audit->lanes);
}

static void release_epoch(struct audit_epoch *epoch) {
    digest_stream_free(epoch->stream);
    for (uint32_t i = 0; epoch->early && i < EARLY_BUCKETS; i++)
        for (struct early_row *row = epoch->early[i]; row;) {
            struct early_row *next = row->next;
            free(row);
            row = next;
        }
    free(epoch->early);
    free(epoch->chunks);
}

void audit_release(struct audit *audit) {
    for (uint32_t i = 0; i < audit->lane_count; i++) {
        for (size_t j = 0; j < audit->lanes[i].count; j++)
            release_epoch(&audit->lanes[i].epochs[j]);
        free(audit->lanes[i].epochs);
    }
    for (uint32_t i = 0; i < audit->partition_count; i++) {
        free(audit->partitions[i].places);
        free(audit->partitions[i].epochs);
    }
    free(audit->partitions);
    free(audit->lanes);
}

/* ---- markers ---- */

static struct audit_epoch *insert_epoch(struct audit_lane *lane, uint64_t epoch) {
    size_t at = lane->count;
    while (at > 0 && lane->epochs[at - 1].epoch > epoch)
        at--;
    if (at > 0 && lane->epochs[at - 1].epoch == epoch)
        return &lane->epochs[at - 1];
    if (lane->count == lane->capacity) {
        lane->capacity = lane->capacity ? lane->capacity * 2 : 64;
        lane->epochs = memory_realloc(lane->epochs, lane->capacity * sizeof *lane->epochs);
    }
    memmove(lane->epochs + at + 1, lane->epochs + at, (lane->count - at) * sizeof *lane->epochs);
    lane->count++;
    lane->epochs[at] = (struct audit_epoch){.epoch = epoch};
    return &lane->epochs[at];
}

static struct audit_epoch *find_epoch(const struct audit_lane *lane, uint64_t epoch) {
    size_t low = 0, high = lane->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (lane->epochs[middle].epoch < epoch)
            low = middle + 1;
        else
            high = middle;
    }
    return low < lane->count && lane->epochs[low].epoch == epoch ? &lane->epochs[low] : NULL;
}

/* Markers rise by one step; those before the first that is there may be compacted away. */
static bool follows(const struct audit_lane *lane, const struct marker *marker) {
    const struct marker *last = &lane->last;
    if (!lane->has_marker)
        return true;
    if (marker->epoch == last->epoch)
        return marker->chunk == last->chunk + 1 && marker->chunk_count == last->chunk_count;
    return marker->epoch == last->epoch + 1 && marker->chunk == 1 && last->chunk == last->chunk_count;
}

static void add_chunk(struct audit_epoch *epoch, const struct marker *marker) {
    if (epoch->chunk_count == epoch->chunk_capacity) {
        epoch->chunk_capacity = epoch->chunk_capacity ? epoch->chunk_capacity * 2 : 2;
        epoch->chunks = memory_realloc(epoch->chunks, epoch->chunk_capacity * sizeof *epoch->chunks);
    }
    const struct audit_chunk *before = epoch->chunk_count > 0 ? &epoch->chunks[epoch->chunk_count - 1] : NULL;
    if (marker->chunk == 1)
        epoch->is_whole = true;
    epoch->chunks[epoch->chunk_count++] = (struct audit_chunk){
        .first = before ? before->first + before->count : 0, .count = marker->row_count, .digest = marker->rows};
}

static void on_marker(struct published_target *target, uint32_t number, uint64_t offset, struct str bytes) {
    struct audit *audit = (struct audit *)target;
    struct marker marker;
    (void)offset;
    if (number >= audit->lane_count || marker_decode(bytes.data, bytes.size, &marker, NULL) != STATUS_OK ||
        !incarnation_equal(&marker.job, &audit->job) || marker.sink != audit->sink || marker.lane != number ||
        !follows(&audit->lanes[number], &marker)) {
        audit->counts.bad_markers++;
        return;
    }
    struct audit_lane *lane = &audit->lanes[number];
    lane->last = marker;
    lane->has_marker = true;
    add_chunk(insert_epoch(lane, marker.epoch), &marker);
}

/* ---- rows ---- */

static struct audit_partition *partition_at(struct audit *audit, uint32_t number) {
    if (number >= audit->partition_count) {
        audit->partitions = memory_realloc(audit->partitions, (number + 1u) * sizeof *audit->partitions);
        for (uint32_t i = audit->partition_count; i <= number; i++) {
            audit->partitions[i].places = memory_zalloc((audit->lane_count + 1) * sizeof(uint64_t));
            audit->partitions[i].epochs = memory_zalloc((audit->lane_count + 1) * sizeof(uint64_t));
        }
        audit->partition_count = number + 1;
    }
    return &audit->partitions[number];
}

/* Whether the row is behind the last one of its lane in this partition. */
static bool is_in_order(struct audit *audit, const struct published_row *row) {
    struct audit_partition *partition = partition_at(audit, row->partition);
    uint64_t *epoch = &partition->epochs[row->lane], *place = &partition->places[row->lane];
    bool rises = row->epoch > *epoch || (row->epoch == *epoch && row->number + 1ull > *place);
    if (rises) {
        *epoch = row->epoch;
        *place = row->number + 1ull;
    }
    return rises;
}

static struct early_row **find_early(const struct audit_epoch *epoch, uint32_t number) {
    struct early_row **link = &epoch->early[number % EARLY_BUCKETS];
    while (*link && (*link)->number != number)
        link = &(*link)->next;
    return link;
}

static void end_chunk(struct audit *audit, struct audit_epoch *epoch) {
    const struct audit_chunk *chunk = &epoch->chunks[epoch->chunk];
    struct digest digest = epoch->stream ? digest_stream_digest(epoch->stream) : digest_of("", 0);
    if (digest_equal(&digest, &chunk->digest)) {
        audit->counts.chunks++;
        audit->counts.rows += chunk->count;
    } else {
        audit->counts.altered++;
    }
    if (epoch->stream)
        digest_stream_reset(epoch->stream);
    epoch->chunk++;
}

/* The row whose turn it is. */
static void feed(struct audit *audit, struct audit_epoch *epoch, struct str record) {
    if (!epoch->stream)
        epoch->stream = digest_stream_new();
    digest_stream_update(epoch->stream, record.data, record.size);
    epoch->next++;
    while (epoch->chunk < epoch->chunk_count &&
           epoch->next == epoch->chunks[epoch->chunk].first + epoch->chunks[epoch->chunk].count)
        end_chunk(audit, epoch);
}

static void feed_early(struct audit *audit, struct audit_epoch *epoch) {
    while (epoch->early_count > 0) {
        struct early_row **link = find_early(epoch, (uint32_t)epoch->next);
        struct early_row *row = *link;
        if (!row)
            return;
        *link = row->next;
        epoch->early_count--;
        feed(audit, epoch, (struct str){row->bytes, row->size});
        free(row);
    }
}

static void keep_early(struct audit *audit, struct audit_epoch *epoch, const struct published_row *row) {
    if (!epoch->early)
        epoch->early = memory_zalloc(EARLY_BUCKETS * sizeof(struct early_row *));
    struct early_row **link = find_early(epoch, row->number);
    if (*link) {
        audit->counts.doubled++;
        return;
    }
    struct early_row *kept = memory_alloc(sizeof *kept + row->record.size);
    *kept = (struct early_row){.next = *link, .number = row->number, .size = row->record.size};
    memcpy(kept->bytes, row->record.data, row->record.size);
    *link = kept;
    epoch->early_count++;
}

static uint64_t row_count_of(const struct audit_epoch *epoch) {
    if (epoch->chunk_count == 0)
        return 0;
    const struct audit_chunk *last = &epoch->chunks[epoch->chunk_count - 1];
    return last->first + last->count;
}

/* Chunks without rows have nothing to wait for. */
static void end_empty_chunks(struct audit *audit, struct audit_epoch *epoch) {
    while (epoch->chunk < epoch->chunk_count && epoch->chunks[epoch->chunk].count == 0)
        end_chunk(audit, epoch);
}

static void place_row(struct audit *audit, struct audit_epoch *epoch, const struct published_row *row) {
    if (row->number >= row_count_of(epoch)) {
        audit->counts.newer++; /* its chunk's marker was not there yet */
    } else if (row->number < epoch->next) {
        audit->counts.doubled++;
    } else if (row->number > epoch->next) {
        keep_early(audit, epoch, row);
    } else {
        feed(audit, epoch, row->record);
        feed_early(audit, epoch);
    }
}

static void on_row(struct published_target *target, const struct published_row *row) {
    struct audit *audit = (struct audit *)target;
    if (!row->has_place || row->lane >= audit->lane_count) {
        audit->counts.foreign++;
        return;
    }
    struct audit_lane *lane = &audit->lanes[row->lane];
    struct audit_epoch *epoch = find_epoch(lane, row->epoch);
    if (!is_in_order(audit, row))
        audit->counts.reordered++;
    if (lane->has_marker && row->epoch > lane->last.epoch)
        audit->counts.newer++;
    else if (!epoch || !epoch->is_whole)
        audit->counts.unmarked++;
    else
        place_row(audit, epoch, row);
}

void audit_finish(struct audit *audit) {
    uint64_t published = UINT64_MAX;
    for (uint32_t i = 0; i < audit->lane_count; i++) {
        const struct audit_lane *lane = &audit->lanes[i];
        for (size_t j = 0; j < lane->count; j++) {
            struct audit_epoch *epoch = &lane->epochs[j];
            if (!epoch->is_whole)
                continue;
            end_empty_chunks(audit, epoch);
            audit->counts.missing += row_count_of(epoch) - epoch->next - epoch->early_count;
        }
        uint64_t reached = 0;
        if (lane->has_marker)
            reached = lane->last.chunk == lane->last.chunk_count ? lane->last.epoch : lane->last.epoch - 1;
        published = reached < published ? reached : published;
    }
    audit->counts.published_epoch = audit->lane_count > 0 ? published : 0;
}

bool audit_is_clean(const struct audit_counts *counts) {
    return counts->missing == 0 && counts->doubled == 0 && counts->altered == 0 && counts->reordered == 0 &&
           counts->bad_markers == 0;
}
