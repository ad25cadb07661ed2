/* build_interval.c: INTERVAL literals and durations, as months or microseconds.
 *
 * Three spellings: the SQL standard's ('1 02:03' DAY TO MINUTE), where the units say how the text is to be read;
 * PostgreSQL's ('1 day 2 hours'), where the text says it; and durations (1h30m). An interval is either months or
 * microseconds, as in Flink: one has no fixed length in the other. */
#include "grammar/build_literal.h"

#include <ctype.h>

#include "grammar/build_call.h"
#include "grammar/build_expression.h"
#include "grammar/build_type.h"
#include "grammar/sql.h"

static const struct unit {
    int token;
    enum ast_time_unit unit;
    int64_t months;       /* 0: counts in microseconds */
    int64_t microseconds; /* 0 and no months: not a unit of intervals */
    const char *words;    /* of the PostgreSQL spelling, besides the plural with s */
} units[] = {
    {TOKEN_YEAR, AST_UNIT_YEAR, 12, 0, "year y yr"},
    {TOKEN_QUARTER, AST_UNIT_QUARTER, 3, 0, "quarter"},
    {TOKEN_MONTH, AST_UNIT_MONTH, 1, 0, "month mon"},
    {TOKEN_WEEK, AST_UNIT_WEEK, 0, 604800000000, "week w"},
    {TOKEN_DAY, AST_UNIT_DAY, 0, 86400000000, "day d"},
    {TOKEN_HOUR, AST_UNIT_HOUR, 0, 3600000000, "hour h hr"},
    {TOKEN_MINUTE, AST_UNIT_MINUTE, 0, 60000000, "minute m min"},
    {TOKEN_SECOND, AST_UNIT_SECOND, 0, 1000000, "second s sec"},
    {TOKEN_MILLISECOND, AST_UNIT_MILLISECOND, 0, 1000, "millisecond ms msec"},
    {TOKEN_MICROSECOND, AST_UNIT_MICROSECOND, 0, 1, "microsecond us usec"},
    {TOKEN_NANOSECOND, AST_UNIT_NANOSECOND, 0, 0, NULL},
    {TOKEN_MILLENNIUM, AST_UNIT_MILLENNIUM, 0, 0, NULL},
    {TOKEN_CENTURY, AST_UNIT_CENTURY, 0, 0, NULL},
    {TOKEN_DECADE, AST_UNIT_DECADE, 0, 0, NULL},
    {TOKEN_ISOYEAR, AST_UNIT_ISOYEAR, 0, 0, NULL},
    {TOKEN_DOW, AST_UNIT_DOW, 0, 0, NULL},
    {TOKEN_ISODOW, AST_UNIT_ISODOW, 0, 0, NULL},
    {TOKEN_DOY, AST_UNIT_DOY, 0, 0, NULL},
    {TOKEN_EPOCH, AST_UNIT_EPOCH, 0, 0, NULL},
};

static const struct unit *unit_of_token(int token) {
    for (size_t i = 0; i < COUNT_OF(units); i++)
        if (units[i].token == token)
            return &units[i];
    UNREACHABLE();
}

enum ast_time_unit build_time_unit(struct sql_token token) {
    return unit_of_token(token.kind)->unit;
}

struct build_units build_units(struct sql_token from, int precision, const struct sql_token *to, int scale) {
    struct build_units result = {.from = from, .precision = precision, .scale = scale};
    if (to)
        result.to = *to;
    return result;
}

/* Reads through the text of one interval; any failure ends it. */
struct reader {
    const char *next;
    const char *end;
    bool failed;
    struct ast_interval *interval;
};

static bool take_char(struct reader *reader, char c) {
    if (reader->next == reader->end || *reader->next != c)
        return false;
    reader->next++;
    return true;
}

static void skip_spaces(struct reader *reader) {
    while (reader->next < reader->end && isspace((unsigned char)*reader->next))
        reader->next++;
}

static int64_t take_digits(struct reader *reader) {
    int64_t value = 0;
    const char *start = reader->next;
    while (reader->next < reader->end && isdigit((unsigned char)*reader->next))
        if (__builtin_mul_overflow(value, 10, &value) || __builtin_add_overflow(value, *reader->next++ - '0', &value))
            reader->failed = true;
    if (reader->next == start)
        reader->failed = true;
    return value;
}

