/* window_sessions.c: SESSION windows: rows of a key that follow each other by at most the gap.
 *
 *   key record ──▶ session [40, 47] ──▶ session [10, 22]        latest first; more than a gap apart
 *
 * A row that extends the latest session costs one look-up. A row in between extends or joins older ones; two sessions that meet
 * are merged into the earlier. A row that reaches no living session and whose own session would be closed already is late.
 * Rows are assigned to sessions one after the other, and folded in together; before a merge, what is assigned is folded.
 * Times that lie exactly the gap apart belong together, as in Flink. */
#include "executor/window_aggregate.h"

#include <stdlib.h>

#include "executor/session_timers.h"

/* Sessions that changed since the last emission, with their results as they were emitted. */
struct touched_session {
    struct session *session;
    struct batch *old; /* NULL: it was not emitted yet */
    uint32_t old_row;
};

struct window_sessions {
    struct group_table *keys;
    struct session_timers timers;
    int64_t gap_us;
    bool updates; /* emits changes before sessions close */
    struct touched_session *touched;
    uint32_t touched_count, touched_capacity, snapshot_count; /* touched[snapshot_count..] wait for their old results */
};

/* Rows of the batch at hand that have their session but are not folded in. */
struct assignment {
    struct batch *batch;
    uint16_t *rows;
    uint8_t **sessions;
    uint32_t count, folded;
};

static struct window_sessions *sessions_of(struct window_aggregate *window) {
    return window->state;
}

static enum status sessions_open(struct window_aggregate *window, struct error *error) {
    if (window->plan->allowed_lateness_us > 0)
        return FAIL(error, STATUS_UNSUPPORTED, "allowed lateness with SESSION windows cannot be executed yet");
    struct window_sessions *sessions = ARENA_NEW(window->base.context->arena, struct window_sessions);
    TRY(window_aggregate_open_grouping(window, 0, error));
    struct grouping *grouping = &window->grouping;
    aggregate_set_place(grouping->aggregates, SESSION_STATE_OFFSET);
    grouping->count_offset = offsetof(struct session, row_count);
    sessions->keys = group_table_new(grouping->key_types, grouping->key_count, sizeof(struct session *));
    grouping->own_offset = group_table_state_offset(sessions->keys);
    sessions->gap_us = window->assigner.gap_us;
    sessions->updates = window->plan->emit != PLAN__EMIT__ON_CLOSE;
    session_timers_init(&sessions->timers, sessions->gap_us, aggregate_set_size(grouping->aggregates));
    window->assigner.zone = NULL; /* a gap is as long everywhere */
    window->state = sessions;
    return STATUS_OK;
}

static struct session **sessions_of_key(struct window_aggregate *window, uint8_t *record) {
    return (struct session **)(record + window->grouping.own_offset);
}

/* ---- changes ---- */

/* Takes the emitted results of sessions touched since, before rows are folded into them. */
static enum status take_snapshots(struct window_aggregate *window, struct error *error) {
    struct window_sessions *sessions = sessions_of(window);
    uint32_t waiting = sessions->touched_count - sessions->snapshot_count;
    if (waiting == 0)
        return STATUS_OK;
    uint8_t **emitted = arena_alloc(&window->scratch, sizeof *emitted * waiting);
    struct batch *old = batch_new(window->base.context->pool, window->grouping.aggregate_count);
    for (uint32_t i = sessions->snapshot_count; i < sessions->touched_count; i++) {
        struct touched_session *touched = &sessions->touched[i];
        if (!touched->session->emitted)
            continue;
        touched->old = old;
        batch_reference(old);
        touched->old_row = old->row_count;
        emitted[old->row_count++] = (uint8_t *)touched->session;
    }
    sessions->snapshot_count = sessions->touched_count;
    enum status status = STATUS_OK;
    if (old->row_count > 0)
        status = grouping_write_results(&window->grouping, emitted, old->row_count, &old->arena, old->columns, error);
    batch_release(old);
    return status;
}

