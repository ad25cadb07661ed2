/* dialect.c: RFC 4180 with other characters, an optional escape character, and comments. */
#include "connectors/formats/csv/dialect.h"

#include <stdlib.h>

#include "core/base/arena.h"

const struct option_spec csv_options[] = {
    {"header", OPTION_BOOL, "false", false, NULL, "the first line of every file names the columns"},
    {"on-error", OPTION_CHOICE, "dead-letter", false, "dead-letter|fail",
     "what a record that cannot be decoded does: it is reported and skipped, or the job fails"},
    {"ignore-parse-errors", OPTION_BOOL, "false", false, NULL, "fields that cannot be decoded become NULL"},
    {"field-delimiter", OPTION_STRING, ",", false, NULL, "one character; \\t is a tab"},
    {"quote-character", OPTION_STRING, "\"", false, NULL, "one character around fields that have delimiters inside"},
    {"disable-quote-character", OPTION_BOOL, "false", false, NULL, "there is no quote character"},
    {"escape-character", OPTION_STRING, NULL, false, NULL, "one character: what follows it means itself"},
    {"allow-comments", OPTION_BOOL, "false", false, NULL, "lines that start with # are passed over"},
    {"null-literal", OPTION_STRING, NULL, false, NULL, "the text that means NULL"},
    {"array-element-delimiter", OPTION_STRING, ";", false, NULL,
     "between the elements of an ARRAY and the fields of a ROW"},
    {"write-bigdecimal-in-scientific-notation", OPTION_BOOL, "true", false, NULL,
     "write small DECIMALs with an exponent"},
    {0},
};

/* One character, or the escapes that SQL texts cannot hold; 0 when it is neither. */
static char character_of(const char *text) {
    if (text[0] == '\\' && text[1] && !text[2])
        return text[1] == 't' ? '\t' : text[1] == '\\' ? '\\' : 0;
    if (strncmp(text, "\\u00", 4) == 0 && strlen(text) == 6)
        return (char)strtol(text + 4, NULL, 16);
    return text[0] && !text[1] ? text[0] : 0;
}

enum status csv_dialect_check(const struct options *options, struct error *error) {
    static const char *const keys[] = {"field-delimiter", "quote-character", "escape-character"};
    char seen[3] = {0};
    for (int i = 0; i < 3; i++) {
        const char *text = options_text(options, csv_options, keys[i]);
        if (!text || (i == 1 && options_bool(options, csv_options, "disable-quote-character")))
            continue;
        seen[i] = character_of(text);
        if (!seen[i] || seen[i] == '\n' || seen[i] == '\r' || (unsigned char)seen[i] >= 0x80)
            return FAIL(error, STATUS_INVALID_OPTION, "option \"csv.%s\" must be one character, not \"%s\"", keys[i],
                        text);
        for (int j = 0; j < i; j++)
            if (seen[i] == seen[j])
                return FAIL(error, STATUS_INVALID_OPTION, "options \"csv.%s\" and \"csv.%s\" are the same character",
                            keys[j], keys[i]);
    }
    if (*options_text(options, csv_options, "array-element-delimiter") == '\0')
        return FAIL(error, STATUS_INVALID_OPTION, "option \"csv.array-element-delimiter\" is empty");
    return STATUS_OK;
}

void csv_dialect_init(struct csv_dialect *dialect, const struct options *options) {
    const char *escape = options_text(options, csv_options, "escape-character");
    bool has_quote = !options_bool(options, csv_options, "disable-quote-character");
    *dialect = (struct csv_dialect){
        .delimiter = character_of(options_text(options, csv_options, "field-delimiter")),
        .quote = has_quote ? character_of(options_text(options, csv_options, "quote-character")) : 0,
        .escape = escape ? character_of(escape) : 0,
        .allows_comments = options_bool(options, csv_options, "allow-comments"),
        .array_delimiter = options_text(options, csv_options, "array-element-delimiter"),
        .null_literal = options_text(options, csv_options, "null-literal"),
    };
}

