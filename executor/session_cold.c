/* session_cold.c: sessions between memory and the back-end.
 * Invariants: a key whose record is in the table has all its sessions in memory and no entry in "session ends"; any other key that has sessions has an
 * entry in both tables, and ends after the horizon. least_us of a key group is not after any end of its there, and after the horizon. */
#include "executor/session_cold.h"

#include "core/base/hash.h"
#include "executor/grouping_cold_parts.h"
#include "executor/window_sessions.h"

enum {
    ENDS_VERSION = 1,
    END_VALUE_BYTES = 8,      /* hash u32 | count u32 */
    DUE_PART = 16,            /* of the share of memory: what keys may take that came back in one step; */
    DUE_MIN = 64,             /* but so many may come */
    STEPS_PER_GAP = 64,       /* at first, */
    STEPS_PER_GAP_MIN = 8,    /* and with few keys */
    SESSION_TIMER_BYTES = 16, /* of a session, in the wheel */
};

struct session_cold {
    struct group_contents contents;
    struct window_aggregate *window;
    struct cold_groups *groups; /* of the table of keys; NULL: nothing leaves */
    struct state_table *ends;   /* NULL: no key has left yet */
    int64_t horizon_us;         /* keys that end until then are in memory, and stay */
    int64_t step_us;            /* by which it moves */
    uint64_t session_count;     /* that are only below */
    struct strbuf session;      /* being encoded */
    struct strbuf due;          /* keys that come back: hash u32 | end - 1 i64 | key block */
    uint32_t due_count;
    struct arena scratch;                    /* of writes to `ends` */
    int64_t least_us[KEY_GROUP_COUNT];       /* INT64_MAX: nothing of it is below */
    char key_group_keys[KEY_GROUP_COUNT][2]; /* the keys of `ends` */
    uint8_t *records[STEP_GROUPS];           /* of keys that come back */
    uint16_t items[STEP_GROUPS];
    int64_t moments[STEP_GROUPS];
};

static struct window_sessions *sessions_in(const struct session_cold *cold) {
    return sessions_of(cold->window);
}

static enum status damaged(const struct session_cold *cold, const char *what, struct error *error) {
    return cold_groups_damaged(&cold->window->grouping, what, error);
}

/* ---- entries ---- */

static size_t session_bytes(const struct session_cold *cold) {
    return sessions_in(cold)->timers.store.record_size + SESSION_TIMER_BYTES;
}

static size_t contents_bytes(void *context) {
    return sessions_in(context)->timers.store.live_count * session_bytes(context);
}

/* The end - 1 of its first session. */
static int64_t least_moment_us(const struct session_cold *cold, const uint8_t *record) {
    const struct session *session = latest_session(cold->window, record);
    while (session->next)
        session = session->next;
    return session_last_moment_us(&sessions_in(cold)->timers, session);
}

static bool may_leave(void *context, const uint8_t *record) {
    const struct session_cold *cold = context;
    for (const struct session *session = latest_session(cold->window, record); session; session = session->next)
        if (session->touched)
            return false;
    return least_moment_us(cold, record) > cold->horizon_us;
}

static void encode_key(void *context, const uint8_t *record, struct strbuf *out) {
    struct session_cold *cold = context;
    uint32_t count = 0;
    for (const struct session *session = latest_session(cold->window, record); session; session = session->next)
        count++;
    bytes_put_varint(out, count);
    for (const struct session *session = latest_session(cold->window, record); session; session = session->next) {
        strbuf_reset(&cold->session);
        session_encode(cold->window, session, &cold->session);
        bytes_put_block(out, strbuf_str(&cold->session));
    }
}

