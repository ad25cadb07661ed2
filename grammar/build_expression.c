/* build_expression.c: operators and primaries. Operators become calls with the canonical names listed in ast.h. */
#include "grammar/build_expression.h"

#include "grammar/build_call.h"
#include "grammar/build_literal.h"
#include "grammar/sql.h"

struct ast_expression *build_expression(struct builder *build, enum ast_expression_kind kind, sql_position position,
                                        unsigned child) {
    struct ast_expression *expression = ARENA_NEW(build->arena, struct ast_expression);
    expression->kind = kind;
    expression->position = position;
    expression->end = build->end;
    expression->depth = build_depth(build, position, child);
    return expression;
}

struct ast_expressions *build_expressions(struct builder *build, struct ast_expressions *list,
                                          struct ast_expression *expression) {
    BUILD_PUSH(build, list, expression->depth, expression);
    return list;
}

/* --- operators --- */

/* An operator whose operands start at `position`. The name that it was written by is only its canonical one. */
static struct ast_expression *operation(struct builder *build, const char *function, sql_position position,
                                        struct ast_expression *first, struct ast_expression *second,
                                        struct ast_expression *third) {
    return build_function(build, AST_SYNTAX_OPERATOR, function, (struct sql_token){0}, position, first, second, third,
                          NULL);
}

static const char *operator_name(int token) {
    switch (token) {
    case TOKEN_PLUS: return "+";
    case TOKEN_MINUS: return "-";
    case TOKEN_STAR: return "*";
    case TOKEN_SLASH: return "/";
    case TOKEN_PERCENT: return "%";
    case TOKEN_CONCAT: return "||";
    case TOKEN_EQUAL: return "=";
    case TOKEN_NOT_EQUAL: return "<>";
    case TOKEN_LESS: return "<";
    case TOKEN_LESS_EQUAL: return "<=";
    case TOKEN_GREATER: return ">";
    case TOKEN_GREATER_EQUAL: return ">=";
    case TOKEN_AND: return "and";
    case TOKEN_OR: return "or";
    case TOKEN_LIKE: return "like";
    case TOKEN_ILIKE: return "ilike";
    case TOKEN_RLIKE: return "rlike";
    case TOKEN_OVERLAPS: return "overlaps";
    case TOKEN_SIMILAR: return "similar_to";
    default: UNREACHABLE();
    }
}

struct ast_expression *build_binary(struct builder *build, struct sql_token operator, struct ast_expression * left,
                                    struct ast_expression *right) {
    return operation(build, operator_name(operator.kind), left->position, left, right, NULL);
}

/* A chain may lean to the left by this much before it is balanced: ordinary conditions keep their shape. */
enum { CHAIN_LEAN = 32 };

/* op(a, b) may become op(a, op(b, right)) because the operator is associative: worth it when `left` is
 * deep already and b is shallower than a. */
static bool has_room(const struct ast_expression *left, const char *function, const struct ast_expression *right) {
    if (left->depth <= right->depth + CHAIN_LEAN || left->kind != AST_CALL ||
        left->call.syntax != AST_SYNTAX_OPERATOR || strcmp(left->call.function, function) != 0)
        return false;
    const struct ast_argument *arguments = left->call.arguments.items;
    return arguments[1].expression->depth < arguments[0].expression->depth;
}

/* Recursion goes down the right spine, which the same rule keeps logarithmic. */
struct ast_expression *build_chain(struct builder *build, struct sql_token operator, struct ast_expression * left,
                                   struct ast_expression *right) {
    const char *function = operator_name(operator.kind);
    if (!has_room(left, function, right))
        return operation(build, function, left->position, left, right, NULL);
    struct ast_argument *arguments = left->call.arguments.items;
    arguments[1].expression = build_chain(build, operator, arguments[1].expression, right);
    left->end = build->end;
    unsigned deepest = depth_max(arguments[0].expression->depth, arguments[1].expression->depth);
    left->call.arguments.depth = deepest;
    left->depth = build_depth(build, left->position, deepest);
    return left;
}

struct ast_expression *build_not(struct builder *build, sql_position position, struct ast_expression *expression) {
    return operation(build, "not", position, expression, NULL, NULL);
}

static struct ast_expression *negated_if(struct builder *build, bool negated, struct ast_expression *expression) {
    return negated ? build_not(build, expression->position, expression) : expression;
}

