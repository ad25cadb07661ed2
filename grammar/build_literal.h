/* build_literal.h: constants: numbers, strings, dates, intervals. Texts are decoded and checked here, except for dates
 * and times, whose text the planner reads with the type's own parser. */
#pragma once

#include "grammar/build.h"

/* INTERVAL '1' from(precision) TO to(scale) */
struct build_units {
    struct sql_token from;
    struct sql_token to; /* kind 0 = one unit */
    int precision;       /* -1 = not given */
    int scale;
};
struct build_units build_units(struct sql_token from, int precision, const struct sql_token *to, int scale);
int build_precision(struct builder *build, struct sql_token token);
enum ast_time_unit build_time_unit(struct sql_token token);

/* The value of '...', E'...' or, as bytes, X'...'; NUL-terminated, in the arena. */
struct str build_string(struct builder *build, struct sql_token token);
/* A whole number that fits BIGINT; fails otherwise and returns 0. */
int64_t build_integer(struct builder *build, struct sql_token token);

struct ast_expression *build_number(struct builder *build, struct sql_token token);
struct ast_expression *build_duration(struct builder *build, struct sql_token token);
struct ast_expression *build_string_literal(struct builder *build, struct sql_token token);
/* U&'...' [UESCAPE 'c'] */
struct ast_expression *build_unicode_literal(struct builder *build, struct sql_token token,
                                             const struct sql_token *escape);
struct ast_expression *build_constant(struct builder *build, struct sql_token token); /* NULL, TRUE, FALSE */
struct ast_expression *build_datetime(struct builder *build, struct sql_token keyword, struct sql_token token);
/* `sign` and `units` may be NULL; without units the text carries them: INTERVAL '10 seconds'. */
struct ast_expression *build_interval(struct builder *build, struct sql_token keyword, const struct sql_token *sign,
                                      struct sql_token token, const struct build_units *units);
/* (a - b) DAY, (a - b) YEAR TO MONTH: the difference as an interval of these units; fails after anything but a difference. */
struct ast_expression *build_difference(struct builder *build, struct sql_token open, struct ast_expression *expression,
                                        struct build_units units);
struct ast_expression *build_one(struct builder *build, struct sql_token token); /* the number 1, at `token` */
/* Puts a minus before a number literal. */
void build_negate(struct builder *build, struct ast_expression *number, sql_position position);
