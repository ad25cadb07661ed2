/* grouping_cold.c: groups between a table and the back-end. Invariants: every group is in the table, in the cold table, or, with RECORD_STORED, in both,
 * and then the record is the newer; while a snapshot is under way nothing changes in a key group of the cold table that is not written. */
#include "executor/grouping_cold.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/base/bytes.h"
#include "core/base/hash.h"
#include "executor/change_list.h"
#include "executor/snapshot.h"
#include "executor/state.h"

enum {
    ENTRIES_VERSION = 1,
    STEP_GROUPS = 1024,  /* that leave, or come back from a snapshot, at once */
    SLACK_PART = 16,     /* of the budget: what is freed beyond the excess */
    ROUNDS_MAX = 2,      /* of the hand: the first one takes the marks of those that were looked up */
    KEY_GROUP_COST = 16, /* of a step's budget: looking at a key group */
};
enum { KEY_GROUP_SHIFT = 22 }; /* a hash here is the upper half of one: hash.h */
#define ENTRIES_SECTION "stored groups"

struct grouping_cold {
    struct grouping_cold_config config;
    struct state_backend *backend;
    struct state_table *entries;
    struct state_table *by_number; /* for final results; NULL: not sorted */
    int64_t next_number;           /* of groups: of the next one that is made */
    int64_t next_out;              /* of the final results: of the next group that may come out */
    uint64_t evicted;
    uint64_t hand;        /* position of group_table_next_in */
    size_t counted_bytes; /* in the budget */
    /* Bytes and writes of one step. */
    struct strbuf bytes;
    struct state_write writes[STEP_GROUPS];
    uint8_t *leaving[STEP_GROUPS];
    size_t ends[2 * STEP_GROUPS]; /* in `bytes`: of each key and value */
    /* Entries of groups that are gone, to be deleted before the back-end is asked again: hash u32 | key block. */
    struct strbuf forgotten;
    /* The snapshot under way. */
    struct snapshot_writer *writer;
    uint32_t section;
    uint32_t next_key_group;
    bool written[KEY_GROUP_COUNT];
};

/* ---- open and close ---- */

enum status grouping_cold_open(struct grouping *grouping, const struct grouping_cold_config *config,
                               struct error *error) {
    struct grouping_cold *cold = memory_zalloc(sizeof *cold);
    grouping->cold = cold;
    cold->config = *config;
    cold->backend = grouping->owner->context->state;
    strbuf_init(&cold->bytes);
    strbuf_init(&cold->forgotten);
    atomic_fetch_add(&cold->backend->budget->member_count, 1);
    char operator_id[64];
    snprintf(operator_id, sizeof operator_id, "%s %u", grouping->owner->class->name, grouping->owner->node->id);
    struct state_descriptor descriptor = {.operator_id = operator_id,
                                          .role = "groups",
                                          .kind = STATE_VALUE,
                                          .version = ENTRIES_VERSION,
                                          .description = "groups that memory has no room for",
                                          .ttl_us = config->ttl_us,
                                          .cold = true};
    return state_table_open(cold->backend, &descriptor, &cold->entries, error);
}

static void count_bytes(struct grouping_cold *cold, size_t bytes) {
    state_budget_change(cold->backend->budget, bytes, cold->counted_bytes);
    cold->counted_bytes = bytes;
}

void grouping_cold_close(struct grouping *grouping) {
    struct grouping_cold *cold = grouping->cold;
    if (!cold)
        return;
    count_bytes(cold, 0);
    atomic_fetch_sub(&cold->backend->budget->member_count, 1);
    strbuf_release(&cold->bytes);
    strbuf_release(&cold->forgotten);
    free(cold);
    grouping->cold = NULL;
}

int64_t grouping_cold_next_number(const struct grouping *grouping) {
    return grouping->cold->next_number;
}

void grouping_cold_set_next_number(struct grouping *grouping, int64_t number) {
    if (number > grouping->cold->next_number)
        grouping->cold->next_number = number;
}

