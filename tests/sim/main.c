/* main.c: runs seeds, replays one, shrinks its faults, and shows that planted bugs are found.
 *
 *   sim seeds FIRST COUNT [BUG]   histories FIRST … FIRST+COUNT-1; prints each failure with how to replay it
 *   sim seed SEED [BUG]           one history with its trace; when it fails, also its smallest list of faults
 *   sim planted MOST              every planted bug, at most MOST histories each
 *   sim scenarios                 the scripted rows of the crash matrix
 * Every mode closes with "N passed, N failed".
 */
#include <stdio.h>
#include <stdlib.h>

#include "tests/sim/scenario.h"
#include "tests/sim/sim.h"

static const struct {
    const char *name, *text;
} bugs[PLANTED_COUNT] = {
    {"NONE", ""},
#define PLANTED_BUG(name, text) {#name, text},
#include "runtime/protocol/planted.def"
#undef PLANTED_BUG
};

static int close_with(uint32_t passed, uint32_t failed) {
    printf("%u passed, %u failed\n", passed, failed);
    return failed > 0;
}

static void print_faults(const struct fault *faults, uint32_t count) {
    for (uint32_t i = 0; i < count; i++)
        printf("  %8.3f ms  %s at site %u, occasion %u: %s\n", (double)faults[i].time_us / 1000,
               fault_name(faults[i].kind), faults[i].site, faults[i].occasion, fault_text(faults[i].kind));
}

/* Every few histories are run twice: equal traces, or something in them depends on more than the seed. */
static bool run_seed(struct sim *sim, uint64_t seed, bool twice) {
    struct sim_options options = {.seed = seed, .random_faults = true};
    bool ok = sim_run(sim, &options);
    if (!ok || !twice)
        return ok;
    uint64_t hash = sim->hash;
    ok = sim_run(sim, &options);
    if (ok && sim->hash != hash) {
        snprintf(sim->failure, sizeof sim->failure, "a second run of the same seed went another way");
        return false;
    }
    return ok;
}

static int run_seeds(uint64_t first, uint64_t count) {
    struct sim sim;
    sim_init(&sim);
    uint32_t passed = 0, failed = 0;
    uint64_t faults = 0, events = 0;
    for (uint64_t seed = first; seed < first + count; seed++) {
        if (run_seed(&sim, seed, seed % 50 == 0)) {
            passed++;
        } else {
            failed++;
            printf("seed %llu: %s\n  replay: SEED=%llu tests/sim/run\n", (unsigned long long)seed, sim.failure,
                   (unsigned long long)seed);
        }
        faults += sim.fired_count;
        events += sim.event_count;
    }
    printf("%llu histories, %llu faults, %llu events\n", (unsigned long long)count, (unsigned long long)faults,
           (unsigned long long)events);
    sim_release(&sim);
    return close_with(passed, failed);
}

/* Takes faults away, in halves, quarters … single ones, and again, as long as the history still fails. Only what is left
 * may happen, so that nothing comes in the place of what was taken away. Returns how many are left. */
static uint32_t shrink(struct sim *sim, uint64_t seed, struct fault *left, uint32_t left_count) {
    struct fault *tried = malloc((left_count + 1) * sizeof *tried);
    if (tried == NULL)
        abort();
    struct sim_options options = {.seed = seed, .random_faults = true, .allowed = tried};
    for (uint32_t step = left_count, smaller = 1; step >= 1; step = smaller && step == 1 ? 1 : step / 2) {
        smaller = 0;
        for (uint32_t start = 0; start < left_count;) {
            uint32_t end = start + step < left_count ? start + step : left_count;
            memcpy(tried, left, start * sizeof *left);
            memcpy(tried + start, left + end, (left_count - end) * sizeof *left);
            options.allowed_count = left_count - (end - start);
            if (sim_run(sim, &options)) {
                start = end;
                continue;
            }
            left_count = options.allowed_count;
            memcpy(left, tried, left_count * sizeof *left);
            smaller = 1;
        }
    }
    options.allowed = left;
    options.allowed_count = left_count;
    sim_run(sim, &options);
    free(tried);
    return left_count;
}

static int replay(uint64_t seed) {
    struct sim sim;
    sim_init(&sim);
    struct sim_options options = {.seed = seed, .random_faults = true, .tracing = true};
    bool ok = sim_run(&sim, &options);
    printf("seed %llu: %s, %u faults, hash %016llx\n", (unsigned long long)seed, ok ? "passed" : sim.failure,
           sim.fired_count, (unsigned long long)sim.hash);
    if (!ok) {
        struct fault *left = malloc(FIRED_MAX * sizeof *left);
        if (left == NULL)
            abort();
        memcpy(left, sim.fired, sim.fired_count * sizeof *left);
        uint32_t count = shrink(&sim, seed, left, sim.fired_count);
        printf("it fails with these %u faults alone: %s\n", count, sim.failure);
        print_faults(left, count);
        free(left);
    }
    sim_release(&sim);
    return close_with(ok, !ok);
}

static int run_planted(uint64_t most) {
    struct sim sim;
    sim_init(&sim);
    uint32_t found = 0, missed = 0;
    for (int bug = PLANTED_NONE + 1; bug < PLANTED_COUNT; bug++) {
        planted_bug = (enum planted_bug)bug;
        uint64_t seed = 1;
        while (seed <= most && sim_run(&sim, &(struct sim_options){.seed = seed, .random_faults = true}))
            seed++;
        if (seed <= most) {
            found++;
            printf("  %-30s seed %6llu: %s\n", bugs[bug].name, (unsigned long long)seed, sim.failure);
        } else {
            missed++;
            printf("  %-30s NOT FOUND in %llu histories: %s\n", bugs[bug].name, (unsigned long long)most,
                   bugs[bug].text);
        }
    }
    planted_bug = PLANTED_NONE;
    sim_release(&sim);
    return close_with(found, missed);
}

static void plant(const char *name) {
    for (int bug = 0; bug < PLANTED_COUNT; bug++)
        if (strcmp(bugs[bug].name, name) == 0) {
            planted_bug = (enum planted_bug)bug;
            return;
        }
    fprintf(stderr, "no planted bug is called %s\n", name);
    exit(2);
}

int main(int argc, char **argv) {
    const char *mode = argc > 1 ? argv[1] : "";
    if (strcmp(mode, "seeds") == 0 && argc >= 4) {
        if (argc > 4)
            plant(argv[4]);
        return run_seeds(strtoull(argv[2], NULL, 10), strtoull(argv[3], NULL, 10));
    }
    if (strcmp(mode, "seed") == 0 && argc >= 3) {
        if (argc > 3)
            plant(argv[3]);
        return replay(strtoull(argv[2], NULL, 10));
    }
    if (strcmp(mode, "planted") == 0 && argc == 3)
        return run_planted(strtoull(argv[2], NULL, 10));
    if (strcmp(mode, "scenarios") == 0)
        return run_scenarios(argc > 2 ? argv[2] : NULL);
    fprintf(stderr, "usage: sim seeds FIRST COUNT [BUG] | seed SEED [BUG] | planted MOST | scenarios [NAME]\n");
    return 2;
}
