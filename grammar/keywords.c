/* keywords.c: the tables made of keywords.def. */
#include "grammar/keywords.h"

#include "core/base/array.h"
#include "grammar/sql.h"

enum { SOFT, RESERVED };

const struct keyword keywords[] = {
#define KEYWORD(name, token, reserved) {#name, TOKEN_##token, reserved},
#define SYMBOL(token, text)
#include "grammar/keywords.def"
#undef KEYWORD
#undef SYMBOL
};
const size_t keyword_count = COUNT_OF(keywords);

enum { KEYWORD_SIZE_MAX = 24 };

const struct keyword *keyword_find(struct str word) {
    char name[KEYWORD_SIZE_MAX + 1];
    if (word.size > KEYWORD_SIZE_MAX)
        return NULL;
    for (size_t i = 0; i < word.size; i++) {
        char c = word.data[i];
        name[i] = (char)(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
    }
    name[word.size] = '\0';
    size_t low = 0, high = keyword_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = strcmp(name, keywords[middle].name);
        if (order == 0)
            return &keywords[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

const char *token_name(int token) {
    static const struct {
        int token;
        const char *text;
    } names[] = {
#define KEYWORD(name, token, reserved) {TOKEN_##token, #token},
#define SYMBOL(token, text) {TOKEN_##token, text},
#include "grammar/keywords.def"
#undef KEYWORD
#undef SYMBOL
        {0, "the end"},
    };
    for (size_t i = COUNT_OF(names); i-- > 0;)
        if (names[i].token == token)
            return names[i].text;
    return NULL;
}
