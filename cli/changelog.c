/* changelog.c: rows in order of appearance, found by a hash of their key.
 *
 *   entries  [row][row][ - ][row] …   in order; a removed one leaves a hole until the array is packed
 *   buckets  hash -> newest entry -> older entries with the same bucket
 *
 * The hole of the last -U is where the +U that follows it goes.
 */
#include "cli/changelog.h"

#include <stdlib.h>

#include "core/base/arena.h"
#include "core/base/hash.h"
#include "core/base/str.h"
#include "core/data/row_codec.h"

enum { BUCKETS_MIN = 64, PACK_AT_HOLES = 1024 };
#define NO_ENTRY UINT32_MAX

struct entry {
    char *bytes; /* key, then row; without key columns only the row, which is the key. NULL: a hole */
    uint32_t key_size;
    uint32_t size;
    uint64_t hash;
    uint32_t next; /* in the bucket */
};

struct changelog {
    const struct schema *schema;
    uint32_t *all_columns;
    uint32_t *key_columns;
    uint32_t key_column_count;
    struct entry *entries;
    uint32_t entry_count; /* holes included */
    uint32_t entry_capacity;
    uint32_t row_count;
    uint32_t *buckets;
    uint32_t bucket_count; /* a power of two */
    uint32_t vacated;      /* hole of the last -U */
    uint64_t newest;       /* rows to keep; 0 = all */
    uint32_t oldest;       /* entries before it are holes */
    struct strbuf bytes;
    struct batch_pool pool;
};

static uint32_t *copy_indexes(const uint32_t *indexes, uint32_t count) {
    uint32_t *copy = memory_alloc(count * sizeof *copy);
    for (uint32_t i = 0; i < count; i++)
        copy[i] = indexes ? indexes[i] : i;
    return copy;
}

struct changelog *changelog_new(const struct schema *schema, const uint32_t *key_columns, uint32_t key_column_count) {
    struct changelog *changelog = memory_zalloc(sizeof *changelog);
    changelog->schema = schema;
    changelog->all_columns = copy_indexes(NULL, schema->field_count);
    changelog->key_columns = copy_indexes(key_columns, key_column_count);
    changelog->key_column_count = key_column_count;
    changelog->bucket_count = BUCKETS_MIN;
    changelog->buckets = memory_alloc(BUCKETS_MIN * sizeof *changelog->buckets);
    memset(changelog->buckets, 0xFF, BUCKETS_MIN * sizeof *changelog->buckets);
    changelog->vacated = NO_ENTRY;
    strbuf_init(&changelog->bytes);
    batch_pool_init(&changelog->pool);
    return changelog;
}

void changelog_free(struct changelog *changelog) {
    if (!changelog)
        return;
    for (uint32_t i = 0; i < changelog->entry_count; i++)
        free(changelog->entries[i].bytes);
    free(changelog->entries);
    free(changelog->buckets);
    free(changelog->all_columns);
    free(changelog->key_columns);
    strbuf_release(&changelog->bytes);
    batch_pool_release(&changelog->pool);
    free(changelog);
}

void changelog_keep_newest(struct changelog *changelog, uint64_t row_count) {
    changelog->newest = row_count;
}

uint64_t changelog_row_count(const struct changelog *changelog) {
    return changelog->row_count;
}

/* Packs the entries and files them anew under `bucket_count` buckets. */
static void rebuild(struct changelog *changelog, uint32_t bucket_count) {
    uint32_t live = 0;
    changelog->buckets = memory_realloc(changelog->buckets, bucket_count * sizeof *changelog->buckets);
    memset(changelog->buckets, 0xFF, bucket_count * sizeof *changelog->buckets);
    changelog->bucket_count = bucket_count;
    for (uint32_t i = 0; i < changelog->entry_count; i++) {
        if (!changelog->entries[i].bytes && i != changelog->vacated)
            continue;
        if (i == changelog->vacated)
            changelog->vacated = live;
        struct entry *entry = &changelog->entries[live];
        *entry = changelog->entries[i];
        if (entry->bytes) {
            uint32_t *bucket = &changelog->buckets[entry->hash & (bucket_count - 1)];
            entry->next = *bucket;
            *bucket = live;
        }
        live++;
    }
    changelog->entry_count = live;
    changelog->oldest = 0;
}

static void make_room(struct changelog *changelog) {
    uint32_t holes = changelog->entry_count - changelog->row_count;
    if (holes > PACK_AT_HOLES && holes > changelog->row_count)
        rebuild(changelog, changelog->bucket_count);
    else if (changelog->row_count >= changelog->bucket_count)
        rebuild(changelog, changelog->bucket_count * 2);
    if (changelog->entry_count < changelog->entry_capacity)
        return;
    changelog->entry_capacity = changelog->entry_capacity ? changelog->entry_capacity * 2 : BUCKETS_MIN;
    changelog->entries = memory_realloc(changelog->entries, changelog->entry_capacity * sizeof *changelog->entries);
}

