/* plan_change.c: a checkpoint's state objects name the operators that they are of; see the header. */
#include "runtime/checkpoint/plan_change.h"

#include "core/base/arena.h"
#include "runtime/checkpoint/checkpoint_store.h"
#include "runtime/checkpoint/state_file.h"

struct plan_operators {
    const struct state_file_operator *items;
    uint32_t count;
};

/* "operator 2 was WindowAggregate with other properties": a part of the plan whose state this is, against ours. False: no difference. */
static bool describe_change(const struct plan_operators *plan, const struct state_file *file, struct error *error) {
    for (uint32_t i = 0; i < file->operator_count; i++) {
        const struct state_file_operator *was = &file->operators[i], *is = NULL;
        for (uint32_t j = 0; j < plan->count && !is; j++)
            if (plan->items[j].node_id == was->node_id)
                is = &plan->items[j];
        if (is && is->node_digest == was->node_digest)
            continue;
        if (is)
            error_detail(error, "operator %u was %.*s with other properties, or is %.*s now", was->node_id,
                         STR_FORMAT(was->name), STR_FORMAT(is->name));
        else
            error_detail(error, "operator %u, %.*s, is no longer there", was->node_id, STR_FORMAT(was->name));
        return true;
    }
    return false;
}

/* The operators of one task of then; false when they cannot be read. */
static bool read_operators(struct store *store, const struct object *object, struct arena *arena,
                           struct state_file *file) {
    struct error ignored = {0};
    struct strbuf *bytes = ARENA_NEW(arena, struct strbuf);
    strbuf_init(bytes);
    arena_on_release(arena, (void (*)(void *))strbuf_release, bytes);
    return checkpoint_get(store, object, bytes, &ignored) == ANSWER_OK &&
           state_file_read_head(strbuf_str(bytes), arena, file, &ignored) == STATUS_OK;
}

/* The first instances of all chains of operators together have the plan. */
void plan_change_explain(struct store *store, const struct manifest *manifest,
                         const struct state_file_operator *operators, uint32_t operator_count, struct error *error) {
    const struct plan_operators plan = {operators, operator_count};
    struct arena arena;
    uint32_t found_count = 0;
    bool is_told = manifest->object_count == 0;
    arena_init(&arena);
    for (uint32_t i = 0; i < manifest->object_count && !is_told; i++) {
        const struct object *object = &manifest->objects[i];
        bool is_newest = i + 1 == manifest->object_count || object[1].id.task != object->id.task;
        struct state_file file;
        if (object->key_group_first > 0 || !is_newest)
            continue;
        is_told = !read_operators(store, object, &arena, &file) || describe_change(&plan, &file, error);
        found_count += file.operator_count;
    }
    if (!is_told && found_count < operator_count)
        error_detail(error, "it has more operators than the one whose state this is");
    arena_release(&arena);
}
