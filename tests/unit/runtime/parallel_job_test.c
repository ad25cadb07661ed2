/* parallel_job_test.c: jobs of several tasks over a table with several splits, stopped and restored at other parallelisms. What they say, folded,
 * is what one undisturbed task says: rows that no watermark makes late have one answer, however they are divided. */
#include "tests/unit/runtime/memory_job.h"

#include <pthread.h>
#include <stdatomic.h>

#include "core/base/hash.h"

enum { SPLITS = 5, ROWS = 60, KEYS = 17, TASKS_MOST = 4, BATCH_ROWS = 7 };

/* ---- a table whose splits are shared by instances ---- */

static struct {
    struct memory_row rows[SPLITS][ROWS];
    uint32_t split_count;
    bool unbounded;
    _Atomic uint32_t fail_after; /* batches of all instances; 0: never */
    _Atomic uint32_t batches, dead, opened;
} table;

struct table_source {
    struct source base;
    _Atomic uint32_t lent_count; /* buffers that its batches hold */
    const struct source_config *config;
    uint32_t splits[SPLITS], next[SPLITS]; /* own ones, and their next rows */
    uint32_t turn;
};

static const char *const table_split_names[SPLITS] = {"split-0", "split-1", "split-2", "split-3", "split-4"};

/* As rows that lie in a client's buffers: the client cannot be closed before the last of them is back. */
struct table_buffer {
    struct buffer base;
    _Atomic uint32_t *lent_count;
};

static void table_buffer_release(struct buffer *buffer) {
    atomic_fetch_sub(((struct table_buffer *)buffer)->lent_count, 1);
    free(buffer);
}

static void table_lend_buffer(struct table_source *source, struct batch *batch) {
    struct table_buffer *buffer = memory_zalloc(sizeof *buffer);
    buffer->base.reference_count = 1;
    buffer->base.release = table_buffer_release;
    buffer->lent_count = &source->lent_count;
    atomic_fetch_add(&source->lent_count, 1);
    batch_hold_buffer(batch, &buffer->base);
    buffer_release(&buffer->base);
}

static void table_report_dead(const struct source_config *config, const char *split) {
    static const struct error reason = {.status = STATUS_MALFORMED_RECORD, .message = "it is a stone"};
    struct dead_letter letter = {.table = "t", .split = split, .bytes = STR("stone"), .reason = &reason};
    config->dead->report(config->dead, &letter);
    atomic_fetch_add(&table.dead, 1);
}

static enum status table_poll(struct source *self, int64_t max_wait_us, struct source_poll *poll, struct error *error) {
    struct table_source *source = (struct table_source *)self;
    const struct source_config *config = source->config;
    (void)max_wait_us;
    uint32_t fail_after = atomic_load(&table.fail_after);
    if (fail_after && atomic_load(&table.batches) >= fail_after)
        return FAIL(error, STATUS_CONNECTION_FAILURE, "the table is gone");
    for (uint32_t i = 0; i < self->split_count; i++) {
        uint32_t split = (source->turn + i) % self->split_count;
        if (source->next[split] == ROWS)
            continue;
        uint32_t left = ROWS - source->next[split], count = left < config->batch_rows ? left : config->batch_rows;
        poll->batch = batch_new(config->pool, config->column_count);
        poll->batch->row_count = count;
        poll->split = split;
        memory_fill(config, poll->batch, &table.rows[source->splits[split]][source->next[split]]);
        table_lend_buffer(source, poll->batch);
        source->next[split] += count;
        poll->split_ended = source->next[split] == ROWS && !table.unbounded;
        source->turn = split + 1;
        table_report_dead(config, table_split_names[source->splits[split]]);
        atomic_fetch_add(&table.batches, 1);
        return STATUS_OK;
    }
    poll->state = table.unbounded ? SOURCE_WAIT : SOURCE_END;
    poll->wait_us = 1000;
    return STATUS_OK;
}

