/* machine.inc.h: the parser around lemon's tables; part of the generated sql.c, because the tables are private to it.
 *
 * Lemon can only be fed. To ask what it would take, the stack is followed in thought: see struct probe. */
#include <stdlib.h>

struct sql_machine {
    yyParser parser;
};

struct sql_machine *machine_new(struct builder *build) {
    struct sql_machine *machine = memory_alloc(sizeof *machine);
    sql_machineInit(&machine->parser, build);
    return machine;
}

void machine_free(struct sql_machine *machine) {
    sql_machineFinalize(&machine->parser);
    free(machine);
}

void machine_feed(struct sql_machine *machine, struct sql_token token) {
    sql_machine(&machine->parser, token.kind, token);
}

size_t machine_stack_size(const struct sql_machine *machine) {
    return (size_t)(machine->parser.yytos - machine->parser.yystack);
}

int machine_token_count(void) {
    return YYNTOKEN;
}

/* The parser's stack as it would be: `base` entries of the real one, then those of `top`. Only states matter. */
enum { PROBE_SIZE = 200 };
struct probe {
    const yyStackEntry *stack;
    size_t base; /* index of the last real entry kept */
    size_t count;
    YYACTIONTYPE top[PROBE_SIZE];
};

static YYACTIONTYPE probe_state(const struct probe *probe) {
    return probe->count ? probe->top[probe->count - 1] : probe->stack[probe->base].stateno;
}

static void probe_reduce(struct probe *probe, unsigned rule) {
    for (int size = -yyRuleInfoNRhs[rule]; size > 0; size--) {
        if (probe->count)
            probe->count--;
        else
            probe->base--;
    }
    YYACTIONTYPE under = probe_state(probe);
    probe->top[probe->count++] = yy_find_reduce_action(under, yyRuleInfoLhs[rule]);
}

/* Shifts `kind` after all reductions that it brings; false when the grammar has no place for it. */
static bool probe_shift(struct probe *probe, int kind) {
    while (probe->count < PROBE_SIZE) {
        YYACTIONTYPE action = yy_find_shift_action((YYCODETYPE)kind, probe_state(probe));
        if (action >= YY_MIN_REDUCE) {
            probe_reduce(probe, action - YY_MIN_REDUCE);
        } else if (action <= YY_MAX_SHIFTREDUCE) {
            if (action > YY_MAX_SHIFT)
                action += YY_MIN_REDUCE - YY_MIN_SHIFTREDUCE;
            probe->top[probe->count++] = action;
            return true;
        } else {
            return action == YY_ACCEPT_ACTION;
        }
    }
    return true; /* never seen: a rule makes a few entries, and a long one is popped as it goes */
}

bool machine_accepts(const struct sql_machine *machine, int kind) {
    struct probe probe;
    probe.stack = machine->parser.yystack;
    probe.base = machine_stack_size(machine);
    probe.count = 0;
    return probe_shift(&probe, kind);
}

bool machine_accepts_two(const struct sql_machine *machine, int first, int second) {
    struct probe probe;
    probe.stack = machine->parser.yystack;
    probe.base = machine_stack_size(machine);
    probe.count = 0;
    return probe_shift(&probe, first) && probe_shift(&probe, second);
}
