/* datetime.c: the calendar on plain integers, and the text forms of dates and times.
 * Parsers take exactly the forms of the header and check every field; nothing here knows the session. */
#include "core/data/datetime.h"

#include <string.h>

#include "core/base/status.h"

int64_t floor_divide(int64_t a, int64_t b) {
    int64_t quotient = a / b;
    return quotient - (a % b < 0);
}

/* The part of the day; always 0 … US_PER_DAY - 1. */
static int64_t time_of_day_us(int64_t timestamp_us) {
    int64_t rest = timestamp_us % US_PER_DAY;
    return rest < 0 ? rest + US_PER_DAY : rest;
}

/* Years are counted from March, so that the leap day ends a year; eras are 400 years of 146097 days. */
int32_t days_from_civil(int32_t year, unsigned month, unsigned day) {
    int64_t y = (int64_t)year - (month <= 2);
    int64_t era = floor_divide(y, 400);
    unsigned year_of_era = (unsigned)(y - era * 400);
    unsigned day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    unsigned day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return (int32_t)(era * 146097 + (int64_t)day_of_era - 719468);
}

void civil_from_days(int32_t days, int32_t *year, unsigned *month, unsigned *day) {
    int64_t shifted = (int64_t)days + 719468;
    int64_t era = floor_divide(shifted, 146097);
    unsigned day_of_era = (unsigned)(shifted - era * 146097);
    unsigned year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    unsigned day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    unsigned month_from_march = (5 * day_of_year + 2) / 153;
    *day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    *month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
    *year = (int32_t)(era * 400 + year_of_era + (*month <= 2));
}

struct civil civil_from_us(int64_t timestamp_us) {
    int64_t days = floor_divide(timestamp_us, US_PER_DAY);
    int64_t rest = time_of_day_us(timestamp_us);
    struct civil civil;
    unsigned month, day;
    civil_from_days((int32_t)days, &civil.year, &month, &day);
    civil.month = (uint8_t)month;
    civil.day = (uint8_t)day;
    civil.hour = (uint8_t)(rest / US_PER_HOUR);
    civil.minute = (uint8_t)(rest / US_PER_MINUTE % 60);
    civil.second = (uint8_t)(rest / US_PER_SECOND % 60);
    civil.microsecond = (uint32_t)(rest % US_PER_SECOND);
    return civil;
}

/* Beyond the range of timestamps (year ±292 thousand) the nearest one. */
int64_t civil_to_us(const struct civil *civil) {
    int64_t days = days_from_civil(civil->year, civil->month, civil->day);
    int64_t time_us =
        civil->hour * US_PER_HOUR + civil->minute * US_PER_MINUTE + civil->second * US_PER_SECOND + civil->microsecond;
    __int128 timestamp_us = (__int128)days * US_PER_DAY + time_us;
    return timestamp_us > INT64_MAX ? INT64_MAX : timestamp_us < INT64_MIN ? INT64_MIN : (int64_t)timestamp_us;
}

unsigned days_in_month(int32_t year, unsigned month) {
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    ASSERT(month >= 1 && month <= 12);
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return month == 2 && leap ? 29 : days[month - 1];
}

int64_t timestamp_add_months(int64_t timestamp_us, int64_t months) {
    const int64_t limit = 12 * 1000000; /* leads out of the range of timestamps from anywhere in it */
    months = months > limit ? limit : months < -limit ? -limit : months;
    struct civil civil = civil_from_us(timestamp_us);
    int64_t count = (int64_t)civil.year * 12 + civil.month - 1 + months;
    civil.year = (int32_t)floor_divide(count, 12);
    civil.month = (uint8_t)(count - (int64_t)civil.year * 12 + 1);
    unsigned last = days_in_month(civil.year, civil.month);
    if (civil.day > last)
        civil.day = (uint8_t)last;
    return civil_to_us(&civil);
}

/* Takes between `least` and `most` digits off the front of the text. */
static bool take_number(struct str *text, unsigned least, unsigned most, uint32_t *value) {
    unsigned digits = 0;
    *value = 0;
    while (digits < most && digits < text->size && text->data[digits] >= '0' && text->data[digits] <= '9')
        *value = *value * 10 + (uint32_t)(text->data[digits++] - '0');
    text->data += digits;
    text->size -= digits;
    return digits >= least;
}

static bool take_char(struct str *text, char c) {
    if (!text->size || text->data[0] != c)
        return false;
    text->data++;
    text->size--;
    return true;
}

/* ".ffffff": digits beyond microseconds are read and dropped. */
static bool take_fraction(struct str *text, uint32_t *microsecond) {
    *microsecond = 0;
    if (!take_char(text, '.'))
        return true;
    size_t before = text->size;
    if (!take_number(text, 1, 6, microsecond))
        return false;
    for (size_t digits = before - text->size; digits < 6; digits++)
        *microsecond *= 10;
    while (text->size && text->data[0] >= '0' && text->data[0] <= '9')
        take_char(text, text->data[0]);
    return true;
}