static const char *table_split_name(const struct source *source, uint32_t split) {
    return table_split_names[((const struct table_source *)source)->splits[split]];
}

static void table_split_position(const struct source *source, uint32_t split, struct strbuf *out) {
    strbuf_printf(out, "%u", ((const struct table_source *)source)->next[split]);
}

static void table_close(struct source *source) {
    assert_int_equal(atomic_load(&((struct table_source *)source)->lent_count), 0);
}

static const struct source_class table_source_class = {
    .poll = table_poll, .split_name = table_split_name, .split_position = table_split_position, .close = table_close};

static enum status table_open(const struct source_config *config, struct source **source, struct error *error) {
    (void)error;
    struct table_source *opened = ARENA_NEW(config->arena, struct table_source);
    opened->base.class = &table_source_class;
    opened->config = config;
    for (uint32_t i = 0; i < table.split_count; i++) {
        if (!split_is_own(config, table_split_names[i], 0))
            continue;
        for (uint32_t k = 0; k < config->position_count; k++)
            if (strcmp(config->positions[k].split, table_split_names[i]) == 0)
                opened->next[opened->base.split_count] = (uint32_t)strtoul(config->positions[k].position, NULL, 10);
        opened->splits[opened->base.split_count++] = i;
    }
    atomic_fetch_add(&table.opened, 1);
    *source = &opened->base;
    return STATUS_OK;
}

static uint32_t any_parallelism(const struct options *options) {
    (void)options;
    return 0;
}

static const struct connector_class table_connector = {
    .name = "table", .source_open = table_open, .source_parallelism_limit = any_parallelism};
static const struct connector_class *const table_connectors[] = {&table_connector, NULL};
static const struct connector_registry table_registry = {table_connectors, memory_formats};

/* Times of a split never fall, and its watermark stays two behind them: a session that ends at e closes at e - 1, so not before every split is past
 * e, and a row at e itself, which joins it, has come. With the watermark one behind, rows of equal times would make sessions of several splits depend
 * on who is first. */
static void fill_table(uint64_t seed) {
    memset(&table, 0, sizeof table);
    table.split_count = SPLITS;
    for (uint32_t split = 0; split < SPLITS; split++) {
        int64_t time_us = 0;
        for (uint32_t row = 0; row < ROWS; row++) {
            seed = hash_u64(seed + 1);
            time_us += (int64_t)(seed >> 20) % 4000;
            table.rows[split][row] = (struct memory_row){.key = (int64_t)(seed % KEYS),
                                                         .value = (int64_t)(seed >> 40) % 100,
                                                         .time_us = time_us / 1000 * 1000,
                                                         .watermark_us = time_us / 1000 * 1000 - 2};
        }
    }
}

/* One split, with rows up to twenty milliseconds back, and a watermark that waits for none of them: windows of ten leave out many. */
static void fill_late_table(uint64_t seed) {
    fill_table(seed);
    table.split_count = 1;
    for (uint32_t row = 0; row < ROWS; row++) {
        struct memory_row *late = &table.rows[0][row];
        late->time_us -= row % 3 == 2 ? (int64_t)(hash_u64(seed + row) % 20) * 1000 : 0;
    }
}

/* ---- what came out ---- */

static struct {
    struct strbuf text; /* of all pieces */
    pthread_t thread;   /* that called job_run */
    uint32_t foreign_calls;
} client;

static enum status client_on_batch(struct result_target *target, struct batch *batch, struct error *error) {
    client.foreign_calls += !pthread_equal(client.thread, pthread_self());
    return output_on_batch(target, batch, error);
}

static int compare_lines(const void *left, const void *right) {
    const char *a = *(char *const *)left, *b = *(char *const *)right;
    int rows = strcmp(a + 3, b + 3);
    return rows ? rows : strcmp(a, b);
}

