/* like.c: LIKE, ILIKE. A pattern whose only wildcards are % at its ends is a comparison, a prefix, a suffix or a search;
 * those are recognised once per batch. Every other pattern is matched from left to right, going back to the last % only. */
#include "core/functions/kernels/kernel.h"
#include "core/functions/kernels/kernels.h"
#include "core/functions/kernels/string_case.h"
#include "core/functions/kernels/utf8.h"

enum like_shape { LIKE_EQUAL, LIKE_PREFIX, LIKE_SUFFIX, LIKE_CONTAINS, LIKE_GENERAL };

struct like_pattern {
    enum like_shape shape;
    struct str literal; /* all shapes but GENERAL */
    struct str text;
    struct str escape; /* size 0: none */
};

static struct like_pattern classify(struct str text, struct str escape) {
    struct like_pattern pattern = {LIKE_GENERAL, text, text, escape};
    bool open_start = text.size > 0 && text.data[0] == '%',
         open_end = text.size > open_start && text.data[text.size - 1] == '%';
    struct str inner = {text.data + open_start, text.size - open_start - open_end};
    bool escaped = escape.size && memmem(text.data, text.size, escape.data, escape.size);
    bool wildcards = inner.size && (memchr(inner.data, '%', inner.size) || memchr(inner.data, '_', inner.size));
    if (escaped || wildcards)
        return pattern;
    pattern.literal = inner;
    pattern.shape = open_start ? (open_end || inner.size == 0 ? LIKE_CONTAINS : LIKE_SUFFIX)
                    : open_end ? LIKE_PREFIX
                               : LIKE_EQUAL;
    return pattern;
}

static bool bytes_equal(const char *a, const char *b, size_t size) {
    return size == 0 || memcmp(a, b, size) == 0;
}

/* One element of the pattern at `at`: '%', '_' or a literal character; *next is the byte after it. */
static char element_at(const struct like_pattern *pattern, size_t at, struct str *literal, size_t *next) {
    struct str text = pattern->text;
    size_t end = utf8_next(text, at);
    struct str character = {text.data + at, end - at};
    if (pattern->escape.size && str_equal(character, pattern->escape) && end < text.size) {
        size_t escaped_end = utf8_next(text, end);
        *literal = (struct str){text.data + end, escaped_end - end};
        *next = escaped_end;
        return 'c';
    }
    *literal = character;
    *next = end;
    return character.size == 1 && (character.data[0] == '%' || character.data[0] == '_') ? character.data[0] : 'c';
}

static bool match_general(const struct like_pattern *pattern, struct str text) {
    size_t p = 0, t = 0, last_many = SIZE_MAX, retry = 0;
    while (t < text.size) {
        struct str literal;
        size_t next = 0;
        char element = p < pattern->text.size ? element_at(pattern, p, &literal, &next) : 0;
        if (element == '%') {
            last_many = p = next;
            retry = t;
        } else if (element == '_') {
            t = utf8_next(text, t);
            p = next;
        } else if (element && text.size - t >= literal.size && bytes_equal(text.data + t, literal.data, literal.size)) {
            t += literal.size;
            p = next;
        } else if (last_many != SIZE_MAX) {
            retry = utf8_next(text, retry);
            t = retry;
            p = last_many;
        } else {
            return false;
        }
    }
    while (p < pattern->text.size && pattern->text.data[p] == '%')
        p++;
    return p == pattern->text.size;
}

static bool match(const struct like_pattern *pattern, struct str text) {
    struct str literal = pattern->literal;
    switch (pattern->shape) {
    case LIKE_EQUAL: return str_equal(text, literal);
    case LIKE_PREFIX: return text.size >= literal.size && bytes_equal(text.data, literal.data, literal.size);
    case LIKE_SUFFIX:
        return text.size >= literal.size &&
               bytes_equal(text.data + text.size - literal.size, literal.data, literal.size);
    case LIKE_CONTAINS: return scan_text(text, literal) != SIZE_MAX;
    case LIKE_GENERAL: break;
    }
    return match_general(pattern, text);
}

/* The escape must be one character and may stand before %, _ and itself only. */
static enum status check_escape(const struct function_call *call, struct str text, struct str escape,
                                struct error *error) {
    if (utf8_count(escape) != 1)
        return FAIL_AT(error, call->position, STATUS_INVALID_ARGUMENT, "ESCAPE must be one character, not '%.*s'",
                       STR_FORMAT(escape));
    for (size_t i = 0; i < text.size;) {
        size_t next = utf8_next(text, i);
        if (!str_equal((struct str){text.data + i, next - i}, escape)) {
            i = next;
            continue;
        }
        size_t end = next < text.size ? utf8_next(text, next) : next;
        struct str escaped = {text.data + next, end - next};
        if (!str_equal(escaped, STR("%")) && !str_equal(escaped, STR("_")) && !str_equal(escaped, escape))
            return FAIL_AT(error, call->position, STATUS_INVALID_ARGUMENT,
                           "'%.*s' in the LIKE pattern escapes nothing: only %%, _ and itself can follow",
                           STR_FORMAT(escape));
        i = end;
    }
    return STATUS_OK;
}

static struct string_view lower(struct text_writer *writer, const struct column *argument, uint32_t row) {
    return case_map(writer, COLUMN_VALUES(argument, struct string_view) + argument_index(argument, row), false);
}

static enum status like_all(struct function_call *call, const struct column *arguments, struct column *result,
                            bool ignore_case, struct error *error) {
    uint8_t *out = result->values;
    bool constant =
        arguments[1].kind == COLUMN_CONSTANT && (call->argument_count < 3 || arguments[2].kind == COLUMN_CONSTANT);
    bool ready = false;
    struct like_pattern pattern = {0};
    struct string_view pattern_view, text_view;
    struct text_writer writer = text_writer_make(call->arena);
    KERNEL_ROWS (call, row) {
        KERNEL_PREFETCH(call, &arguments[0]);
        struct str text = argument_str(&arguments[0], row);
        if (!ready) {
            struct str pattern_text = argument_str(&arguments[1], row);
            struct str escape = call->argument_count > 2 ? argument_str(&arguments[2], row) : STR("");
            if (call->argument_count > 2)
                TRY(check_escape(call, pattern_text, escape, error));
            if (ignore_case) {
                pattern_view = lower(&writer, &arguments[1], row);
                pattern_text = view_str(&pattern_view);
            }
            pattern = classify(pattern_text, escape);
            ready = constant;
        }
        if (ignore_case) {
            text_view = lower(&writer, &arguments[0], row);
            text = view_str(&text_view);
        }
        out[row] = match(&pattern, text);
    }
    return STATUS_OK;
}

enum status like_match(struct function_call *call, const struct column *arguments, struct column *result,
                       struct error *error) {
    return like_all(call, arguments, result, false, error);
}

enum status like_match_ignore_case(struct function_call *call, const struct column *arguments, struct column *result,
                                   struct error *error) {
    return like_all(call, arguments, result, true, error);
}
