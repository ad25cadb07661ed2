/* drive.h: feeds one statement's tokens to the grammar, deciding what soft keywords mean. */
#pragma once

#include "grammar/lexer.h"
#include "grammar/machine.h"

struct drive {
    struct builder build;
    struct lexer lexer;
    struct sql_machine *machine;
    struct sql_token token; /* the next one to be fed */
    struct sql_token ahead; /* the one after it; kind < 0: no token, and `ahead_error` says why */
    struct error token_error;
    struct error ahead_error;
    struct sql_token last; /* the last one fed, with the kind it was fed as; kind 0 before the first */
    unsigned nesting;      /* open parentheses, brackets and CASEs */
};

/* Skips empty statements from `offset` on; `token` is then the statement's first, or of kind 0 at the end of the text.
 * `error` may be NULL. The text must be shorter than 4 GiB. Release in any case. */
void drive_init(struct drive *drive, struct arena *arena, struct str text, size_t offset, struct error *error);
void drive_release(struct drive *drive);

/* Feeds `token`, as a name when it is a soft keyword meant so, and moves on. */
enum status drive_step(struct drive *drive) MUST_CHECK;
/* Feeds everything before the token at `position`, without error messages; stops early when something is wrong. */
void drive_until(struct drive *drive, sql_position position);
/* True when `token` ends the statement: the end of the text or a semicolon that the grammar has no use for. */
bool drive_at_end(const struct drive *drive);
/* Tells the grammar that the statement is complete. */
enum status drive_finish(struct drive *drive) MUST_CHECK;