/* The link that leads to the newest entry with this key; its target is NO_ENTRY when there is none. */
static uint32_t *find_link(struct changelog *changelog, uint64_t hash, const char *key, uint32_t key_size) {
    uint32_t *link = &changelog->buckets[hash & (changelog->bucket_count - 1)];
    while (*link != NO_ENTRY) {
        const struct entry *entry = &changelog->entries[*link];
        if (entry->hash == hash && entry->key_size == key_size && memcmp(entry->bytes, key, key_size) == 0)
            break;
        link = &changelog->entries[*link].next;
    }
    return link;
}

static void remove_at(struct changelog *changelog, uint32_t *link) {
    uint32_t index = *link;
    struct entry *entry = &changelog->entries[index];
    *link = entry->next;
    free(entry->bytes);
    *entry = (struct entry){0};
    changelog->row_count--;
}

static void insert_at(struct changelog *changelog, uint32_t index, uint64_t hash, uint32_t key_size) {
    struct entry *entry = &changelog->entries[index];
    uint32_t *bucket = &changelog->buckets[hash & (changelog->bucket_count - 1)];
    *entry = (struct entry){.bytes = memory_alloc(changelog->bytes.size + 1),
                            .key_size = key_size,
                            .size = (uint32_t)changelog->bytes.size,
                            .hash = hash,
                            .next = *bucket};
    memcpy(entry->bytes, changelog->bytes.data, changelog->bytes.size);
    *bucket = index;
    changelog->row_count++;
}

static void drop_oldest(struct changelog *changelog) {
    while (!changelog->entries[changelog->oldest].bytes)
        changelog->oldest++;
    uint32_t *link = &changelog->buckets[changelog->entries[changelog->oldest].hash & (changelog->bucket_count - 1)];
    while (*link != changelog->oldest)
        link = &changelog->entries[*link].next;
    remove_at(changelog, link);
}

static uint32_t place_for_insert(struct changelog *changelog, enum change_kind kind) {
    if (kind == CHANGE_UPDATE_AFTER && changelog->vacated != NO_ENTRY)
        return changelog->vacated;
    make_room(changelog);
    return changelog->entry_count++;
}

static void apply(struct changelog *changelog, enum change_kind kind, uint32_t key_size) {
    const char *key = changelog->bytes.data;
    uint64_t hash = hash_bytes(key, key_size);
    uint32_t *link = find_link(changelog, hash, key, key_size);
    bool upsert = changelog->key_column_count > 0;
    if (change_kind_is_retraction(kind)) {
        changelog->vacated = kind == CHANGE_UPDATE_BEFORE ? *link : NO_ENTRY;
        if (*link != NO_ENTRY)
            remove_at(changelog, link);
        return;
    }
    uint32_t index;
    if (upsert && *link != NO_ENTRY) {
        index = *link;
        remove_at(changelog, link);
    } else {
        index = place_for_insert(changelog, kind);
    }
    insert_at(changelog, index, hash, key_size);
    changelog->vacated = NO_ENTRY;
    if (changelog->newest && changelog->row_count > changelog->newest)
        drop_oldest(changelog);
}

void changelog_apply(struct changelog *changelog, const struct batch *batch) {
    for (uint32_t row = 0; row < batch->row_count; row++) {
        enum change_kind kind = batch->change_kinds ? batch->change_kinds[row] : CHANGE_INSERT;
        strbuf_reset(&changelog->bytes);
        if (changelog->key_column_count)
            row_encode(&changelog->bytes, batch->columns, changelog->key_columns, changelog->key_column_count, row);
        uint32_t key_size = (uint32_t)changelog->bytes.size;
        row_encode(&changelog->bytes, batch->columns, changelog->all_columns, changelog->schema->field_count, row);
        apply(changelog, kind, key_size ? key_size : (uint32_t)changelog->bytes.size);
    }
}

enum status changelog_rows(struct changelog *changelog, uint64_t first, uint64_t count,
                           enum status (*print)(void *context, const struct batch *batch, struct error *error),
                           void *context, struct error *error) {
    enum status status = STATUS_OK;
    uint64_t seen = 0, done = 0;
    uint32_t index = 0;
    while (status == STATUS_OK && done < count && index < changelog->entry_count) {
        struct batch *batch = batch_new_for(&changelog->pool, changelog->schema, BATCH_ROWS_DEFAULT);
        batch->row_count = 0;
        for (; index < changelog->entry_count && batch->row_count < BATCH_ROWS_DEFAULT && done < count; index++) {
            const struct entry *entry = &changelog->entries[index];
            if (!entry->bytes || seen++ < first)
                continue;
            uint32_t start = changelog->key_column_count ? entry->key_size : 0;
            status =
                row_decode((struct str){entry->bytes + start, entry->size - start}, batch->columns,
                           changelog->schema->field_count, batch->row_count, BATCH_ROWS_DEFAULT, &batch->arena, error);
            if (status != STATUS_OK)
                break;
            batch->row_count++;
            done++;
        }
        if (status == STATUS_OK && batch->row_count)
            status = print(context, batch, error);
        batch_release(batch);
    }
    return status;
}
