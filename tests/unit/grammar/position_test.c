/* position_test.c: every node covers exactly the text that it was written by. */
#include "tests/unit/grammar/tree.h"

static const char sql[] =
    "INSERT INTO out\n"
    "SELECT (a + b) * 2 AS x, COUNT(*) FILTER (WHERE c > 1), 'ü' || d, CASE WHEN e THEN 1 END y, t.*,\n"
    "  CAST(f AS ARRAY<INT NOT NULL>), g NOT IN (1, 2), -5, - h, arr[1].z, SUM(i) OVER (ORDER BY j)\n"
    "FROM tab AS t LEFT JOIN (SELECT 1) s ON t.k = s.k\n"
    "GROUP BY TUMBLE(ts, 10s), (a, b)";

static struct arena arena;
static struct ast_statement *statement;

static int setup(void **state) {
    (void)state;
    size_t offset = 0;
    arena_init(&arena);
    return sql_parse_next(&arena, STR(sql), &offset, &statement, NULL) != STATUS_OK;
}

static int teardown(void **state) {
    (void)state;
    arena_release(&arena);
    return 0;
}

static void check(sql_position position, sql_position end, const char *expected) {
    struct str text = ast_text(STR(sql), position, end);
    if (!str_equal(text, str_from(expected)))
        fail_msg("\"%.*s\" is not \"%s\"", STR_FORMAT(text), expected);
}

static const struct ast_select *select_of(void) {
    return statement->insert->query->body->select;
}

static void test_statement(void **state) {
    (void)state;
    check(statement->position, statement->end, sql);
    assert_true(str_equal(statement->text, STR(sql)));
    check(statement->insert->table.items[0].position, statement->insert->table.items[0].end, "out");
    check(statement->insert->query->position, statement->insert->query->end, strchr(sql, '\n') + 1);
    check(select_of()->position, select_of()->end, strchr(sql, '\n') + 1);
}

static void test_select_items(void **state) {
    (void)state;
    static const char *const texts[] = {
        "(a + b) * 2",
        "COUNT(*) FILTER (WHERE c > 1)",
        "'ü' || d",
        "CASE WHEN e THEN 1 END",
        "t.*",
        "CAST(f AS ARRAY<INT NOT NULL>)",
        "g NOT IN (1, 2)",
        "-5",
        "- h",
        "arr[1].z",
        "SUM(i) OVER (ORDER BY j)",
    };
    const struct ast_select_items *items = &select_of()->items;
    assert_int_equal(items->count, COUNT_OF(texts));
    for (unsigned i = 0; i < items->count; i++) {
        assert_true(str_equal(items->items[i].text, str_from(texts[i])));
        check(items->items[i].expression->position, items->items[i].expression->end, texts[i]);
    }
    check(items->items[0].alias.position, items->items[0].alias.end, "x");
    check(items->items[3].alias.position, items->items[3].alias.end, "y");
}

static void test_parts_of_expressions(void **state) {
    (void)state;
    const struct ast_select_items *items = &select_of()->items;
    const struct ast_expression *sum = items->items[0].expression->call.arguments.items[0].expression;
    check(sum->position, sum->end, "(a + b)");
    const struct ast_expression *b = sum->call.arguments.items[1].expression;
    check(b->position, b->end, "b");
    const struct ast_expression *filter = items->items[1].expression->call.filter;
    check(filter->position, filter->end, "c > 1");
    const struct ast_type *type = items->items[5].expression->cast.type;
    check(type->position, type->end, "ARRAY<INT NOT NULL>");
    check(type->element->position, type->element->end, "INT NOT NULL");
    const struct ast_expression *in = items->items[6].expression->call.arguments.items[0].expression;
    check(in->position, in->end, "g NOT IN (1, 2)");
    check(in->in.list.items[1]->position, in->in.list.items[1]->end, "2");
    const struct ast_expression *field = items->items[9].expression;
    check(field->field.row->position, field->field.row->end, "arr[1]");
    const struct ast_window *window = items->items[10].expression->call.over;
    check(window->position, window->end, "(ORDER BY j)");
}

static void test_relations(void **state) {
    (void)state;
    const struct ast_relation *join = select_of()->from;
    check(join->position, join->end, "tab AS t LEFT JOIN (SELECT 1) s ON t.k = s.k");
    check(join->join.left->position, join->join.left->end, "tab AS t");
    check(join->join.right->position, join->join.right->end, "(SELECT 1) s");
    check(join->join.right->query->position, join->join.right->query->end, "(SELECT 1)");
    check(join->join.on->position, join->join.on->end, "t.k = s.k");
    const struct ast_group_items *groups = &select_of()->group_by;
    check(groups->items[0]->position, groups->items[0]->end, "TUMBLE(ts, 10s)");
    check(groups->items[1]->position, groups->items[1]->end, "(a, b)");
    check(groups->items[1]->items.items[1]->position, groups->items[1]->items.items[1]->end, "b");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_statement),
        cmocka_unit_test(test_select_items),
        cmocka_unit_test(test_parts_of_expressions),
        cmocka_unit_test(test_relations),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
