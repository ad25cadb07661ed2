/* text_rows.h: small results made of text: SHOW, DESCRIBE, EXPLAIN. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/base/status.h"

struct arena;
struct session_listener;
struct time_zone;

struct text_rows {
    struct arena *arena;
    const char *const *names; /* borrowed */
    uint32_t column_count;
    const char **cells; /* row by row; NULL is NULL */
    uint32_t row_count;
    uint32_t row_capacity;
    bool is_text; /* see struct session_result */
};

void text_rows_init(struct text_rows *rows, struct arena *arena, const char *const *names, uint32_t column_count);
/* column_count cells, borrowed for the life of the rows. */
void text_rows_add(struct text_rows *rows, const char *const *cells);
/* As one result with its start, its rows and its end. */
enum status text_rows_deliver(const struct text_rows *rows, const struct time_zone *zone,
                              struct session_listener *listener, struct error *error) MUST_CHECK;
