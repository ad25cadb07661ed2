/* share_scans.h: a table that a statement reads several times is read once. */
#pragma once

#include "planner/pipeline.h"

/* Widens the scans of one table, over all roots, to the columns that any of them reads, so that they become equal and are
 * built once. Scans with a row limit, and those that read different fields of the same ROW column, stay as they are.
 * Returns whether anything changed. */
bool share_scans(struct arena *arena, struct logical_list *roots);
