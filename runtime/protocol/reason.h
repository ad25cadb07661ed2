/* reason.h: the named causes for which protocol W stops. Rows in reasons.def. */
#pragma once

enum reason {
    REASON_NONE = 0,
#define REASON(name, text, hint) REASON_##name,
#include "runtime/protocol/reasons.def"
#undef REASON
    REASON_COUNT
};

const char *reason_name(enum reason reason); /* "MARKER_AHEAD" */
const char *reason_text(enum reason reason);
const char *reason_hint(enum reason reason); /* may be empty */
