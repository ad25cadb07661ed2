/* grouping_walk.c: all groups of a table, wherever they are, some at a time; and merges of tables.
 *
 *   in memory          ─▶ records of the table itself
 *   only in the cold   ─▶ entries of whole key groups are read into bytes ─▶ records of a table of their own ─▶ visit ─▶ forgotten
 *
 * Bytes in between, for while the back-end's iterator is open nobody else may use it. */
#include "executor/grouping.h"

#include <stdlib.h>

#include "executor/grouping_cold_parts.h"

enum {
    MERGE_GROUPS = 1024,
    READ_BYTES = 256 * 1024, /* of entries at once, and then the rest of their key group */
};

struct key_groups key_groups_all(void) {
    return (struct key_groups){0, KEY_GROUP_COUNT};
}

static bool is_all(struct key_groups wanted) {
    return wanted.first == 0 && wanted.end == KEY_GROUP_COUNT;
}

struct walk {
    struct grouping *grouping;
    uint32_t limit;
    grouping_visit *visit;
    void *context;
    uint8_t **records; /* room for `limit` */
    uint32_t count;
};

static enum status visit_records(struct walk *walk, struct group_table *table, struct error *error) {
    uint32_t count = walk->count;
    walk->count = 0;
    return count > 0 ? walk->visit(walk->context, table, walk->records, count, error) : STATUS_OK;
}

static enum status walk_records(struct walk *walk, struct group_table *table, struct key_groups wanted,
                                struct error *error) {
    uint32_t in_order = 0;
    uint64_t by_hash = 0;
    for (;;) {
        uint8_t *record = is_all(wanted) ? group_table_next(table, &in_order)
                                         : group_table_next_in(table, wanted.first, wanted.end - 1, &by_hash);
        if (!record)
            return visit_records(walk, table, error);
        walk->records[walk->count++] = record;
        if (walk->count == walk->limit)
            TRY(visit_records(walk, table, error));
    }
}

/* Entries from *first on, whole key groups, as hash u32 | key block | value block; moves *first behind the last one read. */
static enum status read_entries(struct cold_groups *groups, uint32_t *first, uint32_t end, struct strbuf *out,
                                struct error *error) {
    struct state_range range = {.first_key_group = *first, .end_key_group = end};
    struct state_iterator *iterator;
    uint32_t at = *first;
    strbuf_reset(out);
    TRY(state_iterator_open(groups->entries, &range, &iterator, error));
    enum status status;
    for (*first = end;;) {
        struct state_entry entry;
        bool found;
        status = state_iterator_next(iterator, &entry, &found, error);
        if (status != STATUS_OK || !found)
            break;
        uint32_t key_group = entry.address.hash >> KEY_GROUP_SHIFT;
        if (key_group != at && out->size >= READ_BYTES) {
            *first = key_group;
            break;
        }
        at = key_group;
        bytes_put_u32(out, entry.address.hash);
        bytes_put_block(out, entry.address.key);
        bytes_put_block(out, entry.value);
    }
    state_iterator_close(iterator);
    return status;
}

/* Entries of groups that are not in memory become records of `loaded`. */
static enum status load_entry(struct walk *walk, const struct cold_groups *groups, struct group_table *loaded,
                              struct bytes_reader *entries, struct error *error) {
    uint32_t hash = bytes_get_u32(entries);
    struct str key = bytes_get_block(entries), value = bytes_get_block(entries);
    struct bytes_reader bytes = bytes_reader_of(key);
    uint8_t nulls = bytes_get_u8(&bytes);
    if (!bytes.failed && group_table_find(groups->table, hash, nulls, &bytes))
        return STATUS_OK;
    bool created;
    return cold_groups_make(walk->grouping, loaded, hash, key, value, &walk->records[walk->count++], &created, error);
}

