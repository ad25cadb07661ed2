/* store.h: a model of an object store: create-only puts, compare-and-swap of HEAD, listing, deletion. Strongly consistent,
 * as the real ones are; every request may be lost, late, done twice, or done without an answer. */
#pragma once

#include "tests/sim/sim.h"

struct stored {
    struct str name;
    struct str bytes;
    uint64_t version; /* rises with every write of the object */
    uint64_t written_us;
    bool exists;
};

struct store_answer {
    enum answer answer;
    struct str bytes;
    struct head_version version;
};

/* Sites of faults: which kind of request. */
enum store_site {
    STORE_GET_HEAD = 0,
    STORE_SWAP_TAKE,   /* HEAD to the next generation, or the first one */
    STORE_SWAP_DECIDE, /* HEAD to the next epoch */
    STORE_GET,
    STORE_PUT_MANIFEST,
    STORE_PUT,
    STORE_PUT_SAVEPOINT,
    STORE_DELETE,
    STORE_LIST,
    STORE_SITES
};

typedef void store_done(struct sim *sim, void *argument, const struct store_answer *answer);

struct store *store_new(struct sim *sim);
void store_get(struct sim *sim, struct process *process, enum store_site site, struct str name, store_done *done,
               void *argument);
/* Creates; what exists with the same bytes is OK, with others CONFLICT. */
void store_put(struct sim *sim, struct process *process, enum store_site site, struct str name, struct str bytes,
               store_done *done, void *argument);
void store_swap(struct sim *sim, struct process *process, enum store_site site, struct str name,
                struct head_version expected, struct str bytes, store_done *done, void *argument);
void store_delete(struct sim *sim, struct process *process, const struct str *names, uint32_t count, store_done *done,
                  void *argument);
/* Only the delay and the doubt of a listing or a verification; who gets OK looks by store_find. */
void store_ask(struct sim *sim, struct process *process, enum store_site site, store_done *done, void *argument);

/* Without a request: for the oracle, and for what a process has in its own cache. NULL: does not exist. */
const struct stored *store_find(struct sim *sim, struct str name);
/* Past every check: what people do to a bucket. */
void store_overwrite(struct sim *sim, struct str name, struct str bytes);
/* All objects, existing or not, in order of creation. */
const struct stored *const *store_all(struct sim *sim, uint32_t *count);
