/* signature.c: reads the signatures of functions.def and matches arguments against them.
 * Parsing takes well under a microsecond, so nothing is kept: a signature is read when its name is called. */
#include "core/functions/signature.h"

#include <string.h>

#include "core/base/arena.h"
#include "core/base/array.h"
#include "core/functions/cast.h"
#include "core/functions/expression.h"

/* ---- reading ---- */

struct reader {
    const char *at;
    struct signature *signature;
    bool failed;
};

static const struct {
    const char *name;
    enum type_kind kind;
} type_names[] = {
    {"boolean", TYPE_BOOLEAN},
    {"tinyint", TYPE_TINYINT},
    {"smallint", TYPE_SMALLINT},
    {"int", TYPE_INT},
    {"bigint", TYPE_BIGINT},
    {"float", TYPE_FLOAT},
    {"double", TYPE_DOUBLE},
    {"string", TYPE_VARCHAR},
    {"bytes", TYPE_VARBINARY},
    {"date", TYPE_DATE},
    {"time", TYPE_TIME},
    {"timestamp", TYPE_TIMESTAMP},
    {"timestamp_ltz", TYPE_TIMESTAMP_LTZ},
    {"interval_month", TYPE_INTERVAL_MONTH},
    {"interval_second", TYPE_INTERVAL_SECOND},
};

static const char *const class_names[CLASS_COUNT] = {
    [CLASS_ANY] = "any",
    [CLASS_COMPARABLE] = "comparable",
    [CLASS_NUMERIC] = "numeric",
    [CLASS_INTEGER] = "integer",
    [CLASS_DECIMAL] = "decimal",
    [CLASS_TEXT] = "text",
    [CLASS_TIMESTAMPS] = "timestamps",
    [CLASS_DATETIME] = "datetime",
    [CLASS_INTERVAL] = "interval",
    [CLASS_UNIT] = "unit",
    [CLASS_ROW] = "row",
};

typedef const struct type *decimal_rule(struct arena *arena, const struct type *a, const struct type *b);
static const struct {
    const char *name;
    decimal_rule *rule;
} decimal_rules[] = {
    {"add", decimal_add_type},
    {"multiply", decimal_multiply_type},
    {"divide", decimal_divide_type},
    {"modulo", decimal_modulo_type},
};

static void skip_space(struct reader *reader) {
    while (*reader->at == ' ')
        reader->at++;
}

static bool accept(struct reader *reader, const char *text) {
    skip_space(reader);
    size_t size = strlen(text);
    if (strncmp(reader->at, text, size) != 0)
        return false;
    reader->at += size;
    return true;
}

static void expect(struct reader *reader, const char *text) {
    if (!accept(reader, text))
        reader->failed = true;
}

static struct str read_word(struct reader *reader) {
    skip_space(reader);
    const char *start = reader->at;
    while ((*reader->at >= 'a' && *reader->at <= 'z') || *reader->at == '_')
        reader->at++;
    return (struct str){start, (size_t)(reader->at - start)};
}

static int find_word(struct str word, const char *const *words, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        if (str_equal(word, str_from(words[i])))
            return (int)i;
    }
    return -1;
}

static const struct pattern *read_pattern(struct reader *reader);

static void read_nested(struct reader *reader, struct pattern *pattern, enum pattern_kind kind) {
    pattern->kind = kind;
    expect(reader, "<");
    if (kind == PATTERN_MAP) {
        pattern->key = read_pattern(reader);
        expect(reader, ",");
    }
    pattern->element = read_pattern(reader);
    expect(reader, ">");
}

static void read_decimal_rule(struct reader *reader, struct pattern *pattern) {
    pattern->kind = PATTERN_DECIMAL;
    struct str word = read_word(reader);
    for (uint32_t i = 0; i < COUNT_OF(decimal_rules); i++) {
        if (str_equal(word, str_from(decimal_rules[i].name))) {
            pattern->rule = (uint8_t)i;
            expect(reader, ")");
            return;
        }
    }
    reader->failed = true;
}

