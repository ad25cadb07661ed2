/* xml_reader.c: a bounded pull parser. Every step moves forward in the document or ends, so it ends. */
#include "runtime/store/xml_reader.h"

#include <string.h>

void xml_reader_init(struct xml_reader *reader, struct str document) {
    *reader = (struct xml_reader){.rest = document};
    strbuf_init(&reader->unescaped);
    if (str_starts_with(reader->rest, STR("\xEF\xBB\xBF")))
        reader->rest = (struct str){document.data + 3, document.size - 3};
}

void xml_reader_release(struct xml_reader *reader) {
    strbuf_release(&reader->unescaped);
}

static void advance(struct str *text, size_t size) {
    text->data += size;
    text->size -= size;
}

static bool is_name_end(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '/' || c == '>' || c == '<' || c == '=';
}

static bool is_blank(struct str text) {
    return str_trim(text).size == 0;
}

/* Moves behind `mark`, which must come; what stood before it becomes `before`. */
static bool pass(struct xml_reader *reader, struct str mark, struct str *before) {
    const char *found = reader->rest.size ? memmem(reader->rest.data, reader->rest.size, mark.data, mark.size) : NULL;
    if (!found)
        return false;
    *before = (struct str){reader->rest.data, (size_t)(found - reader->rest.data)};
    advance(&reader->rest, before->size + mark.size);
    return true;
}

static void append_code_point(struct strbuf *out, uint32_t c) {
    char bytes[4];
    size_t size;
    if (c < 0x80) {
        bytes[0] = (char)c;
        size = 1;
    } else if (c < 0x800) {
        bytes[0] = (char)(0xC0 | c >> 6);
        bytes[1] = (char)(0x80 | (c & 63));
        size = 2;
    } else if (c < 0x10000) {
        bytes[0] = (char)(0xE0 | c >> 12);
        bytes[1] = (char)(0x80 | (c >> 6 & 63));
        bytes[2] = (char)(0x80 | (c & 63));
        size = 3;
    } else {
        bytes[0] = (char)(0xF0 | c >> 18);
        bytes[1] = (char)(0x80 | (c >> 12 & 63));
        bytes[2] = (char)(0x80 | (c >> 6 & 63));
        bytes[3] = (char)(0x80 | (c & 63));
        size = 4;
    }
    strbuf_append(out, bytes, size);
}

static bool parse_reference(struct str digits, unsigned base, uint32_t *code_point) {
    *code_point = 0;
    for (size_t i = 0; i < digits.size; i++) {
        char c = digits.data[i];
        char letter = (char)(c | 0x20);
        unsigned value = c >= '0' && c <= '9'                           ? (unsigned)(c - '0')
                         : base == 16 && letter >= 'a' && letter <= 'f' ? (unsigned)(letter - 'a' + 10)
                                                                        : 99;
        if (value >= base)
            return false;
        *code_point = *code_point * base + value;
        if (*code_point > 0x10FFFF)
            return false;
    }
    return digits.size > 0 && *code_point != 0 && (*code_point < 0xD800 || *code_point > 0xDFFF);
}

static bool append_entity(struct strbuf *out, struct str name) {
    static const struct {
        struct str name;
        char c;
    } named[] = {{{"amp", 3}, '&'}, {{"lt", 2}, '<'}, {{"gt", 2}, '>'}, {{"quot", 4}, '"'}, {{"apos", 4}, '\''}};
    for (size_t i = 0; i < sizeof named / sizeof named[0]; i++) {
        if (str_equal(name, named[i].name)) {
            strbuf_append_char(out, named[i].c);
            return true;
        }
    }
    if (name.size < 2 || name.data[0] != '#')
        return false;
    bool hexadecimal = name.data[1] == 'x';
    size_t skipped = hexadecimal ? 2 : 1;
    uint32_t code_point;
    if (!parse_reference((struct str){name.data + skipped, name.size - skipped}, hexadecimal ? 16 : 10, &code_point))
        return false;
    append_code_point(out, code_point);
    return true;
}

static bool unescape(struct str text, struct strbuf *out) {
    while (text.size) {
        const char *ampersand = memchr(text.data, '&', text.size);
        size_t plain = ampersand ? (size_t)(ampersand - text.data) : text.size;
        strbuf_append(out, text.data, plain);
        advance(&text, plain);
        if (!ampersand)
            return true;
        const char *end = memchr(text.data, ';', text.size < 12 ? text.size : 12);
        if (!end || !append_entity(out, (struct str){text.data + 1, (size_t)(end - text.data) - 1}))
            return false;
        advance(&text, (size_t)(end - text.data) + 1);
    }
    return true;
}

