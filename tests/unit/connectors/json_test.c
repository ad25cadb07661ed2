/* json_test.c: the JSON format. Every decoding case runs on the general path and, several times over so that shapes are
 * learnt, on the fast path, with and without readable bytes behind the records; all must give the same rows. */
#include "connectors/formats/json/decoder.h"
#include "tests/unit/connectors/format_harness.h"

#define LIST(...) ((const char *const[]){__VA_ARGS__, NULL})
#define FIELDS(...) ((const struct field[]){__VA_ARGS__}), COUNT_OF(((const struct field[]){__VA_ARGS__}))

static struct type row_type, deep_type, array_type, map_type, rows_type, decimal_type, not_null_type, timestamp0_type;
static const struct field row_fields[] = {{"x", &type_int}, {"y", &type_string}};
static const struct field deep_fields[] = {{"r", &row_type}, {"z", &type_double}};

static char *decode_text(const struct field *fields, uint32_t field_count, const char *const *options,
                         const char *const *records, uint32_t repeats, uint32_t padding_bytes, uint32_t capacity,
                         bool general) {
    struct harness harness;
    harness_init(&harness, &json_format, fields, field_count, options);
    harness.padding_bytes = padding_bytes;
    harness.capacity = capacity;
    harness_open(&harness);
    if (general)
        json_decoder_use_general_path(harness.decoder);
    uint32_t count = 0;
    while (records[count])
        count++;
    for (uint32_t i = 0; i < repeats; i++) {
        strbuf_reset(&harness.text);
        enum status status = harness_decode(&harness, records, count);
        if (status)
            strbuf_printf(&harness.text, "FAILED %s\n", harness.error.message);
    }
    char *text = memory_strdup(strbuf_text(&harness.text));
    harness_release(&harness);
    return text;
}

static void check(const struct field *fields, uint32_t field_count, const char *const *options,
                  const char *const *records, const char *expected) {
    static const struct {
        uint32_t repeats, padding_bytes;
        bool general;
    } ways[] = {{1, 0, true}, {1, 0, false}, {3, 0, false}, {3, 64, false}, {1, 64, true}};
    for (size_t i = 0; i < COUNT_OF(ways); i++) {
        char *text = decode_text(fields, field_count, options, records, ways[i].repeats, ways[i].padding_bytes, 1000,
                                 ways[i].general);
        if (strcmp(text, expected) != 0)
            fail_msg("way %zu gave\n%sinstead of\n%s", i, text, expected);
        free(text);
    }
}

static void scalars(void **state) {
    (void)state;
    check(FIELDS({"b", &type_boolean}, {"t", &type_tinyint}, {"i", &type_int}, {"l", &type_bigint}, {"f", &type_float},
                 {"d", &type_double}, {"n", &decimal_type}, {"s", &type_string}),
          NULL,
          LIST("{\"b\":true,\"t\":-128,\"i\":2147483647,\"l\":-9223372036854775808,\"f\":1.5,\"d\":-0.1,\"n\":12.345,"
               "\"s\":\"x\"}",
               "{\"b\":false,\"t\":127,\"i\":-0,\"l\":1234567890123456789,\"f\":1e3,\"d\":1e300,\"n\":-7,\"s\":\"\"}",
               "{\"b\":\"TRUE\",\"t\":\" 5 "
               "\",\"i\":1.9,\"l\":1e3,\"f\":\"2.5\",\"d\":123456789.123456789,\"n\":\"1.5\",\"s\":12.50}",
               "{\"b\":null,\"t\":null,\"i\":null,\"l\":null,\"f\":null,\"d\":null,\"n\":null,\"s\":null}",
               "{\"b\":true,\"t\":1,\"i\":1,\"l\":1,\"f\":1,\"d\":1,\"n\":1,\"s\":\"a text that is longer than twelve "
               "bytes\"}"),
          "TRUE|-128|2147483647|-9223372036854775808|1.5|-0.1|12.35|x\n"
          "FALSE|127|0|1234567890123456789|1000.0|1.0E300|-7.00|\n"
          "TRUE|5|1|1000|2.5|1.2345678912345679E8|1.50|12.50\n"
          "NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL\n"
          "TRUE|1|1|1|1.0|1.0|1.00|a text that is longer than twelve bytes\n");
}

