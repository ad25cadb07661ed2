/* dead_letters.c: the ring of the last unusable records, and their file. A failure to write the file is kept for the task
 * loop, which ends the job with it: a record must not disappear silently. */
#include "runtime/dead_letters.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/arena.h"

/* Length of the valid UTF-8 sequence at the start of data, 0 when there is none. */
static size_t utf8_sequence(const char *data, size_t size) {
    unsigned char first = (unsigned char)data[0];
    size_t length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    return length <= size && utf8_validate(data, length) == length ? length : 0;
}

/* With quotes and backslashes escaped when it is to stand in JSON. */
static void append_escaped(struct strbuf *out, struct str text, bool json) {
    for (size_t i = 0; i < text.size;) {
        size_t length = utf8_sequence(text.data + i, text.size - i);
        unsigned char c = (unsigned char)text.data[i];
        if (length == 0)
            strbuf_printf(out, json ? "\\\\x%02X" : "\\x%02X", c);
        else if (c < 0x20 || c == 0x7F)
            strbuf_printf(out, "\\u%04X", c);
        else if (json && (c == '"' || c == '\\'))
            strbuf_printf(out, "\\%c", c);
        else
            strbuf_append(out, text.data + i, length);
        i += length ? length : 1;
    }
}

static void append_member(struct strbuf *out, const char *name, const char *value) {
    strbuf_printf(out, "\"%s\":\"", name);
    append_escaped(out, str_from(value), true);
    strbuf_append_text(out, "\",");
}

static void write_line(struct dead_letters *dead, const struct dead_letter *letter) {
    struct strbuf *line = &dead->line;
    strbuf_reset(line);
    strbuf_append_char(line, '{');
    append_member(line, "table", letter->table);
    append_member(line, "split", letter->split);
    strbuf_printf(line, "\"offset\":%lld,\"line\":%lld,", (long long)letter->offset, (long long)letter->line);
    append_member(line, "sqlstate", status_sqlstate(letter->reason->status));
    append_member(line, "reason", letter->reason->message);
    strbuf_printf(line, "\"size\":%llu,\"bytes\":\"", (unsigned long long)letter->size_bytes);
    append_escaped(line, letter->bytes, true);
    strbuf_append_text(line, "\"}\n");
    if (env_file_write(dead->file, line->data, line->size, &dead->error) != STATUS_OK)
        ASSERT(dead->error.status != STATUS_OK);
}

static void free_letter(struct job_dead_letter *letter) {
    free(letter->table);
    free(letter->split);
    free(letter->reason);
    free(letter->bytes);
    *letter = (struct job_dead_letter){0};
}

static char *escaped_copy(struct str bytes) {
    struct strbuf text;
    strbuf_init(&text);
    if (bytes.size > DEAD_LETTER_KEPT_BYTES)
        bytes.size = DEAD_LETTER_KEPT_BYTES;
    append_escaped(&text, bytes, false);
    char *copy = memory_strdup(strbuf_text(&text));
    strbuf_release(&text);
    return copy;
}

static char *text_copy(const char *text) {
    return memory_strdup(text ? text : "");
}

static void report(struct dead_letter_target *target, const struct dead_letter *letter) {
    struct dead_letters *dead = (struct dead_letters *)target;
    pthread_mutex_lock(&dead->mutex);
    struct job_dead_letter *kept = &dead->kept[dead->count % DEAD_LETTERS_KEPT];
    free_letter(kept);
    *kept = (struct job_dead_letter){
        .table = text_copy(letter->table),
        .split = text_copy(letter->split),
        .reason = text_copy(letter->reason->message),
        .bytes = escaped_copy(letter->bytes),
        .offset = letter->offset,
        .line = letter->line,
    };
    dead->count++;
    if (dead->file && dead->error.status == STATUS_OK)
        write_line(dead, letter);
    pthread_mutex_unlock(&dead->mutex);
}

enum status dead_letters_open(struct dead_letters *dead, struct env *env, const char *path, struct error *error) {
    *dead = (struct dead_letters){.target.report = report};
    pthread_mutex_init(&dead->mutex, NULL);
    strbuf_init(&dead->line);
    dead->kept = memory_zalloc(DEAD_LETTERS_KEPT * sizeof *dead->kept);
    dead->ordered = memory_zalloc(DEAD_LETTERS_KEPT * sizeof *dead->ordered);
    return path ? env_file_open(env, path, ENV_OPEN_APPEND, &dead->file, error) : STATUS_OK;
}

void dead_letters_close(struct dead_letters *dead) {
    if (dead->file)
        env_file_close(dead->file);
    for (uint32_t i = 0; dead->kept && i < DEAD_LETTERS_KEPT; i++)
        free_letter(&dead->kept[i]);
    free(dead->kept);
    free(dead->ordered);
    strbuf_release(&dead->line);
    if (dead->kept)
        pthread_mutex_destroy(&dead->mutex);
    *dead = (struct dead_letters){0};
}

uint64_t dead_letters_count(struct dead_letters *dead) {
    pthread_mutex_lock(&dead->mutex);
    uint64_t count = dead->count;
    pthread_mutex_unlock(&dead->mutex);
    return count;
}

enum status dead_letters_check(struct dead_letters *dead, struct error *error) {
    enum status status = STATUS_OK;
    pthread_mutex_lock(&dead->mutex);
    if (dead->error.status != STATUS_OK) {
        *error = dead->error;
        status = error->status;
    }
    pthread_mutex_unlock(&dead->mutex);
    return status;
}

const struct job_dead_letter *dead_letters_list(struct dead_letters *dead, uint32_t *count) {
    *count = dead->count < DEAD_LETTERS_KEPT ? (uint32_t)dead->count : DEAD_LETTERS_KEPT;
    for (uint32_t i = 0; i < *count; i++)
        dead->ordered[i] = dead->kept[(dead->count - *count + i) % DEAD_LETTERS_KEPT];
    return dead->ordered;
}
