/* fold.h: constant folding of one expression, for rules that put constants into expressions. */
#pragma once

struct expression;
struct rule_context;

/* The same pointer when there was nothing to fold. The type stays, but for nullability. */
struct expression *fold_expression(struct rule_context *context, struct expression *expression);
