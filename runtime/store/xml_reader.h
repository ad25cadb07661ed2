/* xml_reader.h: pulls elements and text out of a small XML document, such as a store's answer.
 *
 *     <Contents><Key>a/b</Key></Contents>      START Contents, START Key, TEXT a/b, END Key, END Contents, DONE
 *
 * Declarations, comments and attributes are passed over, CDATA is text, the five named entities and character references
 * are replaced. No document types: entities of its own cannot be declared. Nesting is limited, tags must match, and
 * anything else is malformed. The text is not copied; only text with entities goes into a buffer of the reader's. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/base/str.h"

enum { XML_DEPTH_MAX = 16 };

enum xml_event { XML_START = 1, XML_END, XML_TEXT, XML_DONE, XML_MALFORMED };

struct xml_reader {
    struct str rest;
    struct str open[XML_DEPTH_MAX]; /* names of the elements around */
    uint32_t depth;
    bool had_root;
    bool pending_end; /* <x/> gives START and END */
    struct str text;  /* name of START and END, content of TEXT; valid until the next call */
    struct strbuf unescaped;
};

void xml_reader_init(struct xml_reader *reader, struct str document); /* borrows the document */
void xml_reader_release(struct xml_reader *reader);
enum xml_event xml_reader_next(struct xml_reader *reader);
/* After START: the element's text up to its END, elements within left out; false when malformed. Valid until the next call. */
bool xml_reader_element_text(struct xml_reader *reader, struct str *text);