/* ".5" as a fraction of `whole`, rounded down; 0 when there is none. At most nine digits. */
static int64_t take_fraction(struct reader *reader, int64_t whole) {
    if (!take_char(reader, '.'))
        return 0;
    int64_t numerator = 0, denominator = 1;
    const char *start = reader->next;
    for (; reader->next < reader->end && isdigit((unsigned char)*reader->next); reader->next++) {
        if (reader->next - start >= 9)
            continue;
        numerator = numerator * 10 + (*reader->next - '0');
        denominator *= 10;
    }
    if (reader->next == start)
        reader->failed = true;
    return (int64_t)((__int128)whole * numerator / denominator);
}

static void add(struct reader *reader, const struct unit *unit, int64_t count, int64_t fraction_us) {
    int64_t amount;
    if (unit->months) {
        if (fraction_us || __builtin_mul_overflow(count, unit->months, &amount) ||
            __builtin_add_overflow(reader->interval->months, amount, &reader->interval->months))
            reader->failed = true;
    } else if (unit->microseconds == 0 || __builtin_mul_overflow(count, unit->microseconds, &amount) ||
               __builtin_add_overflow(amount, fraction_us, &amount) ||
               __builtin_add_overflow(reader->interval->microseconds, amount, &reader->interval->microseconds)) {
        reader->failed = true;
    }
}

/* One number of `unit`; those after the first of a range are below `limit`. */
static void take_count(struct reader *reader, const struct unit *unit, int64_t limit) {
    int64_t count = take_digits(reader);
    if (limit && count >= limit)
        reader->failed = true;
    int64_t fraction = unit->unit == AST_UNIT_SECOND ? take_fraction(reader, unit->microseconds) : 0;
    add(reader, unit, count, fraction);
}

/* The SQL standard's ranges: what separates a field from the one before it, and how large it may be. */
static const struct range_field {
    enum ast_time_unit unit;
    char separator;
    int64_t limit;
} range_fields[] = {
    {AST_UNIT_YEAR, 0, 0},    {AST_UNIT_MONTH, '-', 12},  {AST_UNIT_DAY, 0, 0},
    {AST_UNIT_HOUR, ' ', 24}, {AST_UNIT_MINUTE, ':', 60}, {AST_UNIT_SECOND, ':', 60},
};

static size_t range_index(enum ast_time_unit unit) {
    size_t i = 0;
    while (i < COUNT_OF(range_fields) && range_fields[i].unit != unit)
        i++;
    return i;
}

static const struct unit *unit_of(enum ast_time_unit unit) {
    size_t i = 0;
    while (units[i].unit != unit)
        i++;
    return &units[i];
}

static void take_range(struct reader *reader, size_t from, size_t to) {
    for (size_t i = from; i <= to && !reader->failed; i++) {
        if (i > from && range_fields[i].separator == ' ')
            skip_spaces(reader);
        else if (i > from && !take_char(reader, range_fields[i].separator))
            reader->failed = true;
        take_count(reader, unit_of(range_fields[i].unit), i > from ? range_fields[i].limit : 0);
    }
}

/* A unit's word of the PostgreSQL spelling; NULL when there is none. */
static const struct unit *take_unit_word(struct reader *reader) {
    const char *start = reader->next;
    while (reader->next < reader->end && isalpha((unsigned char)*reader->next))
        reader->next++;
    size_t size = (size_t)(reader->next - start);
    for (size_t i = 0; i < COUNT_OF(units); i++) {
        for (const char *word = units[i].words; word && *word;) {
            size_t length = strcspn(word, " ");
            bool plural = size == length + 1 && size > 3 && (start[length] | 0x20) == 's';
            if ((size == length || plural) &&
                str_equal_ignore_case((struct str){start, length}, (struct str){word, length}))
                return &units[i];
            word += length + (word[length] == ' ');
        }
    }
    return NULL;
}

static int64_t negated(struct reader *reader, int64_t value) {
    if (value == INT64_MIN)
        reader->failed = true;
    return reader->failed ? 0 : -value;
}

