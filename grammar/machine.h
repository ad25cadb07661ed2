/* machine.h: the parser that lemon makes of sql.y, and what can be asked of its tables. */
#pragma once

#include "grammar/build.h"

struct sql_machine;

/* Borrows `build`. */
struct sql_machine *machine_new(struct builder *build);
void machine_free(struct sql_machine *machine);
/* Takes one token; kind 0 ends the statement. A failure shows in the builder; nothing may be fed after one. */
void machine_feed(struct sql_machine *machine, struct sql_token token);
size_t machine_stack_size(const struct sql_machine *machine);

/* Whether the grammar can take this kind of token next; nothing changes. 0 asks whether the statement may end. */
bool machine_accepts(const struct sql_machine *machine, int kind);
/* The same of a token and the one after it. */
bool machine_accepts_two(const struct sql_machine *machine, int first, int second);
/* Token kinds are 1 to this less one. */
int machine_token_count(void);
