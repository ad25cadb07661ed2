/* sql_fuzz.c: any bytes are parsed, refused with a place, or nothing; and everything that is asked of text holds on them. */
#include <stddef.h>
#include <stdint.h>

#include "core/base/arena.h"
#include "grammar/ast_print.h"
#include "grammar/parser.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Statements tile the text; a failure points into it and can be shown. */
static void parse_all(struct arena *arena, struct str text, struct strbuf *buffer) {
    for (size_t offset = 0;;) {
        size_t before = offset;
        struct ast_statement *statement;
        struct error error = {0};
        enum status status = sql_parse_next(arena, text, &offset, &statement, &error);
        ASSERT(offset <= text.size && offset >= before);
        strbuf_reset(buffer);
        if (status != STATUS_OK) {
            ASSERT(error.status == status && error.message[0] && status != STATUS_INTERNAL);
            ASSERT(error.position >= 1 && error.position <= text.size + 1);
            ASSERT(utf8_validate(error.message, strlen(error.message)) == strlen(error.message));
            sql_render_error(buffer, text, 0, &error);
        } else if (statement) {
            ASSERT(statement->position > before && statement->end <= text.size + 1);
            ast_print_statement(buffer, statement);
            ASSERT(buffer->size > 0);
        } else {
            return;
        }
        if (offset == text.size)
            return;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct str text = {(const char *)data, size};
    struct arena arena;
    struct strbuf buffer;
    struct sql_token_ranges ranges;
    struct sql_expected expected;
    arena_init(&arena);
    strbuf_init(&buffer);
    parse_all(&arena, text, &buffer);
    sql_tokenize(&arena, text, &ranges);
    for (unsigned i = 0; i < ranges.count; i++)
        ASSERT(ranges.items[i].offset + ranges.items[i].size <= size && ranges.items[i].size > 0);
    sql_is_complete(text);
    sql_expected_tokens(&arena, text, &expected);
    strbuf_release(&buffer);
    arena_release(&arena);
    return 0;
}
