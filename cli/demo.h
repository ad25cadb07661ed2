/* demo.h: `streamsql demo`: the weather query on generated readings. */
#pragma once

#include <stdint.h>

struct client;

/* Prints the query and its windows as they arrive, until Ctrl-C, `duration_us` (0: 15 s when stdout is no terminal,
 * otherwise for ever) or so many rows read (0: no limit). Returns the exit status. */
int demo_run(struct client *client, int64_t duration_us, int64_t rows);
