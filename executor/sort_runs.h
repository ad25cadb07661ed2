/* sort_runs.h: the rows of an ORDER BY that memory has no room for: sorted runs in a cold table of the state back-end (state.h), merged at
 * the end. External merge sort (Knuth, The Art of Computer Programming 3, 5.4) with one pass of merging:
 *
 *   rows in RAM ── over the budget: sorted ─▶ run 0, run 1, …  ── end ─▶ merge ─▶ rows in order
 *
 * The table is a LIST with hash 0 for all: key = number of the run, position = place in the run. So runs are written in the order of keys and
 * RocksDB has nothing to merge, and every place can be read on its own. An entry is
 *
 *   value := sort key block (core/data/sort_key.h) | row (core/data/row_codec.h)
 *
 * Ties. Rows leave all together, so those of a run came before those of the next one: of equal keys the earlier run's is first, and within a run
 * who came first. Runs are only added, never changed, until the end.
 *
 * Snapshots. The sizes of the runs and, in steps, their rows as they were at the barrier: runs that are added later have higher numbers. When the
 * back-end saves its entries as files (snapshot_writer.entries_are_in_files), the section of rows is empty.
 * All belongs to the operator's thread. A failure is the back-end's, and the job's end; FILE_ERROR too when entries cannot be read. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/base/status.h"
#include "core/base/str.h"

struct snapshot_reader;
struct snapshot_record;
struct snapshot_writer;
struct sort_runs;
struct state_backend;

/* A member of the back-end's budget until it is closed. The operator's id is copied. */
enum status sort_runs_open(struct state_backend *backend, const char *operator_id, struct sort_runs **runs,
                           struct error *error) MUST_CHECK;
void sort_runs_close(struct sort_runs *runs); /* NULL is ignored */

/* The operator's rows in RAM have so many bytes, says the budget; whether it wants them to leave. */
bool sort_runs_want_rows(struct sort_runs *runs, size_t bytes);

/* A row of the run being written, in order; copied. end makes the run, unless it has no rows. */
enum status sort_runs_put(struct sort_runs *runs, struct str key, struct str row, struct error *error) MUST_CHECK;
enum status sort_runs_end(struct sort_runs *runs, struct error *error) MUST_CHECK;
uint64_t sort_runs_row_count(const struct sort_runs *runs); /* of all runs */

/* All rows in order: merge once, then next until *found is false; a row is valid until the next call. Between the calls other operators may
 * use the back-end. finish forgets the rows, but for a snapshot under way. */
enum status sort_runs_merge(struct sort_runs *runs, struct error *error) MUST_CHECK;
enum status sort_runs_next(struct sort_runs *runs, struct str *row, bool *found, struct error *error) MUST_CHECK;
enum status sort_runs_finish(struct sort_runs *runs, struct error *error) MUST_CHECK;

/* Begins the sections of a snapshot, when there are runs; step writes and counts the budget down, abandon: it will not be asked for the rest. */
void sort_runs_snapshot(struct sort_runs *runs, struct snapshot_writer *writer);
enum status sort_runs_snapshot_step(struct sort_runs *runs, size_t *budget_bytes, bool *done,
                                    struct error *error) MUST_CHECK;
void sort_runs_snapshot_abandon(struct sort_runs *runs);
/* The sections back, into runs without any; rows that are not in them have come with the back-end. */
enum status sort_runs_restore(struct sort_runs *runs, struct snapshot_reader *reader, struct error *error) MUST_CHECK;
/* The same for an operator that has no back-end: the rows, run by run; *records is the caller's to free, the rows are the reader's. */
enum status sort_runs_read(struct snapshot_reader *reader, struct snapshot_record **records, size_t *count,
                           struct error *error) MUST_CHECK;