static void read_type(struct reader *reader, struct pattern *pattern, struct str word) {
    for (uint32_t i = 0; i < COUNT_OF(type_names); i++) {
        if (!str_equal(word, str_from(type_names[i].name)))
            continue;
        pattern->kind = PATTERN_TYPE;
        pattern->type = type_names[i].kind;
        pattern->precision = -1;
        if (accept(reader, "(")) {
            pattern->precision = *reader->at++ - '0';
            expect(reader, ")");
        }
        return;
    }
    int class = find_word(word, class_names, CLASS_COUNT);
    pattern->kind = PATTERN_CLASS;
    pattern->class = class < 0 ? CLASS_ANY : (enum type_class) class;
    if (class < 0)
        reader->failed = true;
    if (class == CLASS_DECIMAL && accept(reader, "("))
        read_decimal_rule(reader, pattern);
}

static void read_variable(struct reader *reader, struct pattern *pattern) {
    pattern->kind = PATTERN_VARIABLE;
    pattern->variable = (uint8_t)(*reader->at++ - 'A');
    pattern->class = CLASS_ANY;
    if (!accept(reader, ":"))
        return;
    int class = find_word(read_word(reader), class_names, CLASS_COUNT);
    if (class < 0)
        reader->failed = true;
    else
        pattern->class = (enum type_class) class;
}

static const struct pattern *read_pattern(struct reader *reader) {
    if (reader->signature->node_count == PATTERN_NODE_MAX) {
        reader->failed = true;
        return &reader->signature->nodes[0];
    }
    struct pattern *pattern = &reader->signature->nodes[reader->signature->node_count++];
    *pattern = (struct pattern){0};
    skip_space(reader);
    if (*reader->at >= 'A' && *reader->at <= 'Z') {
        read_variable(reader, pattern);
        return pattern;
    }
    struct str word = read_word(reader);
    if (str_equal(word, STR("array")))
        read_nested(reader, pattern, PATTERN_ARRAY);
    else if (str_equal(word, STR("map")))
        read_nested(reader, pattern, PATTERN_MAP);
    else
        read_type(reader, pattern, word);
    return pattern;
}

bool signature_parse(const char *text, struct signature *signature) {
    signature->node_count = 0;
    signature->parameter_count = 0;
    struct reader reader = {.at = text, .signature = signature};
    signature->result = read_pattern(&reader);
    signature->never_null = accept(&reader, "!");
    signature->always_nullable = accept(&reader, "?");
    expect(&reader, "<-");
    skip_space(&reader);
    while (!reader.failed && *reader.at) {
        if (signature->parameter_count == SIGNATURE_PARAMETER_MAX)
            return false;
        struct parameter *parameter = &signature->parameters[signature->parameter_count++];
        parameter->pattern = read_pattern(&reader);
        parameter->optional = accept(&reader, "?");
        parameter->repeated = accept(&reader, "...");
        skip_space(&reader);
        if (*reader.at)
            expect(&reader, ",");
    }
    return !reader.failed;
}

/* ---- matching ---- */

static int numeric_rank(enum type_kind kind) {
    switch (kind) {
    case TYPE_TINYINT: return 1;
    case TYPE_SMALLINT: return 2;
    case TYPE_INT: return 3;
    case TYPE_BIGINT: return 4;
    case TYPE_DECIMAL: return 5;
    case TYPE_FLOAT: return 6;
    case TYPE_DOUBLE: return 7;
    default: return 0;
    }
}

int implicit_cast_cost(const struct type *from, enum type_kind to) {
    bool text_target = to == TYPE_VARCHAR || to == TYPE_CHAR;
    if (from->kind == to || from->kind == TYPE_NULL || (type_is_string(from) && text_target) ||
        (type_is_binary(from) && (to == TYPE_VARBINARY || to == TYPE_BINARY)))
        return 0;
    int rank_from = numeric_rank(from->kind), rank_to = numeric_rank(to);
    if (rank_from && rank_to)
        return rank_from < rank_to && !(from->kind == TYPE_DECIMAL && to == TYPE_FLOAT) ? rank_to - rank_from : -1;
    if (from->kind == TYPE_DATE)
        return to == TYPE_TIMESTAMP ? 3 : to == TYPE_TIMESTAMP_LTZ ? 5 : -1;
    if (from->kind == TYPE_TIMESTAMP)
        return to == TYPE_TIMESTAMP_LTZ ? 4 : -1;
    if (from->kind == TYPE_TIMESTAMP_LTZ)
        return to == TYPE_TIMESTAMP ? 4 : -1;
    return -1;
}