/* The end of the part in quotes that starts at p, at its closing quote; NULL when there is none. */
static const char *closing_quote(const struct csv_dialect *dialect, const char *p, const char *end, bool *has_escapes) {
    while (p < end) {
        if (dialect->escape && *p == dialect->escape && p + 1 < end) {
            *has_escapes = true;
            p += 2;
        } else if (*p != dialect->quote) {
            p++;
        } else if (p + 1 < end && p[1] == dialect->quote) {
            *has_escapes = true;
            p += 2;
        } else {
            return p;
        }
    }
    return NULL;
}

/* Undoes doubled quotes and escapes. */
static struct str unescape(const struct csv_dialect *dialect, struct str text, bool is_quoted, struct arena *arena) {
    char *copy = arena_alloc_aligned(arena, text.size + 1, 1), *out = copy;
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        bool doubles = is_quoted && c == dialect->quote;
        if ((doubles || (dialect->escape && c == dialect->escape)) && i + 1 < text.size)
            c = text.data[++i];
        *out++ = c;
    }
    return (struct str){copy, (size_t)(out - copy)};
}

static const char *plain_end(const struct csv_dialect *dialect, const char *p, const char *end, bool *has_escapes) {
    if (!dialect->escape) {
        const char *delimiter = memchr(p, dialect->delimiter, (size_t)(end - p));
        return delimiter ? delimiter : end;
    }
    while (p < end && *p != dialect->delimiter) {
        bool is_escape = *p == dialect->escape && p + 1 < end;
        *has_escapes |= is_escape;
        p += is_escape ? 2 : 1;
    }
    return p;
}

bool csv_take_field(const struct csv_dialect *dialect, const char **at, const char *end, struct arena *arena,
                    struct csv_field *field) {
    const char *start = *at, *stop, *after;
    bool has_escapes = false;
    field->is_quoted = dialect->quote && start < end && *start == dialect->quote;
    if (field->is_quoted) {
        stop = closing_quote(dialect, ++start, end, &has_escapes);
        if (!stop)
            return false;
        after = stop + 1;
        while (after < end && *after == ' ' && dialect->delimiter != ' ')
            after++;
        if (after < end && *after != dialect->delimiter)
            return false;
    } else {
        stop = after = plain_end(dialect, start, end, &has_escapes);
    }
    field->text = (struct str){start, (size_t)(stop - start)};
    if (has_escapes)
        field->text = unescape(dialect, field->text, field->is_quoted, arena);
    *at = after < end ? after + 1 : NULL;
    return true;
}

const char *csv_record_end(const struct csv_dialect *dialect, const char *data, const char *end) {
    const char *newline = memchr(data, '\n', (size_t)(end - data));
    if (!dialect->quote || (dialect->allows_comments && data < end && *data == '#'))
        return newline;
    if (newline && !memchr(data, dialect->quote, (size_t)(newline - data)))
        return newline; /* nearly always */
    bool ignored;
    for (const char *p = data; p < end;) {
        if (*p == dialect->quote) {
            p = closing_quote(dialect, p + 1, end, &ignored);
            if (!p)
                return NULL;
        }
        while (p < end && *p != dialect->delimiter && *p != '\n')
            p += dialect->escape && *p == dialect->escape && p + 1 < end ? 2 : 1;
        if (p < end && *p == '\n')
            return p;
        p++;
    }
    return NULL;
}

static bool needs_quotes(const struct csv_dialect *dialect, struct str text) {
    if (text.size &&
        (text.data[0] == ' ' || text.data[text.size - 1] == ' ' || (dialect->allows_comments && text.data[0] == '#')))
        return true;
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        if (c == dialect->delimiter || c == '\n' || c == '\r' || c == dialect->quote ||
            (dialect->escape && c == dialect->escape))
            return true;
    }
    return false;
}

void csv_write_field(struct strbuf *out, const struct csv_dialect *dialect, struct str text) {
    bool is_quoted = dialect->quote && needs_quotes(dialect, text);
    if (!is_quoted && !dialect->escape) {
        strbuf_append_str(out, text);
        return;
    }
    if (is_quoted)
        strbuf_append_char(out, dialect->quote);
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        if (dialect->escape && (c == dialect->escape || c == dialect->quote || (!is_quoted && c == dialect->delimiter)))
            strbuf_append_char(out, dialect->escape);
        else if (is_quoted && c == dialect->quote)
            strbuf_append_char(out, c);
        strbuf_append_char(out, c);
    }
    if (is_quoted)
        strbuf_append_char(out, dialect->quote);
}
