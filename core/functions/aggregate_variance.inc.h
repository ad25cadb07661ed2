/* aggregate_variance.inc.h: template: the updates of one type. Define before including: TYPE_NAME (name part), VALUE_OF
 * (C type of a value), TO_DOUBLE(value), TO_WIDE(value). */
#define JOIN_(a, b, c) a##b##c
#define JOIN(a, b, c) JOIN_(a, b, c)
#define WELFORD_STEP(state, value) variance_add(state, TO_DOUBLE(value))
#define EXACT_ADD_STEP(state, value) exact_step(state, TO_WIDE(value), 1)
#define EXACT_SUBTRACT_STEP(state, value) exact_step(state, TO_WIDE(value), -1)

#define NAME JOIN(variance_, TYPE_NAME, _update)
#define VALUE VALUE_OF
#define STATE struct variance
#define STEP WELFORD_STEP
#define FAILURE STATUS_INTERNAL
#include "core/functions/aggregate_update.inc.h"

#define NAME JOIN(exact_variance_, TYPE_NAME, _update)
#define VALUE VALUE_OF
#define STATE struct exact_variance
#define STEP EXACT_ADD_STEP
#define FAILURE STATUS_INTERNAL
#include "core/functions/aggregate_update.inc.h"

#define NAME JOIN(exact_variance_, TYPE_NAME, _retract)
#define VALUE VALUE_OF
#define STATE struct exact_variance
#define STEP EXACT_SUBTRACT_STEP
#define FAILURE STATUS_INTERNAL
#include "core/functions/aggregate_update.inc.h"

#undef JOIN_
#undef JOIN
#undef WELFORD_STEP
#undef EXACT_ADD_STEP
#undef EXACT_SUBTRACT_STEP
#undef TYPE_NAME
#undef VALUE_OF
#undef TO_DOUBLE
#undef TO_WIDE
