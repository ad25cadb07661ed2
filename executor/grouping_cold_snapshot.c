/* grouping_cold_snapshot.c: entries of cold groups in snapshots. Invariants: grouping_cold_parts.h. */
#include "executor/grouping_cold_parts.h"
#include "executor/snapshot.h"

enum { WALK_COST = 1024 /* of a step's budget: an iterator of the back-end */ };
#define ENTRIES_SECTION "stored groups"

static bool is_written(const struct cold_groups *groups, uint32_t key_group) {
    return groups->written[key_group / 64] >> key_group % 64 & 1;
}

static void set_written(struct cold_groups *groups, uint32_t first, uint32_t end) {
    for (uint32_t key_group = first; key_group < end; key_group++)
        groups->written[key_group / 64] |= UINT64_C(1) << key_group % 64;
}

/* Whether a walk that has come to this key group, behind those before it, goes no further. */
static bool is_enough(const struct cold_groups *groups, uint32_t key_group, size_t bytes, size_t budget_bytes) {
    return is_written(groups, key_group) || bytes >= budget_bytes;
}

/* Entries of whole key groups from *next on, until so many bytes are written, one comes that is written already, or `end`; moves *next to it. */
static enum status save_some(struct cold_groups *groups, uint32_t *next, uint32_t end, size_t budget_bytes,
                             struct error *error) {
    struct grouping_cold *cold = groups->grouping->cold;
    struct state_range range = {.first_key_group = *next, .end_key_group = end};
    struct state_iterator *iterator;
    size_t before = cold->writer->out.size;
    TRY(state_iterator_open(groups->entries, &range, &iterator, error));
    snapshot_section_resume(cold->writer, cold->section);
    uint32_t at = *next, stop = end;
    enum status status;
    for (;;) {
        struct state_entry entry;
        bool found;
        status = state_iterator_next(iterator, &entry, &found, error);
        if (status != STATUS_OK || !found)
            break;
        uint32_t key_group = entry.address.hash >> KEY_GROUP_SHIFT;
        if (key_group != at && is_enough(groups, key_group, cold->writer->out.size - before, budget_bytes)) {
            stop = key_group;
            break;
        }
        at = key_group;
        snapshot_put(cold->writer, &(struct snapshot_record){.hash = entry.address.hash,
                                                             .order = groups->number,
                                                             .key = entry.address.key,
                                                             .value = entry.value});
    }
    snapshot_section_end(cold->writer);
    state_iterator_close(iterator);
    set_written(groups, *next, stop);
    *next = stop;
    return status;
}

enum status cold_groups_save(struct cold_groups *groups, uint32_t key_group, struct error *error) {
    if (!groups->grouping->cold->writer || groups->number == NO_NUMBER || is_written(groups, key_group))
        return STATUS_OK;
    return save_some(groups, &key_group, key_group + 1, 1, error);
}

enum status grouping_cold_snapshot(struct grouping *grouping, struct snapshot_writer *writer, struct error *error) {
    struct grouping_cold *cold = grouping->cold;
    bool has_entries = false;
    if (!cold)
        return STATUS_OK;
    ASSERT(!cold->writer);
    for (uint32_t i = 0; i < cold->part_count; i++) {
        struct cold_groups *groups = cold->parts[i];
        TRY(cold_groups_delete_forgotten(groups, error));
        memset(groups->written, 0, sizeof groups->written);
        if (!groups->entries || writer->entries_are_in_files)
            groups->number = NO_NUMBER;
        has_entries |= groups->number != NO_NUMBER;
    }
    if (writer->entries_are_in_files) /* what is to go must not be in them: another task may have the table still */
        return grouping_cold_settle(cold, error);
    if (!has_entries)
        return STATUS_OK;
    cold->section = snapshot_section_begin(writer, ENTRIES_SECTION, ENTRIES_VERSION);
    snapshot_section_end(writer);
    cold->writer = writer;
    cold->next_part = cold->next_key_group = 0;
    return STATUS_OK;
}

