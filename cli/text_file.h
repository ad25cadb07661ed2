/* text_file.h: a whole file of SQL in memory. */
#pragma once

#include "core/base/status.h"
#include "core/base/str.h"

/* Appends the file's bytes; "-" is stdin. CANCELLED when a signal came meanwhile. */
enum status text_file_read(const char *path, struct strbuf *text, struct error *error) MUST_CHECK;
