/* datetime.h: proleptic Gregorian calendar on plain integers, and time zones.
 * Days are since 1970-01-01, times and timestamps in microseconds. Day and civil conversions: Howard Hinnant,
 * "chrono-Compatible Low-Level Date Algorithms". */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/base/str.h"

struct strbuf;

#define US_PER_SECOND INT64_C(1000000)
#define US_PER_MINUTE (60 * US_PER_SECOND)
#define US_PER_HOUR (60 * US_PER_MINUTE)
#define US_PER_DAY (24 * US_PER_HOUR)

struct civil {
    int32_t year; /* -9999 … 9999 accepted by the parsers: 0001 … 9999 */
    uint8_t month, day, hour, minute, second;
    uint32_t microsecond;
};

int32_t days_from_civil(int32_t year, unsigned month, unsigned day);
void civil_from_days(int32_t days, int32_t *year, unsigned *month, unsigned *day);
struct civil civil_from_us(int64_t timestamp_us);
int64_t civil_to_us(const struct civil *civil); /* clamped to the range of timestamps */
unsigned days_in_month(int32_t year, unsigned month);
int64_t timestamp_add_months(int64_t timestamp_us, int64_t months); /* day clipped to the month's end; clamped */
int64_t floor_divide(int64_t a, int64_t b);                         /* rounds toward minus infinity; b > 0 */

/* SQL and ISO forms: "2024-05-01", "2024-05-01 12:00:00[.ffffff]", "2024-05-01T12:00:00Z", "+02:00".
 * The whole text must match. zone_offset_us (may be NULL) receives the offset written, has_zone whether there was one. */
bool date_parse(struct str text, int32_t *days);
bool time_parse(struct str text, int64_t *time_us);
bool timestamp_parse(struct str text, int64_t *timestamp_us, bool *has_zone, int64_t *zone_offset_us);
void date_print(struct strbuf *out, int32_t days);
void time_print(struct strbuf *out, int64_t time_us, unsigned precision);
void timestamp_print(struct strbuf *out, int64_t timestamp_us, unsigned precision);

/* Time zones from the system's TZif files; "UTC", "Europe/Berlin", "GMT+02:00", "+02:00". Cached, never freed; NULL when unknown. */
struct time_zone;
const struct time_zone *time_zone_find(const char *name);
int64_t time_zone_offset_us(const struct time_zone *zone, int64_t utc_us);
int64_t time_zone_to_utc(const struct time_zone *zone,
                         int64_t local_us); /* gaps move forward, overlaps take the earlier */
/* The same, but overlaps take the later: what Java's SimpleDateFormat does, and so those of Flink's functions that read text with it. */
int64_t time_zone_to_utc_later(const struct time_zone *zone, int64_t local_us);
const char *time_zone_name(const struct time_zone *zone);