/* "2 hours", "-5 min", "02:03:04.5": one piece of the PostgreSQL spelling. */
static void take_piece(struct reader *reader) {
    struct ast_interval *whole = reader->interval;
    struct ast_interval piece = {0};
    reader->interval = &piece;
    bool negative = take_char(reader, '-');
    if (!negative)
        take_char(reader, '+');
    const char *start = reader->next;
    int64_t count = take_digits(reader);
    if (reader->next < reader->end && *reader->next == ':') {
        reader->next = start;
        take_count(reader, unit_of(AST_UNIT_HOUR), 0);
        take_char(reader, ':');
        take_count(reader, unit_of(AST_UNIT_MINUTE), 60);
        if (take_char(reader, ':'))
            take_count(reader, unit_of(AST_UNIT_SECOND), 60);
    } else {
        const char *point = reader->next;
        take_fraction(reader, 0);
        skip_spaces(reader);
        const struct unit *unit = take_unit_word(reader);
        struct reader again = {.next = point, .end = reader->end, .interval = &piece};
        if (unit)
            add(reader, unit, count, take_fraction(&again, unit->months ? 12 : unit->microseconds));
        else
            reader->failed = true;
    }
    reader->interval = whole;
    if (negative) {
        piece.months = negated(reader, piece.months);
        piece.microseconds = negated(reader, piece.microseconds);
    }
    if (__builtin_add_overflow(whole->months, piece.months, &whole->months) ||
        __builtin_add_overflow(whole->microseconds, piece.microseconds, &whole->microseconds))
        reader->failed = true;
}

static void take_pieces(struct reader *reader) {
    do {
        take_piece(reader);
        skip_spaces(reader);
    } while (!reader->failed && reader->next < reader->end);
    struct ast_interval *interval = reader->interval;
    interval->year_month = interval->months != 0;
    interval->from_unit = interval->year_month ? AST_UNIT_YEAR : AST_UNIT_DAY;
    interval->to_unit = interval->year_month ? AST_UNIT_MONTH : AST_UNIT_SECOND;
    if (interval->months && interval->microseconds)
        reader->failed = true;
}

/* False when the two units make no range or the one is none of intervals. */
static bool units_valid(struct builder *build, const struct build_units *given) {
    const struct unit *from = unit_of_token(given->from.kind);
    if (given->to.kind == 0) {
        if (from->months || from->microseconds)
            return true;
        BUILD_FAIL(build, given->from.position, STATUS_SYNTAX_ERROR, "%s is not a unit of intervals",
                   ast_time_unit_name(from->unit));
        return false;
    }
    const struct unit *to = unit_of_token(given->to.kind);
    size_t first = range_index(from->unit), last = range_index(to->unit);
    if (first < last && last < COUNT_OF(range_fields) && (from->months != 0) == (to->months != 0))
        return true;
    BUILD_FAIL(build, given->from.position, STATUS_SYNTAX_ERROR, "an interval cannot go from %s TO %s",
               ast_time_unit_name(from->unit), ast_time_unit_name(to->unit));
    return false;
}

static void interval_fail(struct builder *build, struct sql_token token, const struct ast_interval *interval,
                          const struct build_units *given) {
    bool first = build->status == STATUS_OK;
    size_t size = utf8_validate(token.data, token.size > 60 ? 60 : token.size);
    const char *from = given ? ast_time_unit_name(interval->from_unit) : "";
    const char *to = given ? ast_time_unit_name(interval->to_unit) : "";
    BUILD_FAIL(build, token.position, STATUS_INVALID_DATETIME, "%.*s is not an interval%s%s%s%s", (int)size, token.data,
               given ? " of " : "", from, to[0] ? " TO " : "", to);
    if (first && !given)
        error_hint(build->error, "write '10' SECOND, '1 02:03' DAY TO MINUTE, '10 seconds' or 10s; "
                                 "months cannot be mixed with days");
}

