/* ast.h: the syntax tree of one SQL text.
 *
 * The parser builds it in the caller's arena and nobody changes it afterwards. Nothing in it is
 * resolved: a name is just a name, `a.b.c` may turn out to be table.column.field. Every node says
 * where it came from: `position` is the byte offset of its first byte + 1, `end` the offset of the
 * byte after its last one + 1, so the node's text is text[position - 1 .. end - 1).
 *
 *   ast_script -> ast_statement -> ast_query -> ast_query_body -> ast_select -> ast_relation (FROM)
 *                                                                           -> ast_expression
 *
 * Operators and the SQL standard's special forms become plain calls, so that most of the planner
 * sees one node, AST_CALL. `function` is always lower case:
 *
 *   a + b  - * / % ||                       "+" "-" "*" "/" "%" "||"       (a % b is not "mod")
 *   - a   + a                               "negate" "plus"; a minus directly before a number is part of the literal
 *   = <> (and !=) < <= > >=                 "=" "<>" "<" "<=" ">" ">="
 *   a AND b, a OR b, NOT a                  "and" "or" "not"; chains lean to the left: and(and(a, b), c),
 *                                           only very long ones (and of ||) are balanced
 *   a IS [NOT] NULL|TRUE|FALSE|UNKNOWN      "is_null" "is_not_null" "is_true" "is_not_true" "is_false" "is_not_false"
 *                                           "is_unknown" "is_not_unknown"
 *   a IS [NOT] DISTINCT FROM b              "is_distinct_from" "is_not_distinct_from"
 *   a BETWEEN [SYMMETRIC] b AND c           "between" "between_symmetric"; NOT BETWEEN is not(between)
 *   a LIKE|ILIKE|SIMILAR TO b [ESCAPE c]    "like" "ilike" "similar_to" (2 or 3 arguments); NOT LIKE is not(like)
 *   a RLIKE b (and REGEXP)                  "rlike"
 *   (a, b) OVERLAPS (c, d)                  "overlaps"(row, row)
 *   x[i]                                    "[]"(x, i)
 *   ROW(a, b) and (a, b)                    "row"; ARRAY[a, b] "array"; MAP['k', v] "map"(k, v, k, v, ...)
 *   x AT TIME ZONE z                        "at_time_zone"(x, z)
 *   EXTRACT(u FROM x)                       "extract"(unit, x)
 *   FLOOR(x TO u), CEIL(x TO u)             "floor"(x, unit), "ceil"(x, unit)  (CEILING is "ceil" too)
 *   TIMESTAMPADD(u, n, t)                   "timestampadd"(unit, n, t); TIMESTAMPDIFF(u, a, b) "timestampdiff"(unit, a, b)
 *   SUBSTRING(x FROM a [FOR b])             "substring"(x, a[, b])
 *   TRIM([BOTH|LEADING|TRAILING] [c] FROM x) "trim" | "ltrim" | "rtrim"(x[, c])
 *   POSITION(a IN b)                        "position"(a, b)
 *   OVERLAY(a PLACING b FROM c [FOR d])     "overlay"(a, b, c[, d])
 *   CURRENT_TIMESTAMP, CURRENT_DATE, ...    "current_timestamp" without arguments, syntax AST_SYNTAX_NILADIC
 *   JSON_VALUE(x, p RETURNING t ...)        "json_value"(x, p, returning => CAST(NULL AS t), on_empty => 'ERROR', on_error =>
 *                                           'NULL', default_on_empty => e, default_on_error => e); so JSON_EXISTS, and
 *                                           JSON_QUERY with wrapper => 'WITHOUT' | 'CONDITIONAL' | 'UNCONDITIONAL'
 *   JSON_OBJECT(KEY k VALUE v, ...)         "json_object"(k, v, ..., on_null => 'NULL' | 'ABSENT'); so JSON_OBJECTAGG,
 *                                           JSON_ARRAY(v, ... ABSENT ON NULL) and JSON_ARRAYAGG
 *   TUMBLE/HOP/... (group window or TVF)    "tumble", "hop", "session", "cumulate" like any function
 *
 * NOT IN, NOT EXISTS are not(AST_IN), not(AST_EXISTS).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/status.h"
#include "core/base/str.h"

/* A list in the arena; `capacity` and `depth` are the builder's business. */
#define AST_LIST(name, type) \
    struct name {            \
        type *items;         \
        unsigned count;      \
        unsigned capacity;   \
        unsigned depth;      \
    }

/* No tree is deeper than this: who walks it may recurse. See `depth` in the nodes. */
#define SQL_NESTING_LIMIT 1000u

struct ast_expression;
struct ast_query;
struct ast_relation;
struct ast_statement;
struct ast_type;

/* ---- names ---- */

struct ast_name {
    const char *text; /* spelling as written, without its quotes, NUL-terminated; NULL = there is none */
    bool quoted;      /* `back` or "double" quotes */
    sql_position position;
    sql_position end;
};
AST_LIST(ast_names, struct ast_name); /* also a qualified name: catalog.database.table */

/* ---- types ---- */

