/* datetime_pattern.c: see datetime_pattern.h. */
#include "core/functions/kernels/datetime_pattern.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/data/datetime.h"

static const char *const month_names[] = {"January", "February", "March",     "April",   "May",      "June",
                                          "July",    "August",   "September", "October", "November", "December"};
static const char *const day_names[] = {"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"};

/* How long the letter's text stays the same; offsets and zone names change at no round time. */
static int64_t letter_unit_us(char letter) {
    if (strchr("yuMLdDEeQw", letter))
        return US_PER_DAY;
    if (strchr("HkKha", letter))
        return US_PER_HOUR;
    return letter == 'm' ? US_PER_MINUTE : letter == 's' ? US_PER_SECOND : 0;
}

enum status datetime_pattern_read(struct str text, struct datetime_pattern *pattern, sql_position position,
                                  struct error *error) {
    bool quoted = false;
    pattern->count = 0;
    pattern->unit_us = US_PER_DAY;
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        if (pattern->count == DATETIME_PATTERN_MAX)
            return FAIL_AT(error, position, STATUS_INVALID_ARGUMENT, "date pattern is too long");
        if (c == '\'' && !(i + 1 < text.size && text.data[i + 1] == '\'')) {
            quoted = !quoted;
            continue;
        }
        i += c == '\'';
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (quoted || !letter) {
            pattern->items[pattern->count++] = (struct datetime_item){.literal = c};
            continue;
        }
        if (!strchr("yuMLdDEeHkKhamsSQwZXzV", c))
            return FAIL_AT(error, position, STATUS_INVALID_ARGUMENT, "letter '%c' of a date pattern is not known", c);
        struct datetime_item item = {.letter = c, .count = 1};
        while (i + 1 < text.size && text.data[i + 1] == c && item.count < 20) {
            item.count++;
            i++;
        }
        int64_t unit_us = letter_unit_us(c);
        pattern->unit_us = unit_us < pattern->unit_us ? unit_us : pattern->unit_us;
        pattern->items[pattern->count++] = item;
    }
    return STATUS_OK;
}

/* ---- writing ---- */

struct local_fields {
    struct civil civil;
    int64_t day;
    unsigned weekday; /* 0 Monday */
};

static struct local_fields fields_of(int64_t local_us) {
    struct local_fields fields = {.civil = civil_from_us(local_us), .day = floor_divide(local_us, US_PER_DAY)};
    int64_t rest = (fields.day + 3) % 7;
    fields.weekday = (unsigned)(rest < 0 ? rest + 7 : rest);
    return fields;
}

static size_t write_number(char *out, uint32_t value, unsigned width) {
    char digits[12];
    unsigned count = 0;
    do {
        digits[count++] = (char)('0' + value % 10);
        value /= 10;
    } while (value);
    while (count < width && count < sizeof digits)
        digits[count++] = '0';
    for (unsigned i = 0; i < count; i++)
        out[i] = digits[count - 1 - i];
    return count;
}

static size_t write_text(char *out, const char *text, size_t most) {
    size_t size = strnlen(text, most);
    memcpy(out, text, size);
    return size;
}

static size_t write_offset(char *out, int64_t offset_us, const char *between, bool minutes) {
    int64_t size = offset_us < 0 ? -offset_us : offset_us;
    out[0] = offset_us < 0 ? '-' : '+';
    size_t at = 1 + write_number(out + 1, (uint32_t)(size / US_PER_HOUR), 2);
    if (!minutes)
        return at;
    at += write_text(out + at, between, 1);
    return at + write_number(out + at, (uint32_t)(size / US_PER_MINUTE % 60), 2);
}

static size_t write_year(char *out, int32_t year, unsigned count) {
    if (count == 2)
        return write_number(out, (uint32_t)abs(year % 100), 2);
    size_t sign = year < 0;
    out[0] = '-';
    return sign + write_number(out + sign, (uint32_t)abs(year), count);
}

static size_t write_fraction(char *out, uint32_t microsecond, unsigned count) {
    char digits[20];
    write_number(digits, microsecond, 6);
    memset(digits + 6, '0', sizeof digits - 6);
    memcpy(out, digits, count);
    return count;
}

static uint32_t week_of_year(const struct local_fields *fields) {
    int64_t thursday = fields->day + 3 - fields->weekday;
    int32_t year;
    unsigned month, day;
    civil_from_days((int32_t)thursday, &year, &month, &day);
    return (uint32_t)((thursday - days_from_civil(year, 1, 1)) / 7 + 1);
}