struct ast_expression *build_sign(struct builder *build, struct sql_token operator,
                                  struct ast_expression * expression) {
    bool minus = operator.kind == TOKEN_MINUS;
    if (minus && expression->kind == AST_LITERAL && expression->literal.kind >= AST_LITERAL_INTEGER &&
        expression->literal.kind <= AST_LITERAL_DOUBLE && expression->literal.text.data[0] != '-') {
        build_negate(build, expression, operator.position);
        return expression;
    }
    return operation(build, minus ? "negate" : "plus", operator.position, expression, NULL, NULL);
}

struct ast_expression *build_matching(struct builder *build, struct sql_token operator, struct ast_expression * value,
                                      struct ast_expression *pattern, struct ast_expression *escape, bool negated) {
    if (escape && operator.kind == TOKEN_RLIKE)
        BUILD_FAIL(build, escape->position, STATUS_SYNTAX_ERROR, "RLIKE takes no ESCAPE");
    return negated_if(build, negated,
                      operation(build, operator_name(operator.kind), value->position, value, pattern, escape));
}

struct ast_expression *build_between(struct builder *build, struct ast_expression *value, bool symmetric,
                                     struct ast_expression *from, struct ast_expression *to, bool negated) {
    const char *function = symmetric ? "between_symmetric" : "between";
    return negated_if(build, negated, operation(build, function, value->position, value, from, to));
}

static unsigned list_or_query_depth(struct ast_expression *value, struct ast_expressions *list,
                                    struct ast_query *query) {
    return depth_max(value->depth, depth_max(DEPTH(list), DEPTH(query)));
}

struct ast_expression *build_in(struct builder *build, struct ast_expression *value, struct ast_expressions *list,
                                struct ast_query *query, bool negated) {
    struct ast_expression *in =
        build_expression(build, AST_IN, value->position, list_or_query_depth(value, list, query));
    in->in.value = value;
    in->in.list = LIST_OR_EMPTY(list);
    in->in.query = query;
    return negated_if(build, negated, in);
}

struct ast_expression *build_quantified(struct builder *build, struct ast_expression *value, struct sql_token operator,
                                        enum ast_quantifier quantifier, struct ast_expressions *list,
                                        struct ast_query *query) {
    struct ast_expression *expression =
        build_expression(build, AST_QUANTIFIED, value->position, list_or_query_depth(value, list, query));
    expression->quantified.value = value;
    expression->quantified.function = operator_name(operator.kind);
    expression->quantified.quantifier = quantifier;
    expression->quantified.list = LIST_OR_EMPTY(list);
    expression->quantified.query = query;
    return expression;
}

struct ast_expression *build_is(struct builder *build, struct ast_expression *value, bool negated,
                                struct sql_token what) {
    const char *function;
    switch (what.kind) {
    case TOKEN_NULL: function = negated ? "is_not_null" : "is_null"; break;
    case TOKEN_TRUE: function = negated ? "is_not_true" : "is_true"; break;
    case TOKEN_FALSE: function = negated ? "is_not_false" : "is_false"; break;
    default: function = negated ? "is_not_unknown" : "is_unknown"; break;
    }
    return operation(build, function, value->position, value, NULL, NULL);
}

struct ast_expression *build_is_json(struct builder *build, struct ast_expression *value, bool negated,
                                     const char *kind) {
    const char *function = arena_printf(build->arena, "is_json_%s", kind);
    return negated_if(build, negated, operation(build, function, value->position, value, NULL, NULL));
}

struct ast_expression *build_is_distinct(struct builder *build, struct ast_expression *left, bool negated,
                                         struct ast_expression *right) {
    const char *function = negated ? "is_not_distinct_from" : "is_distinct_from";
    return operation(build, function, left->position, left, right, NULL);
}

struct ast_expression *build_at_time_zone(struct builder *build, struct ast_expression *value,
                                          struct ast_expression *zone) {
    return operation(build, "at_time_zone", value->position, value, zone, NULL);
}

struct ast_expression *build_element(struct builder *build, struct ast_expression *value,
                                     struct ast_expression *index) {
    return operation(build, "[]", value->position, value, index, NULL);
}

/* --- primaries --- */

struct ast_expression *build_column(struct builder *build, struct ast_names *names) {
    struct ast_expression *column = build_expression(build, AST_COLUMN, names->items[0].position, 0);
    column->end = names->items[names->count - 1].end;
    column->names = *names;
    return column;
}