enum ast_type_kind {
    AST_TYPE_BOOLEAN,
    AST_TYPE_TINYINT,
    AST_TYPE_SMALLINT,
    AST_TYPE_INT,
    AST_TYPE_BIGINT,
    AST_TYPE_FLOAT,     /* FLOAT, REAL */
    AST_TYPE_DOUBLE,    /* DOUBLE [PRECISION] */
    AST_TYPE_DECIMAL,   /* DECIMAL, DEC, NUMERIC (precision, scale) */
    AST_TYPE_CHAR,      /* precision = length */
    AST_TYPE_VARCHAR,   /* precision = length; without one, as STRING */
    AST_TYPE_STRING,    /* STRING, TEXT */
    AST_TYPE_BINARY,    /* precision = length */
    AST_TYPE_VARBINARY, /* precision = length */
    AST_TYPE_BYTES,     /* BYTES, BYTEA */
    AST_TYPE_DATE,
    AST_TYPE_TIME,          /* (precision) */
    AST_TYPE_TIMESTAMP,     /* TIMESTAMP(precision) [WITHOUT TIME ZONE] */
    AST_TYPE_TIMESTAMP_LTZ, /* TIMESTAMP_LTZ(precision), TIMESTAMP(precision) WITH LOCAL TIME ZONE */
    AST_TYPE_TIMESTAMP_TZ,  /* TIMESTAMP(precision) WITH TIME ZONE */
    AST_TYPE_INTERVAL,      /* from_unit [TO to_unit]; precision = of the leading field, scale = of the fraction */
    AST_TYPE_ARRAY,         /* element */
    AST_TYPE_MULTISET,      /* element */
    AST_TYPE_MAP,           /* key, element */
    AST_TYPE_ROW,           /* fields */
    AST_TYPE_RAW,           /* RAW('class', 'serializer'): class, serializer may be empty */
    AST_TYPE_NULL,
    AST_TYPE_NAMED, /* any other name: `name` */
};

enum ast_time_unit {
    AST_UNIT_NONE,
    AST_UNIT_MILLENNIUM,
    AST_UNIT_CENTURY,
    AST_UNIT_DECADE,
    AST_UNIT_YEAR,
    AST_UNIT_ISOYEAR,
    AST_UNIT_QUARTER,
    AST_UNIT_MONTH,
    AST_UNIT_WEEK,
    AST_UNIT_DAY,
    AST_UNIT_DOW,
    AST_UNIT_ISODOW,
    AST_UNIT_DOY,
    AST_UNIT_HOUR,
    AST_UNIT_MINUTE,
    AST_UNIT_SECOND,
    AST_UNIT_MILLISECOND,
    AST_UNIT_MICROSECOND,
    AST_UNIT_NANOSECOND,
    AST_UNIT_EPOCH,
};

struct ast_field {
    struct ast_name name;
    struct ast_type *type;
    struct str comment; /* data NULL = none */
};
AST_LIST(ast_fields, struct ast_field);

struct ast_type {
    enum ast_type_kind kind;
    sql_position position;
    sql_position end;
    unsigned depth;               /* 1 + that of the deepest child */
    bool not_null;                /* NOT NULL was written */
    bool null;                    /* NULL was written */
    int precision;                /* -1 = not given */
    int scale;                    /* -1 = not given */
    enum ast_time_unit from_unit; /* INTERVAL */
    enum ast_time_unit to_unit;   /* AST_UNIT_NONE = one unit */
    struct ast_type *key;         /* MAP */
    struct ast_type *element;     /* ARRAY, MULTISET, MAP (its value) */
    struct ast_fields fields;     /* ROW */
    struct ast_names name;        /* NAMED */
    struct str raw_class, raw_serializer;
};

/* ---- expressions ---- */

enum ast_expression_kind {
    AST_LITERAL,        /* literal */
    AST_COLUMN,         /* names: a, a.b, a.b.c ... */
    AST_FIELD,          /* field: (expression).name */
    AST_STAR,           /* names: the qualifier of t.*, empty for * (select items and COUNT(*) only) */
    AST_CALL,           /* call */
    AST_CASE,           /* case_when */
    AST_CAST,           /* cast */
    AST_IN,             /* in */
    AST_QUANTIFIED,     /* quantified: a = ANY (...) */
    AST_EXISTS,         /* query */
    AST_SUBQUERY,       /* query: a scalar subquery */
    AST_TIME_UNIT,      /* unit: an argument of extract, floor, timestampadd ... */
    AST_DESCRIPTOR,     /* names: DESCRIPTOR(a, b), each item is one column */
    AST_TABLE_ARGUMENT, /* table: TABLE t | TABLE (query), argument of a table function */
};

AST_LIST(ast_expressions, struct ast_expression *);

enum ast_literal_kind {
    AST_LITERAL_NULL,
    AST_LITERAL_BOOLEAN,       /* boolean */
    AST_LITERAL_INTEGER,       /* integer, and text */
    AST_LITERAL_DECIMAL,       /* text: [-]digits[.digits]; also whole numbers beyond BIGINT */
    AST_LITERAL_DOUBLE,        /* number, and text: has an exponent */
    AST_LITERAL_STRING,        /* text */
    AST_LITERAL_BYTES,         /* text: the bytes themselves */
    AST_LITERAL_DATE,          /* text: what stands between the quotes, unchecked */
    AST_LITERAL_TIME,          /* text */
    AST_LITERAL_TIMESTAMP,     /* text */
    AST_LITERAL_TIMESTAMP_LTZ, /* text */
    AST_LITERAL_INTERVAL,      /* interval: INTERVAL '1' DAY, and durations such as 10s */
};

