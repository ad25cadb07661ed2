/* fault.h: named places where a test can kill, pause or fail the program.
 *
 *   STREAMSQL_FAULT="lane.marker_sent:3:kill;store.put:1:error"      name : which passage, from 1 : what
 *
 *   kill      SIGKILL to itself: no handler, no flush
 *   pause     SIGSTOP to itself, until somebody continues it
 *   error     the place behaves as if its operation had failed (fault_point returns true)
 *   errors    the same from that passage on
 *
 * Without the variable a passage costs a load and a branch. Names are a list (core/base/faults.def), so that a harness can ask for all
 * of them (`streamsql --list-fault-points`, hidden from the help), and an unknown one ends the program at its start with an error. */
#pragma once

#include <stdbool.h>

#include "core/base/status.h"

enum fault_name {
#define FAULT_POINT(NAME, text, meaning) FAULT_##NAME,
#include "core/base/faults.def"
#undef FAULT_POINT
    FAULT_NAME_COUNT
};

extern bool faults_wanted; /* set by fault_init */

/* Reads the variable; once, before threads are started. INVALID_OPTION for what it does not understand. */
enum status fault_init(struct error *error) MUST_CHECK;
const char *fault_name_text(enum fault_name name);
const char *fault_name_meaning(enum fault_name name);
bool fault_passed(enum fault_name name);

/* True: behave as if the operation failed. Any thread. */
static inline bool fault_point(enum fault_name name) {
    return __builtin_expect(faults_wanted, false) && fault_passed(name);
}
