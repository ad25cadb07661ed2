/* exchange_node.c: see the header. */
#include "runtime/exchange/exchange_node.h"

#include "core/base/arena.h"

Plan__Node *exchange_node_new(struct arena *arena, const Plan__Node *node) {
    Plan__Node *copy = ARENA_NEW(arena, Plan__Node);
    plan__node__init(copy);
    copy->id = node->id;
    copy->stable_id = node->stable_id;
    copy->output = node->output;
    copy->n_output = node->n_output;
    copy->change_mode = node->change_mode;
    copy->key_columns = node->key_columns;
    copy->n_key_columns = node->n_key_columns;
    return copy;
}
