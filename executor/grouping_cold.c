/* grouping_cold.c: groups between tables and the back-end: where they leave to, and how they come back. Invariants: grouping_cold_parts.h. */
#include <stdio.h>
#include <stdlib.h>

#include "executor/change_list.h"
#include "executor/grouping_cold_parts.h"
#include "executor/snapshot.h"

enum {
    SLACK_PART = 16, /* of the budget: what is freed beyond the excess */
    ROUNDS_MAX = 2,  /* of the hand: the first one takes the marks of those that were looked up */
};

/* ---- open and close ---- */

void grouping_cold_open(struct grouping *grouping, const struct grouping_cold_config *config) {
    const struct stream_operator *owner = grouping->owner;
    if (!owner->context->state || grouping->key_count == 0)
        return;
    struct grouping_cold *cold = memory_zalloc(sizeof *cold);
    grouping->cold = cold;
    cold->config = *config;
    cold->backend = owner->context->state;
    strbuf_init(&cold->bytes);
    arena_init(&cold->scratch);
    state_operator_id(owner->class->name, owner->node->id, cold->operator_id);
    atomic_fetch_add(&cold->backend->budget->member_count, 1);
}

static void count_bytes(struct grouping_cold *cold, size_t bytes) {
    state_budget_change(cold->backend->budget, bytes, cold->counted_bytes);
    cold->counted_bytes = bytes;
}

static void part_free(struct cold_groups *groups) {
    strbuf_release(&groups->forgotten);
    free(groups);
}

void grouping_cold_close(struct grouping *grouping) {
    struct grouping_cold *cold = grouping->cold;
    if (!cold)
        return;
    count_bytes(cold, 0);
    atomic_fetch_sub(&cold->backend->budget->member_count, 1);
    for (uint32_t i = 0; i < cold->part_count; i++)
        part_free(cold->parts[i]);
    free(cold->parts);
    free(cold->dropped);
    strbuf_release(&cold->bytes);
    arena_release(&cold->scratch);
    free(cold);
    grouping->cold = NULL;
}

/* ---- parts ---- */

static struct state_descriptor descriptor_of(const struct cold_groups *groups) {
    const struct grouping_cold *cold = groups->grouping->cold;
    return (struct state_descriptor){.operator_id = cold->operator_id,
                                     .role = groups->role,
                                     .instance = groups->instance,
                                     .kind = STATE_VALUE,
                                     .version = ENTRIES_VERSION,
                                     .description = "groups that memory has no room for",
                                     .ttl_us = cold->config.ttl_us,
                                     .cold = true};
}

void cold_groups_new(struct grouping *grouping, struct group_table *table, const char *role, int64_t instance) {
    struct grouping_cold *cold = grouping->cold;
    if (cold->part_count == cold->part_capacity) {
        cold->part_capacity = cold->part_capacity ? cold->part_capacity * 2 : 16;
        cold->parts = memory_realloc(cold->parts, cold->part_capacity * sizeof(struct cold_groups *));
    }
    struct cold_groups *groups = memory_zalloc(sizeof *groups);
    cold->parts[cold->part_count++] = groups;
    groups->grouping = grouping;
    groups->table = table;
    snprintf(groups->role, sizeof groups->role, "%s", role);
    groups->instance = instance;
    groups->number = NO_NUMBER;
    strbuf_init(&groups->forgotten);
    group_table_set_cold(table, groups);
}

enum status cold_groups_adopt(struct cold_groups *groups, struct error *error) {
    const struct grouping_cold *cold = groups->grouping->cold;
    if (groups->entries || !state_table_find(cold->backend, cold->operator_id, groups->role, groups->instance))
        return STATUS_OK;
    const struct group_contents *contents = groups->grouping->contents;
    groups->was_restored = true;
    TRY(cold_groups_open_entries(groups, error));
    return contents ? contents->adopt(contents->context, error) : STATUS_OK;
}

