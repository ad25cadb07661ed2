/* record_store.c: pages, free places, and the walk that writes them.
 * Invariant: while a snapshot is under way, a record is pending until it is written, just once, as it was at the barrier: either by the walk
 * or right before it changes. */
#include "executor/record_store.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/arena.h"
#include "core/base/huge_pages.h"
#include "core/base/hash.h"
#include "executor/snapshot.h"

enum {
    PAGE_BYTES = 128 << 10,
    PAGE_SHIFT_MAX = 14,
    EXTENT_BYTES = HUGE_PAGE_BYTES, /* pages of big stores come in huge-page-sized pieces */
    EXTENT_PAGES = EXTENT_BYTES / PAGE_BYTES,
    LOOK_BYTES = 4,     /* of a step's budget: looking at a record that is not written */
    STEP_PLACES = 64,   /* between two looks at the budget */
    FETCH_RECORDS = 12, /* places fetched before their records are restored */
    HEADER_BYTES = sizeof(struct record_header),
};

/* ---- places ---- */

void record_store_init(struct record_store *store, uint32_t record_size) {
    ASSERT(record_size % 8 == 0 && record_size >= HEADER_BYTES + sizeof(uint32_t));
    *store = (struct record_store){.record_size = record_size};
    while (store->page_shift < PAGE_SHIFT_MAX && (size_t)record_size << (store->page_shift + 1) <= PAGE_BYTES)
        store->page_shift++;
}

static void free_pages(struct record_store *store) {
    for (uint32_t i = 0; i < store->extent_count; i++)
        free(store->extents[i]);
    store->extent_count = store->page_count = 0;
    store->page_bytes = 0;
}

void record_store_release(struct record_store *store) {
    free_pages(store);
    free(store->pages);
    free(store->extents);
    store->pages = store->extents = NULL;
    store->page_capacity = store->extent_capacity = 0;
}

static size_t page_size(const struct record_store *store) {
    return (size_t)store->record_size << store->page_shift;
}

bool record_store_reset(struct record_store *store) {
    ASSERT(!store->under_way);
    bool oversized = store->page_bytes > 4 * ((size_t)store->place_count * store->record_size + page_size(store));
    if (oversized)
        free_pages(store);
    store->place_count = store->live_count = store->free_place = 0;
    store->dirty = store->generation = store->done_generation = 0;
    store->serial = 0;
    return oversized;
}

static void push_pointer(uint8_t ***list, uint32_t *count, uint32_t *capacity, uint8_t *item) {
    if (*count == *capacity) {
        *capacity = *capacity ? *capacity * 2 : 16;
        *list = memory_realloc(*list, sizeof **list * *capacity);
    }
    (*list)[(*count)++] = item;
}

/* Memory that the kernel may back with huge pages: a third of the time of a far look-up is otherwise spent on page tables. */
static uint8_t *extent_new(size_t size) {
    void *extent = NULL;
    if (size == EXTENT_BYTES)
        return huge_pages_alloc(size);
    return posix_memalign(&extent, 64, size) == 0 ? extent : memory_alloc(size); /* ends the process with a message */
}

static bool extents_are_large(const struct record_store *store) {
    return store->page_count >= EXTENT_PAGES && page_size(store) <= PAGE_BYTES;
}

static void pages_grow(struct record_store *store) {
    size_t size = extents_are_large(store) ? EXTENT_BYTES : page_size(store);
    uint8_t *extent = extent_new(size);
    push_pointer(&store->extents, &store->extent_count, &store->extent_capacity, extent);
    for (size_t at = 0; at + page_size(store) <= size; at += page_size(store))
        push_pointer(&store->pages, &store->page_count, &store->page_capacity, extent + at);
    store->page_bytes += size;
}

static uint32_t *next_free(uint8_t *record) {
    return (uint32_t *)(record + HEADER_BYTES);
}

