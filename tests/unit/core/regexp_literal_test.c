/* regexp_literal_test.c: what is certain about a regular expression's matches, and above all what is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/functions/kernels/regexp_literal.h"

static void literals_are_found(void **state) {
    (void)state;
    static const struct {
        const char *pattern;
        const char *literal; /* "": nothing is certain */
        int before;
    } tests[] = {
        {"(&|^)channel_id=([^&]*)", "channel_id=", 1},
        {"hello", "hello", 0},
        {"^hello$", "hello", 0},
        {"abc*", "ab", 0},
        {"ab?cde", "cde", 2},
        {"a.b.cd", "cd", 4},
        {"[a-z]+xyz", "xyz", REGEXP_BEFORE_ANY},
        {"[]a]xyz", "xyz", 1},
        {"\\d\\d:xyz", ":xyz", 2},
        {"a\\.b", "a.b", 0},
        {"x{2,3}abc", "abc", REGEXP_BEFORE_ANY},
        {"(ab|c(d|efg))xy", "xy", 4},
        {"(?:ab)?xy", "xy", 2},
        {"grün", "grün", 0},
        {"abc|def", "", 0},
        {"(abc)", "", 0},
        {"(abc)*de|f", "", 0},
        {"(?i)hello", "", 0},
        {"(?=x)hello", "", 0},
        {"\\bhello", "", 0},
        {"hel\\Qlo", "", 0},
        {"[[:alpha:]]hello", "", 0},
        {"ü*hello", "", 0},
        {"hello)", "", 0},
        {"[abc", "", 0},
        {"x", "", 0},
        {"", "", 0},
    };
    for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++) {
        struct regexp_literal literal;
        regexp_literal_find(str_from(tests[i].pattern), &literal);
        if (literal.size != strlen(tests[i].literal) || memcmp(literal.text, tests[i].literal, literal.size) != 0)
            fail_msg("%s: \"%.*s\" instead of \"%s\"", tests[i].pattern, (int)literal.size, literal.text,
                     tests[i].literal);
        if (literal.size && literal.before != tests[i].before)
            fail_msg("%s: %d before instead of %d", tests[i].pattern, literal.before, tests[i].before);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(literals_are_found)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
