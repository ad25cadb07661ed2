/* dialect.h: how a CSV file is written: its special characters, and cutting records into fields. */
#pragma once

#include "connectors/connector.h"

struct csv_dialect {
    char delimiter;
    char quote;           /* 0: none */
    char escape;          /* 0: none */
    bool allows_comments; /* records that start with '#' are none */
    const char *array_delimiter;
    const char *null_literal; /* NULL: none */
};

/* From validated options without their prefix. */
void csv_dialect_init(struct csv_dialect *dialect, const struct options *options);
enum status csv_dialect_check(const struct options *options, struct error *error) MUST_CHECK;

extern const struct option_spec csv_options[];

struct csv_field {
    struct str text; /* without quotes, escapes undone */
    bool is_quoted;
};

/* Takes the next field of the record: *at is its start, then the start of the one after it, or NULL after the last. Text with
 * escapes is copied into the arena, other text points at the record. false: a quote is not closed, or followed by text. */
bool csv_take_field(const struct csv_dialect *dialect, const char **at, const char *end, struct arena *arena,
                    struct csv_field *field);
/* The line end that closes the record, or NULL. */
const char *csv_record_end(const struct csv_dialect *dialect, const char *data, const char *end);
/* Appends a field, quoted when it must be. */
void csv_write_field(struct strbuf *out, const struct csv_dialect *dialect, struct str text);
