/* change_mode.c: what travels on every edge: inserts only, updates by key, or updates with the rows they replace.
 *
 *   1. forward   which nodes would give updates, and which columns then identify a row
 *   2. backward  who needs the row before an update (-U), who takes final rows only
 *   3. forward   the mode of every node; aggregates learn whether to emit -U, or only at the end
 *
 * An edge is RETRACT only where somebody needs it: the row before an update costs as much as the update. */
#include "planner/physical.h"

#include <string.h>

#include "core/base/array.h"
#include "core/functions/aggregate.h"
#include "core/functions/injective.h"
#include "planner/plan_print.h"

struct modes {
    struct physical *physical;
    bool *updates;      /* node gives updates, unless it is made to give final rows only */
    bool *needs_before; /* a user needs -U */
    bool *wants_final;  /* a user takes inserts only: bounded aggregates emit at their end */
    uint32_t *for_whom; /* the user that made wants_final true */
};

static struct physical_node *node_at(const struct modes *modes, uint32_t id) {
    return &modes->physical->nodes[id];
}

static struct physical_node *input_of(const struct modes *modes, const struct physical_node *node) {
    return node_at(modes, node->message->inputs[0]);
}

static bool any_input_updates(const struct modes *modes, const Plan__Node *node) {
    for (size_t i = 0; i < node->n_inputs; i++)
        if (modes->updates[node->inputs[i]])
            return true;
    return false;
}

/* ---- 1: updates and keys ---- */

static void set_key(struct modes *modes, struct physical_node *node, const uint32_t *columns, uint32_t count) {
    node->has_key = true;
    node->keys = indexes_copy(modes->physical->arena, columns, count);
    node->key_count = count;
}

static int projected_to(struct modes *modes, const struct physical_node *calc, uint32_t column) {
    for (uint32_t i = 0; i < calc->message->n_output; i++)
        if (expression_tells(modes->physical->arena, calc->projections[i], column))
            return (int)i;
    return -1;
}

static void calc_key(struct modes *modes, struct physical_node *node) {
    const struct physical_node *input = input_of(modes, node);
    if (!input->has_key)
        return;
    uint32_t *columns = ARENA_ARRAY(modes->physical->arena, uint32_t, input->key_count);
    for (uint32_t i = 0; i < input->key_count; i++) {
        int column = projected_to(modes, node, input->keys[i]);
        if (column < 0)
            return;
        columns[i] = (uint32_t)column;
    }
    set_key(modes, node, columns, input->key_count);
}

static void window_key(struct modes *modes, struct physical_node *node, const uint32_t *keys, uint32_t key_count,
                       uint32_t window_start) {
    uint32_t *columns = ARENA_ARRAY(modes->physical->arena, uint32_t, key_count + 2);
    for (uint32_t i = 0; i < key_count; i++)
        columns[i] = keys ? keys[i] : i;
    columns[key_count] = window_start;
    columns[key_count + 1] = window_start + 1;
    set_key(modes, node, columns, key_count + 2);
}

static void group_key(struct modes *modes, struct physical_node *node) {
    uint32_t count = (uint32_t)node->message->group_aggregate->n_keys;
    uint32_t *columns = ARENA_ARRAY(modes->physical->arena, uint32_t, count);
    for (uint32_t i = 0; i < count; i++)
        columns[i] = i;
    set_key(modes, node, columns, count);
}

static bool window_updates(const Plan__WindowAggregate *aggregate) {
    return aggregate->emit != PLAN__EMIT__ON_CLOSE || aggregate->allowed_lateness_us > 0;
}

static void find_updates(struct modes *modes, uint32_t id) {
    struct physical_node *node = node_at(modes, id);
    const Plan__Node *message = node->message;
    modes->updates[id] = any_input_updates(modes, message);
    switch ((int)message->operation_case) {
    case PLAN__NODE__OPERATION_SCAN: modes->updates[id] = message->scan->n_key_columns > 0; break;
    case PLAN__NODE__OPERATION_CALC: calc_key(modes, node); break;
    case PLAN__NODE__OPERATION_WINDOW_TABLE: {
        const struct physical_node *input = input_of(modes, node);
        if (input->has_key)
            window_key(modes, node, input->keys, input->key_count, (uint32_t)message->n_output - 3);
        break;
    }
    case PLAN__NODE__OPERATION_WINDOW_AGGREGATE:
        modes->updates[id] = window_updates(message->window_aggregate);
        window_key(modes, node, NULL, (uint32_t)message->window_aggregate->n_keys, (uint32_t)message->n_output - 3);
        break;
    case PLAN__NODE__OPERATION_GROUP_AGGREGATE:
        /* DISTINCT over inserts gives each row once and never takes it back. */
        modes->updates[id] |= message->group_aggregate->n_aggregates > 0;
        group_key(modes, node);
        break;
    case PLAN__NODE__OPERATION_SORT:
    case PLAN__NODE__OPERATION_LIMIT: modes->updates[id] = false; break;
    default: break;
    }
}

