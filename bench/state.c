/* state.c: keyed state alone: read-modify-write of counters in a VALUE table, a batch at a time, on one core.
 *
 *   make MODE=release build/release/bench/state
 *   taskset -c 1 build/release/bench/state rocksdb keys=10000000 budget_mib=190 updates=6000000
 *   taskset -c 1 build/release/bench/state memory keys=10000000
 *
 * Fills all keys in random order, then updates: hot_percent of the updates on a fifth of the keys. A key has 9 bytes, a value value_bytes (32).
 * With checkpoint_every=N a checkpoint is taken in steps after every N updates. Files go to folder (default: /tmp). RocksDB's threads
 * run on the same core; "per CPU second" counts the CPU time of all threads and does not depend on who else uses the machine.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "core/base/arena.h"
#include "core/base/env.h"
#include "core/base/hash.h"
#include "runtime/state/memory_backend.h"
#include "runtime/state/rocks_backend.h"

enum { BATCH = 2048, KEY_BYTES = 9, VALUE_BYTES_MAX = 4096, STEP_ENTRIES = 20000 };

static struct options {
    const char *backend, *folder;
    uint64_t keys, updates, budget_mib, hot_percent, value_bytes, checkpoint_every;
} options = {.backend = "memory",
             .folder = "/tmp",
             .keys = 1000000,
             .updates = 4000000,
             .budget_mib = 1 << 20,
             .hot_percent = 80,
             .value_bytes = 32};

struct bench {
    struct state_budget budget;
    struct state_backend *backend;
    struct state_table *table;
    uint64_t keys[BATCH];
    char key_bytes[BATCH][KEY_BYTES];
    struct state_address addresses[BATCH];
    struct state_write writes[BATCH];
    struct str values[BATCH];
    char *new_values;
    uint64_t random;
    bool checkpoint, swept;
    uint64_t since_checkpoint, checkpoints, checkpoint_bytes;
    size_t most_used;
    double slowest;
};

static struct error error;

static void must(enum status status) {
    if (status == STATUS_OK)
        return;
    fprintf(stderr, "%s\n%s\n", error.message, error.detail);
    exit(1);
}

static double wall_seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static double cpu_seconds(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
}

static double resident_mib(void) {
    unsigned long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file && fscanf(file, "%*u %lu", &pages) != 1)
        pages = 0;
    if (file)
        fclose(file);
    return (double)pages * (double)sysconf(_SC_PAGESIZE) / 1048576;
}

static uint64_t draw(struct bench *bench) {
    bench->random += 0x9E3779B97F4A7C15ull;
    return hash_u64(bench->random);
}

static void set_key(struct bench *bench, uint32_t i, uint64_t key) {
    bench->keys[i] = key;
    memcpy(bench->key_bytes[i] + 1, &key, sizeof key);
    bench->addresses[i] =
        (struct state_address){.hash = (uint32_t)(hash_u64(key + 1) >> 32), .key = {bench->key_bytes[i], KEY_BYTES}};
    bench->writes[i] = (struct state_write){
        .address = bench->addresses[i], .value = {bench->new_values + i * options.value_bytes, options.value_bytes}};
}

static void checkpoint(struct bench *bench) {
    if (!bench->checkpoint) {
        must(state_checkpoint_begin(bench->backend, &error));
        bench->checkpoint = true;
        bench->swept = false;
        return;
    }
    if (!bench->swept) {
        must(state_checkpoint_step(bench->backend, STEP_ENTRIES, &bench->swept, &error));
        return;
    }
    struct state_files files;
    bool done;
    must(state_checkpoint_finish(bench->backend, &files, &done, &error));
    if (!done)
        return;
    for (uint32_t i = 0; i < files.count; i++)
        bench->checkpoint_bytes += files.items[i].size_bytes;
    must(state_checkpoint_release(bench->backend, &error));
    bench->checkpoint = false;
    bench->since_checkpoint = 0;
    bench->checkpoints++;
}

/* Reads, adds one to each counter, writes; a key that comes twice in a batch counts once. */
static void batch(struct bench *bench, uint32_t count) {
    double start = wall_seconds();
    must(state_multi_get(bench->table, bench->addresses, count, bench->values, &error));
    for (uint32_t i = 0; i < count; i++) {
        char *value = bench->new_values + i * options.value_bytes;
        uint64_t counter = 0;
        if (bench->values[i].data)
            memcpy(value, bench->values[i].data, options.value_bytes);
        else
            memset(value, 0, options.value_bytes);
        memcpy(&counter, value, sizeof counter);
        counter++;
        memcpy(value, &counter, sizeof counter);
        memcpy(value + 8, &bench->keys[i], sizeof bench->keys[i]);
    }
    must(state_multi_write(bench->table, bench->writes, count, &error));
    bench->since_checkpoint += count;
    if (options.checkpoint_every && bench->since_checkpoint >= options.checkpoint_every)
        checkpoint(bench);
    must(state_backend_advance(bench->backend, 1, &error));
    size_t used = state_budget_used(&bench->budget);
    bench->most_used = used > bench->most_used ? used : bench->most_used;
    double took = wall_seconds() - start;
    bench->slowest = took > bench->slowest ? took : bench->slowest;
}

