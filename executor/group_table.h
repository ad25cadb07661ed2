/* group_table.h: the hash table under grouped state: key -> one fixed-size record with the group's states.
 *
 * Extendible hashing (Fagin, Nievergelt, Pippenger, Strong, 1979): a directory indexed by the hash's top bits points at
 * shards of open-addressing slots. A shard doubles up to a bound and then splits, so no growth step is long, and a walk over
 * the directory meets groups in the order of their key groups (core/base/hash.h). See docs/design/002.
 *
 *   directory          shard                         records, in pages that never move
 *   ┌──────┐   ┌────────────────────────┐          ┌────────┬─────┬────────────────┐
 *   │ 000 ─┼──▶│ {tag, record} slots …  │ ───────▶ │ header │ key │ states         │
 *   │ 001 ─┼─┐ └────────────────────────┘          └────────┴─────┴────────────────┘
 *   │ 010 ─┼─▶ …                                    tag = top 32 bits of the hash
 *   └──────┘
 *
 * Keys are kept in one of three forms: one value of up to 8 bytes, two (or one of 16), or bytes (a string, or a row-codec row).
 * NULLs are key values. A record's address stays the same until it is removed. One table belongs to one thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/data/column.h"
#include "executor/record_store.h"

struct arena;
struct bytes_reader;
struct group_table;
struct strbuf;

/* A record begins with a struct record_header: tag and nulls (a bit per key column, for keys kept as values) are the table's, marks the
 * operator's (touched, emitted). */

/* Creates an empty table. Key types are copied by pointer (they live longer); state_size is a multiple of 8. */
struct group_table *group_table_new(const struct type *const *key_types, uint32_t key_count, uint32_t state_size);
void group_table_free(struct group_table *table);
/* Forgets all groups and keeps memory for as many again. States are not released: that is their owner's business. */
void group_table_reset(struct group_table *table);
/* The same, without keeping memory, for a table without groups; nothing while a snapshot of it is under way. */
void group_table_give_back(struct group_table *table);

uint32_t group_table_count(const struct group_table *table);
size_t group_table_bytes(const struct group_table *table);      /* records, slots, directory, key bytes */
size_t group_table_live_bytes(const struct group_table *table); /* the part of it that the groups there are use */
/* The states of a record start here; zeroed when the group is new. */
uint32_t group_table_state_offset(const struct group_table *table);

/* Finds or creates the group of each selected row. keys[k] are the key columns (any column kind); records[i] receives the address for
 * the i-th selected row; new_items (room for selection->count) the i of rows that created a group, in order. `scratch` is for the call. */
void group_table_lookup(struct group_table *table, const struct column *keys, const struct selection *selection,
                        struct arena *scratch, uint8_t **records, uint16_t *new_items, uint32_t *new_count);
/* As lookup with the rows' hashes at hand (column_hash over the key columns in order). */
void group_table_lookup_hashed(struct group_table *table, const struct column *keys, const struct selection *selection,
                               const uint64_t *hashes, struct arena *scratch, uint8_t **records, uint16_t *new_items,
                               uint32_t *new_count);
/* The group in `table` with the key of `record` of `source`, a table with equal key types; created when absent (*created).
 * For merging slices. */
uint8_t *group_table_lookup_record(struct group_table *table, const struct group_table *source, const uint8_t *record,
                                   bool *created);
/* The same, but NULL when absent. */
uint8_t *group_table_find_record(const struct group_table *table, const struct group_table *source,
                                 const uint8_t *record);

/* Removes a group; its record may be given to another group later. */
void group_table_remove(struct group_table *table, uint8_t *record);

/* Visits all groups in order of creation (a removed group's place may be taken by a later one): start with *position = 0;
 * NULL at the end. Removing the group just visited is allowed, adding groups is not. */
uint8_t *group_table_next(const struct group_table *table, uint32_t *position);
/* Visits groups of key groups [first, last] in key-group order: start with *position = 0. No changes meanwhile. */
uint8_t *group_table_next_in(const struct group_table *table, uint32_t first_key_group, uint32_t last_key_group,
                             uint64_t *position);

/* Where groups go that memory has no room for (grouping_cold.h): the owner's note on the table; NULL: nowhere. */
struct cold_groups;
struct cold_groups *group_table_cold(const struct group_table *table);
void group_table_set_cold(struct group_table *table, struct cold_groups *groups);

/* ---- snapshots: the table's records are those of a store (record_store.h) ---- */

/* Borrowed. Whoever changes a record notes it there, before; group_table_remove wants the record noted already. */
struct record_store *group_table_store(struct group_table *table);
/* The place of a record in the store, by its slot. */
uint32_t group_table_place(const struct group_table *table, const uint8_t *record);
/* Bytes of a key that is kept as values, which are all of it; 0 for other keys. */
uint32_t group_table_key_size(const struct group_table *table);
/* A record's key as bytes, the header's `nulls` aside, and back into a record of the store whose header is complete. False for bytes
 * that are no key of these types. */
void group_table_encode_key(const struct group_table *table, const uint8_t *record, struct strbuf *out);
bool group_table_decode_key(struct group_table *table, uint8_t *record, struct bytes_reader *key);
/* The group of a key as bytes, created with zeroed states when absent; NULL for bytes that are no key of these types. */
uint8_t *group_table_insert(struct group_table *table, uint32_t hash, uint8_t nulls, struct bytes_reader *key,
                            bool *created);
/* The same, but NULL when absent. */
uint8_t *group_table_find(const struct group_table *table, uint32_t hash, uint8_t nulls, struct bytes_reader *key);
/* Makes the groups of a store that was restored, keys and all, known to a table that was empty; they are of so many key groups (at least
 * one). False when two have the same key: then the table can only be freed. group_table_index_more: those from a place on, which were
 * added to groups that are known already. */
bool group_table_index(struct group_table *table, uint32_t key_group_count);
bool group_table_index_more(struct group_table *table, uint32_t first_place);

/* The key columns of `count` records, as FLAT columns of the key types; long strings are copied into `arena`. */
void group_table_keys(const struct group_table *table, uint8_t *const *records, uint32_t count, struct arena *arena,
                      struct column *columns);
