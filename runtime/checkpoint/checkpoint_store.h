/* checkpoint_store.h: what the protocol's machines ask of a store, answered in their terms.
 *
 *   HEAD                                           swapped
 *   <J>/<G>/<E>/<attempt>/<kind>-<task>-<number>   written once (records.h)
 *   <J>/savepoints/<name>                          written once
 *
 * An answer that is not certain is ANSWER_UNKNOWN. `error` (never NULL) says why an answer is not OK, for messages
 * only. All calls block; any thread.
 */
#pragma once

#include "core/base/str.h"
#include "runtime/protocol/message.h"

struct env;
struct store;

enum { SAVEPOINT_NAME_MAX = 200 };
#define CHECKPOINT_MANIFEST_SIZE_MAX (256u * 1024 * 1024)

enum answer checkpoint_read_head(struct store *store, struct head *head, struct head_version *version,
                                 struct error *error);
enum answer checkpoint_swap_head(struct store *store, const struct head_version *expected, const struct head *head,
                                 struct head_version *version, struct error *error);

/* OK too when the object was there with these bytes; CONFLICT when it has others. */
enum answer checkpoint_put(struct store *store, const struct object_id *id, struct str bytes, struct error *error);
/* Appends the whole object; `digest` and `size_bytes` are checked (CORRUPT). */
enum answer checkpoint_get(struct store *store, const struct object *object, struct strbuf *bytes, struct error *error);
/* Into a file (ENV_OPEN_NEW), never whole in memory; checked likewise. What is there of a file that was not right is the caller's to remove. */
enum answer checkpoint_fetch(struct store *store, const struct object *object, struct env *env, const char *path,
                             struct error *error);
/* The manifest's bytes; their digest is the machine's to check. */
enum answer checkpoint_get_manifest(struct store *store, const struct object_id *id, struct strbuf *bytes,
                                    struct error *error);
/* Part of an object. */
enum answer checkpoint_get_range(struct store *store, const struct object_id *id, uint64_t offset, size_t size,
                                 void *data, struct error *error);
/* Existence, size and digest of every state object and log segment; stops at the first that is not right and names it.
 */
enum answer checkpoint_verify(struct store *store, const struct manifest *manifest, struct error *error);

/* 1 to SAVEPOINT_NAME_MAX of A-Z a-z 0-9 _ - . , not beginning with a dot. */
bool savepoint_name_valid(const char *name);
enum answer checkpoint_put_savepoint(struct store *store, const struct incarnation *job, const char *name,
                                     const struct savepoint *savepoint, struct error *error);
/* By the object's whole name. */
enum answer checkpoint_get_savepoint(struct store *store, const char *object_name, struct savepoint *savepoint,
                                     struct error *error);
/* "<J>/savepoints/<name>"; the caller's to free. */
char *savepoint_object_name(const struct incarnation *job, const char *name);
/* Copies the manifest that the savepoint names and every object of it, under their names. */
enum answer checkpoint_copy(struct store *from, struct store *to, const struct savepoint *savepoint,
                            struct error *error);

/* A manifest, read and decoded into the arena: for those who look at a checkpoint from outside. */
enum status checkpoint_load_manifest(struct store *store, const struct manifest_reference *reference,
                                     struct arena *arena, struct manifest *manifest, struct error *error) MUST_CHECK;
