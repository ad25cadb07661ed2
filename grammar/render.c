/* render.c: errors for people: the line, and a caret under the place.
 *
 *     ERROR 42601: syntax error at "FORM"
 *     line 3, column 10
 *         SELECT a FORM t
 *                  ^
 *     DETAIL: expected one of: ...
 *     HINT: did you mean FROM?
 *
 * A tab counts as one character and is shown as one space, so that the caret stands right on every terminal. */
#include <utf8proc.h>

#include "grammar/parser.h"

/* Cells of the line that are shown, and how many of them before the caret. */
enum { LINE_CELLS = 100, CELLS_BEFORE = 60 };

struct character {
    size_t size;  /* bytes */
    int width;    /* cells */
    bool visible; /* may be printed as it is */
};

static struct character character_at(const char *p, const char *end) {
    utf8proc_int32_t code;
    utf8proc_ssize_t size = utf8proc_iterate((const utf8proc_uint8_t *)p, end - p, &code);
    if (size <= 0)
        return (struct character){.size = 1, .width = 1};
    bool control = code < 0x20 || (code >= 0x7F && code < 0xA0);
    return (struct character){
        .size = (size_t)size, .width = control ? 1 : utf8proc_charwidth(code), .visible = !control};
}

/* The line around a byte offset, without its line end. */
static struct str line_at(struct str text, size_t offset) {
    size_t start = offset, end = offset;
    while (start > 0 && text.data[start - 1] != '\n')
        start--;
    while (end < text.size && text.data[end] != '\n')
        end++;
    if (end > start && end > offset && text.data[end - 1] == '\r')
        end--;
    return (struct str){text.data + start, end - start};
}

bool sql_locate(struct str text, sql_position position, unsigned *line, unsigned *column) {
    if (position == 0 || position - 1 > text.size)
        return false;
    const char *place = text.data + position - 1;
    struct str found = line_at(text, position - 1);
    *line = *column = 1;
    for (const char *p = text.data; p < found.data; p++)
        *line += *p == '\n';
    for (const char *p = found.data; p < place; p += character_at(p, place).size)
        ++*column;
    return true;
}

static size_t cells_between(const char *p, const char *end) {
    size_t cells = 0;
    while (p < end) {
        struct character character = character_at(p, end);
        cells += (size_t)character.width;
        p += character.size;
    }
    return cells;
}

/* Prints the cells [from, to) of the line. */
static void print_cells(struct strbuf *buffer, struct str line, size_t from, size_t to) {
    size_t cell = 0;
    const char *end = line.data + line.size;
    for (const char *p = line.data; p < end && cell < to;) {
        struct character character = character_at(p, end);
        size_t next = cell + (size_t)character.width;
        if (cell >= from && next <= to) {
            if (character.visible)
                strbuf_append(buffer, p, character.size);
            else
                strbuf_append_char(buffer, *p == '\t' ? ' ' : '?');
        }
        cell = next;
        p += character.size;
    }
}

static void print_place(struct strbuf *buffer, struct str text, sql_position position) {
    struct str line = line_at(text, position - 1);
    const char *place = text.data + position - 1;
    size_t caret = cells_between(line.data, place);
    size_t total = cells_between(line.data, line.data + line.size);
    size_t from = total > LINE_CELLS && caret > CELLS_BEFORE ? caret - CELLS_BEFORE : 0;
    size_t to = total > from + LINE_CELLS ? from + LINE_CELLS : total;
    strbuf_printf(buffer, "    %s", from ? "..." : "");
    print_cells(buffer, line, from, to);
    strbuf_printf(buffer, "%s\n    %*s^\n", to < total ? "..." : "", (int)(caret - from) + (from ? 3 : 0), "");
}

void sql_render_error(struct strbuf *buffer, struct str text, unsigned lines_before, const struct error *error) {
    strbuf_printf(buffer, "ERROR %s: %s\n", status_sqlstate(error->status), error->message);
    unsigned line, column;
    if (sql_locate(text, error->position, &line, &column)) {
        strbuf_printf(buffer, "line %u, column %u\n", lines_before + line, column);
        print_place(buffer, text, error->position);
    }
    if (error->detail[0])
        strbuf_printf(buffer, "DETAIL: %s\n", error->detail);
    if (error->hint[0])
        strbuf_printf(buffer, "HINT: %s\n", error->hint);
}