/* A free place in the snapshot; its record's memory may be given to another. */
static void write_free(struct record_store *store, uint8_t *record, uint32_t place) {
    struct snapshot_place head = {.place = place, .hash = *next_free(record)};
    strbuf_append(snapshot_table_record(store->writer, store->section), &head, sizeof head);
}

uint32_t record_store_add(struct record_store *store, uint32_t tag) {
    uint32_t place;
    if (store->free_place) {
        place = store->free_place - 1;
        uint8_t *record = record_store_at(store, place);
        if (record_is_pending(store, record_header(record)))
            write_free(store, record, place);
        store->free_place = *next_free(record);
    } else {
        ASSERT(store->place_count < UINT32_MAX - 1);
        if (store->place_count >> store->page_shift >= store->page_count)
            pages_grow(store);
        place = store->place_count++;
    }
    store->live_count++;
    *record_header(record_store_at(store, place)) = (struct record_header){
        .tag = tag, .bits = (uint8_t)(RECORD_LIVE | store->dirty), .generation = store->generation};
    return place;
}

void record_store_kill(struct record_store *store, uint32_t place) {
    struct record_header *header = record_header(record_store_at(store, place));
    ASSERT((header->bits & RECORD_LIVE) && !record_is_pending(store, header));
    header->bits = (uint8_t)((header->bits & ~RECORD_LIVE) | store->dirty);
    store->live_count--;
}

void record_store_free(struct record_store *store, uint32_t place) {
    uint8_t *record = record_store_at(store, place);
    ASSERT(!record_is_live(record));
    *next_free(record) = store->free_place;
    store->free_place = place + 1;
}

/* ---- writing ---- */

static void write_live(struct record_store *store, const struct record_codec *codec, const uint8_t *record,
                       uint32_t place) {
    const struct record_header *header = (const struct record_header *)record;
    struct strbuf *out = snapshot_table_record(store->writer, store->section);
    struct snapshot_place head = {
        .place = place, .hash = header->tag, .marks = header->marks, .nulls = header->nulls, .live = 1};
    size_t body_size = store->record_size - HEADER_BYTES;
    strbuf_reserve(out, sizeof head + body_size + sizeof(uint32_t));
    memcpy(out->data + out->size, &head, sizeof head);
    out->size += sizeof head;
    if (!codec->encode) {
        memcpy(out->data + out->size, record + HEADER_BYTES, body_size);
        out->size += body_size;
        return;
    }
    size_t start = out->size + sizeof(uint32_t);
    out->size = start;
    codec->encode(codec->context, record, out);
    ASSERT(out->size - start <= UINT32_MAX);
    uint32_t size = (uint32_t)(out->size - start);
    memcpy(out->data + start - sizeof size, &size, sizeof size);
}

void record_store_write(struct record_store *store, const struct record_codec *codec, uint32_t place) {
    uint8_t *record = record_store_at(store, place);
    struct record_header *header = record_header(record);
    if (header->bits & RECORD_LIVE)
        write_live(store, codec, record, place);
    else
        write_free(store, record, place);
    header->bits &= (uint8_t)~RECORD_DIRTY; /* it was not changed since the barrier */
    header->generation = store->generation;
}

/* So many snapshots of all records were given up in a row that their numbers are used up: every record is one of old again. */
static void restart_generations(struct record_store *store) {
    for (uint32_t place = 0; place < store->place_count; place++)
        record_header(record_store_at(store, place))->generation = store->generation;
    store->done_generation = store->generation;
}

void record_store_begin(struct record_store *store, const struct record_codec *codec, struct snapshot_writer *writer,
                        const char *name, uint32_t version, uint64_t *next_serial) {
    ASSERT(!store->under_way && strlen(name) < SNAPSHOT_NAME_SIZE);
    store->all = writer->mode == SNAPSHOT_FULL || store->serial == 0;
    if (store->serial == 0)
        store->serial = ++*next_serial;
    if (store->all && (uint8_t)(store->generation + 1) == store->done_generation)
        restart_generations(store);
    store->generation = (uint8_t)(store->generation + store->all);
    store->dirty = store->dirty == 1 ? 2 : 1;
    store->under_way = true;
    store->position = 0;
    store->end = store->place_count;
    store->writer = writer;
    struct snapshot_section section = {
        .version = version,
        .body_size = codec->encode ? 0 : store->record_size - HEADER_BYTES,
        .serial = store->serial,
        .place_count = store->place_count,
        .free_place = store->free_place,
    };
    memcpy(section.name, name, strlen(name));
    store->section = snapshot_table_begin(writer, &section);
}

