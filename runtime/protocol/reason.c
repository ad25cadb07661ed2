/* reason.c: the rows of reasons.def as text. */
#include "runtime/protocol/reason.h"

#include "core/base/status.h"

static const struct {
    const char *name, *text, *hint;
} reasons[REASON_COUNT] = {
    [REASON_NONE] = {"NONE", "", ""},
#define REASON(name, text, hint) [REASON_##name] = {#name, text, hint},
#include "runtime/protocol/reasons.def"
#undef REASON
};

const char *reason_name(enum reason reason) {
    ASSERT((unsigned)reason < REASON_COUNT);
    return reasons[reason].name;
}

const char *reason_text(enum reason reason) {
    ASSERT((unsigned)reason < REASON_COUNT);
    return reasons[reason].text;
}

const char *reason_hint(enum reason reason) {
    ASSERT((unsigned)reason < REASON_COUNT);
    return reasons[reason].hint;
}
