/* pipeline.h: the planner's stages one by one, for whoever wants to see what is between them. Internal to the planner. */
#pragma once

#include "planner/binder.h"
#include "planner/planner.h"

struct logical_list {
    struct logical **items;
    size_t count, capacity;
};

struct pipeline {
    const struct planner_options *options;
    struct binder binder;
    struct logical_list roots;     /* bound: one Sink each */
    struct logical_list optimised; /* the same after the rules */
};

void pipeline_init(struct pipeline *pipeline, struct arena *arena, const struct catalogue *catalogue,
                   const struct planner_options *options, struct planner_notices *notices, struct error *error);
/* A query, INSERT, statement set; of CREATE TABLE … AS and CREATE VIEW the query. */
enum status pipeline_bind(struct pipeline *pipeline, const struct ast_statement *statement) MUST_CHECK;
void pipeline_optimise(struct pipeline *pipeline, struct planner_trace *trace); /* trace may be NULL */
enum status pipeline_build(struct pipeline *pipeline, Plan__Plan **plan) MUST_CHECK;