/* ---- 2: what users need ---- */

static enum sink_changes sink_takes(const struct physical_node *node) {
    const struct catalogue_object *table = node->logical->sink.table;
    if (!table)
        return SINK_RETRACT;
    if (!table->connector->sink_changes)
        return SINK_APPEND_ONLY;
    return table->connector->sink_changes(node->logical->sink.connector_options, table->primary_key_count > 0);
}

static bool is_in(const uint32_t *list, size_t count, uint32_t value) {
    for (size_t i = 0; i < count; i++)
        if (list[i] == value)
            return true;
    return false;
}

/* Rows that the query identifies by `key` and the sink by `primary key`: updates by key suffice when both are the same. */
static bool keys_are_equal(const struct physical_node *input, const Plan__Sink *sink) {
    if (!input->has_key || input->key_count != sink->n_key_columns)
        return false;
    for (uint32_t i = 0; i < input->key_count; i++)
        if (!is_in(sink->key_columns, sink->n_key_columns, input->keys[i]))
            return false;
    return true;
}

/* A condition over other columns than the key may let a row's update pass and not the row, or the other way round. */
static bool filters_by_more_than_key(struct modes *modes, const struct physical_node *node) {
    const struct physical_node *input = input_of(modes, node);
    if (!node->condition)
        return false;
    if (!input->has_key)
        return true;
    bool *allowed = ARENA_ARRAY(modes->physical->arena, bool, input->message->n_output);
    for (uint32_t i = 0; i < input->key_count; i++)
        allowed[input->keys[i]] = true;
    return !expression_uses_only(node->condition, allowed);
}

static bool needs_before(struct modes *modes, uint32_t id) {
    const struct physical_node *node = node_at(modes, id);
    switch ((int)node->message->operation_case) {
    case PLAN__NODE__OPERATION_SINK: {
        enum sink_changes takes = sink_takes(node);
        const Plan__Sink *sink = node->message->sink;
        if (takes == SINK_UPSERT)
            return sink->n_key_columns && !keys_are_equal(input_of(modes, node), sink);
        return takes == SINK_RETRACT;
    }
    case PLAN__NODE__OPERATION_CALC:
        return modes->needs_before[id] || !node->has_key || filters_by_more_than_key(modes, node);
    case PLAN__NODE__OPERATION_WINDOW_TABLE: return modes->needs_before[id];
    default: return true; /* unions have no key; aggregates take rows back */
    }
}

static void require_final(struct modes *modes, uint32_t id, uint32_t user) {
    if (!modes->wants_final[id])
        modes->for_whom[id] = user;
    modes->wants_final[id] = true;
}

static bool takes_final_only(const struct modes *modes, uint32_t id) {
    const Plan__Node *node = node_at(modes, id)->message;
    if (node->operation_case == PLAN__NODE__OPERATION_SORT || node->operation_case == PLAN__NODE__OPERATION_LIMIT)
        return true;
    return node->operation_case == PLAN__NODE__OPERATION_SINK && sink_takes(node_at(modes, id)) == SINK_APPEND_ONLY;
}

static bool passes_changes_on(const Plan__Node *node) {
    return node->operation_case == PLAN__NODE__OPERATION_CALC ||
           node->operation_case == PLAN__NODE__OPERATION_WINDOW_TABLE ||
           node->operation_case == PLAN__NODE__OPERATION_UNION_ALL;
}

static void tell_inputs(struct modes *modes, uint32_t id) {
    const Plan__Node *node = node_at(modes, id)->message;
    bool before = needs_before(modes, id);
    for (size_t i = 0; i < node->n_inputs; i++) {
        modes->needs_before[node->inputs[i]] |= before;
        if (takes_final_only(modes, id))
            require_final(modes, node->inputs[i], id);
        else if (modes->wants_final[id] && passes_changes_on(node))
            require_final(modes, node->inputs[i], modes->for_whom[id]);
    }
}

/* ---- 3: modes ---- */

/* Who reads a bounded query's rows wants them final: tables, and clients that say so. */
static bool reader_wants_final(const struct modes *modes) {
    const struct physical *physical = modes->physical;
    const char *mode = settings_text(&physical->settings, SETTING_RUNTIME_MODE);
    if (strcmp(mode, "batch") == 0)
        return true;
    return strcmp(mode, "automatic") == 0 && (physical->options->final_rows_only || physical->client_count == 0);
}

