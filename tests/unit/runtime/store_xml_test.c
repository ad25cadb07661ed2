/* store_xml_test.c: the pull parser: events, texts, what is refused; and that no change of a document leads it astray. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "runtime/store/xml_reader.h"

/* The events as one text: "<a <b 'text' >b >a ." or, at the end, "!" for malformed. */
static void describe(struct str document, struct strbuf *out) {
    struct xml_reader reader;
    xml_reader_init(&reader, document);
    strbuf_reset(out);
    strbuf_append_text(out, "");
    for (size_t i = 0; i <= 2 * document.size + 2; i++) {
        enum xml_event event = xml_reader_next(&reader);
        if (event == XML_DONE || event == XML_MALFORMED) {
            strbuf_append_char(out, event == XML_DONE ? '.' : '!');
            xml_reader_release(&reader);
            return;
        }
        assert_true(reader.depth <= XML_DEPTH_MAX);
        strbuf_printf(out,
                      event == XML_START ? "<%.*s "
                      : event == XML_END ? ">%.*s "
                                         : "'%.*s' ",
                      STR_FORMAT(reader.text));
    }
    fail_msg("the parser does not end");
}

static void events(void **state) {
    (void)state;
    static const struct {
        const char *document, *events;
    } cases[] = {
        {"<a/>", "<a >a ."},
        {"<a></a>", "<a >a ."},
        {"\xEF\xBB\xBF<?xml version=\"1.0\"?>\n<!-- x --><a>t</a >\n", "<a 't' >a ."},
        {"<a b='>' c=\"/>\"><b d='1'/>x</a>", "<a <b >b 'x' >a ."},
        {"<a>1 &lt;&amp;&gt;&quot;&apos; &#65;&#x42;&#x20AC;&#x1F600;</a>",
         "<a '1 <&>\"' AB\xE2\x82\xAC\xF0\x9F\x98\x80' >a ."},
        {"<a>x<![CDATA[<b>&amp;]]>y</a>", "<a 'x' '<b>&amp;' 'y' >a ."},
        {"<a>x<!-- <b> -->y</a>", "<a 'x' 'y' >a ."},
        {"", "!"},
        {" ", "!"},
        {"text", "!"},
        {"<a>", "<a !"},
        {"<a", "!"},
        {"<a></b>", "<a !"},
        {"</a>", "!"},
        {"<a/><b/>", "<a >a !"},
        {"<a/>x", "<a >a !"},
        {"<>x</>", "!"},
        {"<a <b/>", "!"},
        {"<a b='></a>", "!"},
        {"<!DOCTYPE a><a/>", "!"},
        {"<a>&b;</a>", "<a !"},
        {"<a>&#0;</a>", "<a !"},
        {"<a>&#xD800;</a>", "<a !"},
        {"<a>&#x110000;</a>", "<a !"},
        {"<a>&#99999999999;</a>", "<a !"},
        {"<a>&#;</a>", "<a !"},
        {"<a>&;</a>", "<a !"},
        {"<a>& </a>", "<a !"},
        {"<a><![CDATA[x</a>", "<a !"},
        {"<a><!-- x</a>", "<a !"},
    };
    struct strbuf out;
    strbuf_init(&out);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        describe(str_from(cases[i].document), &out);
        if (strcmp(out.data, cases[i].events) != 0)
            fail_msg("%s gave %s", cases[i].document, out.data);
    }
    strbuf_release(&out);
}

static void depth_is_limited(void **state) {
    (void)state;
    struct strbuf document, out;
    strbuf_init(&document);
    strbuf_init(&out);
    for (int depth = XML_DEPTH_MAX; depth <= XML_DEPTH_MAX + 1; depth++) {
        strbuf_reset(&document);
        for (int i = 0; i < depth; i++)
            strbuf_append_text(&document, "<a>");
        for (int i = 0; i < depth; i++)
            strbuf_append_text(&document, "</a>");
        describe(strbuf_str(&document), &out);
        assert_int_equal(out.data[out.size - 1], depth <= XML_DEPTH_MAX ? '.' : '!');
    }
    strbuf_release(&document);
    strbuf_release(&out);
}

static void element_text(void **state) {
    (void)state;
    struct xml_reader reader;
    struct str text;
    xml_reader_init(&reader, STR("<a>x&amp;<b>left out</b>y<![CDATA[<]]></a>"));
    assert_int_equal(xml_reader_next(&reader), XML_START);
    assert_true(xml_reader_element_text(&reader, &text));
    assert_true(str_equal(text, STR("x&y<")));
    assert_int_equal(xml_reader_next(&reader), XML_DONE);
    xml_reader_release(&reader);
    xml_reader_init(&reader, STR("<a>x"));
    assert_int_equal(xml_reader_next(&reader), XML_START);
    assert_false(xml_reader_element_text(&reader, &text));
    xml_reader_release(&reader);
}

/* Every prefix, and every byte replaced by each of the bytes that mean something. Exact-size copies: a read past the end is seen
 * by the address sanitizer. */
static void changed_documents(void **state) {
    (void)state;
    static const char document[] = "<?xml version='1.0'?><L a=\"b\"><!--c--><K>d&amp;e&#x41;</K><![CDATA[f]]><S/>g</L>";
    static const char bytes[] = "<>/&;#x!-?[]'\" =\0\xFF";
    struct strbuf out;
    strbuf_init(&out);
    for (size_t size = 0; size < sizeof document; size++) {
        char *copy = malloc(size + 1);
        memcpy(copy, document, size);
        describe((struct str){copy, size}, &out);
        assert_int_equal(out.data[out.size - 1], size == sizeof document - 1 ? '.' : '!');
        free(copy);
    }
    for (size_t i = 0; i + 1 < sizeof document; i++) {
        for (size_t j = 0; j < sizeof bytes; j++) {
            char *copy = malloc(sizeof document - 1);
            memcpy(copy, document, sizeof document - 1);
            copy[i] = bytes[j];
            describe((struct str){copy, sizeof document - 1}, &out);
            free(copy);
        }
    }
    strbuf_release(&out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events),
        cmocka_unit_test(depth_is_limited),
        cmocka_unit_test(element_text),
        cmocka_unit_test(changed_documents),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