static void doubles_are_exact(void **state) {
    (void)state;
    static const char *const numbers[] = {"0.1",
                                          "9007199254740993",
                                          "9007199254740992.5",
                                          "123456789012345678",
                                          "0.30000000000000004",
                                          "1.7976931348623157e308",
                                          "4.9e-324",
                                          "2.2250738585072011e-308",
                                          "1e22",
                                          "1e23",
                                          "123456.789e-5",
                                          "99999999.99999999",
                                          "12345678.12345678",
                                          "90071992.54740993",
                                          "0.00000001",
                                          "-0.0",
                                          "7.2057594037927933e16",
                                          "0.000000000000000000000000000001",
                                          "1234567890123456789012345678901234567890"};
    for (size_t i = 0; i < COUNT_OF(numbers); i++) {
        char record[128], expected[64];
        snprintf(record, sizeof record, "{\"d\":%s}", numbers[i]);
        struct strbuf text;
        strbuf_init(&text);
        struct column column = {.type = &type_double, .values = (double[]){strtod(numbers[i], NULL)}};
        column_print_value(&text, &column, 0);
        snprintf(expected, sizeof expected, "%s\n", text.data);
        strbuf_release(&text);
        check(FIELDS({"d", &type_double}), NULL, LIST(record), expected);
    }
}

static void values_that_do_not_fit(void **state) {
    (void)state;
    check(FIELDS({"t", &type_tinyint}, {"l", &type_bigint}, {"n", &decimal_type}, {"d", &type_double},
                 {"b", &type_boolean}),
          NULL,
          LIST("{\"t\":128}", "{\"l\":9223372036854775808}", "{\"n\":123456789.00}", "{\"d\":1e999}", "{\"t\":true}",
               "{\"l\":\"1x\"}", "{\"b\":1}", "{\"t\":{\"a\":1}}", "{\"d\":[1]}", "{\"t\":1}"),
          "! field \"t\" of type TINYINT cannot take the number 128\n"
          "! field \"l\" of type BIGINT cannot take the number 9223372036854775808\n"
          "! field \"n\" of type DECIMAL(10, 2) cannot take the number 123456789.00\n"
          "! field \"d\" of type DOUBLE cannot take the number 1e999\n"
          "! field \"t\" of type TINYINT cannot take the boolean true\n"
          "! field \"l\" of type BIGINT cannot take the text 1x\n"
          "! field \"b\" of type BOOLEAN cannot take the number 1\n"
          "! field \"t\" of type TINYINT cannot take the object {\"a\":1}\n"
          "! field \"d\" of type DOUBLE cannot take the array [1]\n"
          "1|NULL|NULL|NULL|NULL\n");
}

static void times(void **state) {
    (void)state;
    check(FIELDS({"t", &type_timestamp3}, {"z", &type_timestamp_ltz3}, {"d", &type_date}, {"h", &type_time},
                 {"s", &timestamp0_type}),
          NULL,
          LIST("{\"t\":\"2024-05-01 12:00:00\",\"z\":\"2024-05-01 "
               "12:00:00.5Z\",\"d\":\"2024-02-29\",\"h\":\"23:59:59\",\"s\":\"1969-12-31 23:59:59.9\"}",
               "{\"t\":\"2024-05-01T12:00:00.123\",\"z\":\"2024-05-01T12:00:00+02:00\",\"d\":\"0001-01-01\",\"h\":\"00:"
               "00:00.25\",\"s\":\"2024-05-01 12:00:00.999\"}",
               "{\"t\":\"2024-05-02T00:00:00.123456789\",\"z\":\"1900-01-01T00:00:00.0009Z\",\"d\":\"9999-12-31\","
               "\"h\":null,\"s\":null}",
               "{\"t\":\"2024-05-02T23:59:60\"}", "{\"t\":\"2024-02-30 00:00:00\"}", "{\"z\":\"2024-05-01 12:00:00\"}",
               "{\"t\":1714564800000}", "{\"t\":\"2024-05-01 12:00:0x\"}", "{\"t\":\"2024-05-01 12:00:00.\"}"),
          "! field \"t\" of type TIMESTAMP(3) cannot take the text 2024-05-02T23:59:60\n"
          "! field \"t\" of type TIMESTAMP(3) cannot take the text 2024-02-30 00:00:00\n"
          "! field \"z\" of type TIMESTAMP_LTZ(3) cannot take the text 2024-05-01 12:00:00\n"
          "! field \"t\" of type TIMESTAMP(3) cannot take the number 1714564800000\n"
          "! field \"t\" of type TIMESTAMP(3) cannot take the text 2024-05-01 12:00:0x\n"
          "! field \"t\" of type TIMESTAMP(3) cannot take the text 2024-05-01 12:00:00.\n"
          "2024-05-01 12:00:00.000|2024-05-01 12:00:00.500|2024-02-29|23:59:59|1969-12-31 23:59:59\n"
          "2024-05-01 12:00:00.123|2024-05-01 10:00:00.000|0001-01-01|00:00:00|2024-05-01 12:00:00\n"
          "2024-05-02 00:00:00.123|1900-01-01 00:00:00.000|9999-12-31|NULL|NULL\n");
}