static enum status refuse_updates(const struct modes *modes, uint32_t id) {
    const struct physical_node *node = node_at(modes, id);
    const struct physical_node *user = node_at(modes, modes->for_whom[id]);
    struct error *error = modes->physical->error;
    const char *name = plan_node_name(node->message);
    if (user->message->operation_case == PLAN__NODE__OPERATION_SINK) {
        FAIL_AT(error, user->logical->position, STATUS_UNSUPPORTED,
                "table \"%s\" takes inserts only, but %s gives updates", user->message->sink->table, name);
        error_hint(error, "aggregate in a window, or write to a connector that takes updates (with a PRIMARY KEY)");
    } else {
        bool sort = user->message->operation_case == PLAN__NODE__OPERATION_SORT;
        FAIL_AT(error, user->logical->position, STATUS_UNSUPPORTED, "%s over the updates of %s, which never ends",
                sort ? "ORDER BY" : "LIMIT", name);
        error_hint(error, "aggregate in a window, or read bounded input");
    }
    return STATUS_UNSUPPORTED;
}

static enum status check_retractable(const struct modes *modes, const struct physical_node *node) {
    const struct logical_aggregate *aggregate = &node->logical->aggregate;
    for (uint32_t i = 0; i < aggregate->call_count; i++) {
        const struct logical_aggregate_call *call = &aggregate->calls[i];
        if (aggregate_retractable(call->aggregate))
            continue;
        struct error *error = modes->physical->error;
        FAIL_AT(error, call->position, STATUS_UNSUPPORTED, "%s cannot take back rows, and its input updates them",
                call->name);
        error_hint(error, "aggregate over input without updates, or use another function");
        return STATUS_UNSUPPORTED;
    }
    return STATUS_OK;
}

static enum status group_mode(struct modes *modes, uint32_t id) {
    struct physical_node *node = node_at(modes, id);
    Plan__GroupAggregate *aggregate = node->message->group_aggregate;
    const struct logical_emit *emit = &node->logical->aggregate.emit;
    if (input_of(modes, node)->message->change_mode != PLAN__CHANGE_MODE__APPEND)
        TRY(check_retractable(modes, node));
    bool is_final =
        node->bounded && (modes->wants_final[id] || emit->kind == AST_EMIT_ON_CLOSE || reader_wants_final(modes));
    if (emit->kind == AST_EMIT_ON_CLOSE && !node->bounded) {
        FAIL_AT(modes->physical->error, emit->position, STATUS_WINDOWING_ERROR,
                "EMIT ON CLOSE needs a window in GROUP BY, or bounded input");
        error_hint(modes->physical->error, "without a window a group never closes");
        return STATUS_WINDOWING_ERROR;
    }
    if (is_final) {
        aggregate->emit_final = true;
        aggregate->mini_batch_rows = 0;
        aggregate->mini_batch_us = 0;
    } else if (modes->updates[id] && modes->wants_final[id]) {
        return refuse_updates(modes, id);
    }
    modes->updates[id] = modes->updates[id] && !is_final;
    aggregate->emit_before = modes->updates[id] && modes->needs_before[id];
    node->message->change_mode = !modes->updates[id]      ? PLAN__CHANGE_MODE__APPEND
                                 : aggregate->emit_before ? PLAN__CHANGE_MODE__RETRACT
                                                          : PLAN__CHANGE_MODE__UPSERT;
    return STATUS_OK;
}

static enum status window_mode(struct modes *modes, uint32_t id) {
    struct physical_node *node = node_at(modes, id);
    Plan__WindowAggregate *aggregate = node->message->window_aggregate;
    struct error *error = modes->physical->error;
    if (input_of(modes, node)->message->change_mode != PLAN__CHANGE_MODE__APPEND)
        return FAIL_AT(error, node->logical->position, STATUS_UNSUPPORTED,
                       "a windowed aggregation over updates of %s is parsed but not executed yet",
                       plan_node_name(input_of(modes, node)->message));
    /* Bounded input ends: its reader sees each window once, when it closes. */
    if (node->bounded && aggregate->allowed_lateness_us == 0 && (modes->wants_final[id] || reader_wants_final(modes)))
        aggregate->emit = PLAN__EMIT__ON_CLOSE;
    modes->updates[id] = window_updates(aggregate);
    if (modes->updates[id] && modes->wants_final[id])
        return refuse_updates(modes, id);
    node->message->change_mode = !modes->updates[id]       ? PLAN__CHANGE_MODE__APPEND
                                 : modes->needs_before[id] ? PLAN__CHANGE_MODE__RETRACT
                                                           : PLAN__CHANGE_MODE__UPSERT;
    return STATUS_OK;
}

