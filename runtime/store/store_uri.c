/* store_uri.c: parsing of store addresses. Nothing in an address is a secret: credentials come from elsewhere, and an
 * address with a user or password in it is refused rather than printed in messages. */
#include "runtime/store/store_uri.h"

#include <string.h>

#include "core/base/str.h"
#include "runtime/store/percent.h"

static enum status parse_option(struct str text, struct arena *arena, struct store_uri *uri, struct error *error) {
    const char *equals = memchr(text.data, '=', text.size);
    size_t key_size = equals ? (size_t)(equals - text.data) : text.size;
    if (!equals || key_size == 0)
        return FAIL(error, STATUS_INVALID_OPTION, "option \"%.*s\" of the store's address is not key=value",
                    STR_FORMAT(text));
    if (uri->option_count == STORE_URI_OPTIONS_MAX)
        return FAIL(error, STATUS_LIMIT_EXCEEDED, "the store's address has more than %d options",
                    STORE_URI_OPTIONS_MAX);
    char *value = percent_decode(arena, (struct str){equals + 1, text.size - key_size - 1});
    if (!value)
        return FAIL(error, STATUS_INVALID_OPTION, "option \"%.*s\" of the store's address has a bad %%-escape",
                    STR_FORMAT(text));
    uri->options[uri->option_count].key = str_copy(arena, (struct str){text.data, key_size});
    uri->options[uri->option_count++].value = value;
    return STATUS_OK;
}

static enum status parse_options(const char *text, struct arena *arena, struct store_uri *uri, struct error *error) {
    while (*text) {
        size_t size = strcspn(text, "&");
        if (size)
            TRY(parse_option((struct str){text, size}, arena, uri, error));
        text += size + (text[size] == '&');
    }
    return STATUS_OK;
}

enum status store_uri_parse(const char *text, struct arena *arena, struct store_uri *uri, struct error *error) {
    *uri = (struct store_uri){0};
    if (strlen(text) > STORE_URI_MAX)
        return FAIL(error, STATUS_LIMIT_EXCEEDED, "the store's address is longer than %d bytes", STORE_URI_MAX);
    const char *colon = strstr(text, "://");
    if (!colon) {
        (void)FAIL(error, STATUS_INVALID_OPTION, "\"%s\" is not the address of a store", text);
        error_hint(error, "write file:///folder, s3://bucket/prefix or gs://bucket/prefix");
        return STATUS_INVALID_OPTION;
    }
    uri->scheme = text_lower(arena, str_copy(arena, (struct str){text, (size_t)(colon - text)}));
    const char *authority = colon + 3;
    size_t authority_size = strcspn(authority, "/?#");
    uri->authority = str_copy(arena, (struct str){authority, authority_size});
    if (strchr(uri->authority, '@'))
        return FAIL(error, STATUS_INVALID_OPTION, "the store's address must not carry credentials");
    const char *path = authority + authority_size;
    size_t path_size = strcspn(path, "?#");
    const char *rest = path + path_size;
    if (*rest == '#')
        return FAIL(error, STATUS_INVALID_OPTION, "the store's address has a fragment (#): write %%23 for that sign");
    while (path_size > 1 && path[path_size - 1] == '/')
        path_size--;
    uri->path = percent_decode(arena, (struct str){path, path_size});
    if (!uri->path)
        return FAIL(error, STATUS_INVALID_OPTION, "the path of the store's address has a bad %%-escape");
    if (*uri->authority && *uri->path == '/')
        uri->path++;
    return *rest == '?' ? parse_options(rest + 1, arena, uri, error) : STATUS_OK;
}

const char *store_uri_option(const struct store_uri *uri, const char *key) {
    for (uint32_t i = 0; i < uri->option_count; i++)
        if (strcmp(uri->options[i].key, key) == 0)
            return uri->options[i].value;
    return NULL;
}

enum status store_uri_check_options(const struct store_uri *uri, const char *const *known, struct error *error) {
    for (uint32_t i = 0; i < uri->option_count; i++) {
        size_t count = 0;
        bool found = false;
        for (; known[count]; count++)
            found |= strcmp(uri->options[i].key, known[count]) == 0;
        if (found)
            continue;
        const char *nearest = text_nearest(uri->options[i].key, known, count);
        (void)FAIL(error, STATUS_INVALID_OPTION, "a %s:// store has no option \"%s\"", uri->scheme,
                   uri->options[i].key);
        if (nearest)
            error_hint(error, "did you mean \"%s\"?", nearest);
        return STATUS_INVALID_OPTION;
    }
    return STATUS_OK;
}
