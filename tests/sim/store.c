/* store.c: the model of the object store. */
#include "tests/sim/store.h"

#include "core/base/hash.h"
#include "tests/sim/oracle.h"

#define BUCKETS 1024u

struct node {
    struct stored object;
    struct node *next;
};

struct store {
    struct node *buckets[BUCKETS];
    struct stored **all;
    uint32_t count, capacity;
    uint64_t writes;
    uint64_t outage_until_us;
};

enum operation { OPERATION_GET, OPERATION_PUT, OPERATION_SWAP, OPERATION_DELETE, OPERATION_ASK };

struct request {
    enum operation operation;
    struct process *process;
    struct fate fate;
    struct str name;
    struct str bytes;
    struct head_version expected;
    const struct str *names;
    uint32_t count;
    store_done *done;
    void *argument;
    struct store_answer answer;
    bool settled; /* the sender has its answer, or gave up */
};

struct store *store_new(struct sim *sim) {
    return ARENA_NEW(&sim->arena, struct store);
}

static struct stored *find(struct sim *sim, struct str name, bool create) {
    struct store *store = sim->store;
    struct node **bucket = &store->buckets[hash_bytes(name.data, name.size) % BUCKETS];
    for (struct node *node = *bucket; node != NULL; node = node->next)
        if (str_equal(node->object.name, name))
            return &node->object;
    if (!create)
        return NULL;
    struct node *node = ARENA_NEW(&sim->arena, struct node);
    node->object.name = (struct str){sim_copy(sim, name.data, name.size), name.size};
    node->next = *bucket;
    *bucket = node;
    if (store->count == store->capacity) {
        uint32_t capacity = store->capacity ? store->capacity * 2 : 256;
        struct stored **all = ARENA_ARRAY(&sim->arena, struct stored *, capacity);
        if (store->count > 0)
            memcpy(all, store->all, store->count * sizeof *all);
        store->all = all;
        store->capacity = capacity;
    }
    store->all[store->count++] = &node->object;
    return &node->object;
}

const struct stored *store_find(struct sim *sim, struct str name) {
    const struct stored *object = find(sim, name, false);
    return object != NULL && object->exists ? object : NULL;
}

const struct stored *const *store_all(struct sim *sim, uint32_t *count) {
    *count = sim->store->count;
    return (const struct stored *const *)sim->store->all;
}

static void write_object(struct sim *sim, struct stored *object, struct str bytes) {
    object->bytes = bytes;
    object->exists = true;
    object->version = ++sim->store->writes;
    object->written_us = sim->now_us;
}

void store_overwrite(struct sim *sim, struct str name, struct str bytes) {
    write_object(sim, find(sim, name, true), (struct str){sim_copy(sim, bytes.data, bytes.size), bytes.size});
}

static struct head_version version_of(const struct stored *object) {
    struct head_version version = {.size = sizeof object->version};
    memcpy(version.bytes, &object->version, sizeof object->version);
    return version;
}

static void swap(struct sim *sim, struct request *request) {
    struct stored *object = find(sim, request->name, true);
    bool fits = request->expected.size == 0
                    ? !object->exists
                    : object->exists && memcmp(request->expected.bytes, &object->version, sizeof object->version) == 0;
    if (!fits) {
        request->answer.answer = ANSWER_CONFLICT;
        NOTE(sim, "store: swap of HEAD refused", 0, 0, 0);
        return;
    }
    struct str before = object->exists ? object->bytes : (struct str){0};
    write_object(sim, object, request->bytes);
    request->answer.answer = ANSWER_OK;
    request->answer.version = version_of(object);
    oracle_on_head(sim, request->name, before, request->bytes);
}

static void perform(struct sim *sim, struct request *request) {
    request->answer = (struct store_answer){.answer = ANSWER_OK};
    struct stored *object;
    switch (request->operation) {
    case OPERATION_GET:
        object = find(sim, request->name, false);
        if (object == NULL || !object->exists) {
            request->answer.answer = ANSWER_MISSING;
        } else {
            request->answer.bytes = object->bytes;
            request->answer.version = version_of(object);
        }
        break;
    case OPERATION_PUT:
        object = find(sim, request->name, true);
        if (!object->exists)
            write_object(sim, object, request->bytes);
        else if (!str_equal(object->bytes, request->bytes))
            request->answer.answer = ANSWER_CONFLICT;
        break;
    case OPERATION_SWAP: swap(sim, request); break;
    case OPERATION_DELETE:
        for (uint32_t i = 0; i < request->count; i++) {
            object = find(sim, request->names[i], false);
            if (object != NULL && object->exists) {
                oracle_on_delete(sim, object->name);
                object->exists = false;
            }
        }
        break;
    case OPERATION_ASK: break;
    }
}

