/* store_probe.c: does the store compare before it swaps? Asked by doing it: some S3 look-alikes take the conditional headers
 * and ignore them, and HEAD on such a store would be lost to the first race. */
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "core/base/env.h"
#include "runtime/store/store.h"
#include "runtime/store/store_class.h"

enum { RACES = 3, RACERS = 2, PROBE_NAME_MAX = 64, PROBES_IN_DOUBT_MAX = 30 };

struct racer {
    struct store *store;
    const char *name;
    const struct store_tag *expected; /* NULL: create */
    pthread_barrier_t *start;
    char content[96];
    enum status status;
    enum store_swap outcome;
    struct store_tag tag;
    struct error error;
};

static void write_content(struct store *store, char content[96], const char *what) {
    snprintf(content, 96, "streamsql probes compare-and-swap: %s %016" PRIx64 "\n", what,
             env_random_u64(store->options.env));
}

static void swap_once(struct racer *racer) {
    racer->status = store_swap(racer->store, racer->name, racer->expected, str_from(racer->content), &racer->outcome,
                               &racer->tag, &racer->error);
}

static void *race(void *context) {
    struct racer *racer = context;
    pthread_barrier_wait(racer->start);
    swap_once(racer);
    return NULL;
}

static enum status refused(struct store *store, const char *what, struct error *error) {
    (void)FAIL(error, STATUS_UNSUPPORTED, "%s cannot hold the job's HEAD: %s", store_uri_text(store), what);
    error_hint(error, "use a store that honours conditional writes: AWS S3, Google Cloud Storage or a local disk");
    return STATUS_UNSUPPORTED;
}

static enum status unanswered(const struct racer *racer, struct error *error) {
    enum status status = racer->status != STATUS_OK ? racer->status : STATUS_CONNECTION_FAILURE;
    if (error) {
        *error = racer->error;
        error->status = status;
        error->retriable |= racer->status == STATUS_OK;
    }
    return status;
}

/* Two at once from the same state: exactly one may win. */
static enum status probe_race(struct store *store, const char *name, struct store_tag *tag, struct error *error) {
    pthread_barrier_t start;
    int made = pthread_barrier_init(&start, NULL, RACERS);
    ASSERT(made == 0);
    struct store_tag expected = *tag;
    struct racer racers[RACERS];
    pthread_t thread;
    for (int i = 0; i < RACERS; i++) {
        racers[i] =
            (struct racer){.store = store, .name = name, .start = &start, .expected = expected.size ? &expected : NULL};
        write_content(store, racers[i].content, expected.size ? "swap" : "create");
    }
    int created = pthread_create(&thread, NULL, race, &racers[1]);
    ASSERT(created == 0);
    race(&racers[0]);
    pthread_join(thread, NULL);
    pthread_barrier_destroy(&start);
    int winners = 0;
    for (int i = 0; i < RACERS; i++) {
        if (racers[i].status != STATUS_OK || racers[i].outcome == STORE_SWAP_UNKNOWN)
            return unanswered(&racers[i], error);
        winners += racers[i].outcome == STORE_SWAP_DONE;
        if (racers[i].outcome == STORE_SWAP_DONE)
            *tag = racers[i].tag;
    }
    if (winners != 1)
        return refused(store,
                       winners ? "of two writers at once both were told that they won"
                               : "of two writers at once neither won",
                       error);
    return STATUS_OK;
}

/* One swap of which is known how it must end. */
static enum status probe_step(struct store *store, const char *name, const struct store_tag *expected,
                              enum store_swap wanted, const char *complaint, struct store_tag *tag,
                              struct error *error) {
    struct racer racer = {.store = store, .name = name, .expected = expected};
    write_content(store, racer.content, "step");
    swap_once(&racer);
    if (racer.status != STATUS_OK || racer.outcome == STORE_SWAP_UNKNOWN)
        return unanswered(&racer, error);
    if (racer.outcome != wanted)
        return refused(store, complaint, error);
    if (tag)
        *tag = racer.tag;
    return STATUS_OK;
}

static enum status probe_object(struct store *store, const char *name, struct error *error) {
    struct store_tag current = {0}, stale;
    TRY(probe_race(store, name, &current, error));
    TRY(probe_step(store, name, NULL, STORE_SWAP_CONFLICT, "it creates an object that exists", NULL, error));
    stale = current;
    TRY(probe_step(store, name, &stale, STORE_SWAP_DONE, "it refuses a swap that expects what is there", &current,
                   error));
    if (current.size == stale.size && memcmp(current.bytes, stale.bytes, current.size) == 0)
        return refused(store, "another content has the same tag", error);
    TRY(probe_step(store, name, &stale, STORE_SWAP_CONFLICT, "it swaps although the object has changed", NULL, error));
    TRY(probe_race(store, name, &current, error));
    TRY(store_delete(store, name, error));
    return probe_step(store, name, &current, STORE_SWAP_MISSING, "it swaps an object that does not exist", NULL, error);
}

/* A swap whose fate is unknown shows nothing, although the store is there and answers again: another object may show more. */
static bool is_in_doubt(struct store *store, const char *name, enum status status, const struct error *error) {
    if (status != STATUS_CONNECTION_FAILURE || !error->retriable)
        return false;
    struct error ignored;
    uint64_t size;
    enum status again = store_size(store, name, &size, &ignored);
    return again == STATUS_OK || again == STATUS_UNDEFINED_FILE;
}

enum status store_probe_swap(struct store *store, struct error *error) {
    struct error last = {0};
    for (int done = 0, doubts = 0; done < RACES;) {
        char name[PROBE_NAME_MAX];
        snprintf(name, sizeof name, "probe/%016" PRIx64, env_random_u64(store->options.env));
        enum status status = probe_object(store, name, &last);
        bool again = doubts < PROBES_IN_DOUBT_MAX && is_in_doubt(store, name, status, &last);
        (void)!store_delete(store, name, NULL); /* a probe that stays behind does no harm */
        if (status != STATUS_OK && !again) {
            if (error)
                *error = last;
            return status;
        }
        done += !again;
        doubts += again;
    }
    return STATUS_OK;
}
