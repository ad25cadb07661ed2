/* datetime_pattern.h: Java's date patterns ("yyyy-MM-dd HH:mm:ss.SSS"), read once and then used row by row.
 *
 *   y u year   M L month (MMM Jan, MMMM January)   d day   D day of year   E weekday (EEEE full)   e u weekday number
 *   H 0-23  k 1-24  K 0-11  h 1-12  a AM/PM   m minute   s second   S fraction   Q quarter   w week of year
 *   Z +0200   X Z or +02   XXX +02:00   z V zone name   'text'   '' a quote */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/base/status.h"
#include "core/base/str.h"

enum { DATETIME_PATTERN_MAX = 48, DATETIME_TEXT_MAX = 512 };

struct datetime_item {
    char letter; /* 0: the literal byte in `literal` */
    uint8_t count;
    char literal;
};

struct datetime_pattern {
    struct datetime_item items[DATETIME_PATTERN_MAX];
    uint32_t count;
    int64_t unit_us; /* the text is the same for so long: a day, an hour … ; 0: changes with every value */
};

/* Fails on an unknown letter. */
enum status datetime_pattern_read(struct str text, struct datetime_pattern *pattern, sql_position position,
                                  struct error *error) MUST_CHECK;
/* Writes at most DATETIME_TEXT_MAX bytes; returns the size. offset_us and zone_name: of the local time given. */
size_t datetime_pattern_write(const struct datetime_pattern *pattern, int64_t local_us, int64_t offset_us,
                              const char *zone_name, char *out);
/* Local time from text; the whole text must match. Fields that the pattern lacks are 1970-01-01 00:00:00.
 * has_zone: the text told an offset. */
bool datetime_pattern_parse(const struct datetime_pattern *pattern, struct str text, int64_t *local_us, bool *has_zone,
                            int64_t *offset_us);
