/* sim.c: the queue, chance, faults and the trace. Invariant: nothing here or in what it runs depends on anything but the
 * options: no clock, no address, no order of allocation. */
#include "tests/sim/sim.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/hash.h"
#include "tests/sim/cluster.h"
#include "tests/sim/duel.h"
#include "tests/sim/kafka.h"
#include "tests/sim/oracle.h"
#include "tests/sim/store.h"

enum planted_bug planted_bug = PLANTED_NONE;

static jmp_buf run_failed;
static struct sim *running;

static const struct {
    const char *name, *text;
    uint32_t rate;
} faults[FAULT_COUNT] = {
#define FAULT(name, text, rate) {#name, text, rate},
#include "tests/sim/faults.def"
#undef FAULT
};

const char *fault_name(enum fault_kind kind) {
    return faults[kind].name;
}
const char *fault_text(enum fault_kind kind) {
    return faults[kind].text;
}

void sim_init(struct sim *sim) {
    memset(sim, 0, sizeof *sim);
    arena_init(&sim->arena);
}

void sim_release(struct sim *sim) {
    arena_release(&sim->arena);
}

void sim_fail(struct sim *sim, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sim->failure, sizeof sim->failure, format, arguments);
    va_end(arguments);
    longjmp(run_failed, 1);
}

/* The linker puts this in the place of assert_failed: a broken invariant ends the run, not the simulator. */
_Noreturn void __wrap_assert_failed(const char *condition, const char *file, int line);
_Noreturn void __wrap_assert_failed(const char *condition, const char *file, int line) {
    if (running == NULL) {
        fprintf(stderr, "%s:%d: assertion failed: %s\n", file, line, condition);
        abort();
    }
    sim_fail(running, "assertion failed at %s:%d: %s", file, line, condition);
}

static uint64_t mix(uint64_t seed, uint64_t a, uint64_t b, uint64_t c) {
    return hash_combine(hash_combine(hash_combine(seed, a), b), c);
}

uint64_t sim_random(struct sim *sim, enum stream stream) {
    return mix(sim->options.seed, 1, stream, sim->stream_counts[stream]++);
}

uint64_t sim_between(struct sim *sim, enum stream stream, uint64_t low, uint64_t high) {
    return low + sim_random(sim, stream) % (high - low + 1);
}

static bool is_listed(const struct fault *list, uint32_t count, enum fault_kind kind, uint32_t site,
                      uint32_t occasion) {
    for (uint32_t i = 0; i < count; i++)
        if (list[i].kind == kind && list[i].site == site && list[i].occasion == occasion)
            return true;
    return false;
}

bool sim_fault(struct sim *sim, enum fault_kind kind, uint32_t site) {
    ASSERT(site < SITES);
    const struct sim_options *options = &sim->options;
    uint32_t occasion = sim->occasions[kind][site]++;
    bool fires = is_listed(options->forced, options->forced_count, kind, site, occasion);
    if (options->allowed != NULL)
        fires |= is_listed(options->allowed, options->allowed_count, kind, site, occasion);
    else if (options->random_faults && sim->now_us < sim->heal_us && sim->fault_rates[kind] > 0)
        fires |= (mix(options->seed, 2 + kind, site, occasion) & 0xFFFF) < sim->fault_rates[kind];
    if (!fires)
        return false;
    NOTE(sim, "fault %llu at site %llu, occasion %llu", kind, site, occasion);
    if (sim->options.tracing)
        printf("            = %s: %s\n", fault_name(kind), fault_text(kind));
    if (sim->fired_count < FIRED_MAX)
        sim->fired[sim->fired_count++] =
            (struct fault){.kind = kind, .site = site, .occasion = occasion, .time_us = sim->now_us};
    return true;
}

uint64_t sim_fault_between(struct sim *sim, enum fault_kind kind, uint32_t site, uint64_t low, uint64_t high) {
    if (!sim->options.random_faults)
        return high; /* a scenario means the real thing: a pause beyond the lease, an outage beyond the timeout */
    uint64_t number = mix(sim->options.seed, 1000 + kind, site, sim->occasions[kind][site]);
    return low + number % (high - low + 1);
}

void sim_note(struct sim *sim, uint64_t code, const char *format, uint64_t a, uint64_t b, uint64_t c) {
    sim->hash = mix(sim->hash, sim->now_us << 16 ^ code, a ^ c << 40, b);
    if (!sim->options.tracing)
        return;
    printf("%8llu.%03llu ", (unsigned long long)sim->now_us / 1000, (unsigned long long)sim->now_us % 1000);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    printf(format, (unsigned long long)a, (unsigned long long)b, (unsigned long long)c);
#pragma GCC diagnostic pop
    printf("\n");
}