/* The rows that a change log leaves, sorted: each that was added more often than taken back. In place. */
static char *folded(char *text) {
    char **lines = memory_alloc(sizeof *lines * (strlen(text) + 1));
    size_t count = 0;
    struct strbuf out;
    strbuf_init(&out);
    for (char *save, *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
        lines[count++] = line;
    qsort(lines, count, sizeof *lines, compare_lines);
    for (size_t i = 0, end; i < count; i = end) {
        int64_t times = 0;
        for (end = i; end < count && strcmp(lines[end] + 3, lines[i] + 3) == 0; end++)
            times += lines[end][0] == '+' ? 1 : -1;
        if (times < 0)
            fail_msg("taken back, and never there: %s", lines[i]);
        for (; times > 0; times--)
            strbuf_printf(&out, "%s\n", lines[i] + 3);
    }
    free(lines);
    char *result = memory_strdup(strbuf_text(&out));
    strbuf_release(&out);
    return result;
}

/* ---- queries ---- */

enum query {
    GROUPS,
    TUMBLE,
    HOP,
    CUMULATE,
    SESSION,
    UPDATED_WINDOWS,
    UPDATED_SESSIONS,
    GROUPS_OF_GROUPS,
    TOTAL,
    WINDOWS_OF_ALL,
    QUERY_COUNT
};
static const char *const query_names[] = {
    "groups",           "tumble",           "hop",   "cumulate",      "session", "updated windows",
    "updated sessions", "groups of groups", "total", "windows of all"};
static const char *const calls[] = {"count_star", "sum_bigint", NULL};
static const char *const count_only[] = {"count_star", NULL};

static void hash_by_key(struct memory_plan *plan) {
    static uint32_t first_column[] = {0};
    Plan__Node *node = plan->nodes[plan->plan.n_nodes - 1];
    node->distribution = PLAN__DISTRIBUTION__HASH;
    node->distribution_columns = first_column;
    node->n_distribution_columns = 1;
}

static void keep_single(struct memory_plan *plan) {
    Plan__Node *node = plan->nodes[plan->plan.n_nodes - 1];
    node->distribution = PLAN__DISTRIBUTION__SINGLETON;
    node->parallelism_limit = 1;
}

static Plan__GroupAggregate *add_groups(struct memory_plan *plan, bool keyed, const char *const *ids) {
    Plan__GroupAggregate *aggregate = plan_add_group(plan, keyed, ids);
    Plan__Node *node = plan->nodes[plan->plan.n_nodes - 1];
    node->change_mode = PLAN__CHANGE_MODE__RETRACT;
    aggregate->emit_before = true;
    if (keyed)
        hash_by_key(plan);
    else
        keep_single(plan);
    return aggregate;
}

static void add_window(struct memory_plan *plan, Plan__WindowKind kind, int64_t size_us, int64_t slide_us, bool keyed,
                       bool is_updated) {
    Plan__WindowAggregate *window = plan_add_window(plan, kind, size_us, slide_us, 0, keyed, calls);
    if (is_updated) {
        window->emit = PLAN__EMIT__ON_UPDATE;
        plan->nodes[plan->plan.n_nodes - 1]->change_mode = PLAN__CHANGE_MODE__RETRACT;
    }
    if (keyed)
        hash_by_key(plan);
    else
        keep_single(plan);
}

static void make_plan(struct memory_plan *plan, enum query query) {
    plan_init(plan);
    plan_add_scan(plan, true, 0)->connector = "table";
    switch (query) {
    case GROUPS: add_groups(plan, true, calls); break;
    case TUMBLE: add_window(plan, PLAN__WINDOW_KIND__TUMBLE, 10000, 10000, true, false); break;
    case HOP: add_window(plan, PLAN__WINDOW_KIND__HOP, 12000, 4000, true, false); break;
    case CUMULATE: add_window(plan, PLAN__WINDOW_KIND__CUMULATE, 40000, 10000, true, false); break;
    case SESSION: add_window(plan, PLAN__WINDOW_KIND__SESSION, 6000, 0, true, false); break;
    case UPDATED_WINDOWS: add_window(plan, PLAN__WINDOW_KIND__HOP, 12000, 4000, true, true); break;
    case UPDATED_SESSIONS: add_window(plan, PLAN__WINDOW_KIND__SESSION, 6000, 0, true, true); break;
    case GROUPS_OF_GROUPS: /* by how often a key came: the sum of values is column 2 */
        add_groups(plan, true, calls);
        add_groups(plan, true, count_only);
        plan->nodes[2]->group_aggregate->keys[0] = 1;
        plan->nodes[2]->distribution_columns = ARENA_NEW(&plan->arena, uint32_t);
        plan->nodes[2]->distribution_columns[0] = 1;
        plan->nodes[2]->group_aggregate->aggregates[0]->aggregate = "count_star";
        break;
    case TOTAL: add_groups(plan, false, calls); break;
    case WINDOWS_OF_ALL: add_window(plan, PLAN__WINDOW_KIND__TUMBLE, 10000, 10000, false, false); break;
    case QUERY_COUNT: UNREACHABLE();
    }
    plan_add_sink(plan, "");
    keep_single(plan);
}

/* ---- runs ---- */

struct run {
    struct memory_plan *plan;
    uint32_t parallelism;
    const char *folder;
    uint64_t stop_batches;
    bool spills;                        /* so little memory that hardly a group has room in it */
    void (*meanwhile)(struct job *job); /* from another thread, once it runs */
    enum status status;
    struct error error;
    bool stopped;
    uint64_t rows_in, dead_count;
};

static void *run_meanwhile(void *context) {
    struct run *run = context;
    run->meanwhile(memory.job);
    return NULL;
}

static void run_job(struct run *run) {
    struct job_config config = {
        .plan = &run->plan->plan,
        .registry = &table_registry,
        .env = env_posix(),
        .result = &output.target,
        .batch_rows = BATCH_ROWS,
        .checkpoint_uri = run->folder,
        .checkpoint_stop_batches = run->stop_batches,
        .checkpoint_interval_us = run->folder ? 2000 : 0,
        .uses_rocksdb = run->spills,
        .state_budget_bytes = 1000,
    };
    run->plan->plan.parallelism = run->parallelism;
    client.thread = pthread_self();
    output.target.on_batch = client_on_batch;
    run->error = (struct error){0};
    run->status = job_open(&config, &memory.job, &run->error);
    if (run->status != STATUS_OK)
        return;
    pthread_t thread;
    if (run->meanwhile)
        assert_int_equal(pthread_create(&thread, NULL, run_meanwhile, run), 0);
    run->status = job_run(memory.job, &run->error);
    if (run->meanwhile)
        pthread_join(thread, NULL);
    run->stopped = job_stopped_itself(memory.job);
    run->rows_in = job_rows_in(memory.job);
    run->dead_count = job_dead_count(memory.job);
    assert_int_equal(client.foreign_calls, 0);
}

static void run_job_ok(struct run *run, const char *name) {
    run_job(run);
    if (run->status != STATUS_OK)
        fail_msg("%s, parallelism %u: %s: %s (%s)", name, run->parallelism, status_name(run->status),
                 run->error.message, run->error.detail);
}

static void free_job(void) {
    job_free(memory.job);
    memory.job = NULL;
}

static char *straight_answer(struct memory_plan *plan, uint32_t parallelism, const char *name) {
    memory_reset(NULL, 0);
    struct run run = {.plan = plan, .parallelism = parallelism};
    run_job_ok(&run, name);
    assert_int_equal(run.rows_in, table.split_count * ROWS);
    assert_int_equal(run.dead_count, atomic_load(&table.dead));
    struct job_operator_status sink;
    job_operator_status(memory.job, (uint32_t)plan->plan.n_nodes - 1, &sink);
    assert_string_equal(sink.name, "Sink");
    assert_int_equal(sink.watermark_us, WATERMARK_END);
    assert_int_equal(job_split_count(memory.job), table.split_count);
    atomic_store(&table.dead, 0);
    free_job();
    return folded(output.text.data);
}

static void several_tasks_say_what_one_says(void **state) {
    (void)state;
    for (uint32_t query = 0; query < QUERY_COUNT; query++)
        for (uint64_t seed = 1; seed <= 3; seed++) {
            struct memory_plan plan;
            fill_table(seed);
            make_plan(&plan, (enum query)query);
            char *wanted = straight_answer(&plan, 1, query_names[query]);
            assert_true(strlen(wanted) > 0);
            for (uint32_t parallelism = 2; parallelism <= TASKS_MOST; parallelism++) {
                char *is = straight_answer(&plan, parallelism, query_names[query]);
                if (strcmp(is, wanted) != 0)
                    fail_msg("%s, seed %d, parallelism %u:\n%s\ninstead of\n%s", query_names[query], (int)seed,
                             parallelism, is, wanted);
                free(is);
            }
            free(wanted);
            arena_release(&plan.arena);
        }
}

/* Where groups go that memory has no room for. */
enum place { STAY, LEAVE, EITHER };

/* Stops after a few batches, again and again, each time with a parallelism of its own; state goes from one to the next. */
static void run_in_pieces(struct memory_plan *plan, const char *folder, enum place place, uint64_t seed,
                          const char *name) {
    uint64_t rows_in = 0;
    uint32_t pieces = 0;
    memory_reset(NULL, 0);
    for (bool stopped = true; stopped; pieces++) {
        seed = hash_u64(seed + 1);
        struct run run = {.plan = plan,
                          .folder = folder,
                          .parallelism = 1 + (uint32_t)(seed % TASKS_MOST),
                          .spills = place == LEAVE || (place == EITHER && seed >> 40 & 1),
                          .stop_batches = 1 + seed / 8 % 9};
        run_job_ok(&run, name);
        stopped = run.stopped;
        if (run.rows_in < rows_in)
            fail_msg("%s: rows that were counted are forgotten", name);
        rows_in = run.rows_in;
        free_job();
    }
    assert_int_equal(rows_in, table.split_count * ROWS);
    assert_in_range(pieces, table.split_count > 1 ? 3 : 2, 1000);
}

/* What the pieces said, folded. */
static void expect_output(const char *wanted, const char *name, uint64_t seed) {
    char *is = folded(output.text.data);
    if (strcmp(is, wanted) != 0)
        fail_msg("%s, seed %d, in pieces:\n%s\ninstead of\n%s", name, (int)seed, is, wanted);
    free(is);
}

static void state_goes_to_any_parallelism(void **state) {
    (void)state;
    for (uint32_t query = 0; query < QUERY_COUNT; query++)
        for (uint64_t seed = 1; seed <= 3; seed++) {
            struct memory_plan plan;
            char folder[64];
            fill_table(seed);
            make_plan(&plan, (enum query)query);
            char *wanted = straight_answer(&plan, 1, query_names[query]);
            make_folder(folder, "parallel");
            run_in_pieces(&plan, folder, STAY, seed * 1000 + query, query_names[query]);
            expect_output(wanted, query_names[query], seed);
            free(wanted);
            remove_tree(folder);
            arena_release(&plan.arena);
        }
}

static uint32_t files_seen;

static int see_file(const char *path, const struct stat *status, int kind, struct FTW *walk) {
    (void)status, (void)kind;
    files_seen += strncmp(path + walk->base, "file-", 5) == 0;
    return 0;
}

/* Groups below memory are saved as files, and come back to any number of tasks, which have the same groups together or apart, and to memory. */
static void files_go_to_any_parallelism(void **state) {
    (void)state;
    static const enum query queries[] = {GROUPS,   GROUPS_OF_GROUPS, TUMBLE,  HOP,
                                         CUMULATE, UPDATED_WINDOWS,  SESSION, UPDATED_SESSIONS};
    enum { COUNT = sizeof queries / sizeof queries[0] };
    uint32_t seen[COUNT] = {0};
    for (uint64_t seed = 1; seed <= 4 * COUNT; seed++) {
        struct memory_plan plan;
        char folder[64];
        enum query query = queries[seed % COUNT];
        fill_table(seed);
        make_plan(&plan, query);
        char *wanted = straight_answer(&plan, 1, query_names[query]);
        make_folder(folder, "parallel");
        run_in_pieces(&plan, folder, seed / COUNT % 2 ? EITHER : LEAVE, seed, query_names[query]);
        files_seen = 0;
        nftw(folder, see_file, 16, FTW_PHYS);
        seen[seed % COUNT] += files_seen;
        expect_output(wanted, query_names[query], seed);
        free(wanted);
        remove_tree(folder);
        arena_release(&plan.arena);
    }
    for (int i = 0; i < COUNT; i++)
        assert_true(seen[i] > 0);
}

static int64_t sum_of_counts(const char *rows) {
    int64_t sum = 0;
    for (const char *line = rows; *line; line = strchr(line, '\n') + 1)
        sum += strtoll(strchr(line, ' '), NULL, 10);
    return sum;
}

/* What is late in a table with one split follows from the order of its rows alone: those who read nothing have no say, from the start. */
static void late_rows_are_late_among_any_number_of_tasks(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 10; seed++) {
        struct memory_plan plan;
        char folder[64];
        fill_late_table(seed);
        make_plan(&plan, TUMBLE);
        char *wanted = straight_answer(&plan, 1, "late");
        assert_in_range(sum_of_counts(wanted), ROWS / 2, ROWS - 1);
        for (uint32_t parallelism = 2; parallelism <= TASKS_MOST; parallelism++) {
            char *is = straight_answer(&plan, parallelism, "late");
            if (strcmp(is, wanted) != 0)
                fail_msg("seed %d, parallelism %u:\n%s\ninstead of\n%s", (int)seed, parallelism, is, wanted);
            free(is);
        }
        make_folder(folder, "parallel");
        run_in_pieces(&plan, folder, STAY, seed, "late");
        expect_output(wanted, "late", seed);
        free(wanted);
        remove_tree(folder);
        arena_release(&plan.arena);
    }
}