static void keys(void **state) {
    (void)state;
    check(FIELDS({"a", &type_int}, {"b", &type_string}, {"\xC3\xA4 \"k\"", &type_int}), NULL,
          LIST("{\"a\":1,\"b\":\"x\"}", "{\"b\":\"y\",\"a\":2}", " {\t\"a\" : 3 ,\r\n \"b\" : \"z\" } ", "{}",
               "{\"a\":1,\"a\":4}", "{\"a\":5,\"a\":null}", "{\"a\":null,\"a\":6}", "{\"\\u0061\":7}", "{\"A\":8}",
               "{\"\\u00e4 \\\"k\\\"\":9,\"skip\":{\"a\":[1,{\"b\":\"\\\"}\"},null,true,-1.5e-3]},\"a\":10}",
               "{\"\xC3\xA4 \\\"k\\\"\":11}"),
          "1|x|NULL\n2|y|NULL\n3|z|NULL\nNULL|NULL|NULL\n4|NULL|NULL\nNULL|NULL|NULL\n6|NULL|NULL\n7|NULL|NULL\nNULL|"
          "NULL|NULL\n"
          "10|NULL|9\nNULL|NULL|11\n");
}

static void escapes(void **state) {
    (void)state;
    check(FIELDS({"s", &type_string}), NULL,
          LIST("{\"s\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"}", "{\"s\":\"\\u00e9\\u20AC\\ud83D\\uDE00!\"}",
               "{\"s\":\"\xE2\x82\xAC\"}", "{\"s\":\"\\u0000\"}", "{\"s\":\"\\ud83d\"}", "{\"s\":\"\\ude00\"}",
               "{\"s\":\"\\ud83dx\"}", "{\"s\":\"\\x\"}", "{\"s\":\"\\u12g4\"}", "{\"s\":\"\\", "{\"s\":\"\xC0\xAF\"}",
               "{\"s\":\"\xED\xA0\x80\"}", "{\"q\":\"\xFF\",\"s\":\"x\"}"),
          "! malformed JSON at byte 6: wrong escape\n! malformed JSON at byte 6: wrong escape\n"
          "! malformed JSON at byte 6: wrong escape\n! malformed JSON at byte 6: wrong escape\n"
          "! malformed JSON at byte 6: wrong escape\n! malformed JSON at byte 6: wrong escape\n"
          "! invalid UTF-8 at byte 6\n! invalid UTF-8 at byte 6\n! invalid UTF-8 at byte 6\n"
          "\"\\/\b\f\n\r\t\n\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80!\n\xE2\x82\xAC\n");
}