static void step_finished(struct record_store *store) {
    store->under_way = false;
    store->writer = NULL;
    if (store->all)
        store->done_generation = store->generation;
}

bool record_store_step(struct record_store *store, const struct record_codec *codec, size_t *budget) {
    while (store->under_way && *budget > 0) {
        uint32_t page_end = (store->position | ((1u << store->page_shift) - 1)) + 1;
        uint32_t end = store->end < page_end ? store->end : page_end;
        if (end - store->position > STEP_PLACES)
            end = store->position + STEP_PLACES;
        if (store->position == end) {
            step_finished(store);
            break;
        }
        size_t used = (size_t)(end - store->position) * LOOK_BYTES, written = store->writer->out.size;
        uint8_t *record = record_store_at(store, store->position);
        for (; store->position < end; store->position++, record += store->record_size)
            if (record_is_pending(store, record_header(record)))
                record_store_write(store, codec, store->position);
        used += store->writer->out.size - written;
        *budget -= used < *budget ? used : *budget;
    }
    return !store->under_way;
}

void record_store_abandon(struct record_store *store) {
    store->under_way = false;
    store->writer = NULL;
}

/* ---- reading ---- */

/* Places of which something was read, and those of them that hold records here. */
struct place_sets {
    uint64_t *seen, *kept;
    uint32_t seen_count, place_count;
    uint32_t base; /* where place 0 of the section is */
};

static bool set_add(uint64_t *set, uint32_t place) {
    uint64_t bit = UINT64_C(1) << place % 64;
    bool fresh = !(set[place / 64] & bit);
    set[place / 64] |= bit;
    return fresh;
}

static bool set_has(const uint64_t *set, uint32_t place) {
    return set[place / 64] >> place % 64 & 1;
}

static enum status restore_record(struct record_store *store, const struct record_codec *codec, uint32_t place,
                                  const struct snapshot_place *from, struct str body, struct snapshot_reader *reader,
                                  struct error *error) {
    uint8_t *record = record_store_at(store, place);
    if (!from->live) {
        *record_header(record) = (struct record_header){0};
        *next_free(record) = from->hash;
        return STATUS_OK;
    }
    *record_header(record) =
        (struct record_header){.tag = from->hash, .marks = from->marks, .nulls = from->nulls, .bits = RECORD_LIVE};
    if (codec->encode)
        return codec->decode(codec->context, record, body) ? STATUS_OK
                                                           : snapshot_malformed(reader, "cannot be decoded", error);
    memcpy(record + HEADER_BYTES, body.data, body.size);
    return STATUS_OK;
}

/* What was written before it changed is in no order: the place of a later record is fetched, if that is where it looks to be. */
static void fetch_place(const struct record_store *store, const struct place_sets *sets,
                        const struct snapshot_reader *reader) {
    size_t ahead = FETCH_RECORDS * (sizeof(struct snapshot_place) + reader->section.body_size);
    uint32_t place;
    if (!reader->section.body_size || bytes_left(&reader->frame) < ahead + sizeof place)
        return;
    memcpy(&place, reader->frame.at + ahead, sizeof place);
    if (place < sets->place_count)
        __builtin_prefetch(record_store_at(store, sets->base + place), 1);
}

