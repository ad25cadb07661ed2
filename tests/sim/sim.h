/* sim.h: a world in one thread: virtual time, a queue of events, seeded chance, faults, and what happened.
 *
 * Everything in a run follows from its seed and its list of allowed faults. Each kind of chance draws from a stream of
 * its own, by the number of its occasion, so that leaving one fault out disturbs the others as little as possible; that is
 * what lets the shrinker take faults away one by one.
 */
#pragma once

#include "core/base/arena.h"
#include "core/base/str.h"
#include "runtime/protocol/message.h"
#ifndef SIM_PLANTED_BUGS
#define SIM_PLANTED_BUGS
#endif
#include "runtime/protocol/planted.h"

enum fault_kind {
#define FAULT(name, text, rate) FAULT_##name,
#include "tests/sim/faults.def"
#undef FAULT
    FAULT_COUNT
};

#define SITES 64u /* places where one kind of fault can happen; a site is named by its user */

/* The n-th occasion of a kind of fault at a site. */
struct fault {
    enum fault_kind kind;
    uint32_t site;
    uint32_t occasion;
    uint64_t time_us;
};

struct process {
    struct sim *sim;
    const char *name;
    uint32_t number;
    bool is_coordinator;
    bool alive;
    uint64_t paused_until_us;
    void *body; /* struct coordinator_node or struct worker_node */
};

struct sim_event {
    uint64_t time_us;
    uint64_t order;          /* seeded: decides between events of one moment */
    struct process *process; /* NULL: the world's own */
    void (*run)(struct sim *sim, void *argument);
    void *argument;
};

struct sim_options {
    uint64_t seed;
    bool random_faults;
    bool tracing;
    const struct fault *allowed; /* not NULL: only these happen, of all that the seed would bring */
    uint32_t allowed_count;
    const struct fault *forced; /* faults that do; time is ignored */
    uint32_t forced_count;
    /* Of scenarios; 0: drawn from the seed. */
    uint32_t sources, lanes, workers, rows, chunk_rows;
};

struct store;
struct kafka;
struct oracle;
struct cluster;

#define FIRED_MAX 4096u

struct sim {
    struct sim_options options;
    struct arena arena;
    uint64_t now_us;
    struct sim_event *queue; /* binary heap */
    uint32_t queue_count, queue_capacity;
    uint64_t event_count;
    uint64_t hash; /* of all that was noted: equal for equal runs */
    uint64_t stream_counts[64];
    uint32_t fault_rates[FAULT_COUNT];
    uint32_t occasions[FAULT_COUNT][SITES];
    struct fault fired[FIRED_MAX];
    uint32_t fired_count;
    uint64_t heal_us; /* from here on no random fault happens */
    bool done;
    enum reason refused; /* for which the job refused to run, as it had to */
    char failure[512];   /* empty: none */
    /* What the run is made of. */
    uint32_t source_count, lane_count, worker_count, rows_per_source, chunk_rows, bound;
    uint32_t writer_count;       /* tasks that log rows: so many for each lane; writer w is of lane w mod lane_count */
    uint32_t latency_factors[2]; /* of the store, of Kafka: which of them is slow decides which races are likely */
    bool is_duel;                /* see duel.h */
    bool is_handover;
    uint32_t init_factor; /* opening a producer takes longer than other requests */
    uint32_t tick_us;     /* between epochs */
    struct store *store;
    struct kafka *kafka;
    struct oracle *oracle;
    struct cluster *cluster;
    uint32_t process_count;
};

/* Runs one history to its end. Returns true when all was well; otherwise `failure` says what was not. The result is in
 * `sim` until sim_release. */
bool sim_run(struct sim *sim, const struct sim_options *options);
void sim_init(struct sim *sim);
void sim_release(struct sim *sim);
const char *fault_name(enum fault_kind kind);
const char *fault_text(enum fault_kind kind);

/* Schedules. An event of a process that died is dropped; of one that is paused, it waits. */
void sim_after(struct sim *sim, uint64_t delay_us, struct process *process, void (*run)(struct sim *, void *),
               void *argument);
struct process *process_new(struct sim *sim, const char *name, bool is_coordinator, void *body);

/* Chance. A stream is a use of chance. */
enum stream {
    STREAM_CONFIG,
    STREAM_ORDER,
    STREAM_LATENCY,
    STREAM_STORE,
    STREAM_KAFKA,
    STREAM_MESSAGE,
    STREAM_TASK,
    STREAM_SUPERVISOR,
    STREAM_COUNT
};
uint64_t sim_random(struct sim *sim, enum stream stream);
uint64_t sim_between(struct sim *sim, enum stream stream, uint64_t low, uint64_t high); /* inclusive */
bool sim_fault(struct sim *sim, enum fault_kind kind, uint32_t site);
/* A number that belongs to the fault of `kind` that fired last at `site`: its length, for example. */
uint64_t sim_fault_between(struct sim *sim, enum fault_kind kind, uint32_t site, uint64_t low, uint64_t high);

/* The run fails here: does not return. */
_Noreturn void sim_fail(struct sim *sim, const char *format, ...) PRINTF_LIKE(2, 3);
#define SIM_CHECK(sim, condition, ...)    \
    do {                                  \
        if (!(condition))                 \
            sim_fail((sim), __VA_ARGS__); \
    } while (0)

/* Part of the run's hash, and a line of its trace. The format takes three unsigned long long. */
void sim_note(struct sim *sim, uint64_t code, const char *format, uint64_t a, uint64_t b, uint64_t c);
#define NOTE(sim, format, a, b, c) sim_note((sim), __LINE__, (format), (uint64_t)(a), (uint64_t)(b), (uint64_t)(c))

/* How a request travels. */
enum { REQUEST_TIMEOUT_US = 20000 };
struct fate {
    bool arrives, answered, twice;
    uint64_t there_us, back_us, again_us;
};
struct fate sim_fate(struct sim *sim, uint32_t site);

static inline void *sim_copy(struct sim *sim, const void *data, size_t size) {
    return arena_copy(&sim->arena, data, size);
}