struct ast_interval {
    bool year_month; /* true: months counts; false: microseconds counts */
    int64_t months;
    int64_t microseconds;
    enum ast_time_unit
        from_unit; /* as written; for a duration (1h30m) and a PostgreSQL interval: its units, or DAY TO SECOND */
    enum ast_time_unit to_unit; /* AST_UNIT_NONE = one unit */
    bool duration;              /* written as a duration literal: 10s, 1h30m */
};

struct ast_literal {
    enum ast_literal_kind kind;
    struct str text; /* numbers: without '_' and with a leading '-' where one was written; NUL-terminated */
    union {
        bool boolean;
        int64_t integer;
        double number;
        struct ast_interval interval;
    };
};

enum ast_call_syntax {
    AST_SYNTAX_FUNCTION, /* f(x), also special forms such as EXTRACT(u FROM x) and ROW(a, b) */
    AST_SYNTAX_OPERATOR, /* a + b, NOT a, a LIKE b, x[i], (a, b), a AT TIME ZONE z */
    AST_SYNTAX_NILADIC,  /* CURRENT_TIMESTAMP */
};

enum ast_sort_direction { AST_ASCENDING, AST_DESCENDING };
enum ast_nulls_order { AST_NULLS_DEFAULT, AST_NULLS_FIRST, AST_NULLS_LAST };

struct ast_sort_item {
    struct ast_expression *expression;
    enum ast_sort_direction direction;
    bool direction_given;
    enum ast_nulls_order nulls;
};
AST_LIST(ast_sort_items, struct ast_sort_item);

enum ast_frame_unit { AST_FRAME_NONE, AST_FRAME_ROWS, AST_FRAME_RANGE, AST_FRAME_GROUPS };
enum ast_frame_bound_kind {
    AST_BOUND_UNBOUNDED_PRECEDING,
    AST_BOUND_PRECEDING, /* offset */
    AST_BOUND_CURRENT_ROW,
    AST_BOUND_FOLLOWING, /* offset */
    AST_BOUND_UNBOUNDED_FOLLOWING,
};
struct ast_frame_bound {
    enum ast_frame_bound_kind kind;
    struct ast_expression *offset;
    sql_position position;
};

/* OVER (...) and WINDOW w AS (...) */
struct ast_window {
    struct ast_name base; /* OVER w: only this; OVER (w ORDER BY ...): the window it extends */
    bool reference;       /* OVER w without parentheses */
    struct ast_expressions partition_by;
    struct ast_sort_items order_by;
    enum ast_frame_unit frame; /* AST_FRAME_NONE: no frame was written */
    struct ast_frame_bound frame_start;
    struct ast_frame_bound frame_end; /* CURRENT ROW when only a start was written */
    sql_position position;
    sql_position end;
    unsigned depth;
};
struct ast_named_window {
    struct ast_name name;
    struct ast_window *window;
};
AST_LIST(ast_named_windows, struct ast_named_window);

struct ast_argument {
    struct ast_name name; /* f(name => expression); text NULL when positional */
    struct ast_expression *expression;
};
AST_LIST(ast_arguments, struct ast_argument);

struct ast_call {
    const char *function;  /* canonical: see the table at the top; else the last part of `name` in lower case */
    struct ast_names name; /* as written, perhaps qualified; for operators one name with the canonical spelling */
    enum ast_call_syntax syntax;
    struct ast_arguments arguments;     /* COUNT(*): one argument, AST_STAR */
    bool distinct;                      /* f(DISTINCT x) */
    bool ignore_nulls;                  /* IGNORE NULLS */
    bool respect_nulls;                 /* RESPECT NULLS */
    struct ast_sort_items order_by;     /* f(x ORDER BY y) */
    struct ast_sort_items within_group; /* WITHIN GROUP (ORDER BY y) */
    struct ast_expression *filter;      /* FILTER (WHERE ...) or NULL */
    struct ast_window *over;            /* or NULL */
};

struct ast_when {
    struct ast_expression *condition; /* or the value compared with the operand */
    struct ast_expression *result;
};
AST_LIST(ast_whens, struct ast_when);

enum ast_quantifier { AST_ANY, AST_ALL }; /* SOME is ANY */

struct ast_table_argument {
    struct ast_names name;   /* TABLE t; empty when query is set */
    struct ast_query *query; /* TABLE (SELECT ...) */
    struct ast_expressions partition_by;
    struct ast_sort_items order_by;
};