static enum status restore_records(struct record_store *store, const struct record_codec *codec,
                                   struct place_sets *sets, struct snapshot_reader *reader, struct error *error) {
    struct snapshot_place from;
    struct str body;
    bool found;
    while (sets->seen_count < sets->place_count) {
        TRY(snapshot_table_next(reader, &from, &body, &found, error));
        if (!found)
            return snapshot_malformed(reader, "lacks records", error);
        fetch_place(store, sets, reader);
        if (from.place >= sets->place_count || from.live > 1)
            return snapshot_malformed(reader, "has a record of no place", error);
        if (!set_add(sets->seen, from.place))
            continue; /* a newer layer told more */
        sets->seen_count++;
        if (from.live && !snapshot_wants(reader, from.hash))
            continue;
        if (from.live) {
            set_add(sets->kept, from.place);
            store->live_count++;
        }
        TRY(restore_record(store, codec, sets->base + from.place, &from, body, reader, error));
    }
    return STATUS_OK;
}

/* The chain must lead through all places that are free. */
static enum status check_free_places(const struct record_store *store, const struct place_sets *sets,
                                     const struct snapshot_reader *reader, struct error *error) {
    uint32_t left = store->place_count - store->live_count, next = store->free_place;
    for (; next > 0 && left > 0; left--) {
        if (next > store->place_count || set_has(sets->kept, next - 1))
            return snapshot_malformed(reader, "has free places that are none", error);
        next = *next_free(record_store_at(store, next - 1));
    }
    return next == 0 && left == 0 ? STATUS_OK : snapshot_malformed(reader, "has lost free places", error);
}

/* Moves the records that are kept together, in their order, and gives back what is behind them. */
static void close_up(struct record_store *store, const struct place_sets *sets) {
    uint32_t to = sets->base;
    for (uint32_t place = 0; place < sets->place_count; place++) {
        uint32_t at = sets->base + place;
        if (!set_has(sets->kept, place))
            continue;
        if (to != at)
            memcpy(record_store_at(store, to), record_store_at(store, at), store->record_size);
        to++;
    }
    store->place_count = to;
    store->free_place = 0;
    while (store->extent_count > 1) {
        uint32_t pages = store->extent_count > EXTENT_PAGES && page_size(store) <= PAGE_BYTES
                             ? (uint32_t)(EXTENT_BYTES / page_size(store))
                             : 1;
        if ((uint64_t)(store->page_count - pages) << store->page_shift < to)
            break;
        store->page_count -= pages;
        store->page_bytes -= pages > 1 ? EXTENT_BYTES : page_size(store);
        free(store->extents[--store->extent_count]);
    }
}

enum status record_store_restore(struct record_store *store, const struct record_codec *codec, bool keeps_places,
                                 const char *name, uint32_t version, struct snapshot_reader *reader,
                                 struct error *error) {
    ASSERT(store->free_place == 0 && store->live_count == store->place_count);
    TRY(snapshot_table_open(reader, name, version, error));
    const struct snapshot_section *section = &reader->section;
    if (section->body_size != (codec->encode ? 0 : store->record_size - HEADER_BYTES))
        return snapshot_malformed(reader, "has records of another size", error);
    struct place_sets sets = {.base = store->place_count, .place_count = section->place_count};
    if (section->place_count >= UINT32_MAX - store->place_count)
        return FAIL(error, STATUS_TOO_COMPLEX, "state \"%s\" has more records than one instance can hold", name);
    bool keeps = keeps_places && sets.base == 0 && snapshot_is_whole(reader);
    store->place_count += section->place_count;
    store->free_place = section->free_place;
    while ((uint64_t)store->page_count << store->page_shift < store->place_count)
        pages_grow(store);
    size_t words = sets.place_count / 64 + (size_t)1;
    sets.seen = memory_zalloc(words * sizeof(uint64_t));
    sets.kept = memory_zalloc(words * sizeof(uint64_t));
    enum status status = restore_records(store, codec, &sets, reader, error);
    if (status == STATUS_OK && keeps)
        status = check_free_places(store, &sets, reader, error);
    else if (status == STATUS_OK)
        close_up(store, &sets);
    free(sets.seen);
    free(sets.kept);
    return status;
}