/* The next older session of a key; false when it is not one. */
static bool decode_older(const struct session_cold *cold, uint8_t *record, struct session *later, struct str body) {
    struct session_timers *timers = &sessions_in(cold)->timers;
    const struct record_header *header = record_header(record);
    struct bytes_reader bytes = bytes_reader_of(body);
    struct session *session = session_make(timers, header->tag);
    session->header.nulls = header->nulls;
    session->record = record;
    if (!session_decode(cold->window, session, &bytes))
        return false;
    if (later && session->last_us + timers->gap_us >= later->start_us)
        return false;
    *(later ? &later->next : sessions_of_key(cold->window, record)) = session;
    session_timers_add(timers, session);
    return true;
}

static bool decode_key(void *context, uint8_t *record, struct bytes_reader *bytes) {
    const struct session_cold *cold = context;
    uint32_t count = bytes_get_count(bytes, SESSION_BYTES_MIN);
    struct session *later = NULL;
    for (uint32_t i = 0; i < count; i++) {
        if (!decode_older(cold, record, later, bytes_get_block(bytes)))
            return false;
        later = later ? later->next : latest_session(cold->window, record);
    }
    return count > 0 && bytes_are_done(bytes);
}

static void release_key(void *context, uint8_t *record) {
    const struct session_cold *cold = context;
    struct window_sessions *sessions = sessions_in(cold);
    for (struct session *session = latest_session(cold->window, record); session; session = session->next) {
        session_note(sessions, session);
        session_release_states(cold->window, session);
        session_bury(&sessions->timers, session);
    }
}

static void give_back(void *context) {
    session_timers_sweep(&sessions_in(context)->timers);
}

/* What an entry's value says without its states. */
struct stored_key {
    uint32_t count;
    int64_t moment_us; /* the least end - 1 */
};

static bool next_session(struct bytes_reader *value, struct str *session) {
    *session = bytes_get_block(value);
    return session->size >= SESSION_BYTES_MIN;
}

/* False for bytes that are no value of an entry. */
static bool read_value(const struct session_cold *cold, struct str value, struct stored_key *key) {
    struct bytes_reader bytes = bytes_reader_of(value);
    int64_t gap_us = sessions_in(cold)->gap_us;
    (void)bytes_get_u8(&bytes); /* marks */
    key->count = bytes_get_count(&bytes, SESSION_BYTES_MIN);
    for (uint32_t i = 0; i < key->count; i++) {
        struct str session;
        if (!next_session(&bytes, &session))
            return false;
        struct bytes_reader fields = bytes_reader_of(session);
        (void)bytes_get_i64(&fields); /* start */
        int64_t last_us = bytes_get_i64(&fields);
        if (last_us > INT64_MAX - gap_us)
            return false;
        key->moment_us = last_us + gap_us - 1; /* of the oldest in the end */
    }
    return key->count > 0 && bytes_are_done(&bytes);
}

/* Numbers of sessions rise by so many, in a sound value. */
static void shift_sequences(char *value, size_t size, uint64_t more) {
    struct bytes_reader bytes = bytes_reader_of((struct str){value, size});
    (void)bytes_get_u8(&bytes);
    uint32_t count = bytes_get_count(&bytes, SESSION_BYTES_MIN);
    struct str session;
    for (uint32_t i = 0; i < count && next_session(&bytes, &session); i++) {
        char *at = value + (session.data - value) + SESSION_SEQUENCE_OFFSET;
        uint64_t sequence;
        memcpy(&sequence, at, sizeof sequence);
        sequence += more;
        memcpy(at, &sequence, sizeof sequence);
    }
}

static bool restore_value(void *context, struct arena *arena, struct str *value) {
    const struct session_cold *cold = context;
    uint64_t more = sessions_in(cold)->restored_sequence;
    struct stored_key key;
    if (!read_value(cold, *value, &key))
        return false;
    if (more > 0) {
        char *shifted = arena_copy(arena, value->data, value->size);
        shift_sequences(shifted, value->size, more);
        value->data = shifted;
    }
    return true;
}

/* ---- ends ---- */