static void touch(struct window_aggregate *window, struct session *session) {
    struct window_sessions *sessions = sessions_of(window);
    if (!sessions->updates || session->touched)
        return;
    session->touched = true;
    if (sessions->touched_count == sessions->touched_capacity) {
        sessions->touched_capacity = sessions->touched_capacity ? sessions->touched_capacity * 2 : 64;
        sessions->touched = memory_realloc(sessions->touched, sessions->touched_capacity * sizeof *sessions->touched);
    }
    sessions->touched[sessions->touched_count++] = (struct touched_session){.session = session};
}

/* ---- rows to sessions ---- */

static enum status fold_assigned(struct window_aggregate *window, struct assignment *assigned, struct error *error) {
    struct selection selection = {.rows = assigned->rows + assigned->folded,
                                  .count = assigned->count - assigned->folded};
    uint8_t **sessions = assigned->sessions + assigned->folded;
    assigned->folded = assigned->count;
    if (selection.count == 0)
        return STATUS_OK;
    if (sessions_of(window)->updates)
        TRY(take_snapshots(window, error));
    if (selection.count == assigned->batch->row_count)
        selection.rows = NULL;
    return grouping_update(&window->grouping, assigned->batch, &selection, sessions, error);
}

static void release_states(struct window_aggregate *window, struct session *session) {
    uint8_t *states = (uint8_t *)session;
    if (aggregate_set_owns_memory(window->grouping.aggregates))
        aggregate_set_release(window->grouping.aggregates, &states, 1);
}

/* `later` directly precedes `earlier` in the list of their key; it becomes part of it. */
static enum status merge_sessions(struct window_aggregate *window, struct session **later_link,
                                  struct assignment *assigned, struct error *error) {
    struct session *later = *later_link, *earlier = later->next;
    touch(window, later);
    touch(window, earlier);
    TRY(fold_assigned(window, assigned, error));
    if (sessions_of(window)->updates)
        TRY(take_snapshots(window, error));
    uint8_t *target = (uint8_t *)earlier, *source = (uint8_t *)later;
    TRY(aggregate_set_merge(window->grouping.aggregates, &target, &source, 1, error));
    release_states(window, later);
    earlier->row_count += later->row_count;
    if (later->last_us > earlier->last_us)
        earlier->last_us = later->last_us;
    if (later->sequence < earlier->sequence)
        earlier->sequence = later->sequence;
    *later_link = earlier;
    later->dead = true;
    return STATUS_OK;
}

static struct session *add_session(struct window_aggregate *window, struct session **link, uint8_t *record,
                                   int64_t time_us) {
    struct session *session = session_new(&sessions_of(window)->timers, time_us);
    uint8_t *states = (uint8_t *)session;
    aggregate_set_init(window->grouping.aggregates, &states, NULL, 1);
    session->record = record;
    session->next = *link;
    *link = session;
    return session;
}

/* The session of a row, living or new; NULL when the row is late. */
static enum status find_session(struct window_aggregate *window, uint8_t *record, int64_t time_us,
                                struct assignment *assigned, struct session **found, struct error *error) {
    int64_t gap_us = sessions_of(window)->gap_us;
    struct session **link = sessions_of_key(window, record);
    while (*link && time_us + gap_us < (*link)->start_us)
        link = &(*link)->next;
    struct session *session = *link;
    if (!session || time_us > session->last_us + gap_us) {
        bool late = window->clock_us != WATERMARK_NONE && time_us + gap_us - 1 <= window->clock_us;
        *found = late ? NULL : add_session(window, link, record, time_us);
        return STATUS_OK;
    }
    if (time_us > session->last_us)
        session->last_us = time_us;
    if (time_us < session->start_us) {
        session->start_us = time_us;
        if (session->next && time_us <= session->next->last_us + gap_us) {
            *found = session->next;
            return merge_sessions(window, link, assigned, error);
        }
    }
    *found = session;
    return STATUS_OK;
}

