/* session_timers.h: memory of sessions, and when they end.
 *
 * A wheel of buckets by end; a session's entry is looked at when the clock reaches its bucket, and moves on if the session was
 * extended meanwhile: extending costs nothing. A session is in the wheel exactly once from session_new until it is handed out
 * as due, so a session merged away is marked dead and freed when the wheel meets it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "executor/record_store.h"

/* The aggregates' states follow at SESSION_STATE_OFFSET. Sessions of a key are a list, latest first. */
struct session {
    struct record_header header; /* tag and nulls are the key's */
    int64_t start_us, last_us;   /* first and last time; ends gap after the last */
    int64_t row_count;           /* when rows may be retracted: how many are left */
    uint64_t sequence;           /* order of creation; of the oldest when merged */
    struct session *next;
    uint8_t *record;                           /* of the key */
    int64_t emitted_start_us, emitted_last_us; /* what follows knows; only when results are updated */
    uint32_t place;                            /* in the store */
    bool emitted;
    bool touched; /* since results were last emitted */
    bool dead;    /* merged into another: not in the store's snapshots, but its place is not free */
};
enum { SESSION_STATE_OFFSET = sizeof(struct session) };

struct session_bucket {
    struct session **sessions;
    uint32_t count, capacity;
};

enum { SESSION_BUCKETS = 1024 };

struct session_timers {
    int64_t gap_us, width_us; /* of a bucket */
    int64_t cursor;           /* bucket number up to which everything is handed out */
    bool started;
    struct session_bucket buckets[SESSION_BUCKETS];
    struct session_bucket moved; /* scratch of session_timers_due */
    struct record_store store;   /* the sessions */
    uint64_t count;              /* of those in the wheel */
    uint64_t next_sequence;
};

void session_timers_init(struct session_timers *timers, int64_t gap_us, uint32_t state_size);
void session_timers_release(struct session_timers *timers);

/* A session with this tag of the key's hash that is not in the wheel and not known in any other way: all else is 0, states uninitialised. */
struct session *session_make(struct session_timers *timers, uint32_t tag);
/* A session of one time, in the wheel; tag of the key's hash; states uninitialised. */
struct session *session_new(struct session_timers *timers, uint32_t tag, int64_t time_us);
/* Puts a session into the wheel that is in the store but for that (after a restore). */
void session_timers_add(struct session_timers *timers, struct session *session);
/* Takes no part in anything from now on; the wheel frees it. It was noted in the store (record_store_note). */
void session_bury(struct session_timers *timers, struct session *session);
/* Frees what was buried, all over the wheel, but for sessions that are touched. */
void session_timers_sweep(struct session_timers *timers);
/* Only for sessions that are not in the wheel, and were noted. */
void session_free(struct session_timers *timers, struct session *session);

/* The clock that closes the session: its end - 1. */
static inline int64_t session_last_moment_us(const struct session_timers *timers, const struct session *session) {
    return session->last_us + timers->gap_us - 1;
}
/* Hands out the sessions that the clock closes (end - 1 <= clock), ordered by end and creation; they leave the wheel. The list
 * is valid until the next call. Frees dead ones. */
struct session **session_timers_due(struct session_timers *timers, int64_t clock_us, uint32_t *count);
/* The least end - 1, roughly: not later than the true one. INT64_MAX: no session. */
int64_t session_timers_next_us(const struct session_timers *timers);
