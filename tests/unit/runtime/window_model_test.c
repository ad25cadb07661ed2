/* window_model_test.c: windows against a naive model, row by row, over seeded random streams with disorder and late rows; and
 * the same text out for batches of 1, 3 and 2048 rows. */
#include "tests/unit/runtime/memory_job.h"

enum { ROWS = 1500, WINDOWS_MAX = 40000 };

struct shape {
    Plan__WindowKind kind;
    int64_t size_us, slide_us, offset_us;
    int64_t lateness_us;
    bool keyed;
    int64_t step_us, disorder_us, lag_us; /* of the stream */
};

/* ---- the model: every (window, key) is a line ---- */

struct model_group {
    int64_t start_us, end_us; /* sessions: end = last + gap */
    int64_t key, count, sum, max;
    bool fired;
};

struct model {
    const struct shape *shape;
    struct model_group *groups;
    uint32_t count;
    int64_t watermark_us;
    uint64_t late;
    struct strbuf out; /* final rows, any order */
};

static void model_emit(struct model *model, const struct model_group *group) {
    strbuf_append_text(&model->out, "+I");
    if (model->shape->keyed && group->key == ROW_NULL)
        strbuf_append_text(&model->out, " NULL");
    else if (model->shape->keyed)
        strbuf_printf(&model->out, " %lld", (long long)group->key);
    strbuf_printf(&model->out, " %lld %lld %lld %lld %lld %lld\n", (long long)group->count, (long long)group->sum,
                  (long long)group->max, (long long)group->start_us, (long long)group->end_us,
                  (long long)group->end_us - 1000);
}

static bool is_closed(const struct model *model, int64_t end_us) {
    return end_us - 1 <= model->watermark_us;
}

static void model_add_to(struct model_group *group, const struct memory_row *row) {
    group->count++;
    group->sum += row->value;
    group->max = group->count == 1 || row->value > group->max ? row->value : group->max;
}

static struct model_group *model_group_for(struct model *model, int64_t start_us, int64_t end_us, int64_t key) {
    for (uint32_t i = 0; i < model->count; i++)
        if (model->groups[i].start_us == start_us && model->groups[i].end_us == end_us && model->groups[i].key == key)
            return &model->groups[i];
    assert_true(model->count < WINDOWS_MAX);
    model->groups[model->count] = (struct model_group){.start_us = start_us, .end_us = end_us, .key = key};
    return &model->groups[model->count++];
}

static void model_window(struct model *model, int64_t start_us, int64_t end_us, const struct memory_row *row,
                         bool *taken) {
    bool dropped = model->watermark_us != INT64_MIN && end_us - 1 <= model->watermark_us - model->shape->lateness_us;
    if (row->time_us < start_us || row->time_us >= end_us || dropped)
        return;
    *taken = true;
    model_add_to(model_group_for(model, start_us, end_us, model->shape->keyed ? row->key : 0), row);
}

static void model_windows(struct model *model, const struct memory_row *row) {
    const struct shape *shape = model->shape;
    bool taken = false;
    int64_t base = row->time_us - shape->offset_us;
    if (shape->kind == PLAN__WINDOW_KIND__HOP) {
        for (int64_t k = (base - shape->size_us) / shape->slide_us - 2; k * shape->slide_us <= base; k++)
            model_window(model, k * shape->slide_us + shape->offset_us,
                         k * shape->slide_us + shape->offset_us + shape->size_us, row, &taken);
    } else {
        int64_t step_us = shape->kind == PLAN__WINDOW_KIND__CUMULATE ? shape->slide_us : shape->size_us;
        for (int64_t k = base / shape->size_us - 2; k * shape->size_us <= base; k++)
            for (int64_t length_us = step_us; length_us <= shape->size_us; length_us += step_us)
                model_window(model, k * shape->size_us + shape->offset_us,
                             k * shape->size_us + shape->offset_us + length_us, row, &taken);
    }
    model->late += !taken;
}

static void model_session(struct model *model, const struct memory_row *row) {
    int64_t gap_us = model->shape->size_us, key = model->shape->keyed ? row->key : 0;
    struct model_group joined = {.start_us = row->time_us, .end_us = row->time_us + gap_us, .key = key};
    bool any = false;
    for (uint32_t i = 0; i < model->count;) {
        struct model_group *group = &model->groups[i];
        if (group->key == key && !is_closed(model, group->end_us) && group->start_us <= row->time_us + gap_us &&
            row->time_us <= group->end_us) {
            any = true;
            joined.max = joined.count == 0 || group->max > joined.max ? group->max : joined.max;
            joined.count += group->count;
            joined.sum += group->sum;
            joined.start_us = group->start_us < joined.start_us ? group->start_us : joined.start_us;
            joined.end_us = group->end_us > joined.end_us ? group->end_us : joined.end_us;
            *group = model->groups[--model->count];
        } else {
            i++;
        }
    }
    if (!any && is_closed(model, row->time_us + gap_us)) {
        model->late++;
        return;
    }
    model_add_to(&joined, row);
    model->groups[model->count++] = joined;
}