static bool take_date(struct str *text, int32_t *days) {
    uint32_t year, month, day;
    if (!take_number(text, 4, 4, &year) || !take_char(text, '-') || !take_number(text, 1, 2, &month) ||
        !take_char(text, '-') || !take_number(text, 1, 2, &day))
        return false;
    if (year < 1 || month < 1 || month > 12 || day < 1 || day > days_in_month((int32_t)year, month))
        return false;
    *days = days_from_civil((int32_t)year, month, day);
    return true;
}

/* HH:MM[:SS[.ffffff]] */
static bool take_time(struct str *text, int64_t *time_us) {
    uint32_t hour, minute, second = 0, microsecond = 0;
    if (!take_number(text, 1, 2, &hour) || !take_char(text, ':') || !take_number(text, 1, 2, &minute))
        return false;
    if (take_char(text, ':') && (!take_number(text, 1, 2, &second) || !take_fraction(text, &microsecond)))
        return false;
    if (hour > 23 || minute > 59 || second > 59)
        return false;
    *time_us = hour * US_PER_HOUR + minute * US_PER_MINUTE + second * US_PER_SECOND + microsecond;
    return true;
}

/* "Z", "+HH", "+HHMM", "+HH:MM[:SS]". */
static bool take_offset(struct str *text, int64_t *offset_us) {
    *offset_us = 0;
    if (take_char(text, 'Z') || take_char(text, 'z'))
        return true;
    bool negative = text->size && text->data[0] == '-';
    if (!take_char(text, '-') && !take_char(text, '+'))
        return false;
    uint32_t hours, minutes = 0, seconds = 0;
    if (!take_number(text, 1, 2, &hours))
        return false;
    if (take_char(text, ':') || text->size) {
        if (!take_number(text, 2, 2, &minutes))
            return false;
        if (take_char(text, ':') && !take_number(text, 2, 2, &seconds))
            return false;
    }
    if (hours > 18 || minutes > 59 || seconds > 59)
        return false;
    *offset_us = hours * US_PER_HOUR + minutes * US_PER_MINUTE + seconds * US_PER_SECOND;
    if (negative)
        *offset_us = -*offset_us;
    return true;
}

bool date_parse(struct str text, int32_t *days) {
    return take_date(&text, days) && text.size == 0;
}

bool time_parse(struct str text, int64_t *time_us) {
    return take_time(&text, time_us) && text.size == 0;
}

bool timestamp_parse(struct str text, int64_t *timestamp_us, bool *has_zone, int64_t *zone_offset_us) {
    int32_t days;
    int64_t time_us = 0, offset_us = 0;
    bool zone = false;
    if (!take_date(&text, &days))
        return false;
    if (text.size) {
        if (!take_char(&text, ' ') && !take_char(&text, 'T'))
            return false;
        if (!take_time(&text, &time_us))
            return false;
        if (text.size > 1)
            take_char(&text, ' ');
        zone = text.size > 0;
        if (zone && (!take_offset(&text, &offset_us) || text.size))
            return false;
    }
    *timestamp_us = days * US_PER_DAY + time_us;
    if (has_zone)
        *has_zone = zone;
    if (zone_offset_us)
        *zone_offset_us = offset_us;
    return true;
}

static char *write_digits(char *text, unsigned value, unsigned digits) {
    for (unsigned i = digits; i-- > 0; value /= 10)
        text[i] = (char)('0' + value % 10);
    return text + digits;
}

static char *write_date(char *text, int32_t days) {
    int32_t year;
    unsigned month, day;
    civil_from_days(days, &year, &month, &day);
    if (year < 0)
        *text++ = '-';
    unsigned magnitude = year < 0 ? (unsigned)-year : (unsigned)year;
    text = write_digits(text, magnitude, magnitude > 99999 ? 6 : magnitude > 9999 ? 5 : 4);
    *text++ = '-';
    text = write_digits(text, month, 2);
    *text++ = '-';
    return write_digits(text, day, 2);
}

/* Digits that are not asked for are cut, not rounded; beyond microseconds there are zeros. */
static char *write_time(char *text, int64_t time_us, unsigned precision) {
    text = write_digits(text, (unsigned)(time_us / US_PER_HOUR), 2);
    *text++ = ':';
    text = write_digits(text, (unsigned)(time_us / US_PER_MINUTE % 60), 2);
    *text++ = ':';
    text = write_digits(text, (unsigned)(time_us / US_PER_SECOND % 60), 2);
    if (precision == 0)
        return text;
    *text++ = '.';
    char digits[9] = "000000000";
    write_digits(digits, (unsigned)(time_us % US_PER_SECOND), 6);
    memcpy(text, digits, precision < 9 ? precision : 9);
    return text + (precision < 9 ? precision : 9);
}

void date_print(struct strbuf *out, int32_t days) {
    char text[16];
    strbuf_append(out, text, (size_t)(write_date(text, days) - text));
}

void time_print(struct strbuf *out, int64_t time_us, unsigned precision) {
    char text[24];
    strbuf_append(out, text, (size_t)(write_time(text, time_us, precision) - text));
}

void timestamp_print(struct strbuf *out, int64_t timestamp_us, unsigned precision) {
    char text[40];
    int64_t days = floor_divide(timestamp_us, US_PER_DAY);
    char *end = write_date(text, (int32_t)days);
    *end++ = ' ';
    end = write_time(end, time_of_day_us(timestamp_us), precision);
    strbuf_append(out, text, (size_t)(end - text));
}
