/* retry.h: how long to pause after failures in a row, and when the operator hears of them: what goes wrong once is for debugging, what goes on
 * being wrong is told, ever more rarely. Pure. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* After the attempt-th failure (from 1): from 20 ms, doubled, to 2 s. */
int64_t retry_pause_us(uint32_t attempt);
bool retry_is_loud(uint32_t attempt);
