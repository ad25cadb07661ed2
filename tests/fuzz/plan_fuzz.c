/* plan_fuzz.c: any bytes are a plan or are refused; what is accepted can be printed, packed and accepted again. */
#include <stddef.h>
#include <stdint.h>

#include "core/base/arena.h"
#include "core/base/str.h"
#include "planner/plan.h"
#include "planner/planner.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct arena arena;
    struct error error = {0};
    Plan__Plan *plan, *again;
    arena_init(&arena);
    if (plan_unpack(&arena, (struct str){(const char *)data, size}, &plan, &error) == STATUS_OK) {
        struct strbuf text;
        strbuf_init(&text);
        plan_print(&text, plan);
        explain_plan_json(&text, plan);
        ASSERT(plan_unpack(&arena, plan_pack(&arena, plan), &again, &error) == STATUS_OK);
        strbuf_release(&text);
    } else {
        ASSERT(error.message[0]);
    }
    arena_release(&arena);
    return 0;
}
