/* oracle.h: what must be true at every moment, looked at where it happens: when HEAD is swapped, when a transaction is
 * decided, when an object is deleted, and at the end.
 *
 * - HEAD's history is one line: the next generation of the same epoch, or the next epoch of the same generation.
 * - A decided epoch holds exactly the input rows between its parent's positions and its own, each once.
 * - A committed transaction holds exactly the rows of the lane's next decided chunk, and one marker that says so.
 * - Nothing that HEAD's manifest or a savepoint names is deleted.
 * - In the end all decided rows are visible, in order, and all input is decided.
 */
#pragma once

#include "tests/sim/sim.h"

/* A row of output: what a writer, a task that logs for a lane, made of one row of input. */
struct row {
    uint32_t writer;
    uint32_t source; /* ROW_FINAL: made at the end of the input */
    uint64_t sequence;
    uint64_t ordinal; /* 1, 2, 3 … of the writer: depends on the order of arrival, so a second run gives others */
};
#define ROW_SIZE 24u
#define ROW_FINAL UINT32_MAX

struct expected_chunk {
    uint64_t epoch;
    uint32_t chunk, chunk_count;
    struct str rows;
    uint64_t row_count;
    struct digest digest, log;
};

struct oracle *oracle_new(struct sim *sim);
void oracle_on_head(struct sim *sim, struct str name, struct str before, struct str after);
void oracle_on_commit(struct sim *sim, const struct incarnation *job, uint32_t lane, const struct str *rows,
                      uint32_t row_count, const struct str *markers, uint32_t marker_count);
void oracle_on_delete(struct sim *sim, struct str name);
void oracle_on_savepoint(struct sim *sim, const struct savepoint *savepoint);
/* `complete`: the job has ended by itself. */
void oracle_check_end(struct sim *sim, bool complete);
/* A person made a mistake: the job must not decide or publish anything before it refuses. */
void oracle_expect_refusal(struct sim *sim);

const struct head *oracle_head(struct sim *sim);                                /* NULL before the first */
const struct manifest *oracle_manifest(struct sim *sim);                        /* of head */
const struct expected_chunk *oracle_next_chunk(struct sim *sim, uint32_t lane); /* decided, not committed; or NULL */
uint64_t oracle_committed_epoch(struct sim *sim, uint32_t lane); /* of the newest committed chunk; 0: none */
/* A former HEAD: bytes as they were, `back` epochs ago; empty when there was none. */
struct str oracle_former_head(struct sim *sim, uint32_t back, uint64_t *epoch);
