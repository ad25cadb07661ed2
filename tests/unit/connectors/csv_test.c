/* csv_test.c: the CSV and raw formats. */
#include "connectors/formats/csv/dialect.h"
#include "tests/unit/connectors/format_harness.h"

#define LIST(...) ((const char *const[]){__VA_ARGS__, NULL})
#define FIELDS(...) ((const struct field[]){__VA_ARGS__}), COUNT_OF(((const struct field[]){__VA_ARGS__}))

static struct type row_type, array_type, decimal_type, not_null_type;
static const struct field row_fields[] = {{"x", &type_int}, {"y", &type_string}};

static void check_format(const struct format_class *format, const struct field *fields, uint32_t field_count,
                         const char *const *options, bool at_file_start, const char *const *records,
                         const char *expected) {
    struct harness harness;
    harness_init(&harness, format, fields, field_count, options);
    harness_open(&harness);
    if (at_file_start)
        format->decoder_start_file(harness.decoder);
    uint32_t count = 0;
    while (records[count])
        count++;
    if (harness_decode(&harness, records, count))
        strbuf_printf(&harness.text, "FAILED %s\n", harness.error.message);
    assert_string_equal(strbuf_text(&harness.text), expected);
    harness_release(&harness);
}

static void check(const struct field *fields, uint32_t field_count, const char *const *options,
                  const char *const *records, const char *expected) {
    check_format(&csv_format, fields, field_count, options, false, records, expected);
}

static void values(void **state) {
    (void)state;
    check(FIELDS({"b", &type_boolean}, {"i", &type_int}, {"d", &type_double}, {"n", &decimal_type}, {"s", &type_string},
                 {"t", &type_timestamp3}, {"z", &type_timestamp_ltz3}, {"e", &type_date}),
          NULL,
          LIST("true, -5 ,1.5,2.345,text,2024-05-01 12:00:00.5,2024-05-01 12:00:00Z,2024-05-01", ",,,,,,,",
               "FALSE,7,1e3,\"3\",a text longer than twelve "
               "bytes,2024-05-01T00:00:00,2024-05-01T00:00:00+02:00,1969-12-31",
               "yes,,,,,,,", ",99999999999,,,,,,", ",,,,,2024-13-01 00:00:00,,"),
          "! column \"b\" of type BOOLEAN cannot take the text yes\n"
          "! column \"i\" of type INT cannot take the text 99999999999\n"
          "! column \"t\" of type TIMESTAMP(3) cannot take the text 2024-13-01 00:00:00\n"
          "TRUE|-5|1.5|2.35|text|2024-05-01 12:00:00.500|2024-05-01 12:00:00.000|2024-05-01\n"
          "NULL|NULL|NULL|NULL||NULL|NULL|NULL\n"
          "FALSE|7|1000.0|3.00|a text longer than twelve bytes|2024-05-01 00:00:00.000|2024-04-30 "
          "22:00:00.000|1969-12-31\n");
}

static void quotes(void **state) {
    (void)state;
    check(FIELDS({"a", &type_string}, {"b", &type_string}), NULL,
          LIST("\"x,y\",\"say \"\"hi\"\"\"", "\"two\nlines\",\"\"", "a\"b,c\"", "\"open,x", "\"closed\"x,y",
               "\"closed\" ,y", "'a','b'"),
          "! field 1 has a quote that is not closed, or text behind it\n"
          "! field 1 has a quote that is not closed, or text behind it\n"
          "x,y|say \"hi\"\ntwo\nlines|\na\"b|c\"\nclosed|y\n'a'|'b'\n");
    check(FIELDS({"a", &type_string}, {"b", &type_string}), LIST("csv.disable-quote-character", "true"),
          LIST("\"x,y\""), "\"x|y\"\n");
    check(FIELDS({"a", &type_string}, {"b", &type_string}),
          LIST("csv.quote-character", "'", "csv.field-delimiter", "|", "csv.escape-character", "\\"),
          LIST("'x|y'|a\\|b", "'it\\'s'|\\\\", "'it''s'|c"), "x|y|a|b\nit's|\\\nit's|c\n");
    check(FIELDS({"a", &type_string}, {"b", &type_string}), LIST("csv.field-delimiter", "\\t"), LIST("x\ty,z"),
          "x|y,z\n");
}

