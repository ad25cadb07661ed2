/* log.c: a line is built in a buffer on the stack and handed to the system in one write.
 * The line always ends in a newline and, in JSON, with all that was opened closed: room for the end is kept back. */
#include "core/base/log.h"

#include <errno.h>
#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/base/env.h"
#include "core/base/str.h"

enum { END_SIZE = 16 }; /* kept for what closes a line */

static atomic_int threshold = LOG_LEVEL_WARN;
static struct log_config current = {.level = LOG_LEVEL_WARN, .descriptor = STDERR_FILENO};

static const char *const level_names[] = {"debug", "info", "warn", "error", "off"};
static const char *const level_labels[] = {"DEBUG", "INFO", "WARN", "ERROR", "OFF"};

struct line {
    char data[LOG_LINE_MAX];
    size_t size;
};

void log_configure(const struct log_config *config) {
    current = *config;
    atomic_store(&threshold, (int)config->level);
}

bool log_level_parse(const char *text, enum log_level *level) {
    for (size_t i = 0; i < sizeof level_names / sizeof level_names[0]; i++) {
        if (text_equal_ignore_case(text, level_names[i])) {
            *level = (enum log_level)i;
            return true;
        }
    }
    return false;
}

bool log_enabled(enum log_level level) {
    return level != LOG_LEVEL_OFF && (int)level >= atomic_load_explicit(&threshold, memory_order_relaxed);
}

/* Whole or not at all; false when the line is full. */
static bool put(struct line *line, const char *data, size_t size) {
    if (line->size + size > LOG_LINE_MAX - END_SIZE)
        return false;
    memcpy(line->data + line->size, data, size);
    line->size += size;
    return true;
}

static bool put_text(struct line *line, const char *text) {
    return put(line, text, strlen(text));
}

static bool put_control(struct line *line, unsigned char c) {
    char escape[8];
    snprintf(escape, sizeof escape, "\\u%04x", c);
    return put_text(line, escape);
}

/* Text with what JSON cannot hold escaped, as far as there is room for it and its closing quote. */
static void put_escaped(struct line *line, const char *text) {
    size_t left = strlen(text);
    while (left) {
        size_t valid = utf8_validate(text, left);
        for (size_t i = 0; i < valid;) {
            unsigned char c = (unsigned char)text[i];
            size_t length = c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : c >= 0xC0 ? 2 : 1;
            bool done;
            if (c == '"' || c == '\\')
                done = put(line, (char[]){'\\', (char)c}, 2);
            else if (c < 0x20 || c == 0x7F)
                done = put_control(line, c);
            else
                done = put(line, text + i, length);
            if (!done)
                return;
            i += length;
        }
        text += valid;
        left -= valid;
        if (left) { /* one byte that is no UTF-8: the replacement character */
            if (!put_text(line, "\xEF\xBF\xBD"))
                return;
            text++;
            left--;
        }
    }
}

static void put_quoted(struct line *line, const char *text) {
    if (!put_text(line, "\""))
        return;
    put_escaped(line, text);
    line->data[line->size++] = '"'; /* END_SIZE has room */
}

/* 1970-01-01 … in UTC. Days to date after Howard Hinnant's "chrono-compatible low-level date algorithms". */
static void put_time(struct line *line, int64_t time_us) {
    int64_t seconds = time_us / 1000000, micros = time_us % 1000000;
    if (micros < 0)
        micros += 1000000, seconds--;
    int64_t days = seconds / 86400, rest = seconds % 86400;
    if (rest < 0)
        rest += 86400, days--;
    days += 719468; /* counted from 0000-03-01 */
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t day_of_era = days - era * 146097;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted_month = (5 * day_of_year + 2) / 153;
    int64_t day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    int64_t month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
    int64_t year = year_of_era + era * 400 + (month <= 2);
    char text[64];
    snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%06dZ", (int)year, (int)month, (int)day,
             (int)(rest / 3600), (int)(rest / 60 % 60), (int)(rest % 60), (int)micros);
    put_text(line, text);
}

/* Plain values need quotes when a reader could not tell where they end. */
static bool is_plain_word(const char *text) {
    if (!*text)
        return false;
    for (; *text; text++)
        if ((unsigned char)*text <= ' ' || *text == '"' || *text == '\\' || *text == '=' ||
            (unsigned char)*text >= 0x7F)
            return false;
    return true;
}

static void put_value(struct line *line, const struct log_field *field, enum log_format format) {
    char text[32];
    switch (field->type) {
    case LOG_FIELD_TEXT:
        if (!field->text)
            put_text(line, "null");
        else if (format == LOG_FORMAT_PLAIN && is_plain_word(field->text) && put_text(line, field->text))
            return;
        else
            put_quoted(line, field->text);
        return;
    case LOG_FIELD_INT: snprintf(text, sizeof text, "%lld", (long long)field->integer); break;
    case LOG_FIELD_DOUBLE: snprintf(text, sizeof text, isfinite(field->number) ? "%.9g" : "null", field->number); break;
    case LOG_FIELD_BOOL: snprintf(text, sizeof text, "%s", field->truth ? "true" : "false"); break;
    }
    put_text(line, text);
}

/* The room a field needs at least; a line that has not even that ends before it. */
static bool has_room(const struct line *line, const char *key) {
    return line->size + strlen(key) + 64 < LOG_LINE_MAX - END_SIZE;
}

static void put_json(struct line *line, enum log_level level, const char *message) {
    put_text(line, "{\"time\":\"");
    put_time(line, env_now_us(current.env ? current.env : env_posix()));
    put_text(line, "\",\"level\":\"");
    put_text(line, level_names[level]);
    put_text(line, "\",\"message\":");
    put_quoted(line, message);
}

static void put_plain(struct line *line, enum log_level level, const char *message) {
    put_time(line, env_now_us(current.env ? current.env : env_posix()));
    put_text(line, " ");
    put_text(line, level_labels[level]);
    put_text(line, " ");
    put_escaped(line, message);
}

void log_write(enum log_level level, const char *message, const struct log_field *fields, size_t count) {
    struct line line;
    line.size = 0;
    bool json = current.format == LOG_FORMAT_JSON;
    (json ? put_json : put_plain)(&line, level, message);
    for (size_t i = 0; i < count && has_room(&line, fields[i].key); i++) {
        put_text(&line, json ? ",\"" : " ");
        put_text(&line, fields[i].key);
        put_text(&line, json ? "\":" : "=");
        put_value(&line, &fields[i], current.format);
    }
    if (json)
        line.data[line.size++] = '}';
    line.data[line.size++] = '\n';
    for (size_t done = 0; done < line.size;) { /* usually one write; the log's own failure has nowhere to go */
        ssize_t written = write(current.descriptor, line.data + done, line.size - done);
        if (written < 0 && errno != EINTR)
            return;
        done += written > 0 ? (size_t)written : 0;
    }
}