static void drop_later(struct grouping_cold *cold, struct state_table *entries) {
    if (cold->dropped_count == cold->dropped_capacity) {
        cold->dropped_capacity = cold->dropped_capacity ? cold->dropped_capacity * 2 : 16;
        cold->dropped = memory_realloc(cold->dropped, cold->dropped_capacity * sizeof(struct state_table *));
    }
    cold->dropped[cold->dropped_count++] = entries;
}

static void count_table(struct cold_groups *groups) {
    struct grouping_cold *cold = groups->grouping->cold;
    size_t bytes = groups->table ? group_table_live_bytes(groups->table) : 0;
    cold->table_bytes += bytes - groups->counted_bytes;
    groups->counted_bytes = bytes;
}

bool cold_groups_retire(struct cold_groups *groups) {
    struct grouping_cold *cold = groups->grouping->cold;
    if (groups->table)
        group_table_set_cold(groups->table, NULL);
    groups->table = NULL;
    count_table(groups);
    bool had_left = groups->entries != NULL, is_needed = cold->writer && groups->number != NO_NUMBER;
    if (had_left && !is_needed) {
        drop_later(cold, groups->entries);
        groups->entries = NULL;
    }
    if (cold->writer)
        return had_left; /* the end of the snapshot comes here again */
    for (uint32_t i = 0; i < cold->part_count; i++)
        if (cold->parts[i] == groups)
            memmove(&cold->parts[i], &cold->parts[i + 1], (--cold->part_count - i) * sizeof(struct cold_groups *));
    part_free(groups);
    return had_left;
}

/* Tables of a restored back-end that none of ours asked for: of what is made again, and of tables that were recycled after the barrier. */
static enum status drop_leftovers(struct grouping_cold *cold, struct error *error) {
    cold->has_settled = true;
    for (struct state_table *table = cold->backend->tables, *next; table; table = next) {
        next = table->next;
        if (!table->opened && strcmp(table->descriptor.operator_id, cold->operator_id) == 0)
            TRY(state_table_drop(table, error));
    }
    return STATUS_OK;
}

enum status grouping_cold_settle(struct grouping_cold *cold, struct error *error) {
    while (cold->dropped_count > 0)
        TRY(state_table_drop(cold->dropped[--cold->dropped_count], error));
    return cold->has_settled ? STATUS_OK : drop_leftovers(cold, error);
}

enum status cold_groups_open_entries(struct cold_groups *groups, struct error *error) {
    if (groups->entries)
        return STATUS_OK;
    struct state_descriptor descriptor = descriptor_of(groups);
    return state_table_open(groups->grouping->cold->backend, &descriptor, &groups->entries, error);
}

uint64_t grouping_cold_count(const struct group_table *table) {
    const struct cold_groups *groups = group_table_cold(table);
    return groups ? groups->away : 0;
}

void grouping_cold_set_emitted(struct group_table *table) {
    struct cold_groups *groups = group_table_cold(table);
    if (groups)
        groups->all_emitted = true;
}

/* ---- entries ---- */

static void put_key(const struct cold_groups *groups, const uint8_t *record, struct strbuf *out) {
    bytes_put_u8(out, ((const struct record_header *)record)->nulls);
    group_table_encode_key(groups->table, record, out);
}

static uint32_t tag_of(const uint8_t *record) {
    return ((const struct record_header *)record)->tag;
}

enum status cold_groups_damaged(const struct grouping *grouping, const char *what, struct error *error) {
    return FAIL(error, STATUS_FILE_ERROR, "%s in the state of %s cannot be decoded", what,
                grouping->owner->class->name);
}

enum status cold_groups_decode(struct grouping *grouping, uint8_t *record, struct str value, struct error *error) {
    struct bytes_reader bytes = bytes_reader_of(value);
    const struct group_contents *contents = grouping->contents;
    record_header(record)->marks = bytes_get_u8(&bytes);
    if (contents ? contents->decode(contents->context, record, &bytes)
                 : grouping_decode_states(grouping, record, &bytes))
        return STATUS_OK;
    return cold_groups_damaged(grouping, "a group", error);
}

