/* regexp_cache.c: see regexp_cache.h. */
#include "core/functions/kernels/regexp_cache.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/arena.h"
#include "core/functions/kernels/text_scan.h"

enum {
    CACHE_COUNT = 16,
    MATCH_LIMIT = 2000000,
    DEPTH_LIMIT = 20000,
    JIT_STACK_MIN = 32 * 1024,
    JIT_STACK_MAX = 1024 * 1024,
    PATTERN_SIZE_MAX = 65536,
};

struct entry {
    char *pattern; /* heap; NULL: free */
    size_t size;
    struct regexp regexp;
};

struct regexp_cache {
    struct entry entries[CACHE_COUNT];
    uint32_t last, next;
    pcre2_match_context *match_context;
    pcre2_jit_stack *jit_stack;
};

static void entry_release(struct entry *entry) {
    free(entry->pattern);
    pcre2_match_data_free(entry->regexp.match_data);
    pcre2_code_free(entry->regexp.code);
    *entry = (struct entry){0};
}

static void cache_release(void *context) {
    struct regexp_cache *cache = context;
    for (uint32_t i = 0; i < CACHE_COUNT; i++)
        entry_release(&cache->entries[i]);
    pcre2_match_context_free(cache->match_context);
    pcre2_jit_stack_free(cache->jit_stack);
}

static struct regexp_cache *cache_new(struct arena *arena) {
    struct regexp_cache *cache = ARENA_NEW(arena, struct regexp_cache);
    cache->match_context = pcre2_match_context_create(NULL);
    cache->jit_stack = pcre2_jit_stack_create(JIT_STACK_MIN, JIT_STACK_MAX, NULL);
    ASSERT(cache->match_context && cache->jit_stack);
    pcre2_set_match_limit(cache->match_context, MATCH_LIMIT);
    pcre2_set_depth_limit(cache->match_context, DEPTH_LIMIT);
    pcre2_jit_stack_assign(cache->match_context, NULL, cache->jit_stack);
    arena_on_release(arena, cache_release, cache);
    return cache;
}

/* SIMILAR TO: % and _ are wildcards, ^ $ . \ are plain; the whole text must match. */
static void similar_to_regexp(struct strbuf *out, struct str pattern) {
    strbuf_append_text(out, "(?s)\\A(?:");
    for (size_t i = 0; i < pattern.size; i++) {
        char c = pattern.data[i];
        if (c == '%')
            strbuf_append_text(out, ".*");
        else if (c == '_')
            strbuf_append_char(out, '.');
        else if (strchr(".^$\\", c) && c && !(c == '^' && i && pattern.data[i - 1] == '['))
            strbuf_printf(out, "\\%c", c);
        else
            strbuf_append_char(out, c);
    }
    strbuf_append_text(out, ")\\z");
}

static enum status compile(const struct function_call *call, struct str pattern, enum regexp_syntax syntax,
                           struct regexp *regexp, struct error *error) {
    struct strbuf text;
    int code;
    size_t offset;
    if (pattern.size > PATTERN_SIZE_MAX)
        return FAIL_AT(error, call->position, STATUS_INVALID_REGEX, "regular expression of %zu bytes is too long",
                       pattern.size);
    strbuf_init(&text);
    if (syntax == REGEXP_SIMILAR)
        similar_to_regexp(&text, pattern);
    else
        strbuf_append_str(&text, pattern);
    regexp->code = pcre2_compile((PCRE2_SPTR)strbuf_text(&text), text.size, PCRE2_UTF | PCRE2_MATCH_INVALID_UTF, &code,
                                 &offset, NULL);
    strbuf_release(&text);
    if (!regexp->code) {
        char message[128];
        pcre2_get_error_message(code, (PCRE2_UCHAR *)message, sizeof message);
        FAIL_AT(error, call->position, STATUS_INVALID_REGEX, "invalid regular expression '%.*s'",
                pattern.size > 200 ? 200 : (int)pattern.size, pattern.data);
        error_detail(error, "%s, at character %zu", message, offset);
        return STATUS_INVALID_REGEX;
    }
    if (syntax == REGEXP_PLAIN)
        regexp_literal_find(pattern, &regexp->literal);
    regexp->jit = pcre2_jit_compile(regexp->code, PCRE2_JIT_COMPLETE) == 0; /* without JIT, matching interprets */
    regexp->match_data = pcre2_match_data_create_from_pattern(regexp->code, NULL);
    ASSERT(regexp->match_data);
    regexp->offsets = pcre2_get_ovector_pointer(regexp->match_data);
    pcre2_pattern_info(regexp->code, PCRE2_INFO_CAPTURECOUNT, &regexp->group_count);
    return STATUS_OK;
}

