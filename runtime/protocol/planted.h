/* planted.h: the test-only switch of the simulator. PLANTED(X) is the constant false in every other build. */
#pragma once

#include <stdbool.h>

enum planted_bug {
    PLANTED_NONE = 0,
#define PLANTED_BUG(name, text) PLANTED_##name,
#include "runtime/protocol/planted.def"
#undef PLANTED_BUG
    PLANTED_COUNT
};

#ifdef SIM_PLANTED_BUGS
extern enum planted_bug planted_bug; /* defined by the simulator */
#define PLANTED(name) (planted_bug == PLANTED_##name)
#else
#define PLANTED(name) false
#endif
