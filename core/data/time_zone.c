/* time_zone.c: time zones from TZif files (RFC 8536), without libc's process-wide TZ.
 * A zone is a sorted list of transitions and, for the time after the last one, the POSIX rule of the file's footer.
 * Zones are read once, cached for the life of the process and never change, so they are shared between threads. */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/arena.h"
#include "core/base/status.h"
#include "core/data/datetime.h"

enum { ZONE_FILE_SIZE_MAX = 1 << 20, TRANSITIONS_MAX = 10000 };

#define ZONE_DIRECTORY "/usr/share/zoneinfo/"

/* The day and time of a change to or from summer time, as POSIX TZ writes it. */
struct zone_rule {
    enum { RULE_MONTH_WEEK_DAY, RULE_JULIAN, RULE_DAY_OF_YEAR } kind;
    int month, week, day; /* day alone for the other two kinds */
    int64_t time_s;       /* local, may be negative or beyond a day */
};

struct time_zone {
    const struct time_zone *next;
    char *name;
    size_t transition_count;
    int64_t *transitions_s; /* ascending */
    int32_t *offsets_s;     /* from that transition on */
    int32_t first_offset_s; /* before all transitions */
    bool has_rule;          /* else the last offset stays */
    bool has_summer;
    int32_t standard_s, summer_s;
    struct zone_rule summer_start, summer_end;
};

static const struct time_zone *zones;
static pthread_mutex_t zones_lock = PTHREAD_MUTEX_INITIALIZER;

/* --- the footer's rule: "CET-1CEST,M3.5.0,M10.5.0/3" --- */

static bool take_char(const char **text, char c) {
    if (**text != c)
        return false;
    ++*text;
    return true;
}

static bool take_number(const char **text, int limit, int *value) {
    const char *start = *text;
    *value = 0;
    while (**text >= '0' && **text <= '9' && *value <= limit)
        *value = *value * 10 + (*(*text)++ - '0');
    return *text != start && *value <= limit;
}

static bool take_abbreviation(const char **text) {
    const char *start = *text;
    if (take_char(text, '<')) {
        while (**text && **text != '>')
            ++*text;
        return take_char(text, '>');
    }
    while ((**text >= 'A' && **text <= 'Z') || (**text >= 'a' && **text <= 'z'))
        ++*text;
    return *text - start >= 3;
}

/* [+-]hh[:mm[:ss]] in seconds */
static bool take_clock(const char **text, int64_t *seconds) {
    bool negative = **text == '-';
    if (negative || **text == '+')
        ++*text;
    int hours, minutes = 0, rest = 0;
    if (!take_number(text, 167, &hours))
        return false;
    if (take_char(text, ':') && !take_number(text, 59, &minutes))
        return false;
    if (take_char(text, ':') && !take_number(text, 59, &rest))
        return false;
    *seconds = (hours * 60 + minutes) * 60 + rest;
    if (negative)
        *seconds = -*seconds;
    return true;
}

static bool take_rule(const char **text, struct zone_rule *rule) {
    *rule = (struct zone_rule){.kind = RULE_DAY_OF_YEAR, .time_s = 2 * 3600};
    if (take_char(text, 'M')) {
        rule->kind = RULE_MONTH_WEEK_DAY;
        if (!take_number(text, 12, &rule->month) || !take_char(text, '.') || !take_number(text, 5, &rule->week) ||
            !take_char(text, '.') || !take_number(text, 6, &rule->day) || rule->month < 1 || rule->week < 1)
            return false;
    } else {
        if (take_char(text, 'J'))
            rule->kind = RULE_JULIAN;
        if (!take_number(text, 365, &rule->day) || (rule->kind == RULE_JULIAN && rule->day < 1))
            return false;
    }
    return !take_char(text, '/') || take_clock(text, &rule->time_s);
}

static bool parse_footer(const char *text, struct time_zone *zone) {
    int64_t west_s;
    if (!take_abbreviation(&text) || !take_clock(&text, &west_s))
        return false;
    zone->standard_s = zone->summer_s = (int32_t)-west_s;
    zone->has_rule = true;
    if (!*text)
        return true;
    if (!take_abbreviation(&text))
        return false;
    zone->summer_s = zone->standard_s + 3600;
    if (*text != ',' && *text) {
        if (!take_clock(&text, &west_s))
            return false;
        zone->summer_s = (int32_t)-west_s;
    }
    zone->has_summer = true;
    return take_char(&text, ',') && take_rule(&text, &zone->summer_start) && take_char(&text, ',') &&
           take_rule(&text, &zone->summer_end) && !*text;
}