struct ast_expression {
    enum ast_expression_kind kind;
    sql_position position;
    sql_position end;
    unsigned depth; /* 1 + that of the deepest child */
    union {
        struct ast_literal literal;
        struct ast_names names;
        struct {
            struct ast_expression *row;
            struct ast_name name;
        } field;
        struct ast_call call;
        struct {
            struct ast_expression *operand; /* NULL: CASE WHEN condition */
            struct ast_whens whens;
            struct ast_expression *otherwise; /* ELSE, or NULL */
        } case_when;
        struct {
            struct ast_expression *value;
            struct ast_type *type;
            bool try_cast; /* TRY_CAST: NULL instead of an error */
        } cast;
        struct {
            struct ast_expression *value;
            struct ast_expressions list; /* empty when query is set */
            struct ast_query *query;
        } in;
        struct {
            struct ast_expression *value;
            const char *function; /* "=" "<>" "<" "<=" ">" ">=" */
            enum ast_quantifier quantifier;
            struct ast_expressions list; /* = ANY (a, b) or one array; empty when query is set */
            struct ast_query *query;
        } quantified;
        struct ast_query *query;
        enum ast_time_unit unit;
        struct ast_table_argument table;
    };
};

/* ---- options and hints ---- */

struct ast_option { /* 'key' = 'value' */
    struct str key;
    struct str value;
    sql_position position; /* of the key */
    sql_position value_position;
    sql_position end;
};
AST_LIST(ast_options, struct ast_option);

/* One hint of a comment: OPTIONS('k'='v'), STATE_TTL('a'='1d'), BROADCAST(t1, t2) */
struct ast_hint {
    struct ast_name name;
    struct ast_options options; /* the 'k'='v' arguments */
    struct ast_names arguments; /* the others: names, strings and numbers, by their text */
    sql_position position;
    sql_position end;
};
AST_LIST(ast_hints, struct ast_hint);

/* ---- relations (FROM) ---- */

enum ast_relation_kind {
    AST_RELATION_TABLE,    /* table */
    AST_RELATION_QUERY,    /* query: a subquery or (VALUES ...) */
    AST_RELATION_FUNCTION, /* function: TABLE(f(...)), LATERAL TABLE(f(...)), TUMBLE(...): a call */
    AST_RELATION_UNNEST,   /* unnest */
    AST_RELATION_JOIN,     /* join */
    AST_RELATION_MATCH,    /* match: input MATCH_RECOGNIZE (...) */
};

enum ast_join_kind {
    AST_JOIN_COMMA, /* FROM a, b */
    AST_JOIN_CROSS,
    AST_JOIN_INNER,
    AST_JOIN_LEFT,
    AST_JOIN_RIGHT,
    AST_JOIN_FULL,
};

/* PATTERN of MATCH_RECOGNIZE */
enum ast_pattern_kind {
    AST_PATTERN_VARIABLE,    /* name */
    AST_PATTERN_SEQUENCE,    /* parts, one after the other; no part = matches nothing: () */
    AST_PATTERN_ALTERNATION, /* parts: one of them */
    AST_PATTERN_PERMUTE,     /* parts in any order */
    AST_PATTERN_EXCLUDE,     /* {- part -} */
    AST_PATTERN_REPEAT,      /* parts[0], minimum to maximum times */
    AST_PATTERN_START,       /* ^ */
    AST_PATTERN_END,         /* $ */
};
struct ast_pattern;
AST_LIST(ast_patterns, struct ast_pattern *);
struct ast_pattern {
    enum ast_pattern_kind kind;
    sql_position position;
    sql_position end;
    unsigned depth; /* 1 + that of the deepest child */
    struct ast_name name;
    struct ast_patterns parts;
    int64_t minimum;
    int64_t maximum; /* -1 = no bound */
    bool reluctant;  /* *? +? ?? {n,m}? */
};

enum ast_skip_kind {
    AST_SKIP_DEFAULT, /* not written */
    AST_SKIP_PAST_LAST_ROW,
    AST_SKIP_TO_NEXT_ROW,
    AST_SKIP_TO_FIRST, /* skip_to */
    AST_SKIP_TO_LAST,  /* skip_to; also SKIP TO v */
};

struct ast_named_expression { /* expression AS name */
    struct ast_name name;
    struct ast_expression *expression;
};
AST_LIST(ast_named_expressions, struct ast_named_expression);

struct ast_subset { /* SUBSET name = (a, b) */
    struct ast_name name;
    struct ast_names members;
};
AST_LIST(ast_subsets, struct ast_subset);

struct ast_match {
    struct ast_relation *input;
    struct ast_expressions partition_by;
    struct ast_sort_items order_by;
    struct ast_named_expressions measures;
    bool all_rows; /* ALL ROWS PER MATCH; else ONE ROW */
    enum ast_skip_kind skip;
    struct ast_name skip_to;
    struct ast_pattern *pattern;
    struct ast_expression *within; /* an interval, or NULL */
    struct ast_subsets subsets;
    struct ast_named_expressions define;
};

struct ast_relation {
    enum ast_relation_kind kind;
    sql_position position;
    sql_position end;
    unsigned depth;        /* 1 + that of the deepest child */
    struct ast_name alias; /* text NULL = none */
    struct ast_names alias_columns;
    bool lateral;
    union {
        struct {
            struct ast_names name;
            struct ast_hints hints;
            struct ast_expression *system_time; /* FOR SYSTEM_TIME AS OF x, or NULL */
        } table;
        struct ast_query *query;
        struct ast_expression *function; /* AST_CALL */
        struct {
            struct ast_expressions arrays;
            bool ordinality;
        } unnest;
        struct {
            enum ast_join_kind kind;
            bool natural;
            bool asof;
            struct ast_relation *left;
            struct ast_relation *right;
            struct ast_expression *on;              /* or NULL */
            struct ast_expression *match_condition; /* ASOF JOIN ... MATCH_CONDITION(x), or NULL */
            struct ast_names using_columns;
        } join;
        struct ast_match *match;
    };
};