static void malformed(void **state) {
    (void)state;
    static const char *const records[] = {
        "",
        "  ",
        "null",
        "[{\"a\":1}]",
        "{",
        "{\"a\"",
        "{\"a\":",
        "{\"a\":1",
        "{\"a\":1,}",
        "{a:1}",
        "{'a':1}",
        "{\"a\":01}",
        "{\"a\":1.}",
        "{\"a\":.5}",
        "{\"a\":+1}",
        "{\"a\":1e}",
        "{\"a\":-}",
        "{\"a\":tru}",
        "{\"a\":nul}",
        "{\"a\":1}{}",
        "{\"a\":1} x",
        "{\"a\" 1}",
        "{\"b\":\"x}",
        "{\"q\":[1,]}",
        "{\"q\":[1 2]}",
        "{\"q\":{]}",
        "{\"a\":NaN}",
        "{\"q\":truE}",
        "{\"a\":1]",
        "\"a\"",
        "{,}",
        "{\"a\":1,,\"b\":2}",
        "{\"q\":-}",
        "{\"q\":00}",
        "{\"q\":\"\\z\"}",
    };
    for (size_t i = 0; i < COUNT_OF(records); i++) {
        for (int way = 0; way < 3; way++) {
            char *text = decode_text(FIELDS({"a", &type_int}, {"b", &type_string}), NULL,
                                     LIST("{\"a\":1}", "{\"a\":1,\"b\":\"x\"}", "{\"q\":[1]}", records[i]), 2,
                                     way == 1 ? 64 : 0, 1000, way == 2);
            if (strncmp(text, "! ", 2) != 0 || strstr(text + 2, "! ") || strstr(text, "FAILED"))
                fail_msg("%s gave %s", records[i], text);
            free(text);
        }
    }
}

static void nesting(void **state) {
    (void)state;
    for (int depth = 250; depth <= 10000; depth = depth < 260 ? depth + 1 : depth * 10) {
        for (int brackets = 0; brackets < 2; brackets++) {
            struct strbuf record;
            strbuf_init(&record);
            strbuf_append_text(&record, "{\"a\":1,\"q\":");
            for (int i = 0; i < depth; i++)
                strbuf_append_text(&record, brackets ? "[" : "{\"a\":");
            strbuf_append_text(&record, "1");
            for (int i = 0; i < depth; i++)
                strbuf_append_text(&record, brackets ? "]" : "}");
            strbuf_append_text(&record, "}");
            char *text =
                decode_text(FIELDS({"a", &type_int}), NULL, LIST("{\"a\":1,\"q\":7}", record.data), 2, 0, 1000, false);
            assert_int_equal(strstr(text, "nested deeper than 256") != NULL, depth + 1 > JSON_DEPTH_MAX);
            free(text);
            strbuf_release(&record);
        }
    }
}

static void nested_types(void **state) {
    (void)state;
    check(FIELDS({"d", &deep_type}, {"a", &array_type}, {"m", &map_type}, {"o", &rows_type}), NULL,
          LIST("{\"d\":{\"r\":{\"x\":1,\"y\":\"p\"},\"z\":0.5},\"a\":[1,null,3],\"m\":{\"k\":1.5,\"l\":null},\"o\":[{"
               "\"x\":1},{\"y\":\"q\",\"x\":2}]}",
               "{\"d\":{\"r\":null,\"z\":1},\"a\":[],\"m\":{},\"o\":[null]}",
               "{\"d\":{},\"a\":null,\"m\":null,\"o\":[]}", "{\"d\":null}", "{\"d\":{\"r\":{},\"q\":[{}]}}",
               "{\"d\":{\"r\":{\"x\":1},\"r\":{\"y\":\"only\"}}}", "{\"d\":{\"r\":{\"x\":\"bad\"}}}",
               "{\"a\":[1,\"bad\"]}", "{\"d\":[1]}", "{\"a\":{\"x\":1}}"),
          "! field \"x\" of type INT cannot take the text bad\n"
          "! field \"element\" of type INT cannot take the text bad\n"
          "! field \"d\" of type ROW<`r` ROW<`x` INT, `y` STRING>, `z` DOUBLE> cannot take the array [1]\n"
          "! field \"a\" of type ARRAY<INT> cannot take the object {\"x\":1}\n"
          "((1, p), 0.5)|[1, NULL, 3]|{k=1.5, l=NULL}|[(1, NULL), (2, q)]\n"
          "(NULL, 1.0)|[]|{}|[NULL]\n(NULL, NULL)|NULL|NULL|[]\nNULL|NULL|NULL|NULL\n((NULL, NULL), "
          "NULL)|NULL|NULL|NULL\n"
          "((NULL, only), NULL)|NULL|NULL|NULL\n");
}