uint64_t grouping_cold_evicted(const struct grouping *grouping) {
    return grouping->cold->evicted;
}

/* ---- entries ---- */

static void put_key(const struct grouping_cold *cold, const uint8_t *record, struct strbuf *out) {
    bytes_put_u8(out, ((const struct record_header *)record)->nulls);
    group_table_encode_key(cold->config.table, record, out);
}

static uint32_t tag_of(const uint8_t *record) {
    return ((const struct record_header *)record)->tag;
}

static enum status damaged(const struct grouping *grouping, const char *what, struct error *error) {
    return FAIL(error, STATUS_FILE_ERROR, "%s in the state of %s cannot be decoded", what,
                grouping->owner->class->name);
}

/* What a record of this value has at one of the operator's own offsets. */
static enum status number_in(const struct grouping *grouping, struct str value, uint32_t record_offset, int64_t *number,
                             struct error *error) {
    size_t offset = 1 + record_offset - grouping->count_offset;
    if (value.size < offset + sizeof *number)
        return damaged(grouping, "a group", error);
    memcpy(number, value.data + offset, sizeof *number);
    return STATUS_OK;
}

/* An entry's value into a record that has its key. */
static enum status load_states(struct grouping *grouping, uint8_t *record, struct str value, struct error *error) {
    struct bytes_reader bytes = bytes_reader_of(value);
    record_header(record)->marks = bytes_get_u8(&bytes);
    if (grouping_decode_states(grouping, record, &bytes))
        return STATUS_OK;
    return damaged(grouping, "a group", error);
}

/* The key group's entries as they are, when a snapshot wants them and has them not. */
static enum status save_key_group(struct grouping_cold *cold, uint32_t key_group, struct error *error) {
    if (!cold->writer || cold->written[key_group])
        return STATUS_OK;
    cold->written[key_group] = true;
    struct state_range range = {.first_key_group = key_group, .end_key_group = key_group + 1};
    struct state_iterator *iterator;
    TRY(state_iterator_open(cold->entries, &range, &iterator, error));
    snapshot_section_resume(cold->writer, cold->section);
    enum status status;
    for (;;) {
        struct state_entry entry;
        bool found;
        status = state_iterator_next(iterator, &entry, &found, error);
        if (status != STATUS_OK || !found)
            break;
        snapshot_put(cold->writer, &(struct snapshot_record){
                                       .hash = entry.address.hash, .key = entry.address.key, .value = entry.value});
    }
    snapshot_section_end(cold->writer);
    state_iterator_close(iterator);
    return status;
}

static enum status write_entries(struct grouping_cold *cold, uint32_t count, struct error *error) {
    for (uint32_t i = 0; i < count; i++)
        TRY(save_key_group(cold, cold->writes[i].address.hash >> KEY_GROUP_SHIFT, error));
    return state_multi_write(cold->entries, cold->writes, count, error);
}

void grouping_cold_forget(struct grouping *grouping, const uint8_t *record) {
    struct grouping_cold *cold = grouping->cold;
    if (!(((const struct record_header *)record)->bits & RECORD_STORED))
        return;
    size_t start = cold->bytes.size;
    put_key(cold, record, &cold->bytes);
    bytes_put_u32(&cold->forgotten, tag_of(record));
    bytes_put_block(&cold->forgotten, (struct str){cold->bytes.data + start, cold->bytes.size - start});
    cold->bytes.size = start;
}

static enum status delete_forgotten(struct grouping_cold *cold, struct error *error) {
    struct bytes_reader forgotten = bytes_reader_of(strbuf_str(&cold->forgotten));
    while (bytes_left(&forgotten) > 0) {
        uint32_t count = 0;
        for (; count < STEP_GROUPS && bytes_left(&forgotten) > 0; count++) {
            uint32_t hash = bytes_get_u32(&forgotten);
            cold->writes[count] =
                (struct state_write){.address = {.hash = hash, .key = bytes_get_block(&forgotten)}, .is_delete = true};
        }
        TRY(write_entries(cold, count, error));
    }
    strbuf_reset(&cold->forgotten);
    return STATUS_OK;
}