static enum status sink_mode(struct modes *modes, uint32_t id) {
    struct physical_node *node = node_at(modes, id);
    const struct physical_node *input = input_of(modes, node);
    const Plan__Sink *sink = node->message->sink;
    node->message->change_mode = input->message->change_mode;
    if (sink_takes(node) != SINK_UPSERT || input->message->change_mode == PLAN__CHANGE_MODE__APPEND)
        return STATUS_OK;
    node->message->change_mode = PLAN__CHANGE_MODE__UPSERT;
    for (uint32_t i = 0; sink->n_key_columns && i < input->key_count + !input->has_key; i++)
        if (!input->has_key || !is_in(sink->key_columns, sink->n_key_columns, input->keys[i])) {
            FAIL_AT(modes->physical->error, node->logical->position, STATUS_UNSUPPORTED,
                    "the primary key of table \"%s\" does not identify the rows of the query", sink->table);
            error_hint(modes->physical->error, "make the grouping keys the primary key");
            return STATUS_UNSUPPORTED;
        }
    return STATUS_OK;
}

static enum status sort_mode(struct modes *modes, const struct physical_node *node) {
    if (input_of(modes, node)->bounded)
        return STATUS_OK;
    struct error *error = modes->physical->error;
    FAIL_AT(error, node->logical->position, STATUS_UNSUPPORTED,
            "ORDER BY over input that never ends is not executed yet");
    error_hint(error, "sort bounded input, or put a LIMIT into a subquery");
    return STATUS_UNSUPPORTED;
}

static enum status set_mode(struct modes *modes, uint32_t id) {
    struct physical_node *node = node_at(modes, id);
    Plan__Node *message = node->message;
    switch ((int)message->operation_case) {
    case PLAN__NODE__OPERATION_SCAN:
        message->change_mode = modes->updates[id] ? PLAN__CHANGE_MODE__UPSERT : PLAN__CHANGE_MODE__APPEND;
        break;
    case PLAN__NODE__OPERATION_GROUP_AGGREGATE: TRY(group_mode(modes, id)); break;
    case PLAN__NODE__OPERATION_WINDOW_AGGREGATE: TRY(window_mode(modes, id)); break;
    case PLAN__NODE__OPERATION_SINK: TRY(sink_mode(modes, id)); break;
    case PLAN__NODE__OPERATION_SORT: TRY(sort_mode(modes, node)); break;
    case PLAN__NODE__OPERATION_CALC:
    case PLAN__NODE__OPERATION_WINDOW_TABLE: message->change_mode = input_of(modes, node)->message->change_mode; break;
    case PLAN__NODE__OPERATION_UNION_ALL:
        for (size_t i = 0; i < message->n_inputs; i++)
            if (node_at(modes, message->inputs[i])->message->change_mode != PLAN__CHANGE_MODE__APPEND)
                message->change_mode = PLAN__CHANGE_MODE__RETRACT;
        break;
    default: break;
    }
    if (message->change_mode == PLAN__CHANGE_MODE__UPSERT && node->has_key) {
        message->n_key_columns = node->key_count;
        message->key_columns = indexes_copy(modes->physical->arena, node->keys, node->key_count);
    }
    return STATUS_OK;
}

static enum status check_runtime_mode(const struct physical *physical) {
    if (strcmp(settings_text(&physical->settings, SETTING_RUNTIME_MODE), "batch") != 0)
        return STATUS_OK;
    for (uint32_t i = 0; i < physical->count; i++)
        if (physical->nodes[i].message->operation_case == PLAN__NODE__OPERATION_SINK && !physical->nodes[i].bounded) {
            FAIL(physical->error, STATUS_UNSUPPORTED, "an unbounded table cannot be read in batch mode");
            error_hint(physical->error, "SET 'execution.runtime-mode' = 'streaming'");
            return STATUS_UNSUPPORTED;
        }
    return STATUS_OK;
}

enum status change_modes(struct physical *physical) {
    uint32_t count = physical->count;
    struct modes modes = {
        .physical = physical,
        .updates = ARENA_ARRAY(physical->arena, bool, count),
        .needs_before = ARENA_ARRAY(physical->arena, bool, count),
        .wants_final = ARENA_ARRAY(physical->arena, bool, count),
        .for_whom = ARENA_ARRAY(physical->arena, uint32_t, count),
    };
    TRY(check_runtime_mode(physical));
    for (uint32_t i = 0; i < count; i++)
        find_updates(&modes, i);
    for (uint32_t i = count; i-- > 0;)
        tell_inputs(&modes, i);
    for (uint32_t i = 0; i < count; i++)
        TRY(set_mode(&modes, i));
    return STATUS_OK;
}