static void text_of_anything(void **state) {
    (void)state;
    check(FIELDS({"s", &type_string}, {"y", &type_bytes}), NULL,
          LIST("{\"s\":{ \"a\": [1]\t},\"y\":\"AAEC\"}", "{\"s\":[1,2],\"y\":\"/w==\"}", "{\"s\":true,\"y\":\"\"}",
               "{\"y\":\"A\"}", "{\"y\":\"A*==\"}"),
          "! field \"y\" of type BYTES cannot take the text A\n! field \"y\" of type BYTES cannot take the text A*==\n"
          "{\"a\":[1]}|x'000102'\n[1,2]|x'ff'\ntrue|x''\n");
}

static void missing_and_null(void **state) {
    (void)state;
    check(FIELDS({"a", &type_int}, {"n", &not_null_type}), NULL,
          LIST("{\"n\":1}", "{\"a\":1}", "{\"a\":1,\"n\":null}", "{\"a\":2,\"n\":3}"),
          "! field \"n\" is NOT NULL but has no value\n! field \"n\" is NOT NULL but has no value\nNULL|1\n2|3\n");
    check(FIELDS({"a", &type_int}, {"b", &type_int}), LIST("json.fail-on-missing-field", "true"),
          LIST("{\"a\":1,\"b\":null}", "{\"a\":1}"), "! field \"b\" is missing\n1|NULL\n");
}

static void ignoring_errors(void **state) {
    (void)state;
    check(FIELDS({"a", &type_int}, {"d", &deep_type}, {"l", &array_type}), LIST("json.ignore-parse-errors", "true"),
          LIST("{\"a\":\"x\",\"d\":{\"z\":[1],\"r\":{\"x\":7}},\"l\":[1,\"y\"]}", "{\"a\":1,\"d\":5,\"l\":{\"k\":2}}",
               "{\"a\":1,"),
          "! malformed JSON at byte 7: a key was expected\n"
          "NULL|((7, NULL), NULL)|[1, NULL]\n1|NULL|NULL\n");
}

static void failing(void **state) {
    (void)state;
    check(FIELDS({"a", &type_int}), LIST("json.on-error", "fail"), LIST("{\"a\":1}", "{\"a\":x}", "{\"a\":3}"),
          "1\nFAILED malformed JSON at byte 5: a value was expected\n");
}

/* Batches that fill up in the middle, and shapes that come and go. */
static void small_batches_and_many_shapes(void **state) {
    (void)state;
    const char *records[2001];
    for (int i = 0; i < 2000; i++) {
        char *record = malloc(96);
        switch (i % 7) {
        case 0: snprintf(record, 96, "{\"a\":%d,\"b\":\"%d\",\"c\":%d.5}", i, i, i); break;
        case 1: snprintf(record, 96, "{\"b\":\"%d\",\"a\":%d}", i, i); break;
        case 2: snprintf(record, 96, "{\"a\": %d, \"b\": null, \"c\": %d}", i, i); break;
        case 3: snprintf(record, 96, "{\"q%d\":[%d],\"c\":-%d.25}", i, i, i); break;
        case 4: snprintf(record, 96, "{\"a\":\"oops\",\"b\":\"a longer text, %d\"}", i); break;
        case 5: snprintf(record, 96, "{\"a\":%d,\"b\":\"%d\\n\"}", i, i); break;
        default: snprintf(record, 96, "{\"b\":\"abcdefghijkl%d\",\"a\":-%d}", i, i); break;
        }
        records[i] = record;
    }
    records[2000] = NULL;
    const struct field fields[] = {{"a", &type_int}, {"b", &type_string}, {"c", &type_double}};
    char *expected = decode_text(fields, 3, NULL, records, 1, 0, 1, true);
    static const uint32_t capacities[] = {1, 3, 64};
    for (size_t i = 0; i < COUNT_OF(capacities); i++) {
        char *general = decode_text(fields, 3, NULL, records, 1, 0, capacities[i], true);
        char *fast = decode_text(fields, 3, NULL, records, 2, i == 1 ? 64 : 0, capacities[i], false);
        assert_string_equal(general, fast);
        assert_int_equal(strlen(general), strlen(expected)); /* the same lines, reasons earlier */
        free(general), free(fast);
    }
    free(expected);
    for (int i = 0; i < 2000; i++)
        free((char *)records[i]);
}

