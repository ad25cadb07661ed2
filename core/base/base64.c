/* base64.c: see the header. */
#include "core/base/base64.h"

#include <stdint.h>

void base64_write(char *at, struct str bytes) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const uint8_t *in = (const uint8_t *)bytes.data;
    for (size_t i = 0; i < bytes.size; i += 3) {
        size_t left = bytes.size - i;
        uint32_t group = (uint32_t)in[i] << 16 | (left > 1 ? (uint32_t)in[i + 1] << 8 : 0) | (left > 2 ? in[i + 2] : 0);
        *at++ = digits[group >> 18];
        *at++ = digits[group >> 12 & 63];
        *at++ = left > 1 ? digits[group >> 6 & 63] : '=';
        *at++ = left > 2 ? digits[group & 63] : '=';
    }
}

void base64_append(struct strbuf *out, struct str bytes) {
    size_t size = base64_size(bytes.size);
    strbuf_reserve(out, size);
    base64_write(out->data + out->size, bytes);
    out->size += size;
    out->data[out->size] = '\0';
}
