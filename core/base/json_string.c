/* json_string.c: see the header. */
#include "core/base/json_string.h"

#include <string.h>

void json_string_append(struct strbuf *out, struct str text) {
    static const char escaped[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";
    size_t plain = 0;
    strbuf_append_char(out, '"');
    for (size_t i = 0; i < text.size; i++) {
        unsigned char c = (unsigned char)text.data[i];
        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        strbuf_append(out, text.data + plain, i - plain);
        plain = i + 1;
        const char *special = c ? strchr(escaped, c) : NULL;
        if (special)
            strbuf_append(out, (char[]){'\\', letters[special - escaped]}, 2);
        else
            strbuf_printf(out, "\\u%04x", c);
    }
    strbuf_append(out, text.data + plain, text.size - plain);
    strbuf_append_char(out, '"');
}