/* The rule's moment in a year: seconds since 1970 in the local time that holds before it. */
static int64_t rule_moment_s(const struct zone_rule *rule, int32_t year) {
    int64_t days = days_from_civil(year, 1, 1);
    bool leap = days_in_month(year, 2) == 29;
    if (rule->kind == RULE_DAY_OF_YEAR) {
        days += rule->day;
    } else if (rule->kind == RULE_JULIAN) { /* counts as if there was no 29 February */
        days += rule->day - 1 + (leap && rule->day > 59);
    } else {
        int64_t first = days_from_civil(year, (unsigned)rule->month, 1);
        int64_t week_day = (first + 4) - 7 * floor_divide(first + 4, 7); /* 1970-01-01 was a Thursday */
        int64_t day = (rule->day - week_day + 7) % 7 + (rule->week - 1) * 7;
        if (day >= (int64_t)days_in_month(year, (unsigned)rule->month))
            day -= 7;
        days = first + day;
    }
    return days * 86400 + rule->time_s;
}

static int32_t rule_offset_s(const struct time_zone *zone, int64_t utc_s) {
    if (!zone->has_summer)
        return zone->standard_s;
    int32_t year;
    unsigned month, day;
    civil_from_days((int32_t)floor_divide(utc_s + zone->standard_s, 86400), &year, &month, &day);
    int64_t start = rule_moment_s(&zone->summer_start, year) - zone->standard_s;
    int64_t end = rule_moment_s(&zone->summer_end, year) - zone->summer_s;
    bool summer = start < end ? utc_s >= start && utc_s < end : utc_s >= start || utc_s < end;
    return summer ? zone->summer_s : zone->standard_s;
}

/* --- the file --- */

struct zone_counts {
    uint32_t utc, standard, leap, times, types, characters;
};

