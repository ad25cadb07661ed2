/* s3_answers.c: pulls what is wanted out of S3's XML, and passes over the rest. Invariant: a name in a listing is taken only with its size, and only
 * behind our prefix. */
#include "runtime/store/s3_answers.h"

#include <string.h>

#include "core/base/arena.h"
#include "runtime/store/percent.h"
#include "runtime/store/store_class.h"
#include "runtime/store/xml_reader.h"

bool s3_answer_has_code(struct str body, const char *code) {
    struct xml_reader reader;
    xml_reader_init(&reader, body);
    bool found = false;
    enum xml_event event;
    while (!found && (event = xml_reader_next(&reader)) != XML_DONE && event != XML_MALFORMED) {
        struct str text;
        if (event == XML_START && reader.depth == 2 && str_equal(reader.text, STR("Code")) &&
            xml_reader_element_text(&reader, &text))
            found = str_equal(text, str_from(code));
    }
    xml_reader_release(&reader);
    return found;
}

bool s3_answer_find_text(struct str body, const char *name, char *text, size_t size_max) {
    struct xml_reader reader;
    xml_reader_init(&reader, body);
    bool found = false;
    enum xml_event event;
    while ((event = xml_reader_next(&reader)) != XML_DONE && event != XML_MALFORMED) {
        struct str value;
        if (event != XML_START || !str_equal(reader.text, str_from(name)))
            continue;
        found = xml_reader_element_text(&reader, &value) && value.size > 0 && value.size < size_max &&
                !memchr(value.data, 0, value.size);
        if (found) {
            memcpy(text, value.data, value.size);
            text[value.size] = 0;
        }
        break;
    }
    xml_reader_release(&reader);
    return found;
}

bool s3_answer_is_completed(struct str body) {
    struct xml_reader reader;
    xml_reader_init(&reader, body);
    enum xml_event event = xml_reader_next(&reader);
    bool completed = event == XML_START && str_equal(reader.text, STR("CompleteMultipartUploadResult"));
    xml_reader_release(&reader);
    return completed;
}

/* One <Contents>: the reader stands behind its START. */
static bool read_contents(struct s3_listing *listing, struct xml_reader *reader) {
    uint32_t depth = reader->depth;
    char *key = NULL;
    int64_t size = -1;
    for (;;) {
        enum xml_event event = xml_reader_next(reader);
        struct str text;
        if (event == XML_DONE || event == XML_MALFORMED)
            return false;
        if (event == XML_END && reader->depth == depth - 1)
            break;
        if (event != XML_START)
            continue;
        bool is_key = str_equal(reader->text, STR("Key")), is_size = str_equal(reader->text, STR("Size"));
        if (!xml_reader_element_text(reader, &text))
            return false;
        if (is_key)
            key = percent_decode(listing->arena, text);
        else if (is_size && !int_parse(text, &size))
            return false;
    }
    size_t prefix_size = strlen(listing->key_prefix);
    if (!key || size < 0 || strncmp(key, listing->key_prefix, prefix_size) != 0)
        return false;
    listing->last = key + prefix_size;
    store_page_add(listing->page, listing->last, (uint64_t)size);
    return true;
}

bool s3_answer_read_listing(struct str body, struct s3_listing *listing) {
    struct xml_reader reader;
    xml_reader_init(&reader, body);
    bool good = true;
    enum xml_event event;
    listing->last = NULL;
    listing->truncated = false;
    while (good && (event = xml_reader_next(&reader)) != XML_DONE) {
        struct str text;
        if (event == XML_MALFORMED)
            good = false;
        else if (event != XML_START || reader.depth != 2)
            good = event != XML_START || str_equal(reader.text, STR("ListBucketResult")) || reader.depth > 2;
        else if (str_equal(reader.text, STR("IsTruncated")))
            good = xml_reader_element_text(&reader, &text) &&
                   ((listing->truncated = str_equal_ignore_case(text, STR("true"))), true);
        else if (str_equal(reader.text, STR("Contents")))
            good = read_contents(listing, &reader);
    }
    xml_reader_release(&reader);
    return good && (!listing->truncated || listing->last);
}
