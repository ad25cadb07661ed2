/* changelog.h: the rows that a stream of changes stands for.
 *
 * Keeps rows as encoded bytes. Without a key a retraction takes away one row equal to it; with one (upsert) the row of the
 * key. An update keeps its row's place, so the rows come out in the order in which they first appeared.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/base/status.h"
#include "core/data/batch.h"
#include "core/data/type.h"

struct changelog;

/* key_columns (copied): what identifies a row; none: the whole row. The schema is borrowed. */
struct changelog *changelog_new(const struct schema *schema, const uint32_t *key_columns, uint32_t key_column_count);
void changelog_free(struct changelog *changelog);
/* Keeps only the newest rows from here on; for streams without changes. 0 = all. */
void changelog_keep_newest(struct changelog *changelog, uint64_t row_count);

void changelog_apply(struct changelog *changelog, const struct batch *batch);
uint64_t changelog_row_count(const struct changelog *changelog);
/* Calls `print` with batches of at most BATCH_ROWS_DEFAULT rows: the rows [first, first + count) as they are now. */
enum status changelog_rows(struct changelog *changelog, uint64_t first, uint64_t count,
                           enum status (*print)(void *context, const struct batch *batch, struct error *error),
                           void *context, struct error *error) MUST_CHECK;