static uint32_t read_u32(const uint8_t *bytes) {
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static int64_t read_time(const uint8_t *bytes, size_t size) {
    if (size == 4)
        return (int32_t)read_u32(bytes);
    return (int64_t)((uint64_t)read_u32(bytes) << 32 | read_u32(bytes + 4));
}

enum { HEADER_SIZE = 44 };

/* The data block behind a header; 0 when the header or the block is not whole. */
static size_t block_size(const uint8_t *header, size_t left, size_t time_size, struct zone_counts *counts) {
    if (left < HEADER_SIZE || memcmp(header, "TZif", 4) != 0)
        return 0;
    *counts = (struct zone_counts){read_u32(header + 20), read_u32(header + 24), read_u32(header + 28),
                                   read_u32(header + 32), read_u32(header + 36), read_u32(header + 40)};
    if (counts->times > TRANSITIONS_MAX || counts->types == 0 || counts->types > 256 ||
        counts->leap > TRANSITIONS_MAX || counts->characters > 4096 || counts->utc > 256 || counts->standard > 256)
        return 0;
    size_t size = HEADER_SIZE + counts->times * (time_size + 1) + counts->types * 6 + counts->characters +
                  counts->leap * (time_size + 4) + counts->standard + counts->utc;
    return size <= left ? size : 0;
}

static bool read_block(struct time_zone *zone, const uint8_t *block, size_t time_size,
                       const struct zone_counts *counts) {
    const uint8_t *times = block + HEADER_SIZE;
    const uint8_t *indexes = times + counts->times * time_size;
    const uint8_t *types = indexes + counts->times;
    zone->transition_count = counts->times;
    zone->transitions_s = memory_alloc(counts->times * sizeof *zone->transitions_s);
    zone->offsets_s = memory_alloc(counts->times * sizeof *zone->offsets_s);
    zone->first_offset_s = (int32_t)read_u32(types);
    for (uint32_t i = 0; i < counts->types; i++) {
        int32_t offset_s = (int32_t)read_u32(types + i * 6);
        if (offset_s < -90000 || offset_s > 93600) /* RFC 8536: −25 h … 26 h */
            return false;
    }
    for (size_t i = 0; i < counts->times; i++) {
        zone->transitions_s[i] = read_time(times + i * time_size, time_size);
        if (indexes[i] >= counts->types || (i && zone->transitions_s[i] <= zone->transitions_s[i - 1]))
            return false;
        zone->offsets_s[i] = (int32_t)read_u32(types + indexes[i] * 6);
    }
    return true;
}

static bool parse_file(struct time_zone *zone, const uint8_t *data, size_t size) {
    struct zone_counts counts;
    size_t first = block_size(data, size, 4, &counts);
    if (!first)
        return false;
    if (data[4] < '2')
        return read_block(zone, data, 4, &counts);
    size_t second = block_size(data + first, size - first, 8, &counts);
    if (!second || !read_block(zone, data + first, 8, &counts))
        return false;
    const char *footer = (const char *)data + first + second;
    size_t left = size - first - second;
    char rule[256];
    const char *end = left > 1 && footer[0] == '\n' ? memchr(footer + 1, '\n', left - 1) : NULL;
    if (!end || (size_t)(end - footer - 1) >= sizeof rule)
        return false;
    size_t length = (size_t)(end - footer) - 1;
    memcpy(rule, footer + 1, length);
    rule[length] = '\0';
    return length == 0 || parse_footer(rule, zone);
}

static bool read_zone_file(struct time_zone *zone, const char *name) {
    char path[256];
    if (snprintf(path, sizeof path, ZONE_DIRECTORY "%s", name) >= (int)sizeof path)
        return false;
    FILE *file = fopen(path, "rbe");
    if (!file)
        return false;
    uint8_t *data = memory_alloc(ZONE_FILE_SIZE_MAX);
    size_t size = fread(data, 1, ZONE_FILE_SIZE_MAX, file);
    bool whole = !ferror(file) && size < ZONE_FILE_SIZE_MAX;
    fclose(file);
    bool good = whole && parse_file(zone, data, size);
    free(data);
    return good;
}

/* --- names --- */

/* "+02:00", "-5", "GMT+02:00", "UTC-03:30" */
static bool parse_fixed(struct time_zone *zone, const char *name) {
    if (strncmp(name, "GMT", 3) == 0 || strncmp(name, "UTC", 3) == 0)
        name += 3;
    int64_t offset_s = 0;
    if (*name && strcmp(name, "Z") != 0) {
        if ((*name != '+' && *name != '-') || !take_clock(&name, &offset_s) || *name)
            return false;
        if (offset_s > 18 * 3600 || offset_s < -18 * 3600)
            return false;
    }
    zone->first_offset_s = (int32_t)offset_s;
    return true;
}

/* Area/Location with letters, digits and _ + -; never a path out of the directory. */
static bool is_zone_name(const char *name) {
    if (!((*name >= 'A' && *name <= 'Z') || (*name >= 'a' && *name <= 'z')))
        return false;
    for (const char *c = name; *c; c++) {
        bool letter = (*c >= 'A' && *c <= 'Z') || (*c >= 'a' && *c <= 'z') || (*c >= '0' && *c <= '9');
        if (!letter && !strchr("_+-/", *c))
            return false;
    }
    return strlen(name) < 128;
}

static void zone_free(struct time_zone *zone) {
    free(zone->transitions_s);
    free(zone->offsets_s);
    free(zone->name);
    free(zone);
}

static struct time_zone *load_zone(const char *name) {
    struct time_zone *zone = memory_zalloc(sizeof *zone);
    if (!*name || (!parse_fixed(zone, name) && !(is_zone_name(name) && read_zone_file(zone, name)))) {
        zone_free(zone);
        return NULL;
    }
    zone->name = memory_strdup(name);
    return zone;
}

const struct time_zone *time_zone_find(const char *name) {
    pthread_mutex_lock(&zones_lock);
    const struct time_zone *found = zones;
    while (found && strcmp(found->name, name) != 0)
        found = found->next;
    if (!found) {
        struct time_zone *zone = load_zone(name);
        if (zone) {
            zone->next = zones;
            zones = zone;
        }
        found = zone;
    }
    pthread_mutex_unlock(&zones_lock);
    return found;
}

const char *time_zone_name(const struct time_zone *zone) {
    return zone->name;
}

int64_t time_zone_offset_us(const struct time_zone *zone, int64_t utc_us) {
    size_t count = zone->transition_count;
    if (count == 0 && !zone->has_rule)
        return zone->first_offset_s * US_PER_SECOND;
    int64_t utc_s = floor_divide(utc_us, US_PER_SECOND);
    if (zone->has_rule && (count == 0 || utc_s >= zone->transitions_s[count - 1]))
        return rule_offset_s(zone, utc_s) * US_PER_SECOND;
    size_t low = 0; /* transitions [0, low) are at or before the time */
    while (count > low) {
        size_t middle = low + (count - low) / 2;
        if (zone->transitions_s[middle] <= utc_s)
            low = middle + 1;
        else
            count = middle;
    }
    return (low ? zone->offsets_s[low - 1] : zone->first_offset_s) * US_PER_SECOND;
}

int64_t time_zone_to_utc(const struct time_zone *zone, int64_t local_us) {
    if (local_us < INT64_MIN + 2 * US_PER_DAY || local_us > INT64_MAX - 2 * US_PER_DAY)
        return local_us; /* no zone reaches there */
    int64_t before = time_zone_offset_us(zone, local_us - US_PER_DAY);
    int64_t after = time_zone_offset_us(zone, local_us + US_PER_DAY);
    if (before != after && time_zone_offset_us(zone, local_us - before) != before &&
        time_zone_offset_us(zone, local_us - after) == after)
        return local_us - after;
    return local_us - before; /* the same, the earlier of two, or moved forward out of a gap */
}

int64_t time_zone_to_utc_later(const struct time_zone *zone, int64_t local_us) {
    if (local_us < INT64_MIN + 2 * US_PER_DAY || local_us > INT64_MAX - 2 * US_PER_DAY)
        return local_us;
    int64_t after = time_zone_offset_us(zone, local_us + US_PER_DAY);
    bool exists = time_zone_offset_us(zone, local_us - after) == after;
    return exists ? local_us - after : time_zone_to_utc(zone, local_us);
}
