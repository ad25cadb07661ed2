/* generator.c: polling, limits and pace of the sources that compute their rows. */
#include "connectors/generator.h"

#include "connectors/rows.h"
#include "core/base/arena.h"
#include "core/base/env.h"
#include "core/base/hash.h"
#include "core/base/str.h"

enum {
    PACE_STEP_US = 10000, /* rows that are due within this are handed out together */
    KEEP_ALIVE_WAIT_US = 1000000,
};

/* How many rows are due now; when none is, *wait_us says how long until some are. */
static uint64_t rows_due(struct generator *generator, uint64_t wanted, int64_t *wait_us) {
    if (generator->rows_per_second <= 0)
        return wanted;
    int64_t now_us = env_monotonic_us(generator->config->env);
    if (generator->started_us == 0) {
        generator->started_us = now_us - 1;
        generator->started_row = generator->next_row;
    }
    double rate = generator->rows_per_second;
    uint64_t due = (uint64_t)((double)(now_us - generator->started_us) * rate / 1e6) + 1;
    uint64_t given = generator->next_row - generator->started_row;
    if (due > given)
        return due - given < wanted ? due - given : wanted;
    double step = rate * PACE_STEP_US / 1e6;
    double next = (double)given + (step > 1 ? step - 1 : 0);
    int64_t at_us = generator->started_us + (int64_t)(next / rate * 1e6) + 1;
    *wait_us = at_us > now_us ? at_us - now_us : 1;
    return 0;
}

static enum status generator_poll(struct source *source, int64_t max_wait_us, struct source_poll *poll,
                                  struct error *error) {
    (void)max_wait_us, (void)error;
    struct generator *generator = (struct generator *)source;
    const struct source_config *config = generator->config;
    *poll = (struct source_poll){0};
    uint64_t wanted = generator->end_row - generator->next_row;
    if (wanted > config->batch_rows)
        wanted = config->batch_rows;
    uint64_t count = rows_due(generator, wanted, &poll->wait_us);
    if (count) {
        poll->batch = batch_new_for(config->pool, &generator->schema, (uint32_t)count);
        generator->fill(generator, poll->batch, generator->next_row);
        generator->next_row += count;
    }
    bool is_done = generator->next_row == generator->end_row;
    poll->split_ended = is_done && !generator->keep_alive;
    poll->split_caught_up = is_done;
    poll->state = poll->split_ended ? SOURCE_END : count ? SOURCE_READY : SOURCE_WAIT;
    if (is_done)
        poll->wait_us = KEEP_ALIVE_WAIT_US;
    return STATUS_OK;
}

static const char *generator_split_name(const struct source *source, uint32_t split) {
    (void)source, (void)split;
    return "0";
}

static void generator_split_position(const struct source *source, uint32_t split, struct strbuf *out) {
    (void)split;
    strbuf_printf(out, "%llu", (unsigned long long)((const struct generator *)source)->next_row);
}

static void generator_close(struct source *source) {
    (void)source;
}

static const struct source_class generator_class = {
    .poll = generator_poll,
    .split_name = generator_split_name,
    .split_position = generator_split_position,
    .close = generator_close,
};

/* Rows are numbered: a position is the next number. */
static enum status restore_position(struct generator *generator, struct error *error) {
    const struct source_config *config = generator->config;
    int64_t next_row = 0;
    if (config->position_count == 0)
        return STATUS_OK;
    const struct source_position *position = &config->positions[0];
    if (config->position_count > 1 || strcmp(position->split, "0") != 0 ||
        !int_parse(str_from(position->position), &next_row) || next_row < 0 || (uint64_t)next_row > generator->end_row)
        return FAIL(error, STATUS_MALFORMED_RECORD, "table \"%s\" cannot go on from \"%s\" of split \"%s\"",
                    config->table, position->position, position->split);
    generator->next_row = (uint64_t)next_row;
    return STATUS_OK;
}

enum status generator_init(struct generator *generator, const struct source_config *config, uint64_t row_count,
                           double rows_per_second, struct error *error) {
    generator->source = (struct source){.class = &generator_class, .split_count = 1};
    generator->config = arena_copy(config->arena, config, sizeof *config);
    generator->schema = source_config_schema(config);
    generator->end_row = row_count ? row_count : UINT64_MAX;
    if (config->row_limit && config->row_limit < generator->end_row)
        generator->end_row = config->row_limit;
    generator->rows_per_second = rows_per_second;
    return restore_position(generator, error);
}

uint64_t random_stream(uint64_t seed, uint64_t stream) {
    return hash_combine(hash_combine(0x2545F4914F6CDD1Dull, seed), stream);
}