/* ---- ends ---- */

static void make_passing_plan(struct memory_plan *plan, uint64_t limit) {
    plan_init(plan);
    plan_add_scan(plan, false, 0)->connector = "table";
    if (limit > 0) {
        Plan__Node *node = plan_add(plan, PLAN__NODE__OPERATION_LIMIT);
        node->output = plan->nodes[0]->output;
        node->n_output = plan->nodes[0]->n_output;
        node->limit = ARENA_NEW(&plan->arena, Plan__Limit);
        plan__limit__init(node->limit);
        node->limit->has_limit = true;
        node->limit->limit = limit;
        keep_single(plan);
    }
    plan_add_sink(plan, "");
    keep_single(plan);
}

static size_t line_count(const char *text) {
    size_t count = 0;
    for (; *text; text++)
        count += *text == '\n';
    return count;
}

static void a_limit_ends_sources_of_other_tasks(void **state) {
    (void)state;
    struct memory_plan plan;
    fill_table(1);
    table.unbounded = true; /* it would run for ever */
    make_passing_plan(&plan, 25);
    memory_reset(NULL, 0);
    struct run run = {.plan = &plan, .parallelism = 3};
    run_job_ok(&run, "limit");
    assert_int_equal(line_count(strbuf_text(&output.text)), 25);
    free_job();
    arena_release(&plan.arena);
}

