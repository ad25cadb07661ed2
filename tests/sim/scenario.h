/* scenario.h: scripted histories: one for every row of the crash matrix in docs/design/010-commit-protocol.md. */
#pragma once

/* All, or the one of that name. Prints, and returns the exit status. */
int run_scenarios(const char *name);
