/* garbage.h: what of a checkpoint path may be deleted, as a pure state machine: garbage_step(state, event) -> actions.
 *
 *   START ─▶ READING_HEAD ─▶ READING_SAVEPOINTS ─▶ READING_MANIFESTS ─▶ LISTING ⇄ CHECKING_HEAD ─▶ DELETING ─▶ DONE
 *                                                  (HEAD's, its parents,   pages      before each batch
 *                                                   the savepoints')
 *
 * Live is what a retained manifest names, and the manifests themselves: HEAD's, `retained` - 1 of its parents, and those
 * of all savepoints. An object is deleted when all of this holds:
 *   - its name is ours, of this J, of this generation or an older one (a newer one belongs to our successor);
 *   - it is not live;
 *   - of our own generation, its epoch is decided (what is under way now is not);
 *   - a log segment: its epoch is published on all lanes;
 *   - it is older than the grace period;
 *   - HEAD, read again just before, is still ours.
 * Data goes first, manifests last and oldest first. A run that meets anything unexpected ends; the next one starts over.
 */
#pragma once

#include "core/base/arena.h"
#include "runtime/protocol/message.h"
#include "runtime/protocol/object_set.h"

#define GARBAGE_BATCH 64u
#define GARBAGE_SAVEPOINTS_MAX 4096u

enum garbage_state {
    GARBAGE_NEW = 0,
    GARBAGE_READING_HEAD,
    GARBAGE_READING_SAVEPOINTS,
    GARBAGE_READING_MANIFESTS,
    GARBAGE_LISTING,
    GARBAGE_CHECKING_HEAD,
    GARBAGE_DELETING,
    GARBAGE_DONE, /* all went through */
    GARBAGE_GIVEN_UP,
};

struct garbage_options {
    struct incarnation job;
    struct incarnation owner;
    uint64_t generation;
    uint64_t published_epoch; /* by all lanes */
    uint32_t retained;        /* epochs kept besides savepoints, at least 1 */
    int64_t grace_ms;
};

struct garbage_entry {
    struct str name;
    int64_t age_ms; /* by the store's own clock */
};

enum garbage_event_kind {
    GARBAGE_EVENT_START = 1,
    GARBAGE_EVENT_HEAD,       /* answer, head */
    GARBAGE_EVENT_SAVEPOINTS, /* answer (OK only when all could be read), savepoints */
    GARBAGE_EVENT_MANIFEST,   /* answer, bytes */
    GARBAGE_EVENT_LISTED,     /* answer, entries, more */
    GARBAGE_EVENT_DELETED,    /* answer */
};

struct garbage_event {
    enum garbage_event_kind kind;
    uint64_t request;
    enum answer answer;
    struct head head;
    const struct savepoint *savepoints;
    uint32_t savepoint_count;
    struct str bytes;
    const struct garbage_entry *entries;
    uint32_t entry_count;
    bool more; /* another page follows */
};

enum garbage_action_kind {
    GARBAGE_ACTION_READ_HEAD = 1,
    GARBAGE_ACTION_READ_SAVEPOINTS, /* of this J */
    GARBAGE_ACTION_READ_MANIFEST,   /* reference */
    GARBAGE_ACTION_LIST,            /* all objects of this J, the page after the last one listed; page 0 first */
    GARBAGE_ACTION_DELETE,          /* ids: in this order; one that is gone already is fine */
    GARBAGE_ACTION_ENDED,           /* done or given up */
};

struct garbage_action {
    enum garbage_action_kind kind;
    uint64_t request;
    uint32_t page;
    struct manifest_reference reference;
    const struct object_id *ids; /* until the next step */
    uint32_t id_count;
};

struct garbage {
    enum garbage_state state;
    struct garbage_options options;
    struct arena arena;
    uint64_t requests, request;
    struct head head;
    struct manifest_reference *roots; /* manifests to read: [root_read, root_count) */
    bool *root_is_chain;              /* follow its parent, if enough are not retained yet */
    uint32_t root_read, root_count, root_capacity;
    struct savepoint *savepoints; /* not among the roots yet */
    uint32_t savepoint_count;
    uint32_t chain_left;        /* epochs that may still be followed */
    struct manifest *manifests; /* retained, as read */
    uint32_t manifest_count;
    struct object_set live; /* state and log objects */
    struct object_id *data; /* to delete, of the listed pages */
    uint32_t data_count, data_capacity, data_done;
    struct object_id *dead_manifests;
    uint32_t dead_count, dead_capacity, dead_done;
    uint32_t page;
    bool more;
    uint32_t batch; /* ids of the delete under way */
    uint64_t deleted_count;
};

void garbage_init(struct garbage *garbage, const struct garbage_options *options);
void garbage_release(struct garbage *garbage);
/* Handles one event; returns false when there is nothing to do (a stale answer). One action at most. */
bool garbage_step(struct garbage *garbage, const struct garbage_event *event, struct garbage_action *action);
