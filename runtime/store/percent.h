/* percent.h: the %XX escapes of URLs (RFC 3986): everything but A-Z a-z 0-9 - . _ ~ is escaped, in upper case, as
 * Signature Version 4 wants it. */
#pragma once

#include <stdbool.h>

#include "core/base/arena.h"
#include "core/base/str.h"

/* `keep_slash` for paths. */
void percent_encode(struct strbuf *out, struct str text, bool keep_slash);
/* NULL when an escape is cut or not hexadecimal, or stands for NUL. '+' stays '+'. */
char *percent_decode(struct arena *arena, struct str text);
/* Two lower-case hexadecimal digits a byte. */
void hex_append(struct strbuf *out, const void *data, size_t size);
