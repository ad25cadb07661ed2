/* json_string.h: text as a JSON string. */
#pragma once

#include "core/base/str.h"

/* With its quotes; what JSON does not allow in a string is escaped, in the short form where there is one. Other bytes stay as they are. */
void json_string_append(struct strbuf *out, struct str text);