static void answered(struct sim *sim, void *argument) {
    struct request *request = argument;
    if (request->settled)
        return;
    request->settled = true;
    request->done(sim, request->argument, &request->answer);
}

static void gave_up(struct sim *sim, void *argument) {
    struct request *request = argument;
    if (request->settled)
        return;
    request->settled = true;
    struct store_answer unknown = {.answer = ANSWER_UNKNOWN};
    request->done(sim, request->argument, &unknown);
}

static void arrived_again(struct sim *sim, void *argument) {
    perform(sim, argument);
}

static void arrived(struct sim *sim, void *argument) {
    struct request *request = argument;
    if (sim->now_us < sim->store->outage_until_us)
        return;
    perform(sim, request);
    if (request->fate.twice && request->fate.again_us < REQUEST_TIMEOUT_US / 2) {
        perform(sim, request); /* the transport tried again by itself: its second answer is the one that counts */
    } else if (request->fate.twice) {
        struct request *copy = sim_copy(sim, request, sizeof *request);
        sim_after(sim, request->fate.again_us, NULL, arrived_again, copy);
    }
    if (request->fate.answered)
        sim_after(sim, request->fate.back_us, request->process, answered, request);
}

static void send(struct sim *sim, enum store_site site, struct request request) {
    if (sim_fault(sim, FAULT_STORE_OUTAGE, site)) {
        sim->store->outage_until_us = sim->now_us + sim_fault_between(sim, FAULT_STORE_OUTAGE, site, 10000, 150000);
    }
    request.fate = sim_fate(sim, site);
    struct request *sent = sim_copy(sim, &request, sizeof request);
    if (request.fate.arrives)
        sim_after(sim, request.fate.there_us, NULL, arrived, sent);
    sim_after(sim, REQUEST_TIMEOUT_US, request.process, gave_up, sent);
}

static struct str copy_str(struct sim *sim, struct str text) {
    return (struct str){sim_copy(sim, text.data, text.size), text.size};
}

void store_get(struct sim *sim, struct process *process, enum store_site site, struct str name, store_done *done,
               void *argument) {
    send(sim, site,
         (struct request){.operation = OPERATION_GET,
                          .process = process,
                          .name = copy_str(sim, name),
                          .done = done,
                          .argument = argument});
}

void store_put(struct sim *sim, struct process *process, enum store_site site, struct str name, struct str bytes,
               store_done *done, void *argument) {
    send(sim, site,
         (struct request){.operation = OPERATION_PUT,
                          .process = process,
                          .name = copy_str(sim, name),
                          .bytes = copy_str(sim, bytes),
                          .done = done,
                          .argument = argument});
}

void store_swap(struct sim *sim, struct process *process, enum store_site site, struct str name,
                struct head_version expected, struct str bytes, store_done *done, void *argument) {
    send(sim, site,
         (struct request){.operation = OPERATION_SWAP,
                          .process = process,
                          .name = copy_str(sim, name),
                          .bytes = copy_str(sim, bytes),
                          .expected = expected,
                          .done = done,
                          .argument = argument});
}

void store_delete(struct sim *sim, struct process *process, const struct str *names, uint32_t count, store_done *done,
                  void *argument) {
    struct str *copies = ARENA_ARRAY(&sim->arena, struct str, count);
    for (uint32_t i = 0; i < count; i++)
        copies[i] = copy_str(sim, names[i]);
    send(sim, STORE_DELETE,
         (struct request){.operation = OPERATION_DELETE,
                          .process = process,
                          .names = copies,
                          .count = count,
                          .done = done,
                          .argument = argument});
}

void store_ask(struct sim *sim, struct process *process, enum store_site site, store_done *done, void *argument) {
    send(sim, site,
         (struct request){.operation = OPERATION_ASK, .process = process, .done = done, .argument = argument});
}