/* Reads [+-]text as the units say it. */
static void read_interval(struct reader *reader, const struct build_units *given, bool negative) {
    skip_spaces(reader);
    if (given) {
        struct ast_interval *interval = reader->interval;
        if (take_char(reader, '-'))
            negative = !negative;
        else
            take_char(reader, '+');
        size_t from = range_index(interval->from_unit);
        if (interval->to_unit)
            take_range(reader, from, range_index(interval->to_unit));
        else
            take_count(reader, unit_of(interval->from_unit), 0);
    } else {
        take_pieces(reader);
    }
    skip_spaces(reader);
    if (reader->next != reader->end)
        reader->failed = true;
    if (negative) {
        reader->interval->months = negated(reader, reader->interval->months);
        reader->interval->microseconds = negated(reader, reader->interval->microseconds);
    }
}

struct ast_expression *build_interval(struct builder *build, struct sql_token keyword, const struct sql_token *sign,
                                      struct sql_token token, const struct build_units *given) {
    struct ast_expression *expression = build_expression(build, AST_LITERAL, keyword.position, 0);
    struct ast_literal *literal = &expression->literal;
    struct ast_interval interval = {0};
    literal->kind = AST_LITERAL_INTERVAL;
    bool is_string = token.kind == TOKEN_STRING;
    literal->text = is_string ? build_string(build, token) : token_text(token);
    if (given) {
        if (!units_valid(build, given))
            return expression;
        const struct unit *unit = unit_of_token(given->from.kind);
        interval.year_month = unit->months != 0;
        interval.from_unit = unit->unit;
        interval.to_unit = given->to.kind ? build_time_unit(given->to) : AST_UNIT_NONE;
    }
    struct reader reader = {
        .next = literal->text.data, .end = literal->text.data + literal->text.size, .interval = &interval};
    read_interval(&reader, given, sign && sign->kind == TOKEN_MINUS);
    if (reader.failed)
        interval_fail(build, token, &interval, given);
    literal->interval = interval;
    return expression;
}

/* (b, a) months apart, as an interval. */
static struct ast_expression *months_between(struct builder *build, const struct ast_call *minus,
                                             struct build_units given) {
    struct sql_token unit = given.from, one = given.from;
    unit.kind = TOKEN_MONTH;
    one.data = "1";
    one.size = 1;
    one.kind = TOKEN_INTEGER;
    struct build_units month = build_units(unit, -1, NULL, -1);
    struct ast_expression *count = build_function(
        build, AST_SYNTAX_FUNCTION, "timestampdiff", (struct sql_token){0}, given.from.position,
        build_unit(build, unit), minus->arguments.items[1].expression, minus->arguments.items[0].expression, NULL);
    return build_function(build, AST_SYNTAX_OPERATOR, "*", (struct sql_token){0}, given.from.position, count,
                          build_interval(build, given.from, NULL, one, &month), NULL, NULL);
}

struct ast_expression *build_difference(struct builder *build, struct sql_token open, struct ast_expression *expression,
                                        struct build_units given) {
    bool is_minus = expression->kind == AST_CALL && strcmp(expression->call.function, "-") == 0 &&
                    expression->call.arguments.count == 2;
    if (!units_valid(build, &given))
        return expression;
    if (!is_minus) {
        BUILD_FAIL(build, given.from.position, STATUS_SYNTAX_ERROR,
                   "%s stands after a difference, as in (a - b) DAY; a column's name needs AS",
                   build_upper(build, token_text(given.from)));
        return expression;
    }
    if (unit_of_token(given.from.kind)->months)
        expression = months_between(build, &expression->call, given);
    else
        expression = build_cast(build, open.position, expression, build_type_interval(build, given.from, given), false);
    return build_parens(build, open, expression);
}

struct ast_expression *build_duration(struct builder *build, struct sql_token token) {
    struct ast_expression *expression = build_expression(build, AST_LITERAL, token.position, 0);
    struct ast_literal *literal = &expression->literal;
    literal->kind = AST_LITERAL_INTERVAL;
    literal->text = token_text(token);
    literal->interval = (struct ast_interval){.from_unit = AST_UNIT_DAY, .to_unit = AST_UNIT_SECOND, .duration = true};
    struct error error = {0};
    enum status status = duration_parse(literal->text, &literal->interval.microseconds, &error);
    if (status != STATUS_OK && build->status == STATUS_OK) {
        BUILD_FAIL(build, token.position, status, "%s", error.message);
        if (error.hint[0])
            error_hint(build->error, "%s", error.hint);
    }
    return expression;
}