static enum status open_ends(struct session_cold *cold, struct error *error) {
    const struct grouping_cold *tables = cold->window->grouping.cold;
    const struct state_descriptor descriptor = {.operator_id = tables->operator_id,
                                                .role = "session ends",
                                                .kind = STATE_ORDERED,
                                                .version = ENDS_VERSION,
                                                .description = "when sessions end that memory has no room for"};
    return cold->ends ? STATUS_OK : state_table_open(tables->backend, &descriptor, &cold->ends, error);
}

static struct state_address end_address(const struct session_cold *cold, const struct state_address *entry,
                                        int64_t moment_us) {
    uint32_t key_group = entry->hash >> KEY_GROUP_SHIFT;
    return (struct state_address){.hash = key_group << KEY_GROUP_SHIFT,
                                  .key = {cold->key_group_keys[key_group], sizeof cold->key_group_keys[0]},
                                  .order = moment_us,
                                  .user_key = entry->key};
}

static void expect_end(struct session_cold *cold, uint32_t key_group, int64_t moment_us, uint32_t count) {
    cold->session_count += count;
    if (moment_us < cold->least_us[key_group])
        cold->least_us[key_group] = moment_us;
}

static enum status put_ends(void *context, const struct state_write *entries, uint32_t count, struct error *error) {
    struct session_cold *cold = context;
    if (count == 0)
        return STATUS_OK;
    TRY(open_ends(cold, error));
    arena_reset(&cold->scratch);
    struct state_write *writes = ARENA_ARRAY(&cold->scratch, struct state_write, count);
    uint32_t(*values)[2] = arena_alloc(&cold->scratch, END_VALUE_BYTES * (size_t)count);
    for (uint32_t i = 0; i < count; i++) {
        const struct state_address *entry = &entries[i].address;
        struct stored_key key;
        if (!read_value(cold, entries[i].value, &key))
            return damaged(cold, "a group", error);
        values[i][0] = entry->hash;
        values[i][1] = key.count;
        writes[i] = (struct state_write){.address = end_address(cold, entry, key.moment_us),
                                         .value = {(const char *)values[i], END_VALUE_BYTES}};
        expect_end(cold, entry->hash >> KEY_GROUP_SHIFT, key.moment_us, key.count);
    }
    return state_multi_write(cold->ends, writes, count, error);
}

static enum status delete_ends(void *context, const struct state_address *entries, const struct str *values,
                               uint32_t count, struct error *error) {
    struct session_cold *cold = context;
    uint32_t found = 0;
    TRY(open_ends(cold, error));
    arena_reset(&cold->scratch);
    struct state_write *writes = ARENA_ARRAY(&cold->scratch, struct state_write, count);
    for (uint32_t i = 0; i < count; i++) {
        struct stored_key key;
        if (!values[i].data)
            continue;
        if (!read_value(cold, values[i], &key))
            return damaged(cold, "a group", error);
        cold->session_count -= key.count;
        writes[found++] =
            (struct state_write){.address = end_address(cold, &entries[i], key.moment_us), .is_delete = true};
    }
    return found > 0 ? state_multi_write(cold->ends, writes, found, error) : STATUS_OK;
}

struct end {
    uint32_t hash, count;
    int64_t moment_us;
    struct str key;
};

static enum status next_end(const struct session_cold *cold, struct state_iterator *iterator, struct end *end,
                            bool *found, struct error *error) {
    struct state_entry entry;
    TRY(state_iterator_next(iterator, &entry, found, error));
    if (!*found)
        return STATUS_OK;
    struct bytes_reader value = bytes_reader_of(entry.value);
    *end = (struct end){.hash = bytes_get_u32(&value),
                        .count = bytes_get_u32(&value),
                        .moment_us = entry.address.order,
                        .key = entry.address.user_key};
    bool is_sound = bytes_are_done(&value) && end->hash >> KEY_GROUP_SHIFT == entry.address.hash >> KEY_GROUP_SHIFT;
    return is_sound ? STATUS_OK : damaged(cold, "the end of a session", error);
}