/* Every key once, in the order of a walk that visits all of them. */
static void fill(struct bench *bench) {
    uint64_t step = 2654435761u % options.keys, at = 0;
    while (step == 0 || __builtin_ctzll(step | options.keys) > 0 || options.keys % step == 0)
        step++;
    for (uint64_t a = step, b = options.keys; b;) { /* gcd must be 1 */
        uint64_t rest = a % b;
        a = b;
        b = rest;
        if (b == 0 && a != 1) {
            step++;
            a = step;
            b = options.keys;
        }
    }
    for (uint64_t done = 0; done < options.keys;) {
        uint32_t count = 0;
        for (; count < BATCH && done + count < options.keys; count++, at = (at + step) % options.keys)
            set_key(bench, count, at);
        batch(bench, count);
        done += count;
    }
}

static void update(struct bench *bench) {
    uint64_t hot = options.keys / 5;
    for (uint64_t done = 0; done < options.updates; done += BATCH) {
        for (uint32_t i = 0; i < BATCH; i++) {
            bool is_hot = draw(bench) % 100 < options.hot_percent;
            set_key(bench, i, is_hot ? draw(bench) % hot : hot + draw(bench) % (options.keys - hot));
        }
        batch(bench, BATCH);
    }
}

static void report(struct bench *bench, const char *what, uint64_t count, double wall, double cpu) {
    struct state_usage usage = state_table_usage(bench->table);
    printf("%-8s %.2f M in %.2f s wall, %.2f s CPU: %.0f K/s, %.0f K per CPU second; slowest batch %.1f ms; budget "
           "used %.0f MiB "
           "(most %.0f); resident %.0f MiB; rows %.2f M; in RAM %.0f MiB, on disk %.0f MiB\n",
           what, (double)count / 1e6, wall, cpu, (double)count / wall / 1e3, (double)count / cpu / 1e3,
           bench->slowest * 1e3, (double)state_budget_used(&bench->budget) / 1048576,
           (double)bench->most_used / 1048576, resident_mib(), (double)usage.rows / 1e6,
           (double)usage.memory_bytes / 1048576, (double)usage.disk_bytes / 1048576);
    fflush(stdout);
    bench->slowest = 0;
}

static void open_backend(struct bench *bench) {
    state_budget_init(&bench->budget, options.budget_mib << 20);
    if (strcmp(options.backend, "memory") == 0) {
        bench->backend = memory_backend_open(&bench->budget);
    } else {
        char *folder = NULL;
        if (asprintf(&folder, "%s/streamsql-bench-state", options.folder) < 0)
            exit(1);
        struct rocks_config config = {.budget = &bench->budget,
                                      .env = env_posix(),
                                      .folder = folder,
                                      .incarnation = "bench",
                                      .share_count = 1,
                                      .end_key_group = KEY_GROUP_COUNT};
        must(rocks_backend_open(&config, &bench->backend, &error));
        free(folder);
    }
    struct state_descriptor descriptor = {
        .operator_id = "bench", .role = "counters", .kind = STATE_VALUE, .version = 1, .description = ""};
    must(state_table_open(bench->backend, &descriptor, &bench->table, &error));
}

static void read_options(int count, char **arguments) {
    const struct {
        const char *name;
        uint64_t *value;
    } numbers[] = {{"keys=", &options.keys},
                   {"updates=", &options.updates},
                   {"budget_mib=", &options.budget_mib},
                   {"hot_percent=", &options.hot_percent},
                   {"value_bytes=", &options.value_bytes},
                   {"checkpoint_every=", &options.checkpoint_every}};
    for (int i = 1; i < count; i++) {
        const char *argument = arguments[i];
        if (strncmp(argument, "folder=", 7) == 0)
            options.folder = argument + 7;
        else if (!strchr(argument, '='))
            options.backend = argument;
        for (size_t n = 0; n < sizeof numbers / sizeof numbers[0]; n++)
            if (strncmp(argument, numbers[n].name, strlen(numbers[n].name)) == 0)
                *numbers[n].value = strtoull(argument + strlen(numbers[n].name), NULL, 10);
    }
    if (options.keys < 5 || options.value_bytes < 16 || options.value_bytes > VALUE_BYTES_MAX) {
        fprintf(stderr, "keys must be at least 5, value_bytes 16 to %d\n", VALUE_BYTES_MAX);
        exit(2);
    }
}

int main(int count, char **arguments) {
    read_options(count, arguments);
    struct bench *bench = memory_zalloc(sizeof *bench);
    bench->new_values = memory_zalloc(BATCH * options.value_bytes);
    open_backend(bench);
    double wall = wall_seconds(), cpu = cpu_seconds();
    fill(bench);
    report(bench, "fill", options.keys, wall_seconds() - wall, cpu_seconds() - cpu);
    for (int round = 0; round < 2; round++) {
        wall = wall_seconds(), cpu = cpu_seconds();
        update(bench);
        report(bench, "update", options.updates, wall_seconds() - wall, cpu_seconds() - cpu);
    }
    if (bench->checkpoints)
        printf("%llu checkpoints of %.0f MiB\n", (unsigned long long)bench->checkpoints,
               (double)bench->checkpoint_bytes / (double)bench->checkpoints / 1048576);
    state_backend_close(bench->backend);
    free(bench->new_values);
    free(bench);
    return 0;
}