static size_t write_date_item(char *out, const struct datetime_item *item, const struct local_fields *fields) {
    const struct civil *civil = &fields->civil;
    unsigned count = item->count;
    switch (item->letter) {
    case 'y':
    case 'u': return write_year(out, civil->year, count);
    case 'M':
    case 'L':
        if (count >= 3)
            return write_text(out, month_names[civil->month - 1], count == 3 ? 3 : 20);
        return write_number(out, civil->month, count);
    case 'd': return write_number(out, civil->day, count);
    case 'D': return write_number(out, (uint32_t)(fields->day - days_from_civil(civil->year, 1, 1) + 1), count);
    case 'E': return write_text(out, day_names[fields->weekday], count <= 3 ? 3 : 20);
    case 'e': return write_number(out, fields->weekday + 1, count);
    case 'Q': return write_number(out, (civil->month + 2u) / 3, count);
    default: return write_number(out, week_of_year(fields), count);
    }
}

static size_t write_time_item(char *out, const struct datetime_item *item, const struct civil *civil, int64_t offset_us,
                              const char *zone_name) {
    unsigned count = item->count;
    switch (item->letter) {
    case 'H': return write_number(out, civil->hour, count);
    case 'k': return write_number(out, civil->hour ? civil->hour : 24, count);
    case 'K': return write_number(out, civil->hour % 12u, count);
    case 'h': return write_number(out, civil->hour % 12 ? civil->hour % 12u : 12, count);
    case 'a': return write_text(out, civil->hour < 12 ? "AM" : "PM", 2);
    case 'm': return write_number(out, civil->minute, count);
    case 's': return write_number(out, civil->second, count);
    case 'S': return write_fraction(out, civil->microsecond, count);
    case 'Z': return write_offset(out, offset_us, "", true);
    case 'X':
        return offset_us == 0 ? write_text(out, "Z", 1)
                              : write_offset(out, offset_us, count >= 3 ? ":" : "", count >= 2);
    default: return write_text(out, zone_name, 64);
    }
}

size_t datetime_pattern_write(const struct datetime_pattern *pattern, int64_t local_us, int64_t offset_us,
                              const char *zone_name, char *out) {
    struct local_fields fields = fields_of(local_us);
    size_t size = 0;
    for (uint32_t i = 0; i < pattern->count && size + 72 < DATETIME_TEXT_MAX; i++) {
        const struct datetime_item *item = &pattern->items[i];
        if (!item->letter)
            out[size++] = item->literal;
        else if (strchr("yuMLdDEeQw", item->letter))
            size += write_date_item(out + size, item, &fields);
        else
            size += write_time_item(out + size, item, &fields.civil, offset_us, zone_name);
    }
    return size;
}

/* ---- reading ---- */

struct parsed {
    int32_t year, month, day, day_of_year, hour, minute, second, microsecond, half; /* half: -1 none, 0 AM, 1 PM */
    bool has_zone;
    int64_t offset_us;
};

/* At most `most` digits; -1 when there are fewer than `least`. */
static int32_t take_number(struct str *text, unsigned least, unsigned most) {
    int32_t value = 0;
    unsigned count = 0;
    while (count < most && count < text->size && text->data[count] >= '0' && text->data[count] <= '9')
        value = value * 10 + (text->data[count++] - '0');
    if (count < least || count == 0)
        return -1;
    *text = (struct str){text->data + count, text->size - count};
    return value;
}

static bool take_word(struct str *text, const char *word, size_t most) {
    struct str expected = {word, strnlen(word, most)};
    if (text->size < expected.size || !str_equal_ignore_case((struct str){text->data, expected.size}, expected))
        return false;
    *text = (struct str){text->data + expected.size, text->size - expected.size};
    return true;
}

static int32_t take_name(struct str *text, const char *const *names, int32_t count, bool full) {
    for (int32_t i = 0; i < count; i++) {
        if (take_word(text, names[i], full ? 20 : 3))
            return i;
    }
    return -1;
}

static bool take_fraction(struct str *text, unsigned count, int32_t *microsecond) {
    int32_t value = 0;
    for (unsigned i = 0; i < count || i < 6; i++) {
        bool digit = i < count && text->size && text->data[0] >= '0' && text->data[0] <= '9';
        if (i < count && !digit)
            return false;
        if (i < 6)
            value = value * 10 + (digit ? text->data[0] - '0' : 0);
        if (digit)
            *text = (struct str){text->data + 1, text->size - 1};
    }
    *microsecond = value;
    return true;
}