static void the_first_failure_is_the_jobs(void **state) {
    (void)state;
    struct memory_plan plan;
    fill_table(1);
    table.unbounded = true;
    atomic_store(&table.fail_after, 11);
    make_passing_plan(&plan, 0);
    memory_reset(NULL, 0);
    struct run run = {.plan = &plan, .parallelism = 3};
    run_job(&run);
    assert_int_equal(run.status, STATUS_CONNECTION_FAILURE);
    assert_string_equal(run.error.message, "the table is gone");
    free_job();
    memory_reset(NULL, 0);
    fill_table(1); /* the client fails, while sources wait for room or for more */
    table.unbounded = true;
    output.fail_after = 2;
    run_job(&run);
    assert_int_equal(run.status, STATUS_BROKEN_PIPE);
    free_job();
    arena_release(&plan.arena);
}

static void stop_when_all_is_read(struct job *job) {
    while (atomic_load(&table.batches) < SPLITS * ((ROWS + BATCH_ROWS - 1) / BATCH_ROWS))
        sched_yield();
    job_stop(job);
}

/* Without checkpoints a stop lets go out what was read, and does not close windows. */
static void a_stop_loses_nothing_that_was_read(void **state) {
    (void)state;
    struct memory_plan plan;
    fill_table(1);
    table.unbounded = true;
    make_passing_plan(&plan, 0);
    memory_reset(NULL, 0);
    struct run run = {.plan = &plan, .parallelism = 4, .meanwhile = stop_when_all_is_read};
    run_job_ok(&run, "stop");
    assert_int_equal(line_count(strbuf_text(&output.text)), SPLITS * ROWS);
    free_job();
    arena_release(&plan.arena);
    fill_table(1);
    table.unbounded = true;
    make_plan(&plan, SESSION);
    memory_reset(NULL, 0);
    run_job_ok(&run, "stop");
    struct job_operator_status window;
    job_operator_status(memory.job, 1, &window);
    assert_int_equal(window.counters.rows_in, SPLITS * ROWS);
    assert_in_range(window.counters.state_rows, 1, KEYS * ROWS);
    free_job();
    arena_release(&plan.arena);
}