static enum status walk_read(struct walk *walk, const struct cold_groups *groups, struct str read,
                             struct error *error) {
    struct bytes_reader entries = bytes_reader_of(read);
    while (bytes_left(&entries) > 0) {
        struct group_table *loaded = grouping_table_new(walk->grouping);
        enum status status = STATUS_OK;
        while (status == STATUS_OK && walk->count < walk->limit && bytes_left(&entries) > 0)
            status = load_entry(walk, groups, loaded, &entries, error);
        if (status == STATUS_OK)
            status = visit_records(walk, loaded, error);
        grouping_table_recycle(walk->grouping, loaded);
        TRY(status);
    }
    return STATUS_OK;
}

static enum status walk_entries(struct walk *walk, struct cold_groups *groups, struct key_groups wanted,
                                struct error *error) {
    struct strbuf read;
    strbuf_init(&read);
    enum status status = cold_groups_delete_forgotten(groups, error);
    for (uint32_t next = wanted.first; status == STATUS_OK && next < wanted.end;) {
        status = read_entries(groups, &next, wanted.end, &read, error);
        if (status == STATUS_OK)
            status = walk_read(walk, groups, strbuf_str(&read), error);
    }
    strbuf_release(&read);
    return status;
}

enum status grouping_walk(struct grouping *grouping, struct group_table *table, struct key_groups wanted,
                          uint32_t limit, grouping_visit *visit, void *context, struct error *error) {
    struct cold_groups *groups = group_table_cold(table);
    struct walk walk = {.grouping = grouping, .limit = limit, .visit = visit, .context = context};
    walk.records = memory_alloc(limit * sizeof *walk.records);
    if (groups)
        groups->walks++;
    enum status status = walk_records(&walk, table, wanted, error);
    if (status == STATUS_OK && groups && groups->entries)
        status = walk_entries(&walk, groups, wanted, error);
    if (groups)
        groups->walks--;
    free(walk.records);
    return status;
}

/* ---- merges ---- */

struct merge {
    struct grouping *grouping;
    struct group_table *target;
};

/* The counterparts in the target, new ones with empty states. */
static enum status find_targets(const struct merge *merge, struct group_table *source, uint8_t *const *sources,
                                uint8_t **targets, uint32_t count, struct error *error) {
    struct grouping *grouping = merge->grouping;
    struct cold_groups *cold = group_table_cold(merge->target);
    uint16_t created[MERGE_GROUPS];
    uint32_t created_count = 0;
    for (uint32_t i = 0; i < count; i++) {
        bool is_new;
        targets[i] = group_table_lookup_record(merge->target, source, sources[i], &is_new);
        created[created_count] = (uint16_t)i;
        created_count += is_new;
    }
    if (cold)
        TRY(cold_groups_load(cold, targets, created, &created_count, error));
    if (created_count > 0)
        aggregate_set_init(grouping->aggregates, targets, created, created_count);
    grouping_note(grouping, merge->target, targets, count);
    return STATUS_OK;
}

static enum status merge_groups(void *context, struct group_table *source, uint8_t **sources, uint32_t count,
                                struct error *error) {
    const struct merge *merge = context;
    struct grouping *grouping = merge->grouping;
    struct cold_groups *cold = group_table_cold(merge->target);
    uint8_t *targets[MERGE_GROUPS];
    if (cold)
        TRY(cold_groups_make_room(cold, error));
    TRY(find_targets(merge, source, sources, targets, count, error));
    for (uint32_t i = 0; grouping->counts_rows && i < count; i++)
        *(int64_t *)(targets[i] + grouping->count_offset) += *(const int64_t *)(sources[i] + grouping->count_offset);
    return aggregate_set_merge(grouping->aggregates, targets, sources, count, error);
}

enum status grouping_merge(struct grouping *grouping, struct group_table *target, struct group_table *source,
                           struct key_groups wanted, struct error *error) {
    struct merge merge = {.grouping = grouping, .target = target};
    return grouping_walk(grouping, source, wanted, MERGE_GROUPS, merge_groups, &merge, error);
}