enum status cold_groups_make(struct grouping *grouping, struct group_table *table, uint32_t hash, struct str key,
                             struct str value, uint8_t **record, bool *created, struct error *error) {
    struct bytes_reader bytes = bytes_reader_of(key);
    uint8_t nulls = bytes_get_u8(&bytes);
    *created = false;
    *record = bytes.failed ? NULL : group_table_insert(table, hash, nulls, &bytes, created);
    if (!*record || !bytes_are_done(&bytes))
        return cold_groups_damaged(grouping, "a key", error);
    return *created ? cold_groups_decode(grouping, *record, value, error) : STATUS_OK;
}

enum status cold_groups_write(struct cold_groups *groups, uint32_t count, struct error *error) {
    struct grouping_cold *cold = groups->grouping->cold;
    if (count == 0)
        return STATUS_OK;
    TRY(cold_groups_open_entries(groups, error));
    for (uint32_t i = 0; i < count; i++)
        TRY(cold_groups_save(groups, cold->writes[i].address.hash >> KEY_GROUP_SHIFT, error));
    return state_multi_write(groups->entries, cold->writes, count, error);
}

enum status cold_groups_store(struct cold_groups *groups, uint32_t count, struct error *error) {
    const struct group_contents *contents = groups->grouping->contents;
    TRY(cold_groups_write(groups, count, error));
    groups->away += count;
    return contents ? contents->stored(contents->context, groups->grouping->cold->writes, count, error) : STATUS_OK;
}

void cold_groups_forget(struct cold_groups *groups, const uint8_t *record) {
    struct grouping_cold *cold = groups->grouping->cold;
    if (!(((const struct record_header *)record)->bits & RECORD_STORED))
        return;
    size_t start = cold->bytes.size;
    put_key(groups, record, &cold->bytes);
    bytes_put_u32(&groups->forgotten, tag_of(record));
    bytes_put_block(&groups->forgotten, (struct str){cold->bytes.data + start, cold->bytes.size - start});
    cold->bytes.size = start;
}

enum status cold_groups_delete_forgotten(struct cold_groups *groups, struct error *error) {
    struct grouping_cold *cold = groups->grouping->cold;
    struct bytes_reader forgotten = bytes_reader_of(strbuf_str(&groups->forgotten));
    while (bytes_left(&forgotten) > 0) {
        uint32_t count = 0;
        for (; count < STEP_GROUPS && bytes_left(&forgotten) > 0; count++) {
            uint32_t hash = bytes_get_u32(&forgotten);
            cold->writes[count] =
                (struct state_write){.address = {.hash = hash, .key = bytes_get_block(&forgotten)}, .is_delete = true};
        }
        TRY(cold_groups_write(groups, count, error));
    }
    strbuf_reset(&groups->forgotten);
    return STATUS_OK;
}

/* ---- leaving ---- */

static bool may_leave(const struct grouping *grouping, const uint8_t *record) {
    const struct group_contents *contents = grouping->contents;
    if (((const struct record_header *)record)->marks & GROUP_TOUCHED)
        return false;
    return !contents || contents->may_leave(contents->context, record);
}

/* The next groups of a table that may leave; those that were looked up since the hand was here stay for one more round. */
static uint32_t choose_in(struct grouping_cold *cold, struct cold_groups *groups) {
    uint32_t count = 0;
    while (count < STEP_GROUPS) {
        uint8_t *record = group_table_next_in(groups->table, 0, KEY_GROUP_COUNT - 1, &groups->hand);
        if (!record) {
            groups->hand = 0;
            cold->hand++;
            break; /* a group is chosen once */
        }
        struct record_header *header = record_header(record);
        bool stays = (header->bits & RECORD_RECENT) || !may_leave(groups->grouping, record);
        header->bits &= (uint8_t)~RECORD_RECENT;
        if (!stays)
            cold->leaving[count++] = record;
    }
    return count;
}

static uint32_t choose(struct grouping_cold *cold, struct cold_groups **from, uint32_t *rounds) {
    while (*rounds < ROUNDS_MAX) {
        if (cold->hand >= cold->part_count) {
            cold->hand = 0;
            ++*rounds;
            continue;
        }
        *from = cold->parts[cold->hand];
        if (!(*from)->table || (*from)->walks > 0) {
            cold->hand++;
            continue;
        }
        uint32_t count = choose_in(cold, *from);
        if (count > 0)
            return count;
    }
    return 0;
}

