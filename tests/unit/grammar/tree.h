/* tree.h: parses a text and compares its printed tree with the expected one. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "core/base/arena.h"
#include "core/base/array.h"
#include "grammar/ast_print.h"
#include "grammar/parser.h"

struct example {
    const char *text;
    const char *tree; /* several statements: separated by "; " */
};

/* The printed trees of a script, or its error as `SQLSTATE position: message`. Release the buffer. */
static inline void print_script(struct strbuf *buffer, struct str text) {
    struct arena arena;
    struct ast_script script;
    struct error error = {0};
    arena_init(&arena);
    strbuf_init(buffer);
    enum status status = sql_parse(&arena, text, &script, &error);
    for (unsigned i = 0; i < script.count; i++) {
        if (i)
            strbuf_append_text(buffer, "; ");
        ast_print_statement(buffer, script.items[i]);
    }
    if (status != STATUS_OK) {
        assert_int_equal(status, error.status);
        strbuf_printf(buffer, "%s %u: %s", status_sqlstate(status), error.position, error.message);
    }
    arena_release(&arena);
}

/* With a prefix, which makes a whole statement of a part, the tree is what follows the tree's first word. */
static inline void check_examples(const struct example *examples, size_t count, const char *prefix) {
    for (size_t i = 0; i < count; i++) {
        struct strbuf text, tree;
        strbuf_init(&text);
        strbuf_printf(&text, "%s%s", prefix, examples[i].text);
        print_script(&tree, strbuf_str(&text));
        char *printed = tree.data;
        if (prefix[0] && strncmp(printed, "(select ", 8) == 0) {
            printed[tree.size - 1] = '\0';
            printed += 8;
        }
        if (strcmp(printed, examples[i].tree) != 0)
            print_error("%s\n", strbuf_text(&text));
        assert_string_equal(printed, examples[i].tree);
        strbuf_release(&text);
        strbuf_release(&tree);
    }
}