static bool take_offset(struct str *text, struct parsed *parsed) {
    parsed->has_zone = true;
    parsed->offset_us = 0;
    if (take_word(text, "Z", 1))
        return true;
    bool negative = text->size && text->data[0] == '-';
    if (!negative && !(text->size && text->data[0] == '+'))
        return false;
    *text = (struct str){text->data + 1, text->size - 1};
    int32_t hours = take_number(text, 2, 2), minutes = 0;
    take_word(text, ":", 1);
    if (text->size && text->data[0] >= '0' && text->data[0] <= '9')
        minutes = take_number(text, 2, 2);
    if (hours < 0 || hours > 18 || minutes < 0 || minutes > 59)
        return false;
    parsed->offset_us = (hours * US_PER_HOUR + minutes * US_PER_MINUTE) * (negative ? -1 : 1);
    return true;
}

/* Numbers of one letter stretch as far as digits go; of several letters they have that many digits (years: or more). */
static bool take_date_item(struct str *text, const struct datetime_item *item, struct parsed *parsed) {
    unsigned count = item->count, least = count > 1 ? count : 1;
    switch (item->letter) {
    case 'y':
    case 'u':
        parsed->year = take_number(text, least, count == 2 ? 2 : count > 4 ? count : 4);
        if (count == 2 && parsed->year >= 0)
            parsed->year += parsed->year < 70 ? 2000 : 1900;
        return parsed->year >= 0;
    case 'M':
    case 'L':
        parsed->month = count >= 3 ? take_name(text, month_names, 12, count > 3) + 1 : take_number(text, least, 2);
        return parsed->month >= 1 && parsed->month <= 12;
    case 'd': parsed->day = take_number(text, least, 2); return parsed->day >= 1;
    case 'D': parsed->day_of_year = take_number(text, least, 3); return parsed->day_of_year >= 1;
    case 'E': return take_name(text, day_names, 7, count > 3) >= 0;
    default: return take_number(text, least, 2) >= 0;
    }
}

static bool take_time_item(struct str *text, const struct datetime_item *item, struct parsed *parsed) {
    unsigned least = item->count > 1 ? 2 : 1;
    switch (item->letter) {
    case 'H':
    case 'k':
    case 'K':
    case 'h': parsed->hour = take_number(text, least, 2); return parsed->hour >= 0 && parsed->hour <= 24;
    case 'm': parsed->minute = take_number(text, least, 2); return parsed->minute >= 0 && parsed->minute < 60;
    case 's': parsed->second = take_number(text, least, 2); return parsed->second >= 0 && parsed->second < 60;
    case 'S': return take_fraction(text, item->count, &parsed->microsecond);
    case 'a': parsed->half = take_word(text, "AM", 2) ? 0 : take_word(text, "PM", 2) ? 1 : -1; return parsed->half >= 0;
    default: return take_offset(text, parsed);
    }
}

static bool parsed_finish(const struct parsed *parsed, int64_t *local_us) {
    int32_t hour = parsed->hour;
    if (parsed->half >= 0)
        hour = hour % 12 + 12 * parsed->half;
    if (hour == 24)
        hour = 0;
    if (parsed->day > (int32_t)days_in_month(parsed->year, (unsigned)parsed->month) || parsed->year > 9999)
        return false;
    int64_t day = days_from_civil(parsed->year, (unsigned)parsed->month, (unsigned)parsed->day);
    if (parsed->day_of_year)
        day = days_from_civil(parsed->year, 1, 1) + parsed->day_of_year - 1;
    *local_us = day * US_PER_DAY + hour * US_PER_HOUR + parsed->minute * US_PER_MINUTE +
                parsed->second * US_PER_SECOND + parsed->microsecond;
    return true;
}

bool datetime_pattern_parse(const struct datetime_pattern *pattern, struct str text, int64_t *local_us, bool *has_zone,
                            int64_t *offset_us) {
    struct parsed parsed = {.year = 1970, .month = 1, .day = 1, .half = -1};
    for (uint32_t i = 0; i < pattern->count; i++) {
        const struct datetime_item *item = &pattern->items[i];
        bool good;
        if (!item->letter)
            good = take_word(&text, (char[]){item->literal, 0}, 1);
        else if (strchr("yuMLdDEeQw", item->letter))
            good = take_date_item(&text, item, &parsed);
        else
            good = take_time_item(&text, item, &parsed);
        if (!good)
            return false;
    }
    *has_zone = parsed.has_zone;
    *offset_us = parsed.offset_us;
    return text.size == 0 && parsed_finish(&parsed, local_us);
}