static char *run_model(const struct shape *shape, const struct memory_row *rows, uint64_t *late) {
    struct model model = {.shape = shape, .watermark_us = INT64_MIN};
    strbuf_init(&model.out);
    model.groups = memory_alloc(sizeof *model.groups * WINDOWS_MAX);
    for (uint32_t i = 0; i < ROWS; i++) {
        if (shape->kind == PLAN__WINDOW_KIND__SESSION)
            model_session(&model, &rows[i]);
        else
            model_windows(&model, &rows[i]);
        if (rows[i].watermark_us > model.watermark_us)
            model.watermark_us = rows[i].watermark_us;
    }
    for (uint32_t i = 0; i < model.count; i++)
        model_emit(&model, &model.groups[i]);
    free(model.groups);
    *late = model.late;
    return model.out.data;
}

/* ---- comparing ---- */

static int compare_lines(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Sorts the lines of a text in place of their order. */
static void sort_lines(char *text) {
    char *lines[WINDOWS_MAX * 2];
    size_t count = 0, size = strlen(text);
    char *copy = memory_strdup(text), *rest = NULL;
    for (char *line = strtok_r(copy, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
        lines[count++] = line;
    qsort(lines, count, sizeof *lines, compare_lines);
    char *to = text;
    for (size_t i = 0; i < count; i++)
        to += sprintf(to, "%s\n", lines[i]);
    assert_int_equal(to - text, size);
    free(copy);
}

/* Applies changes: a -U or -D takes an earlier line of the same row away. */
static char *final_rows(const char *changes) {
    char *copy = memory_strdup(changes), *rest = NULL;
    char **lines = memory_alloc(sizeof *lines * WINDOWS_MAX * 4);
    size_t count = 0;
    for (char *line = strtok_r(copy, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        if (line[0] == '+') {
            lines[count++] = line;
            continue;
        }
        size_t i = count;
        while (i > 0 && strcmp(lines[i - 1] + 2, line + 2) != 0)
            i--;
        if (i == 0)
            fail_msg("retracts what is not there: %s", line);
        lines[i - 1] = lines[--count];
    }
    struct strbuf out;
    strbuf_init(&out);
    for (size_t i = 0; i < count; i++)
        strbuf_printf(&out, "+I%s\n", lines[i] + 2);
    free(lines);
    free(copy);
    return out.data ? out.data : memory_strdup("");
}

static void make_rows(const struct shape *shape, unsigned seed, struct memory_row *rows) {
    srand(seed);
    int64_t now_us = 0, watermark_us = INT64_MIN;
    for (uint32_t i = 0; i < ROWS; i++) {
        now_us += rand() % shape->step_us / 1000 * 1000;
        if (rand() % 200 == 0)
            now_us += 20 * shape->step_us; /* a pause */
        int64_t time_us = now_us - (rand() % 4 ? 0 : rand() % shape->disorder_us / 1000 * 1000);
        watermark_us = time_us - shape->lag_us > watermark_us ? time_us - shape->lag_us : watermark_us;
        rows[i] = (struct memory_row){
            .key = rand() % 20 ? rand() % 7 : ROW_NULL,
            .value = rand() % 1000 - 300,
            .time_us = time_us,
            .watermark_us = time_us - shape->lag_us,
        };
    }
}

static void build_plan(struct memory_plan *plan, const struct shape *shape, Plan__Emit emit) {
    static const char *const ids[] = {"count_star", "sum_bigint", "max_bigint", NULL};
    plan_init(plan);
    plan_add_scan(plan, true, 0);
    Plan__WindowAggregate *window =
        plan_add_window(plan, shape->kind, shape->size_us, shape->slide_us, shape->offset_us, shape->keyed, ids);
    window->emit = emit;
    window->allowed_lateness_us = shape->lateness_us;
    if (emit != PLAN__EMIT__ON_CLOSE || shape->lateness_us)
        plan->nodes[1]->change_mode = PLAN__CHANGE_MODE__RETRACT;
    plan_add_sink(plan, "");
}

static uint64_t run(const struct shape *shape, const struct memory_row *rows, Plan__Emit emit, uint32_t batch_rows) {
    struct memory_plan plan;
    build_plan(&plan, shape, emit);
    memory_reset(rows, ROWS);
    memory_run_ok(&plan, batch_rows);
    uint64_t late = job_rows_late(memory.job);
    job_free(memory.job);
    arena_release(&plan.arena);
    return late;
}

/* The same in pieces: after a few batches the job is taken down, and another goes on from its checkpoint. */
static uint64_t run_in_pieces(const struct shape *shape, const struct memory_row *rows, Plan__Emit emit,
                              uint32_t batch_rows, unsigned seed) {
    struct memory_plan plan;
    struct env_virtual *world = env_virtual_new(1000000, seed);
    uint64_t late = 0;
    build_plan(&plan, shape, emit);
    memory_reset(rows, ROWS);
    memory.world = world;
    char folder[64];
    make_folder(folder, "window-model");
    memory.checkpoint_uri = folder;
    for (bool stopped = true; stopped; seed = seed * 75 + 74) {
        memory.next_row = 0; /* unless a position says otherwise */
        memory.stop_batches = 1 + seed % 65537 % 40;
        memory_run_ok(&plan, batch_rows);
        stopped = job_stopped_itself(memory.job);
        late = job_rows_late(memory.job);
        job_free(memory.job);
    }
    env_virtual_free(world);
    arena_release(&plan.arena);
    remove_tree(folder);
    return late;
}

static void check_shape(const struct shape *shape, unsigned seed) {
    struct memory_row *rows = memory_alloc(sizeof *rows * ROWS);
    make_rows(shape, seed, rows);
    uint64_t expected_late, late = run(shape, rows, PLAN__EMIT__ON_CLOSE, 1);
    char *single = memory_strdup(strbuf_text(&output.text));
    run(shape, rows, PLAN__EMIT__ON_CLOSE, 3);
    assert_string_equal(strbuf_text(&output.text), single);
    run(shape, rows, PLAN__EMIT__ON_CLOSE, 2048);
    assert_string_equal(strbuf_text(&output.text), single);
    assert_int_equal(run_in_pieces(shape, rows, PLAN__EMIT__ON_CLOSE, 7, seed), late);
    assert_string_equal(strbuf_text(&output.text), single);
    char *expected = run_model(shape, rows, &expected_late);
    sort_lines(expected);
    char *actual = final_rows(single);
    sort_lines(actual);
    assert_string_equal(actual, expected);
    assert_int_equal(late, expected_late);
    if (shape->kind != PLAN__WINDOW_KIND__SESSION || !shape->lateness_us) {
        assert_int_equal(run(shape, rows, PLAN__EMIT__ON_UPDATE, 100), expected_late);
        char *updated = final_rows(strbuf_text(&output.text));
        sort_lines(updated);
        assert_string_equal(updated, expected);
        free(updated);
        char *straight = memory_strdup(strbuf_text(&output.text));
        assert_int_equal(run_in_pieces(shape, rows, PLAN__EMIT__ON_UPDATE, 100, seed), expected_late);
        assert_string_equal(strbuf_text(&output.text), straight);
        free(straight);
    }
    free(actual);
    free(expected);
    free(single);
    free(rows);
}

static void check_seeds(struct shape shape) {
    for (unsigned seed = 1; seed <= 4; seed++) {
        shape.keyed = seed % 4 != 0;
        shape.disorder_us = seed * 40000;
        shape.lag_us = seed * 11000;
        shape.step_us = 20000;
        check_shape(&shape, seed);
    }
}

static void tumble(void **state) {
    (void)state;
    check_seeds((struct shape){.kind = PLAN__WINDOW_KIND__TUMBLE, .size_us = 100000});
    check_seeds((struct shape){.kind = PLAN__WINDOW_KIND__TUMBLE, .size_us = 70000, .offset_us = -15000});
}

static void hop(void **state) {
    (void)state;
    check_seeds((struct shape){.kind = PLAN__WINDOW_KIND__HOP, .size_us = 100000, .slide_us = 20000});
    check_seeds(
        (struct shape){.kind = PLAN__WINDOW_KIND__HOP, .size_us = 100000, .slide_us = 30000, .offset_us = 7000});
}

static void hop_over_many_slices(void **state) {
    (void)state;
    check_seeds((struct shape){.kind = PLAN__WINDOW_KIND__HOP, .size_us = 370000, .slide_us = 10000});
    check_seeds(
        (struct shape){.kind = PLAN__WINDOW_KIND__HOP, .size_us = 160000, .slide_us = 15000, .offset_us = 4000});
}

static void cumulate(void **state) {
    (void)state;
    check_seeds((struct shape){.kind = PLAN__WINDOW_KIND__CUMULATE, .size_us = 200000, .slide_us = 40000});
    check_seeds(
        (struct shape){.kind = PLAN__WINDOW_KIND__CUMULATE, .size_us = 90000, .slide_us = 30000, .offset_us = 10000});
}

static void session(void **state) {
    (void)state;
    check_seeds((struct shape){.kind = PLAN__WINDOW_KIND__SESSION, .size_us = 60000});
    check_seeds((struct shape){.kind = PLAN__WINDOW_KIND__SESSION, .size_us = 150000});
}

static void allowed_lateness(void **state) {
    (void)state;
    check_seeds((struct shape){.kind = PLAN__WINDOW_KIND__TUMBLE, .size_us = 50000, .lateness_us = 30000});
    check_seeds(
        (struct shape){.kind = PLAN__WINDOW_KIND__HOP, .size_us = 80000, .slide_us = 20000, .lateness_us = 20000});
    check_seeds(
        (struct shape){.kind = PLAN__WINDOW_KIND__CUMULATE, .size_us = 60000, .slide_us = 20000, .lateness_us = 45000});
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tumble),   cmocka_unit_test(hop),     cmocka_unit_test(hop_over_many_slices),
        cmocka_unit_test(cumulate), cmocka_unit_test(session), cmocka_unit_test(allowed_lateness),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