static enum status assign_rows(struct window_aggregate *window, const int64_t *times, struct assignment *assigned,
                               struct error *error) {
    uint8_t **records = window->grouping.records;
    int64_t gap_us = sessions_of(window)->gap_us;
    for (uint32_t row = 0; row < assigned->batch->row_count; row++) {
        struct session *session = *sessions_of_key(window, records[row]);
        if (session && times[row] >= session->start_us && times[row] <= session->last_us + gap_us)
            session->last_us = times[row] > session->last_us ? times[row] : session->last_us;
        else
            TRY(find_session(window, records[row], times[row], assigned, &session, error));
        if (!session) {
            window->base.counters.rows_late++;
            continue;
        }
        touch(window, session);
        assigned->rows[assigned->count] = (uint16_t)row;
        assigned->sessions[assigned->count++] = (uint8_t *)session;
    }
    return fold_assigned(window, assigned, error);
}

/* Keys that came with late rows only. */
static void remove_unused_keys(struct window_aggregate *window, uint32_t new_count) {
    struct grouping *grouping = &window->grouping;
    for (uint32_t i = 0; i < new_count; i++) {
        uint8_t *record = grouping->records[grouping->new_items[i]];
        if (!*sessions_of_key(window, record))
            group_table_remove(sessions_of(window)->keys, record);
    }
}

static void update_counters(struct window_aggregate *window) {
    const struct window_sessions *sessions = sessions_of(window);
    window->base.counters.state_rows = sessions->timers.live_count;
    window->base.counters.state_bytes = group_table_bytes(sessions->keys) + sessions->timers.memory.size_bytes +
                                        aggregate_set_bytes(window->grouping.aggregates);
}

static enum status sessions_on_batch(struct window_aggregate *window, struct batch *batch, struct error *error) {
    struct window_sessions *sessions = sessions_of(window);
    struct grouping *grouping = &window->grouping;
    const int64_t *times;
    TRY(window_aggregate_times(window, batch, &times, error));
    grouping_set_batch(grouping, batch);
    struct selection all = {.count = batch->row_count};
    struct selection first = {.count = grouping->key_count ? batch->row_count : 1};
    uint32_t new_count;
    group_table_lookup(sessions->keys, grouping->keys, &first, &grouping->scratch, grouping->records,
                       grouping->new_items, &new_count);
    for (uint32_t i = first.count; i < all.count; i++)
        grouping->records[i] = grouping->records[0];
    struct assignment assigned = {
        .batch = batch,
        .rows = arena_alloc(&window->scratch, sizeof *assigned.rows * all.count),
        .sessions = arena_alloc(&window->scratch, sizeof *assigned.sessions * all.count),
    };
    TRY(assign_rows(window, times, &assigned, error));
    remove_unused_keys(window, new_count);
    window->base.counters.rows_merged += assigned.count;
    update_counters(window);
    return STATUS_OK;
}

/* ---- sessions to rows ---- */

static void unlink_session(struct window_aggregate *window, struct session *session) {
    struct session **first = sessions_of_key(window, session->record);
    struct session **link = first;
    while (*link != session)
        link = &(*link)->next;
    *link = session->next;
    if (!*first)
        group_table_remove(sessions_of(window)->keys, session->record);
}

/* Window columns of one row per session, of what is known or, with `emitted`, of what was. */
static void write_bounds(struct window_aggregate *window, struct batch *batch, struct session *const *list,
                         uint32_t count, bool emitted) {
    struct column *columns = &batch->columns[window->window_column];
    for (uint32_t i = 0; i < 3; i++)
        column_init(&columns[i], &batch->arena, window->base.schema->fields[window->window_column + i].type, count);
    for (uint32_t i = 0; i < count; i++) {
        int64_t start_us = emitted ? list[i]->emitted_start_us : list[i]->start_us;
        int64_t last_us = emitted ? list[i]->emitted_last_us : list[i]->last_us;
        struct window_bounds bounds = {start_us, last_us + sessions_of(window)->gap_us};
        window_assigner_write(&window->assigner, bounds, columns, i);
    }
}