static char *encode_text(const struct field *fields, uint32_t field_count, const char *const *options,
                         const char *const *records) {
    struct harness harness;
    harness_init(&harness, &json_format, fields, field_count, options);
    harness_open(&harness);
    struct str record[8];
    uint32_t count = 0, next = 0;
    for (; records[count]; count++)
        record[count] = str_from(records[count]);
    struct decode_target target = {
        .batch = batch_new_for(&harness.pool, &harness.schema, count),
        .capacity = count,
        .bad_record = harness_bad_record,
        .context = &harness,
    };
    assert_int_equal(json_format.decode(harness.decoder, record, count, &next, &target, &harness.error), STATUS_OK);
    target.batch->row_count = target.row_count;
    enum status status = harness_encode(&harness, target.batch);
    if (status)
        strbuf_printf(&harness.text, "FAILED %s\n", harness.error.message);
    char *text = memory_strdup(strbuf_text(&harness.text));
    batch_release(target.batch);
    harness_release(&harness);
    return text;
}

static void check_encoding(const struct field *fields, uint32_t field_count, const char *const *options,
                           const char *const *records, const char *expected) {
    char *text = encode_text(fields, field_count, options, records);
    assert_string_equal(text, expected);
    free(text);
}

static void encoding(void **state) {
    (void)state;
    const char *const records[] = {
        "{\"b\":true,\"i\":-5,\"d\":1e10,\"n\":\"0.01\",\"s\":\"a\\\"\\\\\\n\\u0001\xC3\xA9 and more than thirty-two "
        "bytes\\t\",\"y\":\"AAEC\","
        "\"t\":\"2024-05-01 12:00:00.100\",\"z\":\"2024-05-01 12:00:00Z\",\"e\":\"2024-05-01\",\"h\":\"01:02:03\","
        "\"r\":{\"x\":1,\"y\":\"p\"},\"a\":[1,null],\"m\":{\"k\":2}}",
        "{\"d\":\"NaN\",\"r\":{}}", NULL};
    const struct field fields[] = {
        {"b", &type_boolean}, {"i", &type_bigint}, {"d", &type_double},     {"n", &decimal_type},
        {"s", &type_string},  {"y", &type_bytes},  {"t", &type_timestamp3}, {"z", &type_timestamp_ltz3},
        {"e", &type_date},    {"h", &type_time},   {"r", &row_type},        {"a", &array_type},
        {"m", &map_type}};
    check_encoding(fields, COUNT_OF(fields), NULL, records,
                   "{\"b\":true,\"i\":-5,\"d\":1.0E10,\"n\":0.01,\"s\":\"a\\\"\\\\\\n\\u0001\xC3\xA9 and more than "
                   "thirty-two bytes\\t\","
                   "\"y\":\"AAEC\",\"t\":\"2024-05-01 12:00:00.1\",\"z\":\"2024-05-01 12:00:00Z\",\"e\":\"2024-05-01\","
                   "\"h\":\"01:02:03\",\"r\":{\"x\":1,\"y\":\"p\"},\"a\":[1,null],\"m\":{\"k\":2.0}}\n"
                   "{\"b\":null,\"i\":null,\"d\":\"NaN\",\"n\":null,\"s\":null,\"y\":null,\"t\":null,\"z\":null,\"e\":"
                   "null,\"h\":null,"
                   "\"r\":{\"x\":null,\"y\":null},\"a\":null,\"m\":null}\n");
    check_encoding(fields, COUNT_OF(fields),
                   LIST("json.encode.ignore-null-fields", "true", "json.timestamp-format.standard", "ISO-8601"),
                   LIST("{\"t\":\"2024-05-01 12:00:00\",\"r\":{\"y\":\"p\"}}", "{}"),
                   "{\"t\":\"2024-05-01T12:00:00\",\"r\":{\"y\":\"p\"}}\n{}\n");
}

