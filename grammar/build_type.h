/* build_type.h: data types. A type's name is an ordinary name to the grammar and is looked up here, so that no type
 * word is reserved. */
#pragma once

#include "grammar/build.h"
#include "grammar/build_literal.h"

/* What may follow the name of a type. */
enum build_zone {
    BUILD_ZONE_NONE,
    BUILD_ZONE_WITH,      /* WITH TIME ZONE */
    BUILD_ZONE_LOCAL,     /* WITH LOCAL TIME ZONE */
    BUILD_ZONE_WITHOUT,   /* WITHOUT TIME ZONE */
    BUILD_ZONE_PRECISION, /* DOUBLE PRECISION */
    BUILD_ZONE_VARYING,   /* CHARACTER VARYING */
};

/* name[(first[, second])] [zone] */
struct ast_type *build_type_named(struct builder *build, struct ast_names *names, const struct sql_token *first,
                                  const struct sql_token *second, enum build_zone zone);
struct ast_type *build_type_raw(struct builder *build, struct ast_names *names, struct sql_token class,
                                struct sql_token serializer);
struct ast_type *build_type_row(struct builder *build, struct sql_token keyword, struct ast_fields *fields);
/* ARRAY, MULTISET (key NULL) and MAP */
struct ast_type *build_type_of(struct builder *build, enum ast_type_kind kind, sql_position position,
                               struct ast_type *key, struct ast_type *element);
struct ast_type *build_type_interval(struct builder *build, struct sql_token keyword, struct build_units units);
struct ast_type *build_type_simple(struct builder *build, struct sql_token keyword, enum ast_type_kind kind);
struct ast_type *build_type_nullable(struct builder *build, struct ast_type *type, bool null);

struct ast_fields *build_fields(struct builder *build, struct ast_fields *list, struct ast_field field);
struct ast_field build_field(struct builder *build, struct ast_name name, struct ast_type *type,
                             const struct sql_token *comment);

/* The names of all types, for completion and for finding the nearest one. */
extern const char *const type_names[];
extern const size_t type_name_count;
