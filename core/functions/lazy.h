/* lazy.h: how AND, OR, CASE, COALESCE … get at their arguments. Internal to core/functions.
 * Each argument is evaluated only for the rows that the kernel asks for; inner selections must be subsets of outer ones. */
#pragma once

#include <stdint.h>

#include "core/base/status.h"
#include "core/data/column.h"

struct evaluator;
struct function_call;

struct lazy_site {
    struct evaluator *evaluator;
    const uint32_t *arguments; /* step numbers */
};

/* Argument `index` for the rows of `selection`: FLAT or CONSTANT. */
enum status lazy_argument(struct function_call *call, uint32_t index, const struct selection *selection,
                          struct column *value, struct error *error) MUST_CHECK;
/* The rows of `selection` where BOOLEAN argument `index` is TRUE; `rows` has room for selection->count and may be the
 * selection's own list. */
enum status lazy_filter(struct function_call *call, uint32_t index, const struct selection *selection, uint16_t *rows,
                        struct selection *result, struct error *error) MUST_CHECK;
bool lazy_can_fail(const struct function_call *call, uint32_t index);
bool lazy_is_expensive(const struct function_call *call, uint32_t index);
