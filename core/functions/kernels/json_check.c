/* json_check.c: is a text JSON (RFC 8259)? One pass over the bytes; what is open is a bit a level. */
#include <string.h>

#include "core/functions/kernels/json_scan.h"

/* What may come next. */
enum expected { EXPECT_VALUE, EXPECT_VALUE_OR_CLOSE, EXPECT_KEY, EXPECT_KEY_OR_CLOSE, EXPECT_COMMA_OR_CLOSE };

struct checker {
    struct json_cursor cursor;
    enum expected expected;
    unsigned depth;
    bool is_object[JSON_DEPTH_MAX];
};

static bool is_hex(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool check_string(struct json_cursor *cursor) {
    struct str text;
    if (!json_read_string(cursor, &text))
        return false;
    for (size_t i = 0; i < text.size; i++) {
        if ((unsigned char)text.data[i] < 0x20)
            return false;
        if (text.data[i] != '\\')
            continue;
        char escape = (char)(++i < text.size ? text.data[i] : 0);
        if (!escape || !strchr("\"\\/bfnrtu", escape))
            return false;
        for (unsigned digit = 0; escape == 'u' && digit < 4; digit++)
            if (++i >= text.size || !is_hex(text.data[i]))
                return false;
    }
    return true;
}

static bool take_digits(struct json_cursor *cursor) {
    const char *start = cursor->at;
    while (cursor->at < cursor->end && *cursor->at >= '0' && *cursor->at <= '9')
        cursor->at++;
    return cursor->at > start;
}

static bool take(struct json_cursor *cursor, char c) {
    if (cursor->at >= cursor->end || *cursor->at != c)
        return false;
    cursor->at++;
    return true;
}

static bool check_number(struct json_cursor *cursor) {
    take(cursor, '-');
    if (!take(cursor, '0') && !take_digits(cursor))
        return false;
    if (take(cursor, '.') && !take_digits(cursor))
        return false;
    if (take(cursor, 'e') || take(cursor, 'E')) {
        if (!take(cursor, '-'))
            take(cursor, '+');
        return take_digits(cursor);
    }
    return true;
}

static bool check_scalar(struct json_cursor *cursor) {
    struct str word;
    if (*cursor->at == '"')
        return check_string(cursor);
    if (*cursor->at == '-' || (*cursor->at >= '0' && *cursor->at <= '9'))
        return check_number(cursor);
    enum json_kind kind = json_read_value(cursor, &word);
    return kind == JSON_TRUE || kind == JSON_FALSE || kind == JSON_NULL;
}

static bool check_key(struct checker *checker) {
    if (*checker->cursor.at != '"' || !check_string(&checker->cursor))
        return false;
    json_skip_space(&checker->cursor);
    checker->expected = EXPECT_VALUE;
    return take(&checker->cursor, ':');
}

/* One token, and for a key the colon after it; the cursor stands on its first byte. */
static bool check_token(struct checker *checker) {
    char c = *checker->cursor.at;
    enum expected expected = checker->expected;
    bool inside_object = checker->depth && checker->is_object[checker->depth - 1];
    if (checker->depth && c == (inside_object ? '}' : ']') && expected != EXPECT_VALUE && expected != EXPECT_KEY) {
        checker->cursor.at++;
        checker->depth--;
        checker->expected = EXPECT_COMMA_OR_CLOSE;
        return true;
    }
    if (expected == EXPECT_COMMA_OR_CLOSE) {
        checker->expected = inside_object ? EXPECT_KEY : EXPECT_VALUE;
        return take(&checker->cursor, ',');
    }
    if (expected == EXPECT_KEY || expected == EXPECT_KEY_OR_CLOSE)
        return check_key(checker);
    checker->expected = EXPECT_COMMA_OR_CLOSE;
    if (c != '{' && c != '[')
        return check_scalar(&checker->cursor);
    if (checker->depth == JSON_DEPTH_MAX)
        return false;
    checker->is_object[checker->depth++] = c == '{';
    checker->expected = c == '{' ? EXPECT_KEY_OR_CLOSE : EXPECT_VALUE_OR_CLOSE;
    checker->cursor.at++;
    return true;
}

enum json_kind json_check(struct str text) {
    struct checker checker = {.cursor = {text.data, text.data + text.size}, .expected = EXPECT_VALUE};
    struct json_cursor start = checker.cursor;
    struct str value;
    do {
        json_skip_space(&checker.cursor);
        if (checker.cursor.at >= checker.cursor.end || !check_token(&checker))
            return JSON_NONE;
    } while (checker.depth);
    json_skip_space(&checker.cursor);
    return checker.cursor.at == checker.cursor.end ? json_read_value(&start, &value) : JSON_NONE;
}
