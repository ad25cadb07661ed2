/* physical_plan.c: the plan around its nodes: estimates, stable ids, settings, and the final check. */
#include "planner/physical.h"

#include <inttypes.h>
#include <string.h>

#include "core/base/array.h"
#include "core/base/hash.h"
#include "planner/physical_node.h"
#include "planner/plan_print.h"

char *describe_groups(struct arena *arena, const struct aggregate_estimate *estimate, bool windowed) {
    struct strbuf text;
    strbuf_init(&text);
    estimate_print(&text, estimate->groups);
    strbuf_printf(&text, " %s of ", windowed ? "window groups" : "groups");
    estimate_print(&text, estimate->group_bytes);
    strbuf_append_text(&text, "B");
    char *copy = arena_strdup(arena, strbuf_text(&text));
    strbuf_release(&text);
    return copy;
}

static void set_estimates(struct physical *physical) {
    for (uint32_t i = 0; i < physical->count; i++) {
        struct physical_node *node = &physical->nodes[i];
        node->message->rows_per_second = node->statistics.rows_per_second;
        node->message->row_count = node->bounded ? node->statistics.row_count : -1;
    }
}

/* ---- stable ids ---- */

static void append_columns(struct strbuf *text, const struct schema *schema, const uint32_t *columns, size_t count) {
    for (size_t i = 0; i < count; i++)
        strbuf_printf(text, "|%s", columns[i] < schema->field_count ? schema->fields[columns[i]].name : "");
}

static void append_calls(struct strbuf *text, Plan__AggregateCall *const *calls, size_t count,
                         const struct schema *input) {
    for (size_t i = 0; i < count; i++) {
        strbuf_printf(text, "|%s%s", calls[i]->distinct ? "distinct " : "", calls[i]->aggregate);
        append_columns(text, input, calls[i]->arguments, calls[i]->n_arguments);
    }
}

/* What the node does to which columns, by name: not where it stands in the plan, nor what stands around it. */
static void append_role(struct strbuf *text, const Plan__Node *node, const struct schema *input) {
    strbuf_append_text(text, plan_node_name(node));
    switch ((int)node->operation_case) {
    case PLAN__NODE__OPERATION_SCAN: strbuf_printf(text, "|%s", node->scan->table); break;
    case PLAN__NODE__OPERATION_SINK: strbuf_printf(text, "|%s", node->sink->table); break;
    case PLAN__NODE__OPERATION_WINDOW_AGGREGATE: {
        const Plan__Window *window = node->window_aggregate->window;
        strbuf_printf(text, "|%d|%" PRId64 "|%" PRId64 "|%" PRId64 "|%" PRId64, (int)window->kind, window->size_us,
                      window->slide_us, window->offset_us, window->gap_us);
        append_columns(text, input, node->window_aggregate->keys, node->window_aggregate->n_keys);
        append_calls(text, node->window_aggregate->aggregates, node->window_aggregate->n_aggregates, input);
        break;
    }
    case PLAN__NODE__OPERATION_GROUP_AGGREGATE:
        append_columns(text, input, node->group_aggregate->keys, node->group_aggregate->n_keys);
        append_calls(text, node->group_aggregate->aggregates, node->group_aggregate->n_aggregates, input);
        break;
    default:
        for (size_t i = 0; i < node->n_output; i++)
            strbuf_printf(text, "|%s", node->output[i]->name);
    }
}

static const struct schema *schema_of(struct physical *physical, const Plan__Node *node) {
    struct schema *schema = ARENA_NEW(physical->arena, struct schema);
    if (plan_schema_decode(physical->arena, node->output, node->n_output, schema, NULL) != STATUS_OK)
        UNREACHABLE();
    return schema;
}

static void set_stable_ids(struct physical *physical) {
    const char *statement = physical->options->statement_name ? physical->options->statement_name : "query";
    struct strbuf text;
    strbuf_init(&text);
    for (uint32_t i = 0; i < physical->count; i++) {
        Plan__Node *node = physical->nodes[i].message;
        static const struct schema no_columns;
        const struct schema *input =
            node->n_inputs ? schema_of(physical, physical->nodes[node->inputs[0]].message) : &no_columns;
        strbuf_reset(&text);
        strbuf_printf(&text, "%s|", statement);
        append_role(&text, node, input);
        char *id =
            arena_printf(physical->arena, "%s-%016" PRIx64, plan_node_name(node), hash_bytes(text.data, text.size));
        unsigned repeated = 0;
        for (uint32_t k = 0; k < i; k++)
            repeated += strncmp(physical->nodes[k].message->stable_id, id, strlen(id)) == 0;
        node->stable_id = repeated ? arena_printf(physical->arena, "%s-%u", id, repeated + 1) : id;
    }
    strbuf_release(&text);
}

/* ---- the plan ---- */

static void set_settings(struct physical *physical, Plan__Plan *plan) {
    plan->settings = ARENA_ARRAY(physical->arena, Plan__Option *, SETTING_COUNT);
    for (int i = 0; i < SETTING_COUNT; i++) {
        if (settings_is_default(&physical->settings, (enum setting)i))
            continue;
        Plan__Option *option = plan->settings[plan->n_settings++] = ARENA_NEW(physical->arena, Plan__Option);
        plan__option__init(option);
        option->key = arena_strdup(physical->arena, setting_spec((enum setting)i)->key);
        option->value = arena_strdup(physical->arena, settings_text(&physical->settings, (enum setting)i));
    }
}

static Plan__Plan *make_plan(struct physical *physical) {
    struct arena *arena = physical->arena;
    Plan__Plan *plan = ARENA_NEW(arena, Plan__Plan);
    plan__plan__init(plan);
    plan->version = PLAN_VERSION;
    plan->bounded = true;
    plan->parallelism = (uint32_t)settings_int(&physical->settings, SETTING_PARALLELISM);
    plan->n_nodes = physical->count;
    plan->nodes = ARENA_ARRAY(arena, Plan__Node *, physical->count);
    for (uint32_t i = 0; i < physical->count; i++) {
        plan->nodes[i] = physical->nodes[i].message;
        if (plan->nodes[i]->operation_case == PLAN__NODE__OPERATION_SINK)
            plan->bounded &= physical->nodes[i].bounded;
    }
    plan->sql = str_copy(arena, physical->options->sql_text);
    plan->name = arena_strdup(arena, physical->options->statement_name ? physical->options->statement_name : "");
    set_settings(physical, plan);
    return plan;
}

static enum status build_all(struct physical *physical, struct logical *const *roots, uint32_t root_count,
                             Plan__Plan **plan) {
    for (uint32_t i = 0; i < root_count; i++)
        physical->interactive |= !roots[i]->sink.table;
    for (uint32_t i = 0; i < root_count; i++) {
        uint32_t id;
        TRY(physical_build(physical, roots[i], &id));
    }
    set_estimates(physical);
    TRY(change_modes(physical));
    for (uint32_t i = 0; i < physical->count; i++)
        physical->nodes[i].message->id = i;
    distribute_nodes(physical);
    set_stable_ids(physical);
    *plan = make_plan(physical);
    return plan_verify(*plan, physical->error);
}

enum status physical_plan(struct arena *arena, struct logical *const *roots, uint32_t root_count,
                          const struct planner_options *options, Plan__Plan **plan, struct error *error) {
    struct physical physical = {.arena = arena, .options = options, .error = error};
    if (options->settings)
        settings_copy(&physical.settings, options->settings);
    else
        settings_init(&physical.settings);
    enum status status = build_all(&physical, roots, root_count, plan);
    settings_release(&physical.settings);
    return status;
}