/* ---- queries ---- */

struct ast_select_item {
    struct ast_expression *expression; /* may be AST_STAR */
    struct ast_name alias;             /* text NULL = none */
    struct str text;                   /* the expression as written (borrows the SQL text) */
};
AST_LIST(ast_select_items, struct ast_select_item);

enum ast_group_kind {
    AST_GROUP_EXPRESSION, /* expression: a, UPPER(b), TUMBLE(ts, 10s) */
    AST_GROUP_LIST,       /* items, all expressions: (a, b), () */
    AST_GROUP_ROLLUP,     /* items: expressions or lists */
    AST_GROUP_CUBE,       /* items: expressions or lists */
    AST_GROUP_SETS,       /* items: any */
};
struct ast_group_item;
AST_LIST(ast_group_items, struct ast_group_item *);
struct ast_group_item {
    enum ast_group_kind kind;
    sql_position position;
    sql_position end;
    unsigned depth;
    struct ast_expression *expression;
    struct ast_group_items items;
};

struct ast_select {
    sql_position position;
    sql_position end;
    unsigned depth;         /* of the deepest expression or relation in it; so for a query */
    struct ast_hints hints; /* SELECT followed by a hint comment */
    bool distinct;
    struct ast_expressions distinct_on; /* DISTINCT ON (...); `distinct` is false then */
    struct ast_select_items items;
    struct ast_relation *from;    /* NULL = no FROM */
    struct ast_expression *where; /* or NULL */
    bool grouped;                 /* GROUP BY was written */
    bool group_distinct;          /* GROUP BY DISTINCT */
    struct ast_group_items group_by;
    struct ast_expression *having;
    struct ast_expression *qualify;
    struct ast_named_windows windows;
};

AST_LIST(ast_value_rows, struct ast_expressions); /* VALUES (1, 2), (3, 4): one list per row */

enum ast_set_operator { AST_UNION, AST_INTERSECT, AST_EXCEPT };

enum ast_query_body_kind {
    AST_BODY_SELECT,
    AST_BODY_VALUES,
    AST_BODY_SET_OPERATION,
    AST_BODY_TABLE, /* TABLE t */
    AST_BODY_QUERY, /* ( query with its own ORDER BY, LIMIT ... ) */
};

struct ast_query_body {
    enum ast_query_body_kind kind;
    sql_position position;
    sql_position end;
    unsigned depth; /* 1 + that of the deepest child */
    union {
        struct ast_select *select;
        struct ast_value_rows values;
        struct {
            enum ast_set_operator operator;
            bool all;
            struct ast_query_body *left;
            struct ast_query_body *right;
            sql_position position; /* of UNION, INTERSECT, EXCEPT */
        } set;
        struct ast_names table;
        struct ast_query *query;
    };
};

struct ast_cte {
    struct ast_name name;
    struct ast_names columns;
    struct ast_query *query;
};
AST_LIST(ast_ctes, struct ast_cte);

enum ast_emit_kind {
    AST_EMIT_DEFAULT,   /* nothing was written */
    AST_EMIT_ON_CLOSE,  /* EMIT ON CLOSE, EMIT ON WINDOW CLOSE */
    AST_EMIT_ON_UPDATE, /* EMIT ON UPDATE, EMIT CHANGES */
    AST_EMIT_EVERY,     /* EMIT EVERY 1s */
};
struct ast_emit {
    enum ast_emit_kind kind;
    struct ast_expression *every; /* AST_LITERAL_INTERVAL */
    sql_position position;
    sql_position end;
};

struct ast_query {
    sql_position position;
    sql_position end;
    unsigned depth;
    bool recursive; /* WITH RECURSIVE */
    struct ast_ctes ctes;
    struct ast_query_body *body;
    struct ast_sort_items order_by;
    struct ast_expression *limit;  /* LIMIT n, FETCH FIRST n ROWS ONLY; NULL = none or LIMIT ALL */
    struct ast_expression *offset; /* or NULL */
    struct ast_emit emit;
};

/* ---- statements ---- */

struct ast_watermark {       /* WATERMARK FOR column AS expression */
    struct ast_names column; /* rowtime or row.field */
    struct ast_expression *expression;
    sql_position position;
    sql_position end;
};
AST_LIST(ast_watermarks, struct ast_watermark);

enum ast_constraint_kind { AST_CONSTRAINT_PRIMARY_KEY, AST_CONSTRAINT_UNIQUE };
struct ast_constraint {
    enum ast_constraint_kind kind;
    struct ast_name name; /* CONSTRAINT name, text NULL = none */
    struct ast_names columns;
    bool not_enforced;
    bool enforced; /* ENFORCED was written */
    sql_position position;
    sql_position end;
};
AST_LIST(ast_constraints, struct ast_constraint);