/* No snapshot needs a part any more: those whose tables were recycled meanwhile go. */
static void end_snapshot(struct grouping_cold *cold) {
    cold->writer = NULL;
    for (uint32_t i = cold->part_count; i-- > 0;) {
        cold->parts[i]->number = NO_NUMBER;
        if (!cold->parts[i]->table)
            cold_groups_retire(cold->parts[i]);
    }
}

static enum status step_part(struct grouping_cold *cold, size_t *budget_bytes, struct error *error) {
    struct cold_groups *groups = cold->parts[cold->next_part];
    size_t before = cold->writer->out.size;
    while (cold->next_key_group < KEY_GROUP_COUNT && is_written(groups, cold->next_key_group))
        cold->next_key_group++;
    if (groups->number == NO_NUMBER)
        cold->next_key_group = KEY_GROUP_COUNT;
    else if (cold->next_key_group < KEY_GROUP_COUNT)
        TRY(save_some(groups, &cold->next_key_group, KEY_GROUP_COUNT, *budget_bytes, error));
    size_t used = cold->writer->out.size - before + WALK_COST;
    *budget_bytes -= used < *budget_bytes ? used : *budget_bytes;
    if (cold->next_key_group == KEY_GROUP_COUNT) {
        cold->next_part++;
        cold->next_key_group = 0;
    }
    return STATUS_OK;
}

enum status grouping_cold_snapshot_step(struct grouping *grouping, size_t *budget_bytes, bool *done,
                                        struct error *error) {
    struct grouping_cold *cold = grouping->cold;
    *done = true;
    if (!cold)
        return STATUS_OK;
    while (cold->writer && *budget_bytes > 0) {
        if (cold->next_part < cold->part_count)
            TRY(step_part(cold, budget_bytes, error));
        else
            end_snapshot(cold);
    }
    *done = !cold->writer;
    return STATUS_OK;
}

void grouping_cold_snapshot_abandon(struct grouping *grouping) {
    if (grouping->cold && grouping->cold->writer)
        end_snapshot(grouping->cold);
}

/* Entries of one table on their way into its cold one. */
struct restored_entries {
    struct cold_groups *groups;
    uint32_t count;
};

static enum status write_restored(struct restored_entries *restored, struct error *error) {
    uint32_t count = restored->count;
    restored->count = 0;
    if (count == 0)
        return STATUS_OK;
    TRY(cold_groups_store(restored->groups, count, error));
    arena_reset(&restored->groups->grouping->scratch);
    return STATUS_OK;
}

/* A value as it has to be here; a changed one is in the grouping's scratch. */
static enum status restore_value(struct grouping *grouping, struct str *value, struct error *error) {
    const struct group_contents *contents = grouping->contents;
    if (!contents || contents->restore(contents->context, &grouping->scratch, value))
        return STATUS_OK;
    return cold_groups_damaged(grouping, "a group", error);
}

/* Without a back-end: a record. */
static enum status restore_record(struct grouping *grouping, struct group_table *table,
                                  const struct snapshot_record *entry, struct error *error) {
    struct str value = entry->value;
    uint8_t *record;
    bool created;
    arena_reset(&grouping->scratch);
    TRY(restore_value(grouping, &value, error));
    return cold_groups_make(grouping, table, entry->hash, entry->key, value, &record, &created, error);
}