/* With checkpoints the stop is an epoch; what comes after goes on from there, with other tasks. */
static void a_stop_of_many_tasks_is_an_epoch(void **state) {
    (void)state;
    struct memory_plan plan;
    char folder[64];
    fill_table(2);
    make_plan(&plan, GROUPS);
    char *wanted = straight_answer(&plan, 1, "groups");
    make_folder(folder, "parallel");
    memory_reset(NULL, 0);
    atomic_store(&table.batches, 0);
    table.unbounded = true;
    struct run run = {.plan = &plan, .parallelism = 3, .folder = folder, .meanwhile = stop_when_all_is_read};
    run_job_ok(&run, "stop");
    free_job();
    table.unbounded = false;
    run = (struct run){.plan = &plan, .parallelism = 2, .folder = folder};
    run_job_ok(&run, "resume");
    assert_int_equal(run.rows_in, SPLITS * ROWS);
    free_job();
    char *is = folded(output.text.data);
    assert_string_equal(is, wanted);
    free(is);
    free(wanted);
    remove_tree(folder);
    arena_release(&plan.arena);
}

static int forget(void **state) {
    (void)state;
    strbuf_release(&output.text);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(several_tasks_say_what_one_says),
        cmocka_unit_test(state_goes_to_any_parallelism),
        cmocka_unit_test(files_go_to_any_parallelism),
        cmocka_unit_test(late_rows_are_late_among_any_number_of_tasks),
        cmocka_unit_test(a_limit_ends_sources_of_other_tasks),
        cmocka_unit_test(the_first_failure_is_the_jobs),
        cmocka_unit_test(a_stop_loses_nothing_that_was_read),
        cmocka_unit_test(a_stop_of_many_tasks_is_an_epoch),
    };
    return cmocka_run_group_tests(tests, NULL, forget);
}