static void write_keys(struct window_aggregate *window, struct batch *batch, struct session *const *list,
                       uint32_t count) {
    uint8_t **records = arena_alloc(&window->scratch, sizeof *records * count);
    for (uint32_t i = 0; i < count; i++)
        records[i] = list[i]->record;
    grouping_write_keys(&window->grouping, sessions_of(window)->keys, records, count, &batch->arena, batch->columns);
}

static enum status emit_sessions(struct window_aggregate *window, struct session *const *list, uint32_t count,
                                 struct error *error) {
    struct stream_operator *self = &window->base;
    uint32_t key_count = window->grouping.key_count;
    if (count == 0)
        return STATUS_OK;
    struct batch *batch = batch_new(self->context->pool, self->schema->field_count);
    batch->row_count = count;
    write_keys(window, batch, list, count);
    write_bounds(window, batch, list, count, false);
    enum status status = grouping_write_results(&window->grouping, (uint8_t *const *)list, count, &batch->arena,
                                                batch->columns + key_count, error);
    if (status == STATUS_OK)
        return operator_emit(self, batch, error);
    batch_release(batch);
    return status;
}

static bool is_live(const struct window_aggregate *window, const struct session *session) {
    return !session->dead && grouping_is_live(&window->grouping, (const uint8_t *)session);
}

/* Emits the living ones of a list. */
static enum status emit_living(struct window_aggregate *window, struct session *const *list, uint32_t count,
                               struct error *error) {
    uint32_t limit = window->base.context->batch_rows, living = 0;
    struct session **piece = arena_alloc(&window->scratch, sizeof *piece * limit);
    for (uint32_t i = 0; i < count; i++) {
        if (!is_live(window, list[i]))
            continue;
        piece[living++] = list[i];
        if (living == limit) {
            TRY(emit_sessions(window, piece, living, error));
            living = 0;
        }
    }
    return emit_sessions(window, piece, living, error);
}

static enum status sessions_emit_changes(struct window_aggregate *window, struct error *error);

static enum status sessions_advance(struct window_aggregate *window, struct error *error) {
    struct window_sessions *sessions = sessions_of(window);
    arena_reset(&window->scratch);
    if (sessions->updates)
        TRY(sessions_emit_changes(window, error));
    uint32_t count;
    struct session **due = session_timers_due(&sessions->timers, window->clock_us, &count);
    if (count == 0)
        return STATUS_OK;
    enum status status = sessions->updates ? STATUS_OK : emit_living(window, due, count, error);
    for (uint32_t i = 0; i < count; i++) {
        release_states(window, due[i]);
        unlink_session(window, due[i]);
        session_free(&sessions->timers, due[i]);
    }
    update_counters(window);
    return status;
}

/* What follows knew: one -D per touched session that was emitted, in pieces. */
static enum status emit_old(struct window_aggregate *window, const struct touched_session *touched, uint32_t count,
                            struct error *error) {
    struct stream_operator *self = &window->base;
    struct grouping *grouping = &window->grouping;
    struct session **list = arena_alloc(&window->scratch, sizeof *list * count);
    struct batch *batch = operator_batch_new(self, count);
    uint32_t rows = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (!touched[i].old)
            continue;
        for (uint32_t column = 0; column < grouping->aggregate_count; column++)
            column_copy_value(&batch->columns[grouping->key_count + column], &batch->arena, rows, count,
                              &touched[i].old->columns[column], touched[i].old_row);
        list[rows++] = touched[i].session;
    }
    batch->row_count = rows;
    if (rows > 0) {
        write_keys(window, batch, list, rows);
        write_bounds(window, batch, list, rows, true);
        batch->change_kinds = arena_alloc(&batch->arena, rows);
        memset(batch->change_kinds, CHANGE_DELETE, rows);
    }
    return operator_emit(self, batch, error);
}

