/* base64.h: bytes as text, in the alphabet of RFC 4648 §4, with padding. */
#pragma once

#include <stddef.h>

#include "core/base/str.h"

/* Bytes that so many take as text. */
static inline size_t base64_size(size_t size) {
    return (size + 2) / 3 * 4;
}
/* Writes base64_size(bytes.size) bytes, no NUL. */
void base64_write(char *at, struct str bytes);
void base64_append(struct strbuf *out, struct str bytes);
