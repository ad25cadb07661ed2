/* live_table.h: an unbounded SELECT on a terminal: its rows as they are now, redrawn in place at most ten times a second.
 *
 * A stream with changes shows the rows that it stands for; one without shows its newest rows. What does not fit the screen
 * is counted below the table.
 */
#pragma once

#include "core/base/status.h"

struct batch;
struct console;
struct live_table;
struct session;
struct session_result;

/* The session tells how many rows were read. All borrowed for the table's life. */
struct live_table *live_table_new(struct console *console, struct session *session,
                                  const struct session_result *result);
enum status live_table_batch(struct live_table *table, const struct batch *batch, struct error *error) MUST_CHECK;
enum status live_table_idle(struct live_table *table, struct error *error) MUST_CHECK; /* redraws when it is time */
enum status live_table_end(struct live_table *table,
                           struct error *error) MUST_CHECK; /* the last state stays on screen */
void live_table_free(struct live_table *table);