/* The least ends, from the table that came with the back-end. */
static enum status adopt_ends(void *context, struct error *error) {
    struct session_cold *cold = context;
    const struct grouping_cold *tables = cold->window->grouping.cold;
    if (!state_table_find(tables->backend, tables->operator_id, "session ends", 0))
        return damaged(cold, "the ends of sessions", error);
    TRY(open_ends(cold, error));
    struct state_range all = state_range_all();
    struct state_iterator *iterator;
    TRY(state_iterator_open(cold->ends, &all, &iterator, error));
    bool found = true;
    enum status status = STATUS_OK;
    while (status == STATUS_OK && found) {
        struct end end;
        status = next_end(cold, iterator, &end, &found, error);
        if (status == STATUS_OK && found)
            expect_end(cold, end.hash >> KEY_GROUP_SHIFT, end.moment_us, end.count);
    }
    state_iterator_close(iterator);
    return status;
}

/* ---- the clock ---- */

/* Keys of the key group with a session that ends by the horizon, into cold->due; they are still in `ends`. What was before the least end was deleted, and
 * is not read: RocksDB would pass over each deletion, again and again. */
static enum status read_due(struct session_cold *cold, uint32_t key_group, struct error *error) {
    struct str key = {cold->key_group_keys[key_group], sizeof cold->key_group_keys[0]};
    struct state_range range =
        state_range_orders(key_group << KEY_GROUP_SHIFT, key, cold->least_us[key_group], INT64_MAX);
    struct state_iterator *iterator;
    TRY(state_iterator_open(cold->ends, &range, &iterator, error));
    cold->least_us[key_group] = INT64_MAX;
    bool found = true;
    enum status status = STATUS_OK;
    while (found) {
        struct end end;
        status = next_end(cold, iterator, &end, &found, error);
        if (status != STATUS_OK || !found)
            break;
        if (end.moment_us > cold->horizon_us) {
            cold->least_us[key_group] = end.moment_us;
            break;
        }
        bytes_put_u32(&cold->due, end.hash);
        bytes_put_i64(&cold->due, end.moment_us);
        bytes_put_block(&cold->due, end.key);
        cold->due_count++;
    }
    state_iterator_close(iterator);
    return status;
}

/* Records for the next of the keys that are due, no more than fit into a step. */
static enum status make_records(struct session_cold *cold, struct bytes_reader *due, uint32_t *count,
                                struct error *error) {
    for (*count = 0; *count < STEP_GROUPS && bytes_left(due) > 0; ++*count) {
        uint32_t hash = bytes_get_u32(due);
        cold->moments[*count] = bytes_get_i64(due);
        struct bytes_reader key = bytes_reader_of(bytes_get_block(due));
        uint8_t nulls = bytes_get_u8(&key);
        bool created = false;
        uint8_t *record = key.failed ? NULL : group_table_insert(sessions_in(cold)->keys, hash, nulls, &key, &created);
        if (!created || !bytes_are_done(&key))
            return damaged(cold, "the end of a session", error);
        cold->records[*count] = record;
        cold->items[*count] = (uint16_t)*count;
    }
    return STATUS_OK;
}

static enum status load_due(struct session_cold *cold, struct error *error) {
    struct bytes_reader due = bytes_reader_of(strbuf_str(&cold->due));
    while (bytes_left(&due) > 0) {
        uint32_t count;
        TRY(make_records(cold, &due, &count, error));
        uint32_t missing = count;
        TRY(cold_groups_load(cold->groups, cold->records, cold->items, &missing, error));
        if (missing > 0)
            return damaged(cold, "the end of a session", error);
        for (uint32_t i = 0; i < count; i++)
            if (least_moment_us(cold, cold->records[i]) != cold->moments[i])
                return damaged(cold, "the end of a session", error);
    }
    strbuf_reset(&cold->due);
    cold->due_count = 0;
    return STATUS_OK;
}

