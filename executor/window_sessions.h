/* window_sessions.h: what the strategy for sessions and the keys that leave memory (session_cold.c) share. Private to them. */
#pragma once

#include "executor/session_timers.h"
#include "executor/window_aggregate.h"

struct session_cold;

/* Sessions that changed since the last emission, with their results as they were emitted. */
struct touched_session {
    struct session *session;
    struct batch *old; /* NULL: it was not emitted yet */
    uint32_t old_row;
};

struct window_sessions {
    struct group_table *keys; /* a record has the key and the latest of its sessions; keys without sessions go */
    struct session_timers timers;
    int64_t gap_us;
    bool updates; /* emits changes before sessions close */
    struct touched_session *touched;
    uint32_t touched_count, touched_capacity, snapshot_count; /* touched[snapshot_count..] wait for their old results */
    struct record_codec codec;
    uint64_t next_serial;
    uint64_t restored_sequence; /* where those of the snapshot being read begin */
    struct session_cold *cold;  /* never NULL */
};

static inline struct window_sessions *sessions_of(struct window_aggregate *window) {
    return window->state;
}
/* The list of a key, latest first. */
static inline struct session **sessions_of_key(const struct window_aggregate *window, uint8_t *record) {
    return (struct session **)(record + window->grouping.own_offset);
}
static inline struct session *latest_session(const struct window_aggregate *window, const uint8_t *record) {
    return *(struct session *const *)(record + window->grouping.own_offset);
}
/* The session is about to change: a snapshot under way may need it as it is. */
static inline void session_note(struct window_sessions *sessions, struct session *session) {
    if (sessions->timers.store.dirty)
        record_store_note(&sessions->timers.store, &sessions->codec, session->place);
}
/* Frees what its states hold elsewhere. */
void session_release_states(struct window_aggregate *window, struct session *session);

/* A session but for its key, as bytes, and back into one that has header and key only:
 *
 *   start i64 | last i64 | row count i64 | sequence u64 | emitted u8 | emitted start i64 | emitted last i64 | states
 *
 * False for bytes that mean nothing; the states can be released whatever happens. */
enum { SESSION_SEQUENCE_OFFSET = 24, SESSION_BYTES_MIN = 49 };
void session_encode(const struct window_aggregate *window, const struct session *session, struct strbuf *out);
bool session_decode(const struct window_aggregate *window, struct session *session, struct bytes_reader *bytes);