static void counts_and_nulls(void **state) {
    (void)state;
    check(FIELDS({"a", &type_int}, {"b", &type_int}), NULL, LIST("1", "1,2", "1,2,3"),
          "! record has 1 fields instead of 2\n! record has 3 fields instead of 2\n1|2\n");
    check(FIELDS({"a", &type_int}, {"b", &type_int}), LIST("csv.ignore-parse-errors", "true"),
          LIST("1", "x,2", "1,2,3"), "! record has 3 fields instead of 2\n1|NULL\nNULL|2\n");
    check(FIELDS({"a", &type_int}, {"b", &type_string}), LIST("csv.null-literal", "n/a", "csv.allow-comments", "true"),
          LIST("n/a,n/a", "# a comment, \"", "2,"), "NULL|NULL\n2|\n");
    check(FIELDS({"a", &not_null_type}, {"b", &type_string}), NULL, LIST(",x", "1,y"),
          "! column \"a\" is NOT NULL but has no value\n1|y\n");
    check(FIELDS({"a", &type_int}), LIST("csv.on-error", "fail"), LIST("1", "x", "3"),
          "1\nFAILED column \"a\" of type INT cannot take the text x\n");
    check(FIELDS({"a", &type_string}), NULL, LIST("\xFF", "\xC3\xA4"), "! invalid UTF-8 at byte 0\n\xC3\xA4\n");
}

/* A NULL of a record that is given up does not stay in the row. */
static void given_up_rows_leave_nothing(void **state) {
    (void)state;
    check(FIELDS({"a", &type_int}, {"b", &type_int}, {"r", &row_type}), NULL, LIST(",x,", ",1,;;;", "5,6,7;z"),
          "! column \"b\" of type INT cannot take the text x\n"
          "! column \"r\" of type ROW<`x` INT, `y` STRING> cannot take the text ;;;\n5|6|(7, z)\n");
}

static void nested(void **state) {
    (void)state;
    check(FIELDS({"r", &row_type}, {"a", &array_type}), NULL, LIST("1;p,1;2;;4", ",", "\"2;\",\"\"", "1,2", "1;p,x"),
          "! column \"r\" of type ROW<`x` INT, `y` STRING> cannot take the text 1\n"
          "! column \"a\" of type INT cannot take the text x\n"
          "(1, p)|[1, 2, NULL, 4]\nNULL|NULL\n(2, )|[]\n");
}

static void headers(void **state) {
    (void)state;
    check_format(&csv_format, FIELDS({"a", &type_int}, {"b", &type_string}), LIST("csv.header", "true"), true,
                 LIST("x, b ,a", "1,two,3"), "3|two\n");
    check_format(&csv_format, FIELDS({"a", &type_int}, {"b", &type_string}), LIST("csv.header", "true"), true,
                 LIST("a,c", "1,two"), "! the header has no column \"b\"\n1|NULL\n");
    check_format(&csv_format, FIELDS({"a", &type_string}), LIST("csv.header", "true"), false, LIST("a"), "a\n");
}

static void record_ends(void **state) {
    (void)state;
    struct csv_dialect dialect = {.delimiter = ',', .quote = '"'};
    static const struct {
        const char *text;
        int end; /* -1: not there */
    } cases[] = {{"a,b\nc", 3}, {"a,b", -1}, {"\"a\nb\",c\n", 7},   {"\"a\nb", -1},           {"a\"b\nc\"\n", 3},
                 {"\n", 0},     {"", -1},    {"a,\"\"\"\n\"\n", 7}, {"\"a\"\"\n\"\"\"\n", 8}, {"\"a\"x\ny", 4}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *text = cases[i].text, *end = csv_record_end(&dialect, text, text + strlen(text));
        assert_int_equal(end ? end - text : -1, cases[i].end);
    }
}

static void wrong_options(void **state) {
    (void)state;
    static const char *const cases[][2] = {{"csv.field-delimiter", ";;"},
                                           {"csv.field-delimiter", ""},
                                           {"csv.field-delimiter", "\""},
                                           {"csv.quote-character", "\n"},
                                           {"csv.escape-character", "\""}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct harness harness;
        harness_init(&harness, &csv_format, FIELDS({"a", &type_int}), LIST(cases[i][0], cases[i][1]));
        assert_int_equal(csv_format.validate(&harness.schema, &harness.options, &harness.error), STATUS_INVALID_OPTION);
        harness_release(&harness);
    }
    struct type map = {.kind = TYPE_MAP, .nullable = true, .key = &type_string, .element = &type_int};
    struct harness harness;
    harness_init(&harness, &csv_format, FIELDS({"m", &map}), NULL);
    assert_int_equal(csv_format.validate(&harness.schema, &harness.options, &harness.error), STATUS_UNSUPPORTED);
    harness_release(&harness);
}

