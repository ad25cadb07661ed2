/* type.h: SQL types and how their values lie in memory.
 *
 * Types are immutable and live in an arena (or are static); they are compared by type_equal, never by
 * address. Each kind has one physical layout, so kernels are written per layout, not per type:
 *
 *   BOOL  uint8_t 0/1               DATE            days since 1970-01-01
 *   I8..I64, F32, F64               TIME            microseconds since midnight
 *   I128  __int128, unscaled        TIMESTAMP       microseconds since 1970-01-01 00:00:00, no zone
 *   VIEW  struct string_view        TIMESTAMP_LTZ   microseconds since the epoch, UTC
 *   ROW   no values, only children  INTERVAL_MONTH  months;  INTERVAL_SECOND  microseconds
 *   LIST  struct list_slice into child columns (MAP: child 0 keys, child 1 values)
 *
 * Precision of TIME/TIMESTAMP is what is printed and what a CAST rounds down to; storage is always microseconds
 * (declared precisions 7 to 9 are kept as declared, the digits beyond microseconds are not).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/status.h"

struct arena;
struct strbuf;

enum type_kind {
#define TYPE(kind, name, layout) TYPE_##kind,
#include "core/data/types.def"
#undef TYPE
    TYPE_KIND_COUNT
};

enum layout {
    LAYOUT_BOOL,
    LAYOUT_I8,
    LAYOUT_I16,
    LAYOUT_I32,
    LAYOUT_I64,
    LAYOUT_I128,
    LAYOUT_F32,
    LAYOUT_F64,
    LAYOUT_VIEW,
    LAYOUT_ROW,
    LAYOUT_LIST,
    LAYOUT_COUNT
};

enum { DECIMAL_PRECISION_MAX = 38, LENGTH_MAX = INT32_MAX };

struct field {
    const char *name;
    const struct type *type;
};

struct type {
    enum type_kind kind;
    bool nullable;
    uint8_t precision;    /* DECIMAL: digits; TIME/TIMESTAMP: fraction digits */
    uint8_t scale;        /* DECIMAL */
    uint32_t length;      /* CHAR/VARCHAR/BINARY/VARBINARY; LENGTH_MAX = unbounded (STRING, BYTES) */
    uint32_t field_count; /* ROW */
    const struct field *fields;
    const struct type *element; /* ARRAY element, MAP value */
    const struct type *key;     /* MAP key */
};

/* A table's or an operator's columns. */
struct schema {
    struct field *fields;
    uint32_t field_count;
};

/* Nullable types without parameters, for convenience: TYPE_OF_BIGINT etc. */
extern const struct type type_null, type_boolean, type_tinyint, type_smallint, type_int, type_bigint, type_float,
    type_double, type_string, type_bytes, type_date, type_time, type_timestamp3, type_timestamp6, type_timestamp_ltz3,
    type_timestamp_ltz6, type_interval_month, type_interval_second;

enum layout type_layout(const struct type *type);
size_t layout_size(enum layout layout); /* bytes of one value; 0 for ROW */
const char *type_kind_name(enum type_kind kind);

const struct type *type_simple(enum type_kind kind); /* the static nullable one */
struct type *type_decimal(struct arena *arena, unsigned precision, unsigned scale);
struct type *type_timestamp(struct arena *arena, enum type_kind kind, unsigned precision);
struct type *type_varchar(struct arena *arena, enum type_kind kind, uint32_t length);
struct type *type_row(struct arena *arena, const struct field *fields, uint32_t field_count); /* copies the list */
struct type *type_array(struct arena *arena, const struct type *element);
struct type *type_map(struct arena *arena, const struct type *key, const struct type *value);
const struct type *type_with_nullable(struct arena *arena, const struct type *type, bool nullable);
struct type *type_copy(struct arena *arena, const struct type *type); /* deep */

bool type_equal(const struct type *a, const struct type *b);             /* with nullability */
bool type_equal_ignore_null(const struct type *a, const struct type *b); /* nullability ignored at every depth */
bool type_is_integer(const struct type *type);
bool type_is_numeric(const struct type *type); /* integers, FLOAT, DOUBLE, DECIMAL */
bool type_is_string(const struct type *type);  /* CHAR, VARCHAR */
bool type_is_binary(const struct type *type);
bool type_is_timestamp(const struct type *type); /* both timestamp kinds */
bool type_is_datetime(const struct type *type);  /* DATE, TIME, timestamps */
bool type_is_interval(const struct type *type);
bool type_is_comparable(const struct type *type); /* has = ; all but MAP for now */

/* "DECIMAL(10, 2) NOT NULL", "ROW<`a` INT, `b` STRING>": as Flink prints them (STRING for unbounded VARCHAR). */
void type_print(struct strbuf *out, const struct type *type);
const char *type_text(struct arena *arena, const struct type *type);

/* The type both can be brought to without loss of meaning (CASE, COALESCE, UNION, comparison), by Flink's
 * rules; NULL when there is none. Nullable when either is. */
const struct type *type_least_common(struct arena *arena, const struct type *a, const struct type *b);

/* Index of a field by name (exact case first, then ASCII case ignored); -1 when absent, -2 when ambiguous. */
int schema_find(const struct schema *schema, const char *name);
struct schema *schema_copy(struct arena *arena, const struct schema *schema);