enum ast_column_kind { AST_COLUMN_PHYSICAL, AST_COLUMN_COMPUTED, AST_COLUMN_METADATA };
enum ast_column_place { AST_PLACE_DEFAULT, AST_PLACE_FIRST, AST_PLACE_AFTER };
struct ast_column_definition {
    enum ast_column_kind kind;
    struct ast_name name;
    struct ast_type *type;                /* NULL: computed, or a bare name of CTAS column list */
    struct ast_expression *expression;    /* COMPUTED */
    struct str metadata_key;              /* METADATA FROM 'key'; data NULL = the column's name */
    bool is_virtual;                      /* METADATA ... VIRTUAL */
    struct ast_expression *default_value; /* DEFAULT x, or NULL */
    struct str comment;                   /* data NULL = none */
    enum ast_column_place place;          /* ALTER TABLE ADD c INT FIRST | AFTER d */
    struct ast_name after;
    sql_position position;
    sql_position end;
};
AST_LIST(ast_column_definitions, struct ast_column_definition);

/* The elements between the parentheses of CREATE TABLE t (...) and ALTER TABLE t ADD (...).
 * Inline constraints (c INT PRIMARY KEY NOT ENFORCED) are among `constraints`. */
struct ast_table_schema {
    struct ast_column_definitions columns;
    struct ast_constraints constraints;
    struct ast_watermarks watermarks;
};

enum ast_distribution_kind {
    AST_DISTRIBUTION_NONE,
    AST_DISTRIBUTION_UNKNOWN,
    AST_DISTRIBUTION_HASH,
    AST_DISTRIBUTION_RANGE
};
struct ast_distribution { /* DISTRIBUTED BY HASH(a) INTO 4 BUCKETS */
    enum ast_distribution_kind kind;
    struct ast_names columns;
    int64_t buckets; /* 0 = not given */
};

/* INCLUDING ALL, EXCLUDING OPTIONS, OVERWRITING WATERMARKS ...: both words in upper case */
struct ast_like_option {
    const char *merging;
    const char *feature;
    sql_position position;
};
AST_LIST(ast_like_options, struct ast_like_option);

struct ast_create_table {
    bool temporary;
    bool or_replace;
    bool if_not_exists;
    struct ast_names name;
    struct ast_table_schema schema;
    struct str comment; /* data NULL = none */
    struct ast_distribution distribution;
    struct ast_names partitioned_by;
    struct ast_options options;
    struct ast_names like; /* LIKE source; empty = none */
    struct ast_like_options like_options;
    struct ast_query *query; /* CREATE TABLE ... AS query, or NULL */
    sql_position position;
};

struct ast_view_column {
    struct ast_name name;
    struct str comment;
};
AST_LIST(ast_view_columns, struct ast_view_column);

struct ast_create_view {
    bool temporary;
    bool materialized;
    bool or_replace;
    bool or_alter;
    bool if_not_exists;
    struct ast_names name;
    struct ast_view_columns columns;
    struct str comment;
    struct ast_options options; /* WITH (...) of a materialized view */
    struct ast_query *query;
    struct str query_text; /* the query as written (borrows the SQL text) */
    sql_position position;
};

struct ast_create_function {
    bool temporary;
    bool system;
    bool or_replace;
    bool if_not_exists;
    struct ast_names name;
    struct str identifier;        /* AS 'class or symbol' */
    struct ast_name language;     /* text NULL = none */
    struct ast_options resources; /* USING JAR 'path', ...: key = JAR, value = path */
};

struct ast_create_catalog { /* CREATE CATALOG, CREATE DATABASE */
    bool if_not_exists;
    struct ast_names name;
    struct str comment;
    struct ast_options options;
};

enum ast_object_kind {
    AST_OBJECT_TABLE,
    AST_OBJECT_VIEW,
    AST_OBJECT_MATERIALIZED_VIEW,
    AST_OBJECT_FUNCTION,
    AST_OBJECT_CATALOG,
    AST_OBJECT_DATABASE,
};
struct ast_drop {
    enum ast_object_kind object;
    bool temporary;
    bool system;
    bool if_exists;
    bool cascade; /* CASCADE; RESTRICT is the default */
    struct ast_names name;
};

enum ast_alter_action {
    AST_ALTER_RENAME,        /* new_name */
    AST_ALTER_RENAME_COLUMN, /* column, new_name */
    AST_ALTER_SET_OPTIONS,   /* options */
    AST_ALTER_RESET_OPTIONS, /* options: keys only */
    AST_ALTER_ADD,           /* schema */
    AST_ALTER_MODIFY,        /* schema */
    AST_ALTER_DROP_COLUMNS,  /* columns */
    AST_ALTER_DROP_PRIMARY_KEY,
    AST_ALTER_DROP_CONSTRAINT, /* column: the constraint's name */
    AST_ALTER_DROP_WATERMARK,
    AST_ALTER_AS, /* ALTER VIEW v AS query */
};
struct ast_alter { /* ALTER TABLE, ALTER VIEW, ALTER DATABASE */
    enum ast_object_kind object;
    bool if_exists;
    struct ast_names name;
    enum ast_alter_action action;
    struct ast_names new_name;
    struct ast_names column;  /* a.b addresses a nested field */
    struct ast_names columns; /* DROP (a, b): each item is one column */
    struct ast_options options;
    struct ast_table_schema schema;
    struct ast_query *query;
    struct str query_text;
};

