/* window_sessions.c: SESSION windows: rows of a key that follow each other by at most the gap.
 *
 *   key record ──▶ session [40, 47] ──▶ session [10, 22]        latest first; more than a gap apart
 *
 * A row that extends the latest session costs one look-up. A row in between extends or joins older ones; two sessions that meet
 * are merged into the earlier. A row that reaches no living session and whose own session would be closed already is late.
 * Rows are assigned to sessions one after the other, and folded in together; before a merge, what is assigned is folded.
 * Times that lie exactly the gap apart belong together, as in Flink. */
#include "executor/window_sessions.h"

#include <stdlib.h>

#include "executor/session_cold.h"

/* Rows of the batch at hand that have their session but are not folded in. */
struct assignment {
    struct batch *batch;
    uint16_t *rows;
    uint8_t **sessions;
    uint32_t count, folded;
};

static void encode_session(void *context, const uint8_t *record, struct strbuf *out);
static bool decode_session(void *context, uint8_t *record, struct str body);

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
    sessions->codec = (struct record_codec){.context = window, .encode = encode_session, .decode = decode_session};
    window->assigner.zone = NULL; /* a gap is as long everywhere */
    window->state = sessions;
    session_cold_open(window);
    return STATUS_OK;
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

void session_release_states(struct window_aggregate *window, struct session *session) {
    uint8_t *states = (uint8_t *)session;
    if (aggregate_set_owns_memory(window->grouping.aggregates))
        aggregate_set_release(window->grouping.aggregates, &states, 1);
}

/* `later` directly precedes `earlier` in the list of their key; it becomes part of it. */
static enum status merge_sessions(struct window_aggregate *window, struct session **later_link,
                                  struct assignment *assigned, struct error *error) {
    struct session *later = *later_link, *earlier = later->next;
    session_note(sessions_of(window), earlier); /* as later was, when the row was assigned */
    touch(window, later);
    touch(window, earlier);
    TRY(fold_assigned(window, assigned, error));
    if (sessions_of(window)->updates)
        TRY(take_snapshots(window, error));
    uint8_t *target = (uint8_t *)earlier, *source = (uint8_t *)later;
    TRY(aggregate_set_merge(window->grouping.aggregates, &target, &source, 1, error));
    session_release_states(window, later);
    earlier->row_count += later->row_count;
    if (later->last_us > earlier->last_us)
        earlier->last_us = later->last_us;
    if (later->sequence < earlier->sequence)
        earlier->sequence = later->sequence;
    *later_link = earlier;
    session_bury(&sessions_of(window)->timers, later);
    return STATUS_OK;
}