static int compare_tags(const void *left, const void *right) {
    uint32_t a = tag_of(*(uint8_t *const *)left), b = tag_of(*(uint8_t *const *)right);
    return (a > b) - (a < b);
}

static void encode_leaving(struct cold_groups *groups, uint32_t count) {
    struct grouping_cold *cold = groups->grouping->cold;
    const struct group_contents *contents = groups->grouping->contents;
    strbuf_reset(&cold->bytes);
    for (uint32_t i = 0; i < count; i++) {
        const uint8_t *record = cold->leaving[i];
        put_key(groups, record, &cold->bytes);
        cold->ends[2 * i] = cold->bytes.size;
        bytes_put_u8(&cold->bytes, ((const struct record_header *)record)->marks);
        if (contents)
            contents->encode(contents->context, record, &cold->bytes);
        else
            grouping_encode_states(groups->grouping, record, &cold->bytes);
        cold->ends[2 * i + 1] = cold->bytes.size;
    }
    for (uint32_t i = 0; i < count; i++) {
        size_t start = i ? cold->ends[2 * i - 1] : 0, middle = cold->ends[2 * i], end = cold->ends[2 * i + 1];
        cold->writes[i] = (struct state_write){
            .address = {.hash = tag_of(cold->leaving[i]), .key = {cold->bytes.data + start, middle - start}},
            .value = {cold->bytes.data + middle, end - middle}};
        if (cold->config.ttl_us > 0)
            cold->writes[i].expires_us =
                *(const int64_t *)(cold->leaving[i] + cold->config.touched_offset) + cold->config.ttl_us;
    }
}

static void release_leaving(struct grouping *grouping, uint32_t count) {
    const struct group_contents *contents = grouping->contents;
    uint8_t *const *leaving = grouping->cold->leaving;
    for (uint32_t i = 0; contents && i < count; i++)
        contents->release(contents->context, leaving[i]);
    if (!contents && aggregate_set_owns_memory(grouping->aggregates))
        aggregate_set_release(grouping->aggregates, leaving, count);
}

static enum status let_go(struct cold_groups *groups, uint32_t count, struct error *error) {
    struct grouping *grouping = groups->grouping;
    struct grouping_cold *cold = grouping->cold;
    grouping_note(grouping, groups->table, cold->leaving, count);
    qsort(cold->leaving, count, sizeof *cold->leaving, compare_tags); /* almost they are */
    encode_leaving(groups, count);
    TRY(cold_groups_store(groups, count, error));
    release_leaving(grouping, count);
    for (uint32_t i = 0; i < count; i++)
        group_table_remove(groups->table, cold->leaving[i]);
    if (group_table_count(groups->table) == 0)
        group_table_give_back(groups->table);
    count_table(groups);
    return STATUS_OK;
}

static size_t hot_bytes(const struct grouping *grouping) {
    const struct group_contents *contents = grouping->contents;
    size_t elsewhere = contents ? contents->bytes(contents->context) : 0;
    return grouping->cold->table_bytes + aggregate_set_bytes(grouping->aggregates) + elsewhere;
}

/* Lets groups go until the tables are down to so many bytes, or none is left that may. */
static enum status shrink(struct grouping *grouping, size_t bytes, struct error *error) {
    struct grouping_cold *cold = grouping->cold;
    struct cold_groups *from;
    uint32_t rounds = 0, count;
    while (hot_bytes(grouping) > bytes && (count = choose(cold, &from, &rounds)) > 0)
        TRY(let_go(from, count, error));
    if (grouping->contents)
        grouping->contents->give_back(grouping->contents->context);
    count_bytes(cold, hot_bytes(grouping));
    return STATUS_OK;
}