static void encoding_decimals(void **state) {
    (void)state;
    struct type small = {.kind = TYPE_DECIMAL, .nullable = true, .precision = 20, .scale = 10};
    const struct field fields[] = {{"n", &small}};
    const char *const *records = LIST("{\"n\":0.0000000012}", "{\"n\":-0.0000000001}", "{\"n\":0.001}", "{\"n\":0}");
    check_encoding(fields, 1, NULL, records, "{\"n\":1.2E-9}\n{\"n\":-1E-10}\n{\"n\":0.0010000000}\n{\"n\":0E-10}\n");
    check_encoding(fields, 1, LIST("json.encode.decimal-as-plain-number", "true"), records,
                   "{\"n\":0.0000000012}\n{\"n\":-0.0000000001}\n{\"n\":0.0010000000}\n{\"n\":0.0000000000}\n");
}

static void encoding_null_keys(void **state) {
    (void)state;
    static const struct {
        const char *mode, *expected;
    } cases[] = {{"FAIL", "FAILED a MAP with a NULL key cannot be written as JSON\n"},
                 {"DROP", "{\"m\":{\"k\":1.0}}\n"},
                 {"LITERAL", "{\"m\":{\"nil\":2.0,\"k\":1.0}}\n"}};
    const struct field fields[] = {{"m", &map_type}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct harness harness;
        harness_init(&harness, &json_format, fields, 1,
                     LIST("json.map-null-key.mode", cases[i].mode, "json.map-null-key.literal", "nil"));
        struct batch *batch = batch_new_for(&harness.pool, &harness.schema, 1);
        struct column *map = &batch->columns[0];
        column_list_append(map, &batch->arena, 0, 2);
        column_set_null(&map->children[0], &batch->arena, 0, map->element_capacity);
        COLUMN_VALUES(&map->children[0], struct string_view)[1] = view_make("k", 1);
        COLUMN_VALUES(&map->children[1], double)[0] = 2;
        COLUMN_VALUES(&map->children[1], double)[1] = 1;
        if (harness_encode(&harness, batch))
            strbuf_printf(&harness.text, "FAILED %s\n", harness.error.message);
        assert_string_equal(harness.text.data, cases[i].expected);
        batch_release(batch);
        harness_release(&harness);
    }
}

int main(void) {
    row_type = (struct type){.kind = TYPE_ROW, .nullable = true, .fields = row_fields, .field_count = 2};
    deep_type = (struct type){.kind = TYPE_ROW, .nullable = true, .fields = deep_fields, .field_count = 2};
    array_type = (struct type){.kind = TYPE_ARRAY, .nullable = true, .element = &type_int};
    map_type = (struct type){.kind = TYPE_MAP, .nullable = true, .key = &type_string, .element = &type_double};
    rows_type = (struct type){.kind = TYPE_ARRAY, .nullable = true, .element = &row_type};
    decimal_type = (struct type){.kind = TYPE_DECIMAL, .nullable = true, .precision = 10, .scale = 2};
    not_null_type = type_int;
    not_null_type.nullable = false;
    timestamp0_type = type_timestamp3;
    timestamp0_type.precision = 0;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scalars),
        cmocka_unit_test(doubles_are_exact),
        cmocka_unit_test(values_that_do_not_fit),
        cmocka_unit_test(times),
        cmocka_unit_test(keys),
        cmocka_unit_test(escapes),
        cmocka_unit_test(malformed),
        cmocka_unit_test(nesting),
        cmocka_unit_test(nested_types),
        cmocka_unit_test(text_of_anything),
        cmocka_unit_test(missing_and_null),
        cmocka_unit_test(ignoring_errors),
        cmocka_unit_test(failing),
        cmocka_unit_test(small_batches_and_many_shapes),
        cmocka_unit_test(encoding),
        cmocka_unit_test(encoding_decimals),
        cmocka_unit_test(encoding_null_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