/* Flink compares text with anything else by casting the text. */
const struct type *type_common_argument(struct arena *arena, const struct type *a, const struct type *b,
                                        bool from_text) {
    const struct type *common = type_least_common(arena, a, b);
    if (common || !from_text)
        return common;
    const struct type *other = type_is_string(a) ? b : type_is_string(b) ? a : NULL;
    if (!other || !(type_is_numeric(other) || type_is_datetime(other) || other->kind == TYPE_BOOLEAN))
        return NULL;
    if (other->kind == TYPE_DECIMAL)
        other = &type_double;
    return type_with_nullable(arena, other, a->nullable || b->nullable);
}

static bool class_has(enum type_class class, const struct type *type) {
    if (type->kind == TYPE_NULL)
        return true;
    switch (class) {
    case CLASS_ANY:
    case CLASS_TEXT: return true;
    case CLASS_COMPARABLE: return type_is_comparable(type);
    case CLASS_NUMERIC: return type_is_numeric(type);
    case CLASS_INTEGER: return type_is_integer(type);
    case CLASS_DECIMAL: return type->kind == TYPE_DECIMAL || type_is_integer(type);
    case CLASS_TIMESTAMPS: return type_is_timestamp(type);
    case CLASS_DATETIME: return type_is_datetime(type);
    case CLASS_INTERVAL: return type_is_interval(type);
    case CLASS_UNIT: return type_is_string(type);
    case CLASS_ROW: return type->kind == TYPE_ROW;
    case CLASS_COUNT: break;
    }
    return false;
}

struct matcher {
    struct arena *arena;
    const struct type *bound[SIGNATURE_VARIABLE_COUNT];
    int cost;
};

/* A string literal stands for a date, time or timestamp where one is wanted. */
static bool literal_text_fits(const struct expression *argument, enum type_kind kind) {
    return argument && argument->kind == EXPRESSION_LITERAL && type_is_string(argument->type) &&
           (kind == TYPE_DATE || kind == TYPE_TIME || kind == TYPE_TIMESTAMP || kind == TYPE_TIMESTAMP_LTZ);
}

static bool bind_variable(struct matcher *matcher, const struct pattern *pattern, const struct type *type) {
    bool fits = class_has(pattern->class, type);
    if (pattern->class == CLASS_DECIMAL)
        fits = type->kind == TYPE_DECIMAL || type->kind == TYPE_NULL;
    if (!fits)
        return false;
    const struct type **bound = &matcher->bound[pattern->variable];
    bool from_text = pattern->class == CLASS_COMPARABLE;
    const struct type *common = *bound ? type_common_argument(matcher->arena, *bound, type, from_text) : type;
    if (!common || (from_text && !class_has(CLASS_COMPARABLE, common)))
        return false;
    *bound = common;
    return true;
}

/* First pass: does the argument fit, what does it cost, which variables does it bind. */
static bool match_type(struct matcher *matcher, const struct pattern *pattern, const struct type *type,
                       const struct expression *argument) {
    int cost;
    switch (pattern->kind) {
    case PATTERN_TYPE:
        cost = literal_text_fits(argument, pattern->type) ? 20 : implicit_cast_cost(type, pattern->type);
        matcher->cost += cost;
        return cost >= 0;
    case PATTERN_CLASS:
        if (pattern->class == CLASS_TEXT && !type_is_string(type))
            matcher->cost += 10;
        if (pattern->class == CLASS_DECIMAL && class_has(CLASS_DECIMAL, type))
            matcher->cost += implicit_cast_cost(type, TYPE_DECIMAL);
        return class_has(pattern->class, type);
    case PATTERN_VARIABLE: return bind_variable(matcher, pattern, type);
    case PATTERN_ARRAY:
        return type->kind == TYPE_NULL ||
               (type->kind == TYPE_ARRAY && match_type(matcher, pattern->element, type->element, NULL));
    case PATTERN_MAP:
        return type->kind == TYPE_NULL ||
               (type->kind == TYPE_MAP && match_type(matcher, pattern->key, type->key, NULL) &&
                match_type(matcher, pattern->element, type->element, NULL));
    case PATTERN_DECIMAL: break;
    }
    return false;
}