/* The next step is as long as fits the number of keys that came back in this one. */
static void adapt_step(struct session_cold *cold, uint64_t count) {
    size_t share = state_budget_share(cold->window->grouping.cold->backend->budget);
    size_t most = share / DUE_PART / session_bytes(cold);
    if (most < DUE_MIN)
        most = DUE_MIN;
    if (count > most && cold->step_us > 1)
        cold->step_us /= 2;
    else if (count < most / 4 && cold->step_us <= sessions_in(cold)->gap_us / STEPS_PER_GAP_MIN / 2)
        cold->step_us *= 2;
}

static void move_horizon(struct session_cold *cold, int64_t first_us) {
    cold->horizon_us = first_us < INT64_MAX - cold->step_us ? first_us + cold->step_us : INT64_MAX - 1;
}

enum status session_cold_bring_due(struct session_cold *cold, int64_t *until_us, struct error *error) {
    int64_t first_us = session_cold_next_us(cold);
    uint64_t count = 0;
    if (first_us > *until_us || first_us == INT64_MAX)
        return STATUS_OK;
    move_horizon(cold, first_us);
    for (uint32_t key_group = 0; key_group < KEY_GROUP_COUNT; key_group++) {
        if (cold->least_us[key_group] > cold->horizon_us)
            continue;
        uint32_t before = cold->due_count;
        TRY(read_due(cold, key_group, error));
        count += cold->due_count - before;
        if (cold->due_count >= STEP_GROUPS)
            TRY(load_due(cold, error));
    }
    TRY(load_due(cold, error));
    adapt_step(cold, count);
    if (*until_us > cold->horizon_us)
        *until_us = cold->horizon_us;
    return STATUS_OK;
}

int64_t session_cold_next_us(const struct session_cold *cold) {
    int64_t least_us = INT64_MAX;
    for (uint32_t key_group = 0; cold->ends && key_group < KEY_GROUP_COUNT; key_group++)
        if (cold->least_us[key_group] < least_us)
            least_us = cold->least_us[key_group];
    return least_us;
}

/* ---- open, close, and the rest ---- */

void session_cold_open(struct window_aggregate *window) {
    struct session_cold *cold = ARENA_NEW(window->base.context->arena, struct session_cold);
    *cold = (struct session_cold){.window = window, .horizon_us = INT64_MIN};
    cold->contents = (struct group_contents){.context = cold,
                                             .bytes = contents_bytes,
                                             .may_leave = may_leave,
                                             .encode = encode_key,
                                             .decode = decode_key,
                                             .release = release_key,
                                             .give_back = give_back,
                                             .restore = restore_value,
                                             .stored = put_ends,
                                             .loaded = delete_ends,
                                             .adopt = adopt_ends};
    strbuf_init(&cold->session);
    strbuf_init(&cold->due);
    arena_init(&cold->scratch);
    sessions_of(window)->cold = cold;
    window->grouping.contents = &cold->contents;
    grouping_table_name(&window->grouping, sessions_of(window)->keys, "sessions", 0);
    cold->groups = group_table_cold(sessions_of(window)->keys);
    if (!cold->groups)
        return;
    for (uint32_t i = 0; i < KEY_GROUP_COUNT; i++) {
        cold->least_us[i] = INT64_MAX;
        cold->key_group_keys[i][0] = (char)(i >> 8);
        cold->key_group_keys[i][1] = (char)(i & 0xff);
    }
    int64_t step_us = sessions_of(window)->gap_us / STEPS_PER_GAP;
    cold->step_us = step_us < 1 ? 1 : step_us;
}

void session_cold_close(struct session_cold *cold) {
    strbuf_release(&cold->session);
    strbuf_release(&cold->due);
    arena_release(&cold->scratch);
}

uint64_t session_cold_count(const struct session_cold *cold) {
    return cold->session_count;
}

void session_cold_forget(struct session_cold *cold, const uint8_t *record) {
    if (cold->groups)
        cold_groups_forget(cold->groups, record);
}

void session_cold_snapshot(struct session_cold *cold) {
    if (cold->groups)
        cold->groups->number = 0;
}
