/* store_answers_fuzz.c: any bytes as the body of an answer of S3 or Google Cloud Storage: nothing foreign does harm, events of XML are balanced, and
 * only names that a store may have come out of a listing. The first byte chooses what was asked. */
#include <string.h>

#include "core/base/arena.h"
#include "runtime/store/gcs_answers.h"
#include "runtime/store/s3_answers.h"
#include "runtime/store/store_class.h"
#include "runtime/store/xml_reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_events(struct str body) {
    struct xml_reader reader;
    xml_reader_init(&reader, body);
    int64_t open = 0;
    size_t count = 0;
    enum xml_event event;
    while ((event = xml_reader_next(&reader)) != XML_DONE && event != XML_MALFORMED) {
        open += (event == XML_START) - (event == XML_END);
        ASSERT(open >= 0 && open <= XML_DEPTH_MAX && ++count <= 2 * body.size + 2);
        ASSERT(reader.text.size <= body.size);
    }
    ASSERT(event == XML_MALFORMED || open == 0);
    xml_reader_release(&reader);
}

static void read_elements(struct str body) {
    char text[32];
    (void)s3_answer_is_completed(body);
    (void)s3_answer_has_code(body, "NoSuchBucket");
    memset(text, 'x', sizeof text);
    if (s3_answer_find_text(body, "UploadId", text, sizeof text))
        ASSERT(memchr(text, 0, sizeof text) && text[0] != 0);
}

static void check_page(struct store_page *page, size_t body_size) {
    ASSERT(page->count <= body_size);
    for (uint32_t i = 0; i < page->count; i++)
        ASSERT(store_name_is_valid(page->entries[i].name) && page->entries[i].size_bytes <= INT64_MAX);
    store_page_release(page);
}

static void read_s3_listing(struct str body, const char *prefix) {
    struct arena arena;
    arena_init(&arena);
    struct store_page page = {0};
    struct s3_listing listing = {.arena = &arena, .key_prefix = prefix, .page = &page};
    if (s3_answer_read_listing(body, &listing))
        ASSERT(!listing.truncated || listing.last);
    check_page(&page, body.size);
    arena_release(&arena);
}

static void read_gcs_listing(struct str body, const char *prefix, const char *after) {
    struct store_page page = {0};
    struct gcs_listing listing = {.key_prefix = prefix, .page = &page, .after = after};
    (void)gcs_answer_read_listing(body, &listing);
    for (uint32_t i = 0; after && i < page.count; i++)
        ASSERT(strcmp(page.entries[i].name, after) > 0);
    check_page(&page, 2 * body.size);
    gcs_listing_release(&listing);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0)
        return 0;
    struct str body = {(const char *)data + 1, size - 1};
    struct store_tag tag = {0};
    uint64_t size_bytes;
    switch (data[0] % 8) {
    case 0: read_events(body); break;
    case 1: read_elements(body); break;
    case 2: read_s3_listing(body, ""); break;
    case 3: read_s3_listing(body, "jobs/one/"); break;
    case 4: read_gcs_listing(body, "", NULL); break;
    case 5: read_gcs_listing(body, "jobs/one/", "b"); break;
    case 6:
        if (gcs_answer_generation(body, &tag))
            ASSERT(tag.size > 0 && tag.size <= 20);
        break;
    default:
        if (gcs_answer_size(body, &size_bytes))
            ASSERT(size_bytes <= INT64_MAX);
    }
    return 0;
}