static enum status emit_piece(struct window_aggregate *window, const struct touched_session *touched, uint32_t count,
                              struct error *error) {
    TRY(emit_old(window, touched, count, error));
    struct session **list = arena_alloc(&window->scratch, sizeof *list * count);
    for (uint32_t i = 0; i < count; i++)
        list[i] = touched[i].session;
    TRY(emit_living(window, list, count, error));
    for (uint32_t i = 0; i < count; i++) {
        list[i]->touched = false;
        list[i]->emitted = is_live(window, list[i]);
        list[i]->emitted_start_us = list[i]->start_us;
        list[i]->emitted_last_us = list[i]->last_us;
    }
    return STATUS_OK;
}

static void forget_touched(struct window_sessions *sessions) {
    for (uint32_t i = 0; i < sessions->touched_count; i++)
        batch_release(sessions->touched[i].old);
    sessions->touched_count = sessions->snapshot_count = 0;
}

/* Both bounds of a session move with its rows, so an update is -D of the row as emitted and +I of the new one. */
static enum status sessions_emit_changes(struct window_aggregate *window, struct error *error) {
    struct window_sessions *sessions = sessions_of(window);
    uint32_t limit = window->base.context->batch_rows;
    if (!sessions->updates)
        return STATUS_OK;
    for (uint32_t first = 0; first < sessions->touched_count; first += limit) {
        uint32_t left = sessions->touched_count - first;
        TRY(emit_piece(window, sessions->touched + first, left < limit ? left : limit, error));
    }
    forget_touched(sessions);
    return STATUS_OK;
}

static int64_t sessions_next_close_us(struct window_aggregate *window) {
    return session_timers_next_us(&sessions_of(window)->timers);
}

/* ---- snapshots: the sessions, keyed by their key; sequence numbers keep their order ---- */

enum { SESSIONS_VERSION = 1 };

struct ordered_session {
    const struct session *session;
    uint32_t hash;
};

static int compare_hashes(const void *left, const void *right) {
    const struct ordered_session *a = left, *b = right;
    if (a->hash != b->hash)
        return a->hash < b->hash ? -1 : 1;
    return (a->session->sequence > b->session->sequence) - (a->session->sequence < b->session->sequence);
}

/* Sessions that were merged away are in the wheel and no longer in the list of their key. */
static struct ordered_session *sessions_by_hash(struct window_aggregate *window, size_t *count) {
    const struct window_sessions *sessions = sessions_of(window);
    struct ordered_session *list = memory_alloc((sessions->timers.live_count + 1) * sizeof *list);
    uint32_t position = 0;
    *count = 0;
    for (uint8_t *record; (record = group_table_next(sessions->keys, &position));)
        for (const struct session *session = *sessions_of_key(window, record); session; session = session->next)
            list[(*count)++] = (struct ordered_session){session, ((struct group_header *)record)->tag};
    qsort(list, *count, sizeof *list, compare_hashes);
    return list;
}

static void put_session(struct window_aggregate *window, const struct session *session, struct strbuf *out) {
    ASSERT(!session->touched && !session->dead);
    bytes_put_i64(out, session->start_us);
    bytes_put_i64(out, session->last_us);
    bytes_put_i64(out, session->row_count);
    bytes_put_u8(out, session->emitted);
    bytes_put_i64(out, session->emitted_start_us);
    bytes_put_i64(out, session->emitted_last_us);
    aggregate_set_encode(window->grouping.aggregates, (const uint8_t *)session, out);
}

static enum status sessions_snapshot(struct window_aggregate *window, struct snapshot_writer *writer,
                                     struct error *error) {
    (void)error;
    struct window_sessions *sessions = sessions_of(window);
    struct strbuf key, value;
    strbuf_init(&key);
    strbuf_init(&value);
    bytes_put_u64(&value, sessions->timers.next_sequence);
    snapshot_put_value(writer, "timers", SESSIONS_VERSION, strbuf_str(&value));
    size_t count;
    struct ordered_session *list = sessions_by_hash(window, &count);
    snapshot_section_begin(writer, "sessions", SESSIONS_VERSION);
    for (size_t i = 0; i < count; i++) {
        strbuf_reset(&key);
        strbuf_reset(&value);
        group_table_encode_key(sessions->keys, list[i].session->record, &key);
        put_session(window, list[i].session, &value);
        snapshot_put(writer, &(struct snapshot_record){.hash = list[i].hash,
                                                       .order = list[i].session->sequence,
                                                       .key = strbuf_str(&key),
                                                       .value = strbuf_str(&value)});
    }
    snapshot_section_end(writer);
    free(list);
    strbuf_release(&key);
    strbuf_release(&value);
    return STATUS_OK;
}

