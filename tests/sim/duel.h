/* duel.h: another kind of history: one lane with a long decided log, and several owners of it, each of which believes for a
 * while that it is the only one. No coordinator and no tasks, so that nearly every event is one of the hand-over. */
#pragma once

#include "tests/sim/sim.h"

void duel_start(struct sim *sim);