static struct session *add_session(struct window_aggregate *window, struct session **link, uint8_t *record,
                                   int64_t time_us) {
    const struct record_header *key = record_header(record);
    struct session *session = session_new(&sessions_of(window)->timers, key->tag, time_us);
    uint8_t *states = (uint8_t *)session;
    session->header.nulls = key->nulls;
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
    session_note(sessions_of(window), session);
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
    bool notes = sessions_of(window)->timers.store.dirty;
    for (uint32_t row = 0; row < assigned->batch->row_count; row++) {
        struct session *session = *sessions_of_key(window, records[row]);
        if (session && times[row] >= session->start_us && times[row] <= session->last_us + gap_us) {
            if (notes)
                session_note(sessions_of(window), session);
            session->last_us = times[row] > session->last_us ? times[row] : session->last_us;
        } else {
            TRY(find_session(window, records[row], times[row], assigned, &session, error));
        }
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
    window->base.counters.state_rows = sessions->timers.count + session_cold_count(sessions->cold);
    window->base.counters.state_bytes = group_table_bytes(sessions->keys) + sessions->timers.store.page_bytes +
                                        aggregate_set_bytes(window->grouping.aggregates);
}

static enum status sessions_on_batch(struct window_aggregate *window, struct batch *batch, struct error *error) {
    struct window_sessions *sessions = sessions_of(window);
    struct grouping *grouping = &window->grouping;
    const int64_t *times;
    TRY(window_aggregate_times(window, batch, &times, error));
    grouping_set_batch(grouping, batch);
    struct selection all = {.count = batch->row_count};
    uint32_t new_count;
    TRY(grouping_lookup(grouping, sessions->keys, &all, &new_count, error));
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
    if (*first)
        return;
    session_cold_forget(sessions_of(window)->cold, session->record);
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

/* What ends by then goes out and away. */
static enum status close_sessions(struct window_aggregate *window, int64_t until_us, struct error *error) {
    struct window_sessions *sessions = sessions_of(window);
    uint32_t count;
    struct session **due = session_timers_due(&sessions->timers, until_us, &count);
    if (count == 0)
        return STATUS_OK;
    enum status status = sessions->updates ? STATUS_OK : emit_living(window, due, count, error);
    for (uint32_t i = 0; i < count; i++) {
        session_note(sessions, due[i]);
        session_release_states(window, due[i]);
        unlink_session(window, due[i]);
        session_free(&sessions->timers, due[i]);
    }
    update_counters(window);
    return status;
}

static enum status sessions_advance(struct window_aggregate *window, struct error *error) {
    struct window_sessions *sessions = sessions_of(window);
    arena_reset(&window->scratch);
    if (sessions->updates)
        TRY(sessions_emit_changes(window, error));
    for (int64_t until_us;;) {
        until_us = window->clock_us;
        TRY(session_cold_bring_due(sessions->cold, &until_us, error));
        TRY(close_sessions(window, until_us, error));
        if (until_us == window->clock_us)
            return STATUS_OK;
        arena_reset(&window->scratch);
    }
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
    int64_t here_us = session_timers_next_us(&sessions_of(window)->timers);
    int64_t below_us = session_cold_next_us(sessions_of(window)->cold);
    return here_us < below_us ? here_us : below_us;
}

/* ---- snapshots: the sessions with their keys; sequence numbers keep their order ---- */

enum { TIMERS_VERSION = 1, SESSIONS_VERSION = 2 };

void session_encode(const struct window_aggregate *window, const struct session *session, struct strbuf *out) {
    ASSERT(!session->touched && !session->dead);
    bytes_put_i64(out, session->start_us);
    bytes_put_i64(out, session->last_us);
    bytes_put_i64(out, session->row_count);
    bytes_put_u64(out, session->sequence);
    bytes_put_u8(out, session->emitted);
    bytes_put_i64(out, session->emitted_start_us);
    bytes_put_i64(out, session->emitted_last_us);
    aggregate_set_encode(window->grouping.aggregates, (const uint8_t *)session, out);
}

bool session_decode(const struct window_aggregate *window, struct session *session, struct bytes_reader *bytes) {
    uint8_t *states = (uint8_t *)session;
    aggregate_set_init(window->grouping.aggregates, &states, NULL, 1);
    session->start_us = bytes_get_i64(bytes);
    session->last_us = bytes_get_i64(bytes);
    session->row_count = bytes_get_i64(bytes);
    session->sequence = bytes_get_u64(bytes);
    session->emitted = bytes_get_bool(bytes);
    session->emitted_start_us = bytes_get_i64(bytes);
    session->emitted_last_us = bytes_get_i64(bytes);
    aggregate_set_decode(window->grouping.aggregates, states, bytes);
    bool has_end = session->last_us <= INT64_MAX - window->assigner.gap_us;
    return session->start_us <= session->last_us && has_end && bytes_are_done(bytes);
}

static void encode_session(void *context, const uint8_t *record, struct strbuf *out) {
    struct window_aggregate *window = context;
    const struct session *session = (const struct session *)record;
    group_table_encode_key(sessions_of(window)->keys, session->record, out);
    session_encode(window, session, out);
}

static enum status sessions_snapshot(struct window_aggregate *window, struct snapshot_writer *writer,
                                     struct error *error) {
    (void)error;
    struct window_sessions *sessions = sessions_of(window);
    struct strbuf value;
    session_cold_snapshot(sessions->cold);
    strbuf_init(&value);
    bytes_put_u64(&value, sessions->timers.next_sequence);
    snapshot_put_value(writer, "timers", TIMERS_VERSION, strbuf_str(&value));
    strbuf_release(&value);
    record_store_begin(&sessions->timers.store, &sessions->codec, writer, "sessions", SESSIONS_VERSION,
                       &sessions->next_serial);
    return STATUS_OK;
}

static enum status sessions_snapshot_step(struct window_aggregate *window, size_t *budget_bytes, bool *done,
                                          struct error *error) {
    (void)error;
    struct window_sessions *sessions = sessions_of(window);
    *done = record_store_step(&sessions->timers.store, &sessions->codec, budget_bytes);
    return STATUS_OK;
}

static void sessions_snapshot_abandon(struct window_aggregate *window) {
    record_store_abandon(&sessions_of(window)->timers.store);
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

/* What a session is, but for its place among others, which is not final yet. */
static bool decode_session(void *context, uint8_t *record, struct str body) {
    struct window_aggregate *window = context;
    struct bytes_reader bytes = bytes_reader_of(body);
    struct record_header header = *record_header(record);
    struct session *session = (struct session *)record;
    bool created;
    *session = (struct session){.header = header};
    session->record = group_table_insert(sessions_of(window)->keys, header.tag, header.nulls, &bytes, &created);
    if (!session->record) {
        aggregate_set_init(window->grouping.aggregates, &record, NULL, 1);
        return false;
    }
    bool is_sound = session_decode(window, session, &bytes);
    session->sequence += sessions_of(window)->restored_sequence;
    return is_sound;
}

/* Into the list of its key, and into the wheel. */
static bool link_session(struct window_aggregate *window, uint32_t place) {
    struct session_timers *timers = &sessions_of(window)->timers;
    struct session *session = (struct session *)record_store_at(&timers->store, place);
    struct session **link = place_in_key(window, session->record, session->start_us, session->last_us);
    if (!link)
        return false;
    session->place = place;
    session->next = *link;
    *link = session;
    session_timers_add(timers, session);
    return true;
}

static enum status sessions_restore(struct window_aggregate *window, struct snapshot_reader *reader,
                                    struct error *error) {
    struct window_sessions *sessions = sessions_of(window);
    struct bytes_reader timers;
    TRY(grouping_restore_begin(&window->grouping, sessions->keys, error));
    TRY(snapshot_get_value(reader, "timers", TIMERS_VERSION, &timers, error));
    uint32_t first_place = sessions->timers.store.place_count;
    sessions->restored_sequence =
        sessions->timers.next_sequence; /* those of one instance after those of the one before */
    sessions->timers.next_sequence += bytes_get_u64(&timers);
    TRY(snapshot_check(reader, &timers, error));
    TRY(record_store_restore(&sessions->timers.store, &sessions->codec, false, "sessions", SESSIONS_VERSION, reader,
                             error));
    for (uint32_t place = first_place; place < sessions->timers.store.place_count; place++)
        if (!link_session(window, place))
            return snapshot_malformed(reader, "has sessions of one key that overlap", error);
    update_counters(window);
    return STATUS_OK;
}

static void sessions_close(struct window_aggregate *window) {
    struct window_sessions *sessions = sessions_of(window);
    forget_touched(sessions);
    free(sessions->touched);
    session_timers_release(&sessions->timers);
    session_cold_close(sessions->cold);
    group_table_free(sessions->keys);
}

const struct window_strategy window_sessions_strategy = {
    .open = sessions_open,
    .on_batch = sessions_on_batch,
    .advance = sessions_advance,
    .emit_changes = sessions_emit_changes,
    .next_close_us = sessions_next_close_us,
    .snapshot = sessions_snapshot,
    .snapshot_step = sessions_snapshot_step,
    .snapshot_abandon = sessions_snapshot_abandon,
    .restore = sessions_restore,
    .close = sessions_close,
};