struct ast_expression *build_star(struct builder *build, struct ast_names *qualifier, struct sql_token star) {
    sql_position position = qualifier ? qualifier->items[0].position : star.position;
    struct ast_expression *expression = build_expression(build, AST_STAR, position, 0);
    expression->end = token_end(star);
    expression->names = LIST_OR_EMPTY(qualifier);
    return expression;
}

struct ast_expression *build_field_access(struct builder *build, struct ast_expression *row, struct ast_name name) {
    struct ast_expression *field = build_expression(build, AST_FIELD, row->position, row->depth);
    field->field.row = row;
    field->field.name = name;
    return field;
}

struct ast_expression *build_parens(struct builder *build, struct sql_token open, struct ast_expression *expression) {
    expression->position = open.position;
    expression->end = build->end;
    return expression;
}

struct ast_expression *build_row(struct builder *build, struct sql_token open, struct ast_expression *first,
                                 struct ast_expressions *rest) {
    struct ast_expressions *list = build_expressions(build, NULL, first);
    for (unsigned i = 0; i < rest->count; i++)
        build_expressions(build, list, rest->items[i]);
    return build_function_of(build, AST_SYNTAX_OPERATOR, "row", (struct sql_token){0}, open.position, list);
}

struct ast_expressions *build_row_items(struct builder *build, struct ast_expression *expression) {
    if (expression->kind != AST_CALL || strcmp(expression->call.function, "row") != 0 ||
        expression->call.name.items[0].quoted)
        return build_expressions(build, NULL, expression);
    struct ast_expressions *list = NULL;
    for (unsigned i = 0; i < expression->call.arguments.count; i++)
        list = build_expressions(build, list, expression->call.arguments.items[i].expression);
    return list;
}

struct ast_expression *build_constructor(struct builder *build, struct sql_token keyword,
                                         struct ast_expressions *list) {
    if (keyword.kind == TOKEN_MAP && list && list->count % 2)
        BUILD_FAIL(build, list->items[list->count - 1]->position, STATUS_SYNTAX_ERROR,
                   "MAP[...] has a key without a value");
    const char *function = build_lower(build, token_text(keyword));
    return build_function_of(build, AST_SYNTAX_FUNCTION, function, keyword, keyword.position, list);
}

struct ast_expression *build_subquery(struct builder *build, struct ast_query *query) {
    struct ast_expression *expression = build_expression(build, AST_SUBQUERY, query->position, query->depth);
    expression->end = query->end;
    expression->query = query;
    return expression;
}

struct ast_expression *build_exists(struct builder *build, struct sql_token keyword, struct ast_query *query) {
    struct ast_expression *expression = build_expression(build, AST_EXISTS, keyword.position, query->depth);
    expression->query = query;
    return expression;
}

struct ast_expression *build_case(struct builder *build, struct sql_token keyword, struct ast_expression *operand,
                                  struct ast_whens *whens, struct ast_expression *otherwise) {
    unsigned depth = depth_max(whens->depth, depth_max(DEPTH(operand), DEPTH(otherwise)));
    struct ast_expression *expression = build_expression(build, AST_CASE, keyword.position, depth);
    expression->case_when.operand = operand;
    expression->case_when.whens = *whens;
    expression->case_when.otherwise = otherwise;
    return expression;
}

struct ast_whens *build_whens(struct builder *build, struct ast_whens *list, struct ast_expression *condition,
                              struct ast_expression *result) {
    BUILD_PUSH(build, list, depth_max(condition->depth, result->depth),
               (struct ast_when){.condition = condition, .result = result});
    return list;
}

struct ast_expression *build_cast(struct builder *build, sql_position position, struct ast_expression *value,
                                  struct ast_type *type, bool try_cast) {
    struct ast_expression *cast = build_expression(build, AST_CAST, position, depth_max(value->depth, type->depth));
    cast->cast.value = value;
    cast->cast.type = type;
    cast->cast.try_cast = try_cast;
    return cast;
}

struct ast_expression *build_unit(struct builder *build, struct sql_token unit) {
    struct ast_expression *expression = build_expression(build, AST_TIME_UNIT, unit.position, 0);
    expression->end = token_end(unit);
    expression->unit = build_time_unit(unit);
    return expression;
}