/* ---- leaving ---- */

/* The next groups that may leave; those that were looked up since the hand was here stay for one more round, unless all must go. */
static uint32_t choose(struct grouping_cold *cold, bool all, uint32_t *rounds) {
    uint32_t count = 0;
    while (count < STEP_GROUPS && *rounds < ROUNDS_MAX) {
        uint8_t *record = group_table_next_in(cold->config.table, 0, KEY_GROUP_COUNT - 1, &cold->hand);
        if (!record) {
            cold->hand = 0;
            ++*rounds;
            break; /* a group is chosen once */
        }
        struct record_header *header = record_header(record);
        bool stays = (header->marks & GROUP_TOUCHED) || (!all && (header->bits & RECORD_RECENT));
        header->bits &= (uint8_t)~RECORD_RECENT;
        if (!stays)
            cold->leaving[count++] = record;
    }
    return count;
}

static void encode_leaving(struct grouping *grouping, uint32_t count) {
    struct grouping_cold *cold = grouping->cold;
    strbuf_reset(&cold->bytes);
    for (uint32_t i = 0; i < count; i++) {
        const uint8_t *record = cold->leaving[i];
        put_key(cold, record, &cold->bytes);
        cold->ends[2 * i] = cold->bytes.size;
        bytes_put_u8(&cold->bytes, ((const struct record_header *)record)->marks);
        grouping_encode_states(grouping, record, &cold->bytes);
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

static enum status let_go(struct grouping *grouping, uint32_t count, struct error *error) {
    struct grouping_cold *cold = grouping->cold;
    struct group_table *table = cold->config.table;
    grouping_note(grouping, table, cold->leaving, count);
    encode_leaving(grouping, count);
    TRY(write_entries(cold, count, error));
    if (aggregate_set_owns_memory(grouping->aggregates))
        aggregate_set_release(grouping->aggregates, cold->leaving, count);
    for (uint32_t i = 0; i < count; i++)
        group_table_remove(table, cold->leaving[i]);
    cold->evicted += count;
    return STATUS_OK;
}

static size_t hot_bytes(const struct grouping *grouping) {
    return group_table_live_bytes(grouping->cold->config.table) + aggregate_set_bytes(grouping->aggregates);
}

/* Lets groups go until the table is down to so many bytes, or none is left that may. */
static enum status shrink(struct grouping *grouping, size_t bytes, bool all, struct error *error) {
    struct grouping_cold *cold = grouping->cold;
    uint32_t rounds = 0;
    while ((all || hot_bytes(grouping) > bytes) && rounds < ROUNDS_MAX) {
        uint32_t count = choose(cold, all, &rounds);
        TRY(let_go(grouping, count, error));
    }
    count_bytes(cold, hot_bytes(grouping));
    return STATUS_OK;
}

/* When the budget asks for it. */
static enum status trim(struct grouping *grouping, struct error *error) {
    struct grouping_cold *cold = grouping->cold;
    struct state_budget *budget = cold->backend->budget;
    size_t own = hot_bytes(grouping);
    count_bytes(cold, own);
    size_t used = state_budget_used(budget), share = state_budget_share(budget);
    if (used <= budget->limit_bytes || own <= share)
        return STATUS_OK;
    size_t excess = used - budget->limit_bytes, beyond_share = own - share;
    size_t wanted = (excess < beyond_share ? excess : beyond_share) + share / SLACK_PART;
    return shrink(grouping, own > wanted ? own - wanted : 0, false, error);
}

/* ---- look-ups ---- */

/* New records, by their place in grouping->new_items, are filled from the cold table; those that are new indeed stay in the list. */
static enum status load_new(struct grouping *grouping, uint32_t new_count, uint32_t *absent_count,
                            struct error *error) {
    struct grouping_cold *cold = grouping->cold;
    struct state_address *addresses = ARENA_ARRAY(&grouping->scratch, struct state_address, new_count);
    struct str *values = ARENA_ARRAY(&grouping->scratch, struct str, new_count);
    size_t *starts = ARENA_ARRAY(&grouping->scratch, size_t, new_count + 1);
    strbuf_reset(&cold->bytes);
    for (uint32_t i = 0; i < new_count; i++) {
        put_key(cold, grouping->records[grouping->new_items[i]], &cold->bytes);
        starts[i + 1] = cold->bytes.size;
    }
    for (uint32_t i = 0; i < new_count; i++)
        addresses[i] = (struct state_address){.hash = tag_of(grouping->records[grouping->new_items[i]]),
                                              .key = {cold->bytes.data + starts[i], starts[i + 1] - starts[i]}};
    TRY(state_multi_get(cold->entries, addresses, new_count, values, error));
    *absent_count = 0;
    for (uint32_t i = 0; i < new_count; i++) {
        uint8_t *record = grouping->records[grouping->new_items[i]];
        if (!values[i].data) {
            grouping->new_items[(*absent_count)++] = grouping->new_items[i];
            continue;
        }
        TRY(load_states(grouping, record, values[i], error));
        record_header(record)->bits |= RECORD_STORED;
    }
    return STATUS_OK;
}

/* Counted, with the key group: tasks whose groups come together after a rescale have given no number twice. */
static void number_groups(struct grouping *grouping, uint32_t new_count) {
    struct grouping_cold *cold = grouping->cold;
    for (uint32_t i = 0; i < new_count; i++) {
        uint8_t *record = grouping->records[grouping->new_items[i]];
        int64_t number = cold->next_number++ * KEY_GROUP_COUNT + (tag_of(record) >> KEY_GROUP_SHIFT);
        *(int64_t *)(record + cold->config.number_offset) = number;
    }
}

enum status grouping_cold_lookup(struct grouping *grouping, const struct selection *selection, struct error *error) {
    struct grouping_cold *cold = grouping->cold;
    uint32_t new_count;
    if (cold->config.ttl_us > 0)
        TRY(state_backend_advance(cold->backend, grouping->owner->context->evaluation->now_us, error));
    if (cold->forgotten.size > 0)
        TRY(delete_forgotten(cold, error));
    TRY(trim(grouping, error));
    group_table_lookup(cold->config.table, grouping->keys, selection, &grouping->scratch, grouping->records,
                       grouping->new_items, &new_count);
    for (uint32_t i = 0; i < selection->count; i++)
        record_header(grouping->records[i])->bits |= RECORD_RECENT;
    for (uint32_t i = 0; i < new_count; i++) /* it has to be looked up again to be worth its room */
        record_header(grouping->records[grouping->new_items[i]])->bits &= (uint8_t)~RECORD_RECENT;
    if (new_count > 0 && cold->evicted > 0)
        TRY(load_new(grouping, new_count, &new_count, error));
    if (new_count > 0)
        aggregate_set_init(grouping->aggregates, grouping->records, grouping->new_items, new_count);
    if (cold->config.is_numbered)
        number_groups(grouping, new_count);
    grouping_note(grouping, cold->config.table, grouping->records, selection->count);
    return STATUS_OK;
}

/* ---- final results ---- */

static struct str number_key(void) {
    return str_from("groups");
}

/* The entries of a key group, each as number i64 | block: hash u32 | key block | value block. */
static enum status collect_entries(struct grouping *grouping, uint32_t key_group, struct strbuf *out,
                                   struct error *error) {
    struct grouping_cold *cold = grouping->cold;
    struct state_range range = {.first_key_group = key_group, .end_key_group = key_group + 1};
    struct state_iterator *iterator;
    strbuf_reset(out);
    TRY(state_iterator_open(cold->entries, &range, &iterator, error));
    enum status status;
    for (;;) {
        struct state_entry entry;
        bool found;
        status = state_iterator_next(iterator, &entry, &found, error);
        if (status != STATUS_OK || !found)
            break;
        int64_t number;
        status = number_in(grouping, entry.value, cold->config.number_offset, &number, error);
        if (status != STATUS_OK)
            break;
        bytes_put_i64(out, number);
        strbuf_reset(&cold->bytes);
        bytes_put_u32(&cold->bytes, entry.address.hash);
        bytes_put_block(&cold->bytes, entry.address.key);
        bytes_put_block(&cold->bytes, entry.value);
        bytes_put_block(out, strbuf_str(&cold->bytes));
    }
    state_iterator_close(iterator);
    return status;
}

static enum status put_numbered(struct grouping_cold *cold, struct str entries, struct error *error) {
    struct bytes_reader bytes = bytes_reader_of(entries);
    while (bytes_left(&bytes) > 0) {
        uint32_t count = 0;
        for (; count < STEP_GROUPS && bytes_left(&bytes) > 0; count++) {
            struct state_address address = {.key = number_key(), .order = bytes_get_i64(&bytes)};
            cold->writes[count] = (struct state_write){.address = address, .value = bytes_get_block(&bytes)};
        }
        TRY(state_multi_write(cold->by_number, cold->writes, count, error));
    }
    return STATUS_OK;
}

enum status grouping_cold_sort(struct grouping *grouping, struct error *error) {
    struct grouping_cold *cold = grouping->cold;
    ASSERT(cold->config.is_numbered);
    TRY(delete_forgotten(cold, error));
    while (group_table_count(cold->config.table) > 0)
        TRY(shrink(grouping, 0, true, error));
    struct state_descriptor descriptor = {.operator_id = cold->entries->descriptor.operator_id,
                                          .role = "final results",
                                          .kind = STATE_LIST,
                                          .version = ENTRIES_VERSION,
                                          .description = "groups in the order in which they were made"};
    TRY(state_table_open(cold->backend, &descriptor, &cold->by_number, error));
    struct strbuf entries;
    strbuf_init(&entries);
    enum status status = STATUS_OK;
    for (uint32_t key_group = 0; key_group < KEY_GROUP_COUNT && status == STATUS_OK; key_group++) {
        status = collect_entries(grouping, key_group, &entries, error);
        if (status == STATUS_OK)
            status = put_numbered(cold, strbuf_str(&entries), error);
    }
    strbuf_release(&entries);
    return status;
}

static enum status make_group(struct grouping *grouping, struct group_table *table, uint32_t hash, struct str key,
                              struct str value, uint8_t **record, bool *created, struct error *error) {
    struct bytes_reader bytes = bytes_reader_of(key);
    uint8_t nulls = bytes_get_u8(&bytes);
    *created = false;
    *record = bytes.failed ? NULL : group_table_insert(table, hash, nulls, &bytes, created);
    if (!*record || !bytes_are_done(&bytes))
        return damaged(grouping, "a key", error);
    return *created ? load_states(grouping, *record, value, error) : STATUS_OK;
}

static void empty_table(struct grouping *grouping) {
    struct group_table *table = grouping->cold->config.table;
    uint32_t position = 0;
    for (uint8_t *record; (record = group_table_next(table, &position));) {
        aggregate_set_release(grouping->aggregates, &record, 1);
        group_table_remove(table, record);
    }
}

enum status grouping_cold_next(struct grouping *grouping, uint8_t **records, uint32_t limit, uint32_t *count,
                               struct error *error) {
    struct grouping_cold *cold = grouping->cold;
    struct state_range range = state_range_orders(0, number_key(), cold->next_out, INT64_MAX);
    struct state_iterator *iterator;
    *count = 0;
    empty_table(grouping);
    TRY(state_iterator_open(cold->by_number, &range, &iterator, error));
    enum status status = STATUS_OK;
    while (*count < limit) {
        struct state_entry entry;
        bool found, created;
        status = state_iterator_next(iterator, &entry, &found, error);
        if (status != STATUS_OK || !found)
            break;
        struct bytes_reader bytes = bytes_reader_of(entry.value);
        uint32_t hash = bytes_get_u32(&bytes);
        struct str key = bytes_get_block(&bytes), value = bytes_get_block(&bytes);
        status = make_group(grouping, cold->config.table, hash, key, value, &records[*count], &created, error);
        if (status != STATUS_OK)
            break;
        cold->next_out = entry.address.order + 1;
        ++*count;
    }
    state_iterator_close(iterator);
    return status;
}

/* ---- snapshots ---- */

enum status grouping_cold_snapshot(struct grouping *grouping, struct snapshot_writer *writer, struct error *error) {
    struct grouping_cold *cold = grouping->cold;
    ASSERT(!cold->writer);
    TRY(delete_forgotten(cold, error));
    if (cold->evicted == 0)
        return STATUS_OK;
    cold->section = snapshot_section_begin(writer, ENTRIES_SECTION, ENTRIES_VERSION);
    snapshot_section_end(writer);
    cold->writer = writer;
    cold->next_key_group = 0;
    memset(cold->written, 0, sizeof cold->written);
    return STATUS_OK;
}

enum status grouping_cold_snapshot_step(struct grouping *grouping, size_t *budget_bytes, bool *done,
                                        struct error *error) {
    struct grouping_cold *cold = grouping->cold;
    while (cold->writer && *budget_bytes > 0) {
        if (cold->next_key_group == KEY_GROUP_COUNT) {
            cold->writer = NULL;
            break;
        }
        size_t before = cold->writer->out.size;
        TRY(save_key_group(cold, cold->next_key_group++, error));
        size_t used = cold->writer->out.size - before + KEY_GROUP_COST;
        *budget_bytes -= used < *budget_bytes ? used : *budget_bytes;
    }
    *done = !cold->writer;
    return STATUS_OK;
}

void grouping_cold_snapshot_abandon(struct grouping *grouping) {
    grouping->cold->writer = NULL;
}

/* An entry of a group that has no record. */
static enum status restore_entry(struct grouping *grouping, struct group_table *table,
                                 const struct snapshot_record *entry, uint32_t *count, struct error *error) {
    struct grouping_cold *cold = grouping->cold;
    uint8_t *record;
    bool created;
    if (!cold)
        return make_group(grouping, table, entry->hash, entry->key, entry->value, &record, &created, error);
    struct bytes_reader bytes = bytes_reader_of(entry->key);
    uint8_t nulls = bytes_get_u8(&bytes);
    record = group_table_find(table, entry->hash, nulls, &bytes);
    if (!bytes_are_done(&bytes))
        return damaged(grouping, "a key", error);
    if (record)
        return STATUS_OK;
    struct state_write write = {.address = {.hash = entry->hash, .key = entry->key}, .value = entry->value};
    if (cold->config.ttl_us > 0) {
        TRY(number_in(grouping, entry->value, cold->config.touched_offset, &write.expires_us, error));
        write.expires_us += cold->config.ttl_us;
    }
    cold->writes[(*count)++] = write;
    return STATUS_OK;
}

enum status grouping_cold_restore(struct grouping *grouping, struct group_table *table, struct snapshot_reader *reader,
                                  struct error *error) {
    struct grouping_cold *cold = grouping->cold;
    if (snapshot_is_read(reader))
        return STATUS_OK;
    TRY(snapshot_section_open(reader, ENTRIES_SECTION, ENTRIES_VERSION, error));
    bool found = true;
    while (found) {
        uint32_t count = 0;
        while (count < STEP_GROUPS) {
            struct snapshot_record entry;
            TRY(snapshot_next(reader, &entry, &found, error));
            if (!found)
                break;
            TRY(restore_entry(grouping, table, &entry, &count, error));
        }
        if (count == 0)
            continue;
        TRY(write_entries(cold, count, error));
        cold->evicted += count;
    }
    return STATUS_OK;
}