/* What is written is read back as the same rows. */
static void encoding(void **state) {
    (void)state;
    const struct field fields[] = {{"i", &type_int},     {"s", &type_string},     {"d", &type_double},
                                   {"n", &decimal_type}, {"t", &type_timestamp3}, {"r", &row_type},
                                   {"a", &array_type},   {"y", &type_bytes}};
    const char *const records[] = {"-5,\"a,b \"\"c\"\"\nd\",1.5,2.50,2024-05-01 12:00:00.5,1;p,1;;3,AAEC", ",,,,,,,",
                                   ",\" x\",,,,,,", NULL};
    const char *const expected =
        "-5,\"a,b \"\"c\"\"\nd\",1.5,2.50,2024-05-01 12:00:00.5,1;p,1;;3,AAEC\n,,,,,,,\n,\" x\",,,,,,\n";
    struct harness harness;
    harness_init(&harness, &csv_format, fields, COUNT_OF(fields), LIST("csv.header", "true"));
    harness_open(&harness);
    struct str record[] = {str_from(records[0]), str_from(records[1]), str_from(records[2])};
    uint32_t next = 0;
    struct decode_target target = {.batch = batch_new_for(&harness.pool, &harness.schema, 3),
                                   .capacity = 3,
                                   .bad_record = harness_bad_record,
                                   .context = &harness};
    assert_int_equal(csv_format.decode(harness.decoder, record, 3, &next, &target, &harness.error), STATUS_OK);
    assert_int_equal(target.row_count, 3);
    assert_int_equal(harness_encode(&harness, target.batch), STATUS_OK);
    assert_string_equal(harness.text.data, expected);
    batch_release(target.batch);
    harness_release(&harness);
}

static void raw_values(void **state) {
    (void)state;
    check_format(&raw_format, FIELDS({"s", &type_string}), NULL, false, LIST("", "any {\"text\"} at all", "\xFF"),
                 "! invalid UTF-8 at byte 0\n\nany {\"text\"} at all\n");
    check_format(&raw_format, FIELDS({"y", &type_bytes}), NULL, false, LIST("\xFF\x01"), "x'ff01'\n");
    check_format(&raw_format, FIELDS({"i", &type_int}), NULL, false, LIST("\x01\x02\x03\x04", "\x01"),
                 "! record has 1 bytes instead of 4\n16909060\n");
    check_format(&raw_format, FIELDS({"i", &type_int}), LIST("raw.endianness", "little-endian"), false,
                 LIST("\x01\x02\x03\x04"), "67305985\n");
    struct harness harness;
    harness_init(&harness, &raw_format, FIELDS({"a", &type_int}, {"b", &type_int}), NULL);
    assert_int_equal(raw_format.validate(&harness.schema, &harness.options, &harness.error), STATUS_INVALID_DEFINITION);
    harness_release(&harness);
    harness_init(&harness, &raw_format, FIELDS({"i", &type_int}), NULL);
    struct batch *batch = batch_new_for(&harness.pool, &harness.schema, 1);
    COLUMN_VALUES(&batch->columns[0], int32_t)[0] = 0x41424344;
    assert_int_equal(harness_encode(&harness, batch), STATUS_OK);
    assert_string_equal(harness.text.data, "ABCD\n");
    batch_release(batch);
    harness_release(&harness);
}

int main(void) {
    row_type = (struct type){.kind = TYPE_ROW, .nullable = true, .fields = row_fields, .field_count = 2};
    array_type = (struct type){.kind = TYPE_ARRAY, .nullable = true, .element = &type_int};
    decimal_type = (struct type){.kind = TYPE_DECIMAL, .nullable = true, .precision = 10, .scale = 2};
    not_null_type = type_int;
    not_null_type.nullable = false;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values),           cmocka_unit_test(quotes),
        cmocka_unit_test(counts_and_nulls), cmocka_unit_test(given_up_rows_leave_nothing),
        cmocka_unit_test(nested),           cmocka_unit_test(headers),
        cmocka_unit_test(record_ends),      cmocka_unit_test(wrong_options),
        cmocka_unit_test(encoding),         cmocka_unit_test(raw_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
