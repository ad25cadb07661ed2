/* partitions.h: columns of PARTITIONED BY: their values are in the names of the folders that a file is in, as Flink and Hive write them.
 *
 *   /data/dt=2024-05-01/city=New%20York/part-0.json  ─▶  dt = DATE '2024-05-01', city = 'New York' */
#pragma once

#include "connectors/connector.h"
#include "core/base/arena.h"

struct partition_columns {
    const struct source_config *config;
    const char *null_name;   /* folder "dt=<null_name>": NULL */
    struct arena arena;      /* of the current file's values */
    struct column *values;   /* by partition column; of the current file */
    const uint32_t *targets; /* column of the batch for each, UINT32_MAX when not wanted */
    uint32_t count;
};

/* Borrows config. */
void partition_columns_open(struct partition_columns *partitions, const struct source_config *config);
void partition_columns_close(struct partition_columns *partitions);
/* Whether the column of the table is one: then records do not have it. */
bool partition_columns_has(const struct partition_columns *partitions, uint32_t table_column);
/* The values of the file that is read next. FILE_ERROR when it is in no such folder, or what that says is no value. */
enum status partition_columns_read(struct partition_columns *partitions, const char *path,
                                   struct error *error) MUST_CHECK;
/* Those that are wanted, as CONSTANT columns. */
void partition_columns_put(const struct partition_columns *partitions, struct batch *batch);
