/* gcs_answers.c: takes what is wanted out of the JSON API's answers. Invariant: a name in a listing is taken only with its size, and only behind our
 * prefix. */
#include "runtime/store/gcs_answers.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/arena.h"
#include "runtime/store/store_class.h"

static json_t *load(struct str body) {
    return json_loadb(body.data ? body.data : "", body.size, 0, NULL); /* bounds the nesting */
}

bool gcs_tag_from_text(const char *generation, struct store_tag *tag) {
    size_t size = strlen(generation);
    if (size == 0 || size > 20 || strspn(generation, "0123456789") != size)
        return false;
    memcpy(tag->bytes, generation, size);
    tag->size = (uint8_t)size;
    return true;
}

bool gcs_answer_generation(struct str body, struct store_tag *tag) {
    json_t *object = load(body);
    const char *generation = json_string_value(json_object_get(object, "generation"));
    bool found = generation && gcs_tag_from_text(generation, tag);
    json_decref(object);
    return found;
}

/* A non-negative integer, which the API writes as text. */
static bool size_from_json(const json_t *object, uint64_t *size_bytes) {
    const char *text = json_string_value(json_object_get(object, "size"));
    int64_t value;
    if (!text || !int_parse(str_from(text), &value) || value < 0)
        return false;
    *size_bytes = (uint64_t)value;
    return true;
}

bool gcs_answer_size(struct str body, uint64_t *size_bytes) {
    json_t *object = load(body);
    bool found = size_from_json(object, size_bytes);
    json_decref(object);
    return found;
}

static bool take_items(struct gcs_listing *listing, const json_t *items) {
    size_t prefix_size = strlen(listing->key_prefix), i;
    json_t *item;
    json_array_foreach(items, i, item) {
        uint64_t size_bytes;
        const char *name = json_string_value(json_object_get(item, "name"));
        if (!name || strncmp(name, listing->key_prefix, prefix_size) != 0 || !size_from_json(item, &size_bytes))
            return false;
        name += prefix_size;
        if (listing->after && strcmp(name, listing->after) <= 0)
            continue; /* startOffset includes the name itself */
        free(listing->last);
        listing->last = memory_strdup(name);
        store_page_add(listing->page, name, size_bytes);
    }
    return true;
}

bool gcs_answer_read_listing(struct str body, struct gcs_listing *listing) {
    json_t *object = load(body);
    const char *next = json_string_value(json_object_get(object, "nextPageToken"));
    free(listing->page_token);
    listing->page_token = next ? memory_strdup(next) : NULL;
    bool good = json_is_object(object) && take_items(listing, json_object_get(object, "items"));
    json_decref(object);
    return good;
}

void gcs_listing_release(struct gcs_listing *listing) {
    free(listing->last);
    free(listing->page_token);
    listing->last = listing->page_token = NULL;
}