static enum xml_event end_element(struct xml_reader *reader) {
    struct str tag;
    if (!pass(reader, STR(">"), &tag) || reader->depth == 0)
        return XML_MALFORMED;
    tag = str_trim((struct str){tag.data + 1, tag.size - 1});
    if (!str_equal(tag, reader->open[--reader->depth]))
        return XML_MALFORMED;
    reader->text = tag;
    return XML_END;
}

/* The end of a tag: a '>' outside of quoted values. */
static bool tag_end(struct str rest, size_t *size) {
    char quote = 0;
    for (size_t i = 0; i < rest.size; i++) {
        char c = rest.data[i];
        if (quote ? c == quote : c == '"' || c == '\'')
            quote = quote ? 0 : c;
        else if (!quote && c == '>') {
            *size = i;
            return true;
        } else if (!quote && c == '<') {
            return false;
        }
    }
    return false;
}

static enum xml_event start_element(struct xml_reader *reader) {
    size_t size;
    if (!tag_end(reader->rest, &size) || reader->depth == XML_DEPTH_MAX || (reader->depth == 0 && reader->had_root))
        return XML_MALFORMED;
    struct str name = {reader->rest.data, 0};
    while (name.size < size && !is_name_end(name.data[name.size]))
        name.size++;
    if (name.size == 0)
        return XML_MALFORMED;
    reader->pending_end = size > name.size && reader->rest.data[size - 1] == '/';
    reader->open[reader->depth++] = name;
    reader->had_root = true;
    reader->text = name;
    advance(&reader->rest, size + 1);
    return XML_START;
}

static enum xml_event read_text(struct xml_reader *reader, struct str text) {
    if (reader->depth == 0)
        return is_blank(text) ? 0 : XML_MALFORMED;
    strbuf_reset(&reader->unescaped);
    reader->text = text;
    if (memchr(text.data, '&', text.size)) {
        if (!unescape(text, &reader->unescaped))
            return XML_MALFORMED;
        reader->text = strbuf_str(&reader->unescaped);
    }
    return XML_TEXT;
}

/* 0: passed over. */
static enum xml_event read_markup(struct xml_reader *reader) {
    struct str ignored;
    if (str_starts_with(reader->rest, STR("<!--"))) {
        advance(&reader->rest, 4);
        return pass(reader, STR("-->"), &ignored) ? 0 : XML_MALFORMED;
    }
    if (str_starts_with(reader->rest, STR("<?"))) {
        advance(&reader->rest, 2);
        return pass(reader, STR("?>"), &ignored) ? 0 : XML_MALFORMED;
    }
    if (str_starts_with(reader->rest, STR("<![CDATA["))) {
        advance(&reader->rest, 9);
        if (reader->depth == 0 || !pass(reader, STR("]]>"), &reader->text))
            return XML_MALFORMED;
        return XML_TEXT;
    }
    if (str_starts_with(reader->rest, STR("<!")))
        return XML_MALFORMED;
    advance(&reader->rest, 1);
    if (reader->rest.size && reader->rest.data[0] == '/')
        return end_element(reader);
    return start_element(reader);
}

enum xml_event xml_reader_next(struct xml_reader *reader) {
    if (reader->pending_end) {
        reader->pending_end = false;
        reader->text = reader->open[--reader->depth];
        return XML_END;
    }
    while (reader->rest.size) {
        enum xml_event event;
        if (reader->rest.data[0] == '<') {
            event = read_markup(reader);
        } else {
            const char *tag = memchr(reader->rest.data, '<', reader->rest.size);
            struct str text = {reader->rest.data, tag ? (size_t)(tag - reader->rest.data) : reader->rest.size};
            advance(&reader->rest, text.size);
            event = read_text(reader, text);
        }
        if (event)
            return event;
    }
    return reader->depth == 0 && reader->had_root ? XML_DONE : XML_MALFORMED;
}

/* Texts are joined where entities, comments or CDATA split them: rare, and then through the buffer. */
bool xml_reader_element_text(struct xml_reader *reader, struct str *text) {
    struct strbuf joined;
    strbuf_init(&joined);
    uint32_t depth = reader->depth;
    enum xml_event event;
    for (;;) {
        event = xml_reader_next(reader);
        if (event == XML_TEXT && reader->depth == depth)
            strbuf_append_str(&joined, reader->text);
        else if (event == XML_DONE || event == XML_MALFORMED || (event == XML_END && reader->depth == depth - 1))
            break;
    }
    strbuf_release(&reader->unescaped);
    reader->unescaped = joined;
    *text = strbuf_str(&reader->unescaped);
    return event == XML_END;
}
