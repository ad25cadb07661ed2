/* rocks_iterator.c: the entries of a range: those in RAM and those of RocksDB, merged in the order of keys.
 * Invariant: of a key that both have the one in RAM counts, and a tombstone there hides it. */
#include <endian.h>
#include <stdlib.h>

#include "core/base/arena.h"
#include "runtime/state/entry_codec.h"
#include "runtime/state/rocks_parts.h"

struct merge {
    struct state_iterator base;
    struct rocks_backend *backend;
    struct strbuf start, end; /* with table prefix; `end` is never empty */
    struct hot_cursor hot;
    struct hot_entry *hot_next;
    rocksdb_readoptions_t *options; /* borrow `end` */
    rocksdb_iterator_t *cold;       /* NULL: nothing is stored */
    bool cold_was_shown;            /* what it stands at was handed out */
};

static struct str without_prefix(struct str key) {
    return (struct str){key.data + TABLE_PREFIX, key.size - TABLE_PREFIX};
}

static void append_prefix(struct strbuf *out, uint32_t table_id) {
    table_id = htobe32(table_id);
    strbuf_append(out, &table_id, sizeof table_id);
}

static void open_cold(struct merge *merge) {
    const struct rocks_library *library = merge->backend->library;
    merge->options = library->readoptions_create();
    library->readoptions_set_fill_cache(merge->options, 0); /* a walk is no sign of use */
    library->readoptions_set_iterate_upper_bound(merge->options, merge->end.data, merge->end.size);
    merge->cold = library->create_iterator(merge->backend->db, merge->options);
    library->iter_seek(merge->cold, merge->start.data, merge->start.size);
}

enum status rocks_iterator_open(struct state_table *base, const struct state_range *range,
                                struct state_iterator **iterator, struct error *error) {
    struct rocks_backend *backend = rocks_backend_of(base);
    struct rocks_table *table = rocks_table_of(base);
    rocks_misses_unpin(backend);
    TRY(rocks_batch_write(backend, error));
    struct merge *merge = memory_zalloc(sizeof *merge);
    merge->backend = backend;
    strbuf_init(&merge->start);
    strbuf_init(&merge->end);
    append_prefix(&merge->start, table->id);
    append_prefix(&merge->end, table->id);
    entry_range_append(&merge->start, &merge->end, range);
    struct str end = without_prefix(strbuf_str(&merge->end));
    if (end.size == 0) {
        strbuf_reset(&merge->end);
        append_prefix(&merge->end, table->id + 1);
    }
    hot_cursor_open(&merge->hot, &table->hot, without_prefix(strbuf_str(&merge->start)), end);
    merge->hot_next = hot_cursor_next(&merge->hot);
    bool empty = str_compare(strbuf_str(&merge->start), strbuf_str(&merge->end)) >= 0;
    if (table->stored && !empty)
        open_cold(merge);
    *iterator = &merge->base;
    return STATUS_OK;
}

/* The key at which the cold part stands, without prefix; .data = NULL at its end. */
static enum status cold_key(struct merge *merge, struct str *key, struct error *error) {
    const struct rocks_library *library = merge->backend->library;
    *key = (struct str){0};
    if (!merge->cold)
        return STATUS_OK;
    if (merge->cold_was_shown)
        library->iter_next(merge->cold);
    merge->cold_was_shown = false;
    if (!library->iter_valid(merge->cold)) {
        char *message = NULL;
        library->iter_get_error(merge->cold, &message);
        return rocks_check(merge->backend, message, "reading", error);
    }
    struct str full;
    full.data = library->iter_key(merge->cold, &full.size);
    *key = without_prefix(full);
    return STATUS_OK;
}

/* The next key and value of either; a tombstone's value has no data. key->data = NULL at the end. */
static enum status step(struct merge *merge, struct str *key, struct str *value, struct error *error) {
    struct str cold;
    TRY(cold_key(merge, &cold, error));
    struct hot_entry *hot = merge->hot_next;
    int order = !hot ? 1 : !cold.data ? -1 : str_compare(hot_entry_key(hot), cold);
    if (order <= 0 && hot) {
        merge->hot_next = hot_cursor_next(&merge->hot);
        merge->cold_was_shown = order == 0;
        *key = hot_entry_key(hot);
        if (hot->marks & ENTRY_DELETED)
            *value = (struct str){0};
        else
            *value = hot_entry_value(hot);
        return STATUS_OK;
    }
    *key = cold;
    if (!cold.data)
        return STATUS_OK;
    merge->cold_was_shown = true;
    value->data = merge->backend->library->iter_value(merge->cold, &value->size);
    return STATUS_OK;
}

enum status rocks_iterator_next(struct state_iterator *iterator, struct state_entry *entry, bool *found,
                                struct error *error) {
    struct merge *merge = (struct merge *)iterator;
    const struct rocks_table *table = rocks_table_of(iterator->table);
    for (;;) {
        struct str key, value;
        TRY(step(merge, &key, &value, error));
        *found = key.data != NULL;
        if (!*found)
            return STATUS_OK;
        if (!value.data)
            continue;
        if (!entry_key_read(key, table->base.descriptor.kind, &entry->address) ||
            !entry_value_read(value, &entry->value, &entry->expires_us))
            return rocks_damaged(merge->backend, table, error);
        if (!entry_expired(entry->expires_us, merge->backend->base.now_us))
            return STATUS_OK;
    }
}

void rocks_iterator_close(struct state_iterator *iterator) {
    struct merge *merge = (struct merge *)iterator;
    if (merge->cold) {
        merge->backend->library->iter_destroy(merge->cold);
        merge->backend->library->readoptions_destroy(merge->options);
    }
    hot_cursor_close(&merge->hot);
    strbuf_release(&merge->start);
    strbuf_release(&merge->end);
    free(merge);
}
