/* grouping_snapshot.c: the tables of a grouping operator as sections of a snapshot. Tables are marked at the barrier and written in the
 * order in which they were marked, a step at a time.
 *
 *   body of a group   key, then what a record holds before its aggregates (row count, the operator's own), then the aggregates
 *
 * which is the record itself when the key is kept as values and no aggregate has memory elsewhere. */
#include "executor/grouping.h"

#include <stdlib.h>

#include "core/base/arena.h"
#include "core/base/bytes.h"
#include "executor/grouping_cold_parts.h"
#include "executor/snapshot.h"

enum { GROUPS_VERSION = 2 };

struct snapshot_table {
    struct group_table *table;
    bool is_retired; /* nobody else needs it any more */
};

struct group_codec {
    struct record_codec record;
    struct grouping *grouping;
    struct group_table *table;         /* at hand */
    uint32_t plain_offset, plain_size; /* what is copied as it is */
    bool has_plain_states;             /* the aggregates' bytes are all there is */
};

void grouping_encode_states(const struct grouping *grouping, const uint8_t *record, struct strbuf *out) {
    const struct group_codec *codec = grouping->codec;
    strbuf_append(out, record + codec->plain_offset, codec->plain_size);
    if (!codec->has_plain_states)
        aggregate_set_encode(grouping->aggregates, record, out);
}

bool grouping_decode_states(const struct grouping *grouping, uint8_t *record, struct bytes_reader *bytes) {
    const struct group_codec *codec = grouping->codec;
    struct str plain = bytes_get(bytes, codec->plain_size);
    if (plain.size)
        memcpy(record + codec->plain_offset, plain.data, plain.size);
    if (!codec->has_plain_states) {
        aggregate_set_init(grouping->aggregates, &record, NULL, 1);
        aggregate_set_decode(grouping->aggregates, record, bytes);
    }
    return bytes_are_done(bytes);
}

static void encode_group(void *context, const uint8_t *record, struct strbuf *out) {
    const struct group_codec *codec = context;
    group_table_encode_key(codec->table, record, out);
    grouping_encode_states(codec->grouping, record, out);
}

static bool decode_group(void *context, uint8_t *record, struct str body) {
    const struct group_codec *codec = context;
    struct bytes_reader bytes = bytes_reader_of(body);
    return group_table_decode_key(codec->table, record, &bytes) &&
           grouping_decode_states(codec->grouping, record, &bytes);
}

void grouping_codec_open(struct grouping *grouping) {
    struct group_codec *codec = memory_zalloc(sizeof *codec);
    bool has_plain_states = aggregate_set_is_plain(grouping->aggregates);
    *codec = (struct group_codec){
        .record = {.context = codec, .encode = encode_group, .decode = decode_group},
        .grouping = grouping,
        .plain_offset = grouping->count_offset,
        .plain_size = grouping->state_size - (has_plain_states ? 0 : aggregate_set_size(grouping->aggregates)),
        .has_plain_states = has_plain_states,
    };
    grouping->codec = codec;
}

static struct snapshot_table *unwritten_table(struct grouping *grouping, const struct group_table *table) {
    for (uint32_t i = grouping->next_unwritten; i < grouping->unwritten_count; i++)
        if (grouping->unwritten[i].table == table)
            return &grouping->unwritten[i];
    return NULL;
}

void grouping_codec_close(struct grouping *grouping) {
    for (uint32_t i = grouping->next_unwritten; i < grouping->unwritten_count; i++)
        if (grouping->unwritten[i].is_retired)
            group_table_free(grouping->unwritten[i].table);
    free(grouping->unwritten);
    free(grouping->codec);
}

const struct record_codec *grouping_codec(const struct grouping *grouping, struct group_table *table) {
    struct group_codec *codec = grouping->codec;
    codec->table = table;
    if (group_table_key_size(table) && codec->has_plain_states)
        codec->record.encode = NULL;
    return &codec->record;
}

void grouping_snapshot(struct grouping *grouping, struct group_table *table, const char *name,
                       struct snapshot_writer *writer) {
    record_store_begin(group_table_store(table), grouping_codec(grouping, table), writer, name, GROUPS_VERSION,
                       &grouping->next_serial);
    if (grouping->unwritten_count == grouping->unwritten_capacity) {
        grouping->unwritten_capacity = grouping->unwritten_capacity ? grouping->unwritten_capacity * 2 : 4;
        grouping->unwritten =
            memory_realloc(grouping->unwritten, grouping->unwritten_capacity * sizeof *grouping->unwritten);
    }
    if (group_table_cold(table))
        group_table_cold(table)->number = grouping->unwritten_count;
    grouping->unwritten[grouping->unwritten_count++] = (struct snapshot_table){.table = table};
}

bool grouping_snapshot_keeps(struct grouping *grouping, struct group_table *table) {
    if (!group_table_store(table)->under_way)
        return false;
    unwritten_table(grouping, table)->is_retired = true;
    return true;
}

bool grouping_snapshot_step(struct grouping *grouping, size_t *budget_bytes) {
    while (grouping->next_unwritten < grouping->unwritten_count) {
        struct snapshot_table at = grouping->unwritten[grouping->next_unwritten];
        if (!record_store_step(group_table_store(at.table), grouping_codec(grouping, at.table), budget_bytes))
            return false;
        grouping->next_unwritten++;
        if (at.is_retired)
            grouping_table_recycle(grouping, at.table);
    }
    grouping->next_unwritten = grouping->unwritten_count = 0;
    return true;
}

void grouping_snapshot_abandon(struct grouping *grouping) {
    uint32_t first = grouping->next_unwritten, end = grouping->unwritten_count;
    grouping->next_unwritten = grouping->unwritten_count = 0;
    for (uint32_t i = first; i < end; i++) {
        record_store_abandon(group_table_store(grouping->unwritten[i].table));
        if (grouping->unwritten[i].is_retired)
            grouping_table_recycle(grouping, grouping->unwritten[i].table);
    }
}

enum status grouping_restore_begin(struct grouping *grouping, struct group_table *table, struct error *error) {
    if (grouping->restored_count == grouping->restored_capacity) {
        grouping->restored_capacity = grouping->restored_capacity ? grouping->restored_capacity * 2 : 4;
        grouping->restored =
            memory_realloc(grouping->restored, grouping->restored_capacity * sizeof *grouping->restored);
    }
    grouping->restored[grouping->restored_count++] = table;
    return group_table_cold(table) ? cold_groups_adopt(group_table_cold(table), error) : STATUS_OK;
}

enum status grouping_restore(struct grouping *grouping, struct group_table *table, const char *name,
                             struct snapshot_reader *reader, struct error *error) {
    struct record_store *store = group_table_store(table);
    TRY(grouping_restore_begin(grouping, table, error));
    uint32_t first_place = store->place_count, key_groups = reader->end_key_group - reader->first_key_group;
    TRY(record_store_restore(store, grouping_codec(grouping, table), true, name, GROUPS_VERSION, reader, error));
    bool is_sound = first_place > 0 ? group_table_index_more(table, first_place)
                                    : group_table_index(table, key_groups ? key_groups : 1);
    return is_sound ? STATUS_OK : snapshot_malformed(reader, "has two groups of one key", error);
}
