/* session_cold.h: sessions that memory has no room for: whole keys leave with all their sessions, as groups of the table of keys (grouping_cold.h),
 * and those whose session ends are brought back in time.
 *
 *   table "sessions" (VALUE, cold)     key ─▶ its sessions                          a key that is back may still have its entry, which is older
 *   table "session ends" (ORDERED)     key group, end - 1, key ─▶ hash, count       one entry for each key that is only below: its least end
 *
 *   least end of each key group, in RAM ─▶ key groups with something due ─▶ their ends in order ─▶ keys ─▶ sessions, in the wheel again
 *
 * What ends until a horizon, a little after the clock, comes back together and stays until it ends, so that ends are not read for each session. Sessions
 * close in the same order wherever they were: by end, then in the order in which they were made. When the clock makes a long way, or the end comes, it goes
 * in steps from horizon to horizon, so that not all keys come back at once; what ends in the same microsecond does.
 *
 * Value of an entry, behind the marks of grouping_cold.h:   count varint | (session_encode as a block)…, latest first
 *
 * Snapshots have entries of "sessions" only: the ends follow from them and are written again in restoring, and the numbers of the sessions of several
 * instances, each of which counted from 0, are moved one behind the other. Tables that a restored back-end has are taken as they are: of sessions of
 * several instances that end at the same time, the order then need not be that of one instance.
 *
 * Without a back-end nothing leaves, and the functions cost nothing. All belongs to the operator's thread. */
#pragma once

#include <stdint.h>

#include "core/base/status.h"

struct session_cold;
struct window_aggregate;

/* Into an open grouping and window->state: sets sessions->cold, from the task's arena, and the grouping's contents. */
void session_cold_open(struct window_aggregate *window);
void session_cold_close(struct session_cold *cold);

/* Sessions that are only below. */
uint64_t session_cold_count(const struct session_cold *cold);
/* The least end - 1 of them, or something after the clock and before that; INT64_MAX: there are none. */
int64_t session_cold_next_us(const struct session_cold *cold);
/* The clock goes to *until_us, or only as far as *until_us says afterwards: what it closes (end - 1 <= clock) is in the wheel then. */
enum status session_cold_bring_due(struct session_cold *cold, int64_t *until_us, struct error *error) MUST_CHECK;
/* The key is about to go, since its last session did. */
void session_cold_forget(struct session_cold *cold, const uint8_t *record);
/* Begins a snapshot: the table of keys is its only table. Before grouping_cold_snapshot. */
void session_cold_snapshot(struct session_cold *cold);
