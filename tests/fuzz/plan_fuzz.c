/* plan_fuzz.c: any bytes are a plan or are refused; what is accepted can be printed, packed and accepted again.
 *
 * The first byte chooses a good plan, which the others change: three bytes each, a place and what stands there. 255 takes
 * the rest as the whole plan. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "core/base/arena.h"
#include "core/base/str.h"
#include "grammar/parser.h"
#include "planner/planner.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const queries[] = {
    "SELECT city, AVG(temp), LISTAGG(city, ';') FROM weather WHERE temp > 0 GROUP BY TUMBLE(ts, 10s)",
    "SELECT CASE WHEN temp > 1.5 THEN 'a' ELSE city || 'x' END, ROW(1, city), ARRAY[1, 2], MAP['k', temp] FROM weather",
    "SELECT * FROM (VALUES (1, NULL, DATE '2024-05-01'), (2, 'a long text, not inside', NULL)) AS v (a, b, c) ORDER BY "
    "a LIMIT 3",
    "SELECT city, COUNT(DISTINCT temp) FILTER (WHERE temp > 0) FROM weather GROUP BY city HAVING COUNT(*) > 2",
    "SELECT window_start, city FROM TABLE(HOP(TABLE weather, DESCRIPTOR(ts), 2s, 10s)) UNION ALL SELECT ts, city FROM "
    "weather",
    "SELECT city, COUNT(*) FROM weather GROUP BY city, SESSION(ts, 10s) EMIT EVERY 1s",
    "SELECT ROUND(CAST(temp AS DECIMAL(10, 3)), 1), COALESCE(city, 'x'), city IN ('a', 'b', 'c') FROM weather LIMIT 5",
};
enum { QUERY_COUNT = sizeof queries / sizeof queries[0] };

static struct arena base_arena;
static struct str bases[QUERY_COUNT];

static void make_bases(void) {
    struct catalogue *catalogue = catalogue_new(connectors_builtin());
    arena_init(&base_arena);
    for (size_t i = 0; i < QUERY_COUNT; i++) {
        struct ast_statement *statement;
        struct planner_options options = {.sql_text = str_from(queries[i])};
        struct planner_result result;
        size_t offset = 0;
        enum status status = sql_parse_next(&base_arena, options.sql_text, &offset, &statement, NULL);
        ASSERT(status == STATUS_OK);
        status = plan_statement(&base_arena, catalogue, statement, &options, &result, NULL);
        ASSERT(status == STATUS_OK);
        bases[i] = plan_pack(&base_arena, result.plan);
    }
    catalogue_free(catalogue);
}

static struct str changed_plan(struct arena *arena, const uint8_t *data, size_t size) {
    struct str base = bases[data[0] % QUERY_COUNT];
    char *bytes = arena_copy(arena, base.data, base.size);
    for (size_t i = 1; i + 3 <= size; i += 3)
        bytes[(size_t)(data[i] << 8 | data[i + 1]) % base.size] = (char)data[i + 2];
    return (struct str){bytes, base.size};
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct arena arena;
    struct error error = {0};
    Plan__Plan *plan, *again;
    if (!bases[0].size)
        make_bases();
    if (size == 0)
        return 0;
    arena_init(&arena);
    struct str bytes =
        data[0] == 255 ? (struct str){(const char *)data + 1, size - 1} : changed_plan(&arena, data, size);
    if (plan_unpack(&arena, bytes, &plan, &error) == STATUS_OK) {
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
