/* injective.h: functions from whose result their argument can be told, so that grouping by the one is grouping by the other.
 *
 *   DATE_FORMAT(t, 'yyyy-MM-dd')    a pattern of year, month and day     core: CAST(t AS DATE)
 *   CAST(n AS STRING)               a whole number                       core: n
 *
 * The core of such a call is the value that it says in other words, and the words can be found again: a number of few bytes can stand
 * in for a text as a key. NULL belongs to NULL.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct arena;
struct expression;

/* Over the same columns; NULL: `expression` is none of these. */
struct expression *expression_core(struct arena *arena, struct expression *expression);
/* `expression` made of its core's value, whatever expression gives that; of the same type. */
struct expression *expression_of_core(struct arena *arena, const struct expression *expression,
                                      struct expression *core);
/* Whether it is the column as it is, or in other words from which it can be told. */
bool expression_tells(struct arena *arena, struct expression *expression, uint32_t column);