/* The type that a pattern stands for once all variables are bound; NULL: whatever was given. */
static const struct type *pattern_type(const struct matcher *matcher, const struct pattern *pattern,
                                       const struct type *given) {
    switch (pattern->kind) {
    case PATTERN_TYPE:
        if (given && implicit_cast_cost(given, pattern->type) == 0 && given->kind != TYPE_NULL)
            return given;
        if (pattern->precision >= 0)
            return type_timestamp(matcher->arena, pattern->type, (unsigned)pattern->precision);
        if (pattern->type == TYPE_TIMESTAMP || pattern->type == TYPE_TIMESTAMP_LTZ)
            return type_timestamp(matcher->arena, pattern->type, given && given->kind != TYPE_DATE ? 6 : 3);
        return type_simple(pattern->type);
    case PATTERN_CLASS:
        if (!given)
            return NULL;
        if (pattern->class == CLASS_DECIMAL)
            return decimal_type_of(matcher->arena, given);
        return pattern->class == CLASS_TEXT && !type_is_string(given) ? &type_string : given;
    case PATTERN_VARIABLE: return matcher->bound[pattern->variable];
    case PATTERN_ARRAY: {
        const struct type *element = pattern_type(matcher, pattern->element, given ? given->element : NULL);
        return element ? type_array(matcher->arena, element) : NULL;
    }
    case PATTERN_MAP: {
        const struct type *key = pattern_type(matcher, pattern->key, given ? given->key : NULL);
        const struct type *value = pattern_type(matcher, pattern->element, given ? given->element : NULL);
        return key && value ? type_map(matcher->arena, key, value) : NULL;
    }
    case PATTERN_DECIMAL: break;
    }
    return NULL;
}

static bool count_fits(const struct signature *signature, uint32_t argument_count) {
    uint32_t least = 0;
    bool repeated = false;
    for (uint32_t i = 0; i < signature->parameter_count; i++) {
        least += !signature->parameters[i].optional;
        repeated |= signature->parameters[i].repeated;
    }
    return argument_count >= least && (repeated || argument_count <= signature->parameter_count);
}

static const struct parameter *parameter_at(const struct signature *signature, uint32_t i) {
    uint32_t last = signature->parameter_count - 1;
    return &signature->parameters[i < last ? i : last];
}

static const struct type *result_type(const struct matcher *matcher, const struct signature *signature,
                                      struct expression *const *arguments, uint32_t argument_count,
                                      const struct type **casts) {
    const struct type *type;
    if (signature->result->kind == PATTERN_DECIMAL) {
        const struct type *a = casts[0] ? casts[0] : arguments[0]->type;
        const struct type *b = casts[1] ? casts[1] : arguments[1]->type;
        type = decimal_rules[signature->result->rule].rule(matcher->arena, a, b);
    } else {
        type = pattern_type(matcher, signature->result, NULL);
    }
    if (!type)
        type = &type_null;
    bool nullable = signature->always_nullable;
    for (uint32_t i = 0; i < argument_count; i++)
        nullable |= arguments[i]->type->nullable;
    return type_with_nullable(matcher->arena, type, nullable && !signature->never_null);
}

int signature_match(struct arena *arena, const struct signature *signature, struct expression *const *arguments,
                    uint32_t argument_count, const struct type **casts, const struct type **result) {
    struct matcher matcher = {.arena = arena};
    if (!count_fits(signature, argument_count))
        return -1;
    for (uint32_t i = 0; i < argument_count; i++) {
        if (!match_type(&matcher, parameter_at(signature, i)->pattern, arguments[i]->type, arguments[i]))
            return -1;
    }
    for (uint32_t i = 0; i < argument_count; i++) {
        const struct type *given = arguments[i]->type;
        const struct type *type = pattern_type(&matcher, parameter_at(signature, i)->pattern, given);
        casts[i] = type && !cast_is_free(given, type) ? type : NULL;
        matcher.cost += casts[i] && parameter_at(signature, i)->pattern->kind == PATTERN_VARIABLE;
    }
    *result = result_type(&matcher, signature, arguments, argument_count, casts);
    return matcher.cost;
}
