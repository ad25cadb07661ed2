/* aggregate_sum.inc.h: template: update and retract of a sum. Define before including: VALUE_OF (C type of a value),
 * SUM_NAME(what), SUM_STATE, SUM_ADD(state, value), SUM_SUBTRACT(state, value). */
#define NAME SUM_NAME(update)
#define VALUE VALUE_OF
#define STATE SUM_STATE
#define STEP SUM_ADD
#define FAILURE out_of_range(call, error)
#include "core/functions/aggregate_update.inc.h"

#define NAME SUM_NAME(retract)
#define VALUE VALUE_OF
#define STATE SUM_STATE
#define STEP SUM_SUBTRACT
#define FAILURE out_of_range(call, error)
#include "core/functions/aggregate_update.inc.h"

#undef VALUE_OF
#undef SUM_NAME
#undef SUM_STATE
#undef SUM_ADD
#undef SUM_SUBTRACT
