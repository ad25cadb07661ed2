/* binder_select.h: one SELECT while it is being bound: what binder_select.c and binder_group_by.c share. */
#pragma once

#include "planner/binder.h"

struct select_item {
    struct expression *expression;
    const char *name;                 /* NULL: implied by the expression */
    const struct ast_expression *ast; /* NULL: from a star */
};

struct order_item {
    struct expression *expression; /* NULL: `output` is meant */
    uint32_t output;
    const struct ast_sort_item *ast;
};

struct selection_list {
    struct select_item *items;
    size_t count, capacity;
};

/* Sets of grouping keys, a bit per key; all bits set means all keys there are. */
struct grouping_sets {
    uint64_t *items;
    size_t count, capacity;
};

struct select_binder {
    struct binder *binder;
    const struct ast_select *ast;
    struct scope scope;
    struct expression *where;
    struct expression *having;
    struct grouping grouping;
    struct grouping_sets sets; /* aggregated: at least one */
    bool aggregated;
    struct selection_list list;
    struct {
        struct order_item *items;
        size_t count, capacity;
    } order;
};

/* Is there an aggregation, by GROUP BY, HAVING or a call of an aggregate? */
bool select_is_aggregated(const struct ast_select *ast, const struct ast_query *query);
/* Binds GROUP BY: keys, window and sets. */
enum status select_group_by(struct select_binder *select) MUST_CHECK;
/* The same SELECT for one of its sets: other keys are NULL, GROUPING(…) is known. `select` stays as it is. */
void select_of_set(const struct select_binder *select, uint64_t set, struct select_binder *one);
bool is_plain_name(const struct ast_expression *ast);
