/* parser.c: statements out of a text, one at a time. */
#include "grammar/parser.h"

#include "core/base/arena.h"
#include "grammar/drive.h"
#include "grammar/sql.h"
#include "grammar/syntax_error.h"

static enum status run(struct drive *drive) {
    do
        TRY(drive_step(drive));
    while (!drive_at_end(drive));
    return drive_finish(drive);
}

static size_t token_offset(struct sql_token token) {
    return token.position - 1;
}

enum status sql_parse_next(struct arena *arena, struct str text, size_t *offset, struct ast_statement **statement,
                           struct error *error) {
    *statement = NULL;
    if (text.size >= UINT32_MAX - 1) {
        *offset = text.size;
        return FAIL(error, STATUS_LIMIT_EXCEEDED, "a script cannot be larger than 4 GiB");
    }
    struct drive drive;
    drive_init(&drive, arena, text, *offset, error);
    enum status status = STATUS_OK;
    if (drive.token.kind == 0) {
        *offset = text.size;
    } else {
        size_t start = token_offset(drive.token);
        status = run(&drive);
        if (drive.build.refused)
            syntax_error_describe(&drive, start);
        if (status == STATUS_OK) {
            *statement = drive.build.statement;
            *offset = token_offset(drive.token) + (drive.token.kind == TOKEN_SEMICOLON);
        } else {
            *offset = sql_statement_end(text, start, NULL);
        }
    }
    drive_release(&drive);
    return status;
}

enum status sql_parse(struct arena *arena, struct str text, struct ast_script *script, struct error *error) {
    *script = (struct ast_script){0};
    struct builder build = {.arena = arena};
    for (size_t offset = 0;;) {
        struct ast_statement *statement;
        TRY(sql_parse_next(arena, text, &offset, &statement, error));
        if (statement == NULL)
            return STATUS_OK;
        struct ast_script *list = script;
        BUILD_PUSH(&build, list, 0, statement);
    }
}
