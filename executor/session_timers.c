/* session_timers.c: a lazy timing wheel. Buckets further away than the wheel is round hold entries of several turns: those that
 * are not due stay. */
#include "executor/session_timers.h"

#include <stdlib.h>

#include "core/base/arena.h"
#include "core/data/datetime.h"

enum { BUCKETS_PER_GAP = 256 };

void session_timers_init(struct session_timers *timers, int64_t gap_us, uint32_t state_size) {
    *timers = (struct session_timers){.gap_us = gap_us};
    timers->width_us = gap_us / BUCKETS_PER_GAP > 0 ? gap_us / BUCKETS_PER_GAP : 1;
    record_store_init(&timers->store, SESSION_STATE_OFFSET + state_size);
}

void session_timers_release(struct session_timers *timers) {
    for (uint32_t i = 0; i < SESSION_BUCKETS; i++)
        free(timers->buckets[i].sessions);
    free(timers->moved.sessions);
    record_store_release(&timers->store);
}

static void bucket_add(struct session_bucket *bucket, struct session *session) {
    if (bucket->count == bucket->capacity) {
        bucket->capacity = bucket->capacity ? bucket->capacity * 2 : 8;
        bucket->sessions = memory_realloc(bucket->sessions, bucket->capacity * sizeof *bucket->sessions);
    }
    bucket->sessions[bucket->count++] = session;
}

static struct session_bucket *bucket_of(struct session_timers *timers, const struct session *session) {
    int64_t number = floor_divide(session_last_moment_us(timers, session), timers->width_us);
    return &timers->buckets[(uint64_t)number % SESSION_BUCKETS];
}

void session_timers_add(struct session_timers *timers, struct session *session) {
    timers->count++;
    bucket_add(bucket_of(timers, session), session);
}

struct session *session_make(struct session_timers *timers, uint32_t tag) {
    uint32_t place = record_store_add(&timers->store, tag);
    struct session *session = (struct session *)record_store_at(&timers->store, place);
    *session = (struct session){.header = session->header, .place = place};
    return session;
}

struct session *session_new(struct session_timers *timers, uint32_t tag, int64_t time_us) {
    struct session *session = session_make(timers, tag);
    session->start_us = session->last_us = time_us;
    session->sequence = timers->next_sequence++;
    session_timers_add(timers, session);
    return session;
}

void session_bury(struct session_timers *timers, struct session *session) {
    session->dead = true;
    record_store_kill(&timers->store, session->place);
}

void session_free(struct session_timers *timers, struct session *session) {
    timers->count--;
    if (!session->dead)
        record_store_kill(&timers->store, session->place);
    record_store_free(&timers->store, session->place);
}

void session_timers_sweep(struct session_timers *timers) {
    for (uint32_t i = 0; i < SESSION_BUCKETS; i++) {
        struct session_bucket *bucket = &timers->buckets[i];
        uint32_t kept = 0;
        for (uint32_t at = 0; at < bucket->count; at++) {
            struct session *session = bucket->sessions[at];
            if (session->dead && !session->touched)
                session_free(timers, session);
            else
                bucket->sessions[kept++] = session;
        }
        bucket->count = kept;
    }
}

/* Numbers may be equal where sessions of several instances came together (session_cold.h): then the keys' hashes decide. */
static int compare_sessions(const void *left, const void *right) {
    const struct session *a = *(struct session *const *)left, *b = *(struct session *const *)right;
    if (a->last_us != b->last_us)
        return a->last_us < b->last_us ? -1 : 1;
    if (a->sequence != b->sequence)
        return a->sequence < b->sequence ? -1 : 1;
    return (a->header.tag > b->header.tag) - (a->header.tag < b->header.tag);
}

/* Due sessions of one bucket go to `moved`; those that live on are put where they belong now. */
static void drain_bucket(struct session_timers *timers, struct session_bucket *bucket, int64_t clock_us) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < bucket->count; i++) {
        struct session *session = bucket->sessions[i];
        if (session->dead) {
            session_free(timers, session);
        } else if (session_last_moment_us(timers, session) <= clock_us) {
            bucket_add(&timers->moved, session);
        } else {
            struct session_bucket *home = bucket_of(timers, session);
            if (home == bucket)
                bucket->sessions[kept++] = session;
            else
                bucket_add(home, session);
        }
    }
    bucket->count = kept;
}

struct session **session_timers_due(struct session_timers *timers, int64_t clock_us, uint32_t *count) {
    int64_t cursor = floor_divide(clock_us, timers->width_us);
    timers->moved.count = 0;
    uint64_t turns = timers->started ? (uint64_t)cursor - (uint64_t)timers->cursor : SESSION_BUCKETS;
    if (turns >= SESSION_BUCKETS)
        turns = SESSION_BUCKETS - 1;
    for (uint64_t back = 0; back <= turns; back++)
        drain_bucket(timers, &timers->buckets[((uint64_t)cursor - back) % SESSION_BUCKETS], clock_us);
    timers->cursor = cursor;
    timers->started = true;
    *count = timers->moved.count;
    if (*count > 1)
        qsort(timers->moved.sessions, *count, sizeof *timers->moved.sessions, compare_sessions);
    return timers->moved.sessions;
}

static int64_t least_moment_us(const struct session_timers *timers, const struct session_bucket *bucket) {
    int64_t least_us = INT64_MAX;
    for (uint32_t i = 0; i < bucket->count; i++) {
        const struct session *session = bucket->sessions[i];
        if (!session->dead && session_last_moment_us(timers, session) < least_us)
            least_us = session_last_moment_us(timers, session);
    }
    return least_us;
}

/* Exact within the bucket where the clock stands, so that a caller who waits until then gets something or gets on. */
int64_t session_timers_next_us(const struct session_timers *timers) {
    int64_t least_us = INT64_MAX;
    for (uint32_t i = 0; i < SESSION_BUCKETS && timers->count > 0; i++) {
        const struct session_bucket *bucket = &timers->buckets[((uint64_t)timers->cursor + i) % SESSION_BUCKETS];
        if (bucket->count == 0)
            continue;
        if (timers->started && i > 0)
            return (timers->cursor + (int64_t)i) * timers->width_us;
        int64_t moment_us = least_moment_us(timers, bucket);
        least_us = moment_us < least_us ? moment_us : least_us;
        if (timers->started && least_us < (timers->cursor + 1) * timers->width_us)
            return least_us;
    }
    return least_us;
}