struct ast_partition_value { /* PARTITION (day = '2024-01-01', hour) */
    struct ast_name column;
    struct ast_expression *value; /* NULL = dynamic */
};
AST_LIST(ast_partition_values, struct ast_partition_value);

struct ast_insert {
    bool overwrite;
    struct ast_names table;
    struct ast_hints hints;
    struct ast_partition_values partition;
    struct ast_names columns; /* empty = all */
    bool by_name;             /* not written: of CREATE TABLE … AS, whose columns go to those of the same name */
    struct ast_query *query;
    sql_position position;
    sql_position end;
};
AST_LIST(ast_inserts, struct ast_insert *);

enum ast_explain_mode {
    AST_EXPLAIN_PLAN,    /* EXPLAIN, EXPLAIN PLAN FOR */
    AST_EXPLAIN_ANALYZE, /* runs the statement and adds what was measured */
};
struct ast_explain {
    enum ast_explain_mode mode;
    bool verbose;
    bool estimated_cost; /* EXPLAIN ESTIMATED_COST, CHANGELOG_MODE ... */
    bool changelog_mode;
    bool json_execution_plan;
    bool plan_advice;
    struct ast_statement *statement; /* query, insert, statement set, create table as, create view ... */
};

struct ast_describe {
    bool extended;
    enum ast_object_kind object; /* DESCRIBE t: AST_OBJECT_TABLE stands for a table or a view */
    struct ast_names name;
};

enum ast_show_kind {
    AST_SHOW_TABLES,
    AST_SHOW_VIEWS,
    AST_SHOW_MATERIALIZED_VIEWS,
    AST_SHOW_FUNCTIONS,
    AST_SHOW_USER_FUNCTIONS,
    AST_SHOW_DATABASES,
    AST_SHOW_CATALOGS,
    AST_SHOW_CURRENT_CATALOG,
    AST_SHOW_CURRENT_DATABASE,
    AST_SHOW_COLUMNS,      /* name */
    AST_SHOW_CREATE_TABLE, /* name */
    AST_SHOW_CREATE_VIEW,  /* name */
    AST_SHOW_SETTINGS,
    AST_SHOW_SETTING, /* SHOW 'execution.mode': key */
    AST_SHOW_JOBS,
    AST_SHOW_JARS,
    AST_SHOW_MODULES,
    AST_SHOW_FULL_MODULES,
    AST_SHOW_PARTITIONS, /* name */
    AST_SHOW_PROCEDURES,
    AST_SHOW_CONNECTORS,
    AST_SHOW_FORMATS,
};
struct ast_show {
    enum ast_show_kind kind;
    struct ast_names name; /* FROM|IN database, table ... */
    struct str key;
    struct str pattern; /* LIKE 'pattern'; data NULL = none */
    bool not_like;
    bool ignore_case; /* ILIKE */
};

struct ast_set {      /* SET, RESET */
    struct str key;   /* data NULL = show, or reset, all */
    struct str value; /* SET only; for SET k = v the value's text as written */
    sql_position key_position;
    sql_position value_position;
};

struct ast_use {
    enum ast_object_kind object; /* CATALOG or DATABASE */
    struct ast_names name;
};

struct ast_assignment { /* UPDATE t SET a = 1 */
    struct ast_names column;
    struct ast_expression *value;
};
AST_LIST(ast_assignments, struct ast_assignment);

struct ast_modify { /* DELETE, UPDATE, TRUNCATE, ANALYZE */
    struct ast_names table;
    struct ast_name alias;
    struct ast_assignments assignments;    /* UPDATE */
    struct ast_expression *where;          /* or NULL */
    struct ast_partition_values partition; /* ANALYZE */
    bool all_columns;                      /* ANALYZE ... FOR ALL COLUMNS */
    struct ast_names columns;              /* ANALYZE ... FOR COLUMNS a, b */
};

struct ast_plan_file { /* COMPILE PLAN 'file' FOR ..., EXECUTE PLAN 'file', COMPILE AND EXECUTE PLAN 'file' FOR ... */
    struct str path;
    bool if_not_exists;
    bool execute;
    struct ast_statement *statement; /* NULL for EXECUTE PLAN */
};

struct ast_job { /* STOP JOB 'id' [WITH SAVEPOINT] [WITH DRAIN], DESCRIBE JOB 'id' */
    struct str id;
    bool savepoint;
    bool drain;
};

struct ast_file { /* ADD JAR 'path', REMOVE JAR 'path' */
    struct str path;
};

struct ast_module { /* LOAD MODULE m WITH (...), UNLOAD MODULE m, USE MODULES a, b */
    struct ast_names names;
    struct ast_options options;
};

struct ast_call_procedure {      /* CALL system.compact(...) */
    struct ast_expression *call; /* AST_CALL */
};