/* Where a session of these times belongs in the list of its key, latest first; NULL when it is not apart from the others. */
static struct session **place_in_key(struct window_aggregate *window, uint8_t *record, int64_t start_us,
                                     int64_t last_us) {
    int64_t gap_us = sessions_of(window)->gap_us;
    struct session **link = sessions_of_key(window, record);
    for (; *link && (*link)->start_us > last_us; link = &(*link)->next)
        if ((*link)->start_us - gap_us <= last_us)
            return NULL;
    return *link && (*link)->last_us + gap_us >= start_us ? NULL : link;
}

/* The record of a key that may be there from another session. */
static uint8_t *record_of_key(struct window_sessions *sessions, const struct snapshot_record *from) {
    struct bytes_reader key = bytes_reader_of(from->key);
    bool created;
    return group_table_insert(sessions->keys, from->hash, &key, &created);
}

static enum status restore_session(struct window_aggregate *window, const struct snapshot_record *from,
                                   const struct snapshot_reader *reader, struct error *error) {
    struct window_sessions *sessions = sessions_of(window);
    struct bytes_reader value = bytes_reader_of(from->value);
    int64_t start_us = bytes_get_i64(&value), last_us = bytes_get_i64(&value);
    uint8_t *record = start_us <= last_us && !value.failed ? record_of_key(sessions, from) : NULL;
    struct session **link = record ? place_in_key(window, record, start_us, last_us) : NULL;
    if (!link) {
        bytes_refuse(&value);
        return snapshot_check(reader, &value, error);
    }
    struct session *session = add_session(window, link, record, last_us);
    session->start_us = start_us;
    session->sequence = from->order;
    session->row_count = bytes_get_i64(&value);
    session->emitted = bytes_get_bool(&value);
    session->emitted_start_us = bytes_get_i64(&value);
    session->emitted_last_us = bytes_get_i64(&value);
    aggregate_set_decode(window->grouping.aggregates, (uint8_t *)session, &value);
    return snapshot_check(reader, &value, error);
}

static enum status sessions_restore(struct window_aggregate *window, struct snapshot_reader *reader,
                                    struct error *error) {
    struct window_sessions *sessions = sessions_of(window);
    struct bytes_reader timers;
    TRY(snapshot_get_value(reader, "timers", SESSIONS_VERSION, &timers, error));
    uint64_t next_sequence = bytes_get_u64(&timers);
    TRY(snapshot_check(reader, &timers, error));
    struct snapshot_record *records;
    size_t count;
    TRY(snapshot_section_open(reader, "sessions", SESSIONS_VERSION, error));
    TRY(snapshot_records(reader, &records, &count, error));
    enum status status = STATUS_OK;
    for (size_t i = 0; i < count && status == STATUS_OK; i++)
        status = restore_session(window, &records[i], reader, error);
    free(records);
    sessions->timers.next_sequence = next_sequence;
    update_counters(window);
    return status;
}

static void sessions_close(struct window_aggregate *window) {
    struct window_sessions *sessions = sessions_of(window);
    forget_touched(sessions);
    free(sessions->touched);
    session_timers_release(&sessions->timers);
    group_table_free(sessions->keys);
}

const struct window_strategy window_sessions_strategy = {
    .open = sessions_open,
    .on_batch = sessions_on_batch,
    .advance = sessions_advance,
    .emit_changes = sessions_emit_changes,
    .next_close_us = sessions_next_close_us,
    .snapshot = sessions_snapshot,
    .restore = sessions_restore,
    .close = sessions_close,
};
