/* build_relation.c: tables, joins and table functions. */
#include "grammar/build_relation.h"

static struct ast_relation *relation_new(struct builder *build, enum ast_relation_kind kind, sql_position position,
                                         unsigned child) {
    struct ast_relation *relation = ARENA_NEW(build->arena, struct ast_relation);
    relation->kind = kind;
    relation->position = position;
    relation->end = build->end;
    relation->depth = build_depth(build, position, child);
    return relation;
}

struct build_join build_join_plain(enum ast_join_kind kind) {
    return (struct build_join){.kind = kind};
}

struct ast_relation *build_join(struct builder *build, struct build_join join, struct ast_relation *left,
                                struct ast_relation *right, struct ast_expression *on,
                                struct ast_names *using_columns) {
    unsigned depth = depth_max(DEPTH(on), depth_max(left->depth, right->depth));
    struct ast_relation *relation = relation_new(build, AST_RELATION_JOIN, left->position, depth);
    relation->join.kind = join.kind;
    relation->join.left = left;
    relation->join.right = right;
    relation->join.on = on;
    relation->join.using_columns = LIST_OR_EMPTY(using_columns);
    return relation;
}

struct ast_relation *build_join_natural(struct builder *build, struct build_join join, struct ast_relation *left,
                                        struct ast_relation *right) {
    struct ast_relation *relation = build_join(build, join, left, right, NULL, NULL);
    relation->join.natural = true;
    return relation;
}

struct ast_relation *build_join_asof(struct builder *build, struct build_join join, struct ast_relation *left,
                                     struct ast_relation *right, struct ast_expression *match_condition,
                                     struct ast_expression *on, struct ast_names *using_columns) {
    struct ast_relation *relation = build_join(build, join, left, right, on, using_columns);
    relation->join.asof = true;
    relation->join.match_condition = match_condition;
    if (match_condition)
        relation->depth = depth_max(relation->depth, build_depth(build, left->position, match_condition->depth));
    return relation;
}

struct build_alias build_no_alias(void) {
    return (struct build_alias){0};
}

struct build_alias build_alias(struct ast_name name, struct ast_names *columns) {
    return (struct build_alias){.name = name, .columns = columns};
}

struct ast_relation *build_aliased(struct builder *build, struct ast_relation *relation, struct build_alias alias) {
    if (alias.columns == NULL)
        return relation;
    relation->alias = alias.name;
    relation->alias_columns = *alias.columns;
    relation->end = build->end;
    return relation;
}

struct ast_relation *build_table(struct builder *build, struct ast_names *name, struct ast_hints *hints,
                                 struct ast_expression *system_time) {
    struct ast_relation *relation =
        relation_new(build, AST_RELATION_TABLE, name->items[0].position, DEPTH(system_time));
    relation->table.name = *name;
    relation->table.hints = LIST_OR_EMPTY(hints);
    relation->table.system_time = system_time;
    return relation;
}

struct ast_relation *build_derived(struct builder *build, sql_position position, struct ast_query *query,
                                   bool lateral) {
    struct ast_relation *relation = relation_new(build, AST_RELATION_QUERY, position, query->depth);
    relation->query = query;
    relation->lateral = lateral;
    return relation;
}

struct ast_relation *build_table_function(struct builder *build, sql_position position, struct ast_expression *call,
                                          bool lateral) {
    struct ast_relation *relation = relation_new(build, AST_RELATION_FUNCTION, position, call->depth);
    relation->function = call;
    relation->lateral = lateral;
    return relation;
}

struct ast_relation *build_unnest(struct builder *build, struct sql_token keyword, struct ast_expressions *arrays,
                                  bool ordinality) {
    struct ast_relation *relation = relation_new(build, AST_RELATION_UNNEST, keyword.position, arrays->depth);
    relation->unnest.arrays = *arrays;
    relation->unnest.ordinality = ordinality;
    return relation;
}

/* A join of joins keeps its shape without a node for the parentheses; with an alias it is refused, as no name could
 * be resolved in it. */
struct ast_relation *build_relation_in_parens(struct builder *build, struct sql_token open,
                                              struct ast_relation *relation) {
    relation->position = open.position;
    relation->end = build->end;
    return relation;
}

struct ast_relation *build_match(struct builder *build, struct ast_relation *input, struct ast_match *match) {
    unsigned depth = depth_max(input->depth, depth_max(match->measures.depth, match->define.depth));
    depth = depth_max(depth, depth_max(DEPTH(match->pattern), DEPTH(match->within)));
    depth = depth_max(depth, depth_max(match->partition_by.depth, match->order_by.depth));
    struct ast_relation *relation = relation_new(build, AST_RELATION_MATCH, input->position, depth);
    match->input = input;
    relation->match = match;
    return relation;
}