/* AST_STATEMENT_KIND(NAME, words for messages, member of the union) */
#define AST_STATEMENT_KINDS(AST_STATEMENT_KIND)                                           \
    AST_STATEMENT_KIND(QUERY, "SELECT", query)                                            \
    AST_STATEMENT_KIND(INSERT, "INSERT", insert)                                          \
    AST_STATEMENT_KIND(STATEMENT_SET, "STATEMENT SET", statement_set)                     \
    AST_STATEMENT_KIND(CREATE_TABLE, "CREATE TABLE", create_table)                        \
    AST_STATEMENT_KIND(CREATE_VIEW, "CREATE VIEW", create_view)                           \
    AST_STATEMENT_KIND(CREATE_MATERIALIZED_VIEW, "CREATE MATERIALIZED VIEW", create_view) \
    AST_STATEMENT_KIND(CREATE_FUNCTION, "CREATE FUNCTION", create_function)               \
    AST_STATEMENT_KIND(CREATE_CATALOG, "CREATE CATALOG", create_catalog)                  \
    AST_STATEMENT_KIND(CREATE_DATABASE, "CREATE DATABASE", create_catalog)                \
    AST_STATEMENT_KIND(DROP, "DROP", drop)                                                \
    AST_STATEMENT_KIND(ALTER_TABLE, "ALTER TABLE", alter)                                 \
    AST_STATEMENT_KIND(ALTER_VIEW, "ALTER VIEW", alter)                                   \
    AST_STATEMENT_KIND(ALTER_DATABASE, "ALTER DATABASE", alter)                           \
    AST_STATEMENT_KIND(USE, "USE", use)                                                   \
    AST_STATEMENT_KIND(USE_MODULES, "USE MODULES", module)                                \
    AST_STATEMENT_KIND(LOAD_MODULE, "LOAD MODULE", module)                                \
    AST_STATEMENT_KIND(UNLOAD_MODULE, "UNLOAD MODULE", module)                            \
    AST_STATEMENT_KIND(EXPLAIN, "EXPLAIN", explain)                                       \
    AST_STATEMENT_KIND(DESCRIBE, "DESCRIBE", describe)                                    \
    AST_STATEMENT_KIND(SHOW, "SHOW", show)                                                \
    AST_STATEMENT_KIND(SET, "SET", set)                                                   \
    AST_STATEMENT_KIND(RESET, "RESET", set)                                               \
    AST_STATEMENT_KIND(ANALYZE_TABLE, "ANALYZE TABLE", modify)                            \
    AST_STATEMENT_KIND(TRUNCATE_TABLE, "TRUNCATE TABLE", modify)                          \
    AST_STATEMENT_KIND(DELETE, "DELETE", modify)                                          \
    AST_STATEMENT_KIND(UPDATE, "UPDATE", modify)                                          \
    AST_STATEMENT_KIND(COMPILE_PLAN, "COMPILE PLAN", plan_file)                           \
    AST_STATEMENT_KIND(EXECUTE_PLAN, "EXECUTE PLAN", plan_file)                           \
    AST_STATEMENT_KIND(ADD_JAR, "ADD JAR", file)                                          \
    AST_STATEMENT_KIND(REMOVE_JAR, "REMOVE JAR", file)                                    \
    AST_STATEMENT_KIND(STOP_JOB, "STOP JOB", job)                                         \
    AST_STATEMENT_KIND(DESCRIBE_JOB, "DESCRIBE JOB", job)                                 \
    AST_STATEMENT_KIND(CALL, "CALL", call)                                                \
    AST_STATEMENT_KIND(HELP, "HELP", nothing)                                             \
    AST_STATEMENT_KIND(CLEAR, "CLEAR", nothing)                                           \
    AST_STATEMENT_KIND(QUIT, "QUIT", nothing)

enum ast_statement_kind {
#define AST_STATEMENT_KIND(name, words, member) AST_STATEMENT_##name,
    AST_STATEMENT_KINDS(AST_STATEMENT_KIND)
#undef AST_STATEMENT_KIND
        AST_STATEMENT_KIND_COUNT
};

struct ast_statement {
    enum ast_statement_kind kind;
    sql_position position;
    sql_position end;
    struct str text; /* the statement as written, without its ';' (borrows the SQL text) */
    union {
        struct ast_query *query;
        struct ast_insert *insert;
        struct ast_inserts statement_set; /* EXECUTE STATEMENT SET BEGIN ... END, BEGIN STATEMENT SET; ... END */
        struct ast_create_table *create_table;
        struct ast_create_view *create_view;
        struct ast_create_function *create_function;
        struct ast_create_catalog *create_catalog;
        struct ast_drop *drop;
        struct ast_alter *alter;
        struct ast_use use;
        struct ast_module module;
        struct ast_explain explain;
        struct ast_describe describe;
        struct ast_show show;
        struct ast_set set;
        struct ast_modify *modify;
        struct ast_plan_file plan_file;
        struct ast_job job;
        struct ast_file file;
        struct ast_call_procedure call;
        char nothing;
    };
};

AST_LIST(ast_script, struct ast_statement *);

/* "CREATE TABLE", "STOP JOB" ... for messages; never NULL. */
const char *ast_statement_name(enum ast_statement_kind kind);
/* "SECOND"; "" for AST_UNIT_NONE. */
const char *ast_time_unit_name(enum ast_time_unit unit);
/* "table", "materialized view" ... */
const char *ast_object_name(enum ast_object_kind kind);
/* a.b.c as written, in the arena; quotes are not put back. */
struct arena;
const char *ast_names_text(struct arena *arena, const struct ast_names *names);
/* The bytes of the SQL text that a node covers. */
struct str ast_text(struct str text, sql_position position, sql_position end);
