/* state_snapshot.c: all tables of a back-end as sections of a snapshot, and back, through the interface alone.
 *
 *   section "state tables": one value: table count varint, then the descriptors (state_descriptor.h)
 *   section per table, named by its operator id: record {hash, order, key, value}
 *     key   := key block | user key
 *     order := LIST, ORDERED: the order, sign bit flipped; otherwise 0
 *     value := expires_us i64 | value
 */
#include "core/base/arena.h"
#include "core/base/bytes.h"
#include "executor/snapshot.h"
#include "executor/state.h"
#include "executor/state_descriptor.h"

enum { TABLES_VERSION = 1, RESTORE_BATCH = 256 };
#define TABLES_SECTION "state tables"
#define SIGN_BIT (1ull << 63)

static enum status put_entries(struct state_iterator *iterator, struct snapshot_writer *writer, struct strbuf *key,
                               struct strbuf *value, struct error *error) {
    for (;;) {
        struct state_entry entry;
        bool found;
        TRY(state_iterator_next(iterator, &entry, &found, error));
        if (!found)
            return STATUS_OK;
        bool has_order =
            iterator->table->descriptor.kind == STATE_LIST || iterator->table->descriptor.kind == STATE_ORDERED;
        strbuf_reset(key);
        bytes_put_block(key, entry.address.key);
        strbuf_append_str(key, entry.address.user_key);
        strbuf_reset(value);
        bytes_put_i64(value, entry.expires_us);
        strbuf_append_str(value, entry.value);
        snapshot_put(writer,
                     &(struct snapshot_record){.hash = entry.address.hash,
                                               .order = has_order ? (uint64_t)entry.address.order ^ SIGN_BIT : 0,
                                               .key = strbuf_str(key),
                                               .value = strbuf_str(value)});
    }
}

static enum status put_table(struct state_table *table, struct snapshot_writer *writer, struct error *error) {
    struct state_range all = state_range_all();
    struct state_iterator *iterator;
    TRY(state_iterator_open(table, &all, &iterator, error));
    struct strbuf key, value;
    strbuf_init(&key);
    strbuf_init(&value);
    snapshot_section_begin(writer, table->descriptor.operator_id, table->descriptor.version);
    enum status status = put_entries(iterator, writer, &key, &value, error);
    snapshot_section_end(writer);
    strbuf_release(&key);
    strbuf_release(&value);
    state_iterator_close(iterator);
    return status;
}

enum status state_backend_snapshot(struct state_backend *backend, struct snapshot_writer *writer, struct error *error) {
    uint32_t count = 0;
    for (const struct state_table *table = backend->tables; table; table = table->next)
        count++;
    struct strbuf tables;
    strbuf_init(&tables);
    bytes_put_varint(&tables, count);
    for (const struct state_table *table = backend->tables; table; table = table->next)
        state_descriptor_put(&tables, &table->descriptor);
    snapshot_put_value(writer, TABLES_SECTION, TABLES_VERSION, strbuf_str(&tables));
    strbuf_release(&tables);
    for (struct state_table *table = backend->tables; table; table = table->next)
        TRY(put_table(table, writer, error));
    return STATUS_OK;
}

/* ---- back ---- */

static enum status read_record(const struct snapshot_reader *reader, const struct state_descriptor *descriptor,
                               const struct snapshot_record *record, struct state_write *write, struct error *error) {
    bool has_order = descriptor->kind == STATE_LIST || descriptor->kind == STATE_ORDERED;
    bool has_user_key = descriptor->kind == STATE_MAP || descriptor->kind == STATE_ORDERED;
    struct bytes_reader key = bytes_reader_of(record->key), value = bytes_reader_of(record->value);
    *write = (struct state_write){.address = {.hash = record->hash, .key = bytes_get_block(&key)}};
    write->address.user_key = bytes_get(&key, bytes_left(&key));
    write->expires_us = bytes_get_i64(&value);
    write->value = bytes_get(&value, bytes_left(&value));
    if (has_order)
        write->address.order = (int64_t)(record->order ^ SIGN_BIT);
    else if (record->order != 0)
        bytes_refuse(&key);
    if (!has_user_key && write->address.user_key.size > 0)
        bytes_refuse(&key);
    TRY(snapshot_check(reader, &key, error));
    return snapshot_check(reader, &value, error);
}

static enum status get_entries(struct state_table *table, struct snapshot_reader *reader, struct error *error) {
    struct state_write writes[RESTORE_BATCH];
    bool found = true;
    while (found) {
        uint32_t count = 0;
        while (count < RESTORE_BATCH) {
            struct snapshot_record record;
            TRY(snapshot_next(reader, &record, &found, error));
            if (!found)
                break;
            TRY(read_record(reader, &table->descriptor, &record, &writes[count++], error));
        }
        TRY(state_multi_write(table, writes, count, error));
    }
    return STATUS_OK;
}

static enum status get_table(struct state_backend *backend, struct snapshot_reader *reader,
                             const struct state_descriptor *descriptor, struct error *error) {
    TRY(snapshot_section_open(reader, descriptor->operator_id, descriptor->version, error));
    struct state_table *table =
        state_table_find(backend, descriptor->operator_id, descriptor->role, descriptor->instance);
    bool opened = table && table->opened;
    if (!table || !opened) {
        TRY(state_table_open(backend, descriptor, &table, error));
        table->opened = false; /* nobody asked for it yet */
    }
    if (table->descriptor.kind != descriptor->kind || table->descriptor.version != descriptor->version)
        return FAIL(error, STATUS_UNSUPPORTED, "state \"%s\" of operator \"%s\" is of another version or kind",
                    descriptor->role, descriptor->operator_id);
    return get_entries(table, reader, error);
}

enum status state_backend_restore(struct state_backend *backend, struct snapshot_reader *reader, struct error *error) {
    struct bytes_reader tables;
    TRY(snapshot_get_value(reader, TABLES_SECTION, TABLES_VERSION, &tables, error));
    uint32_t count = bytes_get_count(&tables, STATE_DESCRIPTOR_BYTES_MIN);
    struct arena arena;
    arena_init(&arena);
    struct state_descriptor *descriptors = ARENA_ARRAY(&arena, struct state_descriptor, count + 1);
    for (uint32_t i = 0; i < count; i++)
        state_descriptor_get(&tables, &arena, &descriptors[i]);
    enum status status = snapshot_check(reader, &tables, error);
    for (uint32_t i = 0; i < count && status == STATUS_OK; i++)
        status = get_table(backend, reader, &descriptors[i], error);
    arena_release(&arena);
    return status;
}
