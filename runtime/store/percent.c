/* percent.c: escapes of URLs, and hexadecimal digits. */
#include "runtime/store/percent.h"

#include <string.h>

static bool is_unreserved(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
           c == '_' || c == '~';
}

void percent_encode(struct strbuf *out, struct str text, bool keep_slash) {
    static const char digits[] = "0123456789ABCDEF";
    for (size_t i = 0; i < text.size; i++) {
        unsigned char c = (unsigned char)text.data[i];
        if (is_unreserved((char)c) || (keep_slash && c == '/')) {
            strbuf_append_char(out, (char)c);
        } else {
            strbuf_append_char(out, '%');
            strbuf_append_char(out, digits[c >> 4]);
            strbuf_append_char(out, digits[c & 15]);
        }
    }
}

static int digit_value(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

char *percent_decode(struct arena *arena, struct str text) {
    char *decoded = arena_alloc(arena, text.size + 1);
    size_t size = 0;
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        if (c == '%') {
            bool whole = i + 2 < text.size;
            int high = whole ? digit_value(text.data[i + 1]) : -1;
            int low = whole ? digit_value(text.data[i + 2]) : -1;
            if (high < 0 || low < 0 || (high | low) == 0)
                return NULL;
            c = (char)(high << 4 | low);
            i += 2;
        }
        decoded[size++] = c;
    }
    decoded[size] = 0;
    return decoded;
}

void hex_append(struct strbuf *out, const void *data, size_t size) {
    static const char digits[] = "0123456789abcdef";
    const uint8_t *bytes = data;
    for (size_t i = 0; i < size; i++) {
        strbuf_append_char(out, digits[bytes[i] >> 4]);
        strbuf_append_char(out, digits[bytes[i] & 15]);
    }
}