/* An entry of a group that has no record. */
static enum status restore_entry(struct grouping *grouping, struct group_table *table,
                                 const struct snapshot_record *entry, struct restored_entries *restored,
                                 struct error *error) {
    struct cold_groups *groups = group_table_cold(table);
    struct grouping_cold *cold = grouping->cold;
    if (!groups)
        return restore_record(grouping, table, entry, error);
    struct bytes_reader bytes = bytes_reader_of(entry->key);
    uint8_t nulls = bytes_get_u8(&bytes);
    const uint8_t *record = group_table_find(table, entry->hash, nulls, &bytes);
    if (!bytes_are_done(&bytes))
        return cold_groups_damaged(grouping, "a key", error);
    if (record)
        return STATUS_OK;
    struct state_write write = {.address = {.hash = entry->hash, .key = entry->key}, .value = entry->value};
    if (cold->config.ttl_us > 0) {
        size_t offset = 1 + cold->config.touched_offset - grouping->count_offset; /* behind the marks */
        if (entry->value.size < offset + sizeof write.expires_us)
            return cold_groups_damaged(grouping, "a group", error);
        memcpy(&write.expires_us, entry->value.data + offset, sizeof write.expires_us);
        write.expires_us += cold->config.ttl_us;
    }
    if (restored->groups != groups || restored->count == STEP_GROUPS)
        TRY(write_restored(restored, error));
    restored->groups = groups;
    TRY(restore_value(grouping, &write.value, error));
    cold->writes[restored->count++] = write;
    return STATUS_OK;
}

static enum status restore_entries(struct grouping *grouping, struct snapshot_reader *reader, struct error *error) {
    struct restored_entries restored = {0};
    TRY(snapshot_section_open(reader, ENTRIES_SECTION, ENTRIES_VERSION, error));
    for (;;) {
        struct snapshot_record entry;
        bool found;
        TRY(snapshot_next(reader, &entry, &found, error));
        if (!found)
            return write_restored(&restored, error);
        if (entry.order >= grouping->restored_count)
            return snapshot_malformed(reader, "has a group of a table that is not there", error);
        TRY(restore_entry(grouping, grouping->restored[entry.order], &entry, &restored, error));
    }
}

/* Entries that came with the back-end: a record may have one, which has to go with it. */
static void mark_stored(struct cold_groups *groups) {
    uint64_t rows = state_table_usage(groups->entries).rows, records = group_table_count(groups->table);
    groups->away = rows > records ? rows - records : 0;
    uint32_t position = 0;
    for (uint8_t *record; (record = group_table_next(groups->table, &position));)
        record_header(record)->bits |= RECORD_STORED;
}

/* Without a back-end: what a checkpoint's files have of a table becomes records. */
static enum status take_over(struct grouping *grouping, const struct named_table *named, const char *operator_id,
                             struct error *error) {
    struct state_table *entries =
        state_table_find(grouping->owner->context->restored_state, operator_id, named->role, named->instance);
    struct state_range all = state_range_all();
    struct state_iterator *iterator;
    if (!entries)
        return STATUS_OK;
    TRY(state_iterator_open(entries, &all, &iterator, error));
    enum status status;
    for (;;) {
        struct state_entry entry;
        bool found, created;
        uint8_t *record;
        status = state_iterator_next(iterator, &entry, &found, error);
        if (status == STATUS_OK && found)
            status = cold_groups_make(grouping, named->table, entry.address.hash, entry.address.key, entry.value,
                                      &record, &created, error);
        if (status != STATUS_OK || !found)
            break;
    }
    state_iterator_close(iterator);
    return status;
}

/* Once the records of all chains are there, which count. */
static enum status take_over_all(struct grouping *grouping, const struct snapshot_reader *reader, struct error *error) {
    const struct stream_operator *owner = grouping->owner;
    if (!owner->context->restored_state || reader->chain + 1 < reader->chain_count)
        return STATUS_OK;
    char operator_id[STATE_OPERATOR_ID_SIZE];
    state_operator_id(owner->class->name, owner->node->id, operator_id);
    for (uint32_t i = 0; i < grouping->named_count; i++)
        TRY(take_over(grouping, &grouping->named[i], operator_id, error));
    return STATUS_OK;
}

enum status grouping_cold_restore(struct grouping *grouping, struct snapshot_reader *reader, struct error *error) {
    if (!snapshot_is_read(reader))
        TRY(restore_entries(grouping, reader, error));
    for (uint32_t i = 0; i < grouping->restored_count; i++) {
        struct cold_groups *groups = group_table_cold(grouping->restored[i]);
        if (groups && groups->was_restored)
            mark_stored(groups);
    }
    grouping->restored_count = 0;
    return take_over_all(grouping, reader, error);
}