enum status grouping_cold_give_back(struct grouping *grouping, struct error *error) {
    struct grouping_cold *cold = grouping->cold;
    if (!cold)
        return STATUS_OK;
    struct state_budget *budget = cold->backend->budget;
    TRY(grouping_cold_settle(cold, error));
    size_t own = hot_bytes(grouping);
    count_bytes(cold, own);
    size_t used = state_budget_used(budget), share = state_budget_share(budget);
    if (used <= budget->limit_bytes || own <= share)
        return STATUS_OK;
    size_t excess = used - budget->limit_bytes, beyond_share = own - share;
    size_t wanted = (excess < beyond_share ? excess : beyond_share) + share / SLACK_PART;
    return shrink(grouping, own > wanted ? own - wanted : 0, error);
}

enum status cold_groups_make_room(struct cold_groups *groups, struct error *error) {
    if (groups->forgotten.size > 0)
        TRY(cold_groups_delete_forgotten(groups, error));
    count_table(groups);
    return grouping_cold_give_back(groups->grouping, error);
}

/* ---- look-ups ---- */

enum status cold_groups_load(struct cold_groups *groups, uint8_t *const *records, uint16_t *new_items,
                             uint32_t *new_count, struct error *error) {
    struct grouping *grouping = groups->grouping;
    struct grouping_cold *cold = grouping->cold;
    uint32_t count = *new_count;
    if (count == 0 || !groups->entries)
        return STATUS_OK;
    arena_reset(&cold->scratch);
    struct state_address *addresses = ARENA_ARRAY(&cold->scratch, struct state_address, count);
    struct str *values = ARENA_ARRAY(&cold->scratch, struct str, count);
    size_t *starts = ARENA_ARRAY(&cold->scratch, size_t, count + 1);
    strbuf_reset(&cold->bytes);
    for (uint32_t i = 0; i < count; i++) {
        put_key(groups, records[new_items[i]], &cold->bytes);
        starts[i + 1] = cold->bytes.size;
    }
    for (uint32_t i = 0; i < count; i++)
        addresses[i] = (struct state_address){.hash = tag_of(records[new_items[i]]),
                                              .key = {cold->bytes.data + starts[i], starts[i + 1] - starts[i]}};
    TRY(state_multi_get(groups->entries, addresses, count, values, error));
    *new_count = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint8_t *record = records[new_items[i]];
        if (!values[i].data) {
            new_items[(*new_count)++] = new_items[i];
            continue;
        }
        TRY(cold_groups_decode(grouping, record, values[i], error));
        struct record_header *header = record_header(record);
        header->bits |= RECORD_STORED;
        if (groups->all_emitted && grouping_is_live(grouping, record))
            header->marks |= GROUP_EMITTED;
        groups->away -= groups->away > 0;
    }
    const struct group_contents *contents = grouping->contents;
    return contents ? contents->loaded(contents->context, addresses, values, count, error) : STATUS_OK;
}

enum status cold_groups_lookup(struct cold_groups *groups, const struct selection *selection, uint32_t *new_count,
                               struct error *error) {
    struct grouping *grouping = groups->grouping;
    struct grouping_cold *cold = grouping->cold;
    if (cold->config.ttl_us > 0)
        TRY(state_backend_advance(cold->backend, grouping->owner->context->evaluation->now_us, error));
    TRY(cold_groups_make_room(groups, error));
    group_table_lookup(groups->table, grouping->keys, selection, &grouping->scratch, grouping->records,
                       grouping->new_items, new_count);
    for (uint32_t i = 0; i < selection->count; i++)
        record_header(grouping->records[i])->bits |= RECORD_RECENT;
    for (uint32_t i = 0; i < *new_count; i++) /* it has to be looked up again to be worth its room */
        record_header(grouping->records[grouping->new_items[i]])->bits &= (uint8_t)~RECORD_RECENT;
    TRY(cold_groups_load(groups, grouping->records, grouping->new_items, new_count, error));
    if (*new_count > 0 && !grouping->contents)
        aggregate_set_init(grouping->aggregates, grouping->records, grouping->new_items, *new_count);
    grouping_note(grouping, groups->table, grouping->records, selection->count);
    return STATUS_OK;
}