static bool comes_before(const struct sim_event *a, const struct sim_event *b) {
    return a->time_us != b->time_us ? a->time_us < b->time_us : a->order < b->order;
}

static void push_event(struct sim *sim, struct sim_event event) {
    if (sim->queue_count == sim->queue_capacity) {
        uint32_t capacity = sim->queue_capacity ? sim->queue_capacity * 2 : 1024;
        struct sim_event *queue = arena_alloc(&sim->arena, capacity * sizeof *queue);
        if (sim->queue_count > 0)
            memcpy(queue, sim->queue, sim->queue_count * sizeof *queue);
        sim->queue = queue;
        sim->queue_capacity = capacity;
    }
    uint32_t i = sim->queue_count++;
    while (i > 0 && comes_before(&event, &sim->queue[(i - 1) / 2])) {
        sim->queue[i] = sim->queue[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    sim->queue[i] = event;
}

static struct sim_event pop_event(struct sim *sim) {
    struct sim_event first = sim->queue[0];
    struct sim_event last = sim->queue[--sim->queue_count];
    uint32_t i = 0;
    for (;;) {
        uint32_t child = 2 * i + 1;
        if (child >= sim->queue_count)
            break;
        if (child + 1 < sim->queue_count && comes_before(&sim->queue[child + 1], &sim->queue[child]))
            child++;
        if (!comes_before(&sim->queue[child], &last))
            break;
        sim->queue[i] = sim->queue[child];
        i = child;
    }
    sim->queue[i] = last;
    return first;
}

void sim_after(struct sim *sim, uint64_t delay_us, struct process *process, void (*run)(struct sim *, void *),
               void *argument) {
    push_event(sim, (struct sim_event){.time_us = sim->now_us + delay_us,
                                       .order = sim_random(sim, STREAM_ORDER),
                                       .process = process,
                                       .run = run,
                                       .argument = argument});
}

struct process *process_new(struct sim *sim, const char *name, bool is_coordinator, void *body) {
    struct process *process = ARENA_NEW(&sim->arena, struct process);
    *process = (struct process){.sim = sim,
                                .name = name,
                                .number = sim->process_count++,
                                .is_coordinator = is_coordinator,
                                .alive = true,
                                .body = body};
    return process;
}

struct fate sim_fate(struct sim *sim, uint32_t site) {
    struct fate fate = {.arrives = true, .answered = true};
    uint32_t factor = sim->latency_factors[site >= KAFKA_INIT];
    if (site == KAFKA_INIT)
        factor = factor * sim->init_factor < 16 ? factor * sim->init_factor : 16;
    fate.there_us = factor * sim_between(sim, STREAM_LATENCY, 20, 400);
    fate.back_us = factor * sim_between(sim, STREAM_LATENCY, 20, 400);
    if (sim_fault(sim, FAULT_REQUEST_SLOW, site))
        fate.there_us += sim_fault_between(sim, FAULT_REQUEST_SLOW, site, 1000, 15000);
    if (sim_fault(sim, FAULT_REQUEST_LOST, site)) {
        fate.arrives = fate.answered = false;
    } else if (sim_fault(sim, FAULT_REQUEST_LATE, site)) {
        fate.there_us = sim_fault_between(sim, FAULT_REQUEST_LATE, site, REQUEST_TIMEOUT_US, 150000);
        fate.answered = false;
    } else if (sim_fault(sim, FAULT_ANSWER_LOST, site)) {
        fate.answered = false;
    } else if (sim_fault(sim, FAULT_REQUEST_TWICE, site)) {
        fate.twice = true;
        fate.again_us = sim_fault_between(sim, FAULT_REQUEST_TWICE, site, 500, 60000);
    }
    return fate;
}

static uint32_t draw(struct sim *sim, uint32_t given, uint32_t low, uint32_t high) {
    uint32_t drawn = (uint32_t)sim_between(sim, STREAM_CONFIG, low, high);
    return given > 0 ? given : drawn;
}

/* Swarm testing: each run has its own few kinds of faults, at its own rates; a mistake of people at most one. */
static void draw_faults(struct sim *sim) {
    static const uint32_t factors[] = {1, 2, 4, 8};
    for (uint32_t kind = 0; kind < FAULT_COUNT; kind++) {
        uint64_t chance = sim_random(sim, STREAM_CONFIG);
        uint32_t rate = faults[kind].rate * factors[(chance >> 32) % 4] / 2;
        sim->fault_rates[kind] = chance % 100 < 40 && kind < FAULT_MISTAKE_PLAN ? rate : 0;
    }
    /* Owners of lanes that overlap while they publish: some races are between their requests alone. */
    if (sim->is_handover) {
        sim->fault_rates[FAULT_SECOND_COORDINATOR] = 3000;
        sim->fault_rates[FAULT_MESSAGE_LATE] = 36000;
        sim->fault_rates[FAULT_REQUEST_SLOW] = 12000;
    }
    uint64_t mistake = sim_random(sim, STREAM_CONFIG);
    if (mistake % 100 < 30) {
        uint32_t kind = FAULT_MISTAKE_PLAN + (uint32_t)((mistake >> 32) % (FAULT_COUNT - FAULT_MISTAKE_PLAN));
        sim->fault_rates[kind] = faults[kind].rate;
        sim->fault_rates[FAULT_KILL_ALL] = faults[FAULT_KILL_ALL].rate;
    }
}

static void prepare(struct sim *sim) {
    const struct sim_options *options = &sim->options;
    sim->source_count = draw(sim, options->sources, 1, 3);
    sim->lane_count = draw(sim, options->lanes, 1, 3);
    sim->is_duel = options->random_faults && options->seed % 3 == 0;
    if (sim->is_duel)
        sim->source_count = sim->lane_count = 1;
    sim->is_handover = draw(sim, 0, 1, 6) == 1 && options->random_faults;
    sim->worker_count = draw(sim, options->workers, sim->is_handover ? 3 : 1, 3);
    sim->rows_per_source = draw(sim, options->rows, 20, 90);
    sim->chunk_rows = draw(sim, options->chunk_rows, 1, sim->is_handover ? 1 : draw(sim, 0, 1, 8));
    static const uint32_t factors[] = {1, 1, 2, 4, 12};
    for (int i = 0; i < 2; i++)
        sim->latency_factors[i] = options->random_faults ? factors[draw(sim, 0, 1, 5) - 1] : 1;
    sim->init_factor = sim->is_handover ? draw(sim, 0, 1, 12) : 1;
    sim->tick_us = 7000 * (options->random_faults && (sim->is_handover || draw(sim, 0, 1, 4) == 1) ? 4 : 1);
    sim->bound = draw(sim, 0, 1, 4);
    sim->heal_us = sim_between(sim, STREAM_CONFIG, 100000, 500000);
    draw_faults(sim);
    sim->writer_count = sim->lane_count * (sim->is_duel ? 1 : draw(sim, 0, 1, 3));
    sim->store = store_new(sim);
    sim->kafka = kafka_new(sim);
    sim->oracle = oracle_new(sim);
    sim->cluster = cluster_new(sim);
}

enum { LIVENESS_US = 30000000, EVENTS_MAX = 2000000 };

static void loop(struct sim *sim) {
    if (sim->is_duel)
        duel_start(sim);
    else
        cluster_start(sim);
    while (!sim->done) {
        SIM_CHECK(sim, sim->queue_count > 0, "nothing left to do, but the job has not ended");
        struct sim_event event = pop_event(sim);
        sim->now_us = event.time_us;
        SIM_CHECK(sim, sim->now_us < sim->heal_us + LIVENESS_US && ++sim->event_count < EVENTS_MAX,
                  "not finished %d ms after the last fault: %s", LIVENESS_US / 1000, cluster_describe(sim));
        struct process *process = event.process;
        if (process != NULL && !process->alive)
            continue;
        if (process != NULL && process->paused_until_us > sim->now_us) {
            event.time_us = process->paused_until_us + event.order % 50;
            push_event(sim, event);
            continue;
        }
        event.run(sim, event.argument);
    }
    oracle_check_end(sim, !sim->is_duel);
}

bool sim_run(struct sim *sim, const struct sim_options *options) {
    struct arena arena = sim->arena;
    arena_reset(&arena);
    memset(sim, 0, sizeof *sim);
    sim->arena = arena;
    sim->options = *options;
    sim->hash = options->seed;
    running = sim;
    if (setjmp(run_failed) == 0) {
        prepare(sim);
        loop(sim);
    }
    running = NULL;
    if (sim->cluster != NULL)
        cluster_release(sim);
    return sim->failure[0] == '\0';
}