static bool entry_is(const struct entry *entry, struct str pattern) {
    return entry->pattern && entry->size == pattern.size && memcmp(entry->pattern, pattern.data, pattern.size) == 0;
}

enum status regexp_get(struct function_call *call, struct str pattern, enum regexp_syntax syntax,
                       struct regexp **regexp, struct error *error) {
    if (!call->state)
        call->state = cache_new(call->state_arena);
    struct regexp_cache *cache = call->state;
    if (!entry_is(&cache->entries[cache->last], pattern)) {
        uint32_t i = 0;
        while (i < CACHE_COUNT && !entry_is(&cache->entries[i], pattern))
            i++;
        if (i == CACHE_COUNT) {
            i = cache->next++ % CACHE_COUNT;
            entry_release(&cache->entries[i]);
            struct regexp compiled = {.match_context = cache->match_context};
            TRY(compile(call, pattern, syntax, &compiled, error));
            char *copy = memory_alloc(pattern.size + 1);
            memcpy(copy, pattern.data, pattern.size);
            cache->entries[i] = (struct entry){copy, pattern.size, compiled};
        }
        cache->last = i;
    }
    *regexp = &cache->entries[cache->last].regexp;
    return STATUS_OK;
}

/* Moves the start up to where a match can begin at the earliest; false when there is no literal, so no match. */
static bool literal_start(const struct regexp_literal *literal, struct str text, size_t *start) {
    if (*start > text.size)
        return false;
    struct str rest = {text.data + *start, text.size - *start};
    size_t offset = scan_text(rest, (struct str){literal->text, literal->size});
    if (offset == SIZE_MAX)
        return false;
    if (literal->before == REGEXP_BEFORE_ANY)
        return true;
    for (int i = 0; i < literal->before && offset > 0; i++) {
        do
            offset--;
        while (offset > 0 && ((uint8_t)rest.data[offset] & 0xC0) == 0x80);
    }
    *start += offset;
    return true;
}

enum status regexp_find(const struct function_call *call, struct regexp *regexp, struct str text, size_t start,
                        bool *found, struct error *error) {
    *found = false;
    if (regexp->literal.size && !literal_start(&regexp->literal, text, &start))
        return STATUS_OK;
    PCRE2_SPTR subject = (PCRE2_SPTR)text.data;
    int count =
        regexp->jit
            ? pcre2_jit_match(regexp->code, subject, text.size, start, 0, regexp->match_data, regexp->match_context)
            : pcre2_match(regexp->code, subject, text.size, start, 0, regexp->match_data, regexp->match_context);
    *found = count > 0;
    if (count > 0 || count == PCRE2_ERROR_NOMATCH)
        return STATUS_OK;
    char message[128];
    pcre2_get_error_message(count, (PCRE2_UCHAR *)message, sizeof message);
    FAIL_AT(error, call->position, STATUS_LIMIT_EXCEEDED, "matching a regular expression took too many steps");
    error_detail(error, "%s, on a text of %zu bytes", message, text.size);
    return STATUS_LIMIT_EXCEEDED;
}
