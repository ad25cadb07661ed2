/* json_fuzz.c: any bytes as JSON records, one a line. The general path and the learnt shapes must give the same rows and the same
 * reasons, whatever is readable behind a record, whatever the batch size. */
#include "connectors/formats/json/decoder.h"
#include "tests/fuzz/format_target.h"

static const struct field row_fields[] = {{"x", &type_int}, {"y", &type_string}};
static const struct type row_type = {.kind = TYPE_ROW, .nullable = true, .fields = row_fields, .field_count = 2};
static const struct type array_type = {.kind = TYPE_ARRAY, .nullable = true, .element = &type_bigint};
static const struct type map_type = {.kind = TYPE_MAP, .nullable = true, .key = &type_string, .element = &row_type};
static const struct type decimal_type = {.kind = TYPE_DECIMAL, .nullable = true, .precision = 10, .scale = 2};
static const struct type needed_type = {.kind = TYPE_SMALLINT, .nullable = false};
static struct field fields[] = {
    {"a", &type_bigint},     {"s", &type_string},         {"d", &type_double},
    {"t", &type_timestamp3}, {"z", &type_timestamp_ltz3}, {"b", &type_boolean},
    {"r", &row_type},        {"l", &array_type},          {"m", &map_type},
    {"n", &decimal_type},    {"i", &type_tinyint},        {"y", &type_bytes},
    {"e", &type_date},
};

enum { RECORDS_MAX = 64 };

/* Rows that are written and read back are the same rows. */
static void round_trip(struct format_run *run, const struct schema *schema, const struct str *records, uint32_t count) {
    struct decoder *decoder = format_run_open(run, &json_format, schema);
    struct batch *batch = format_run_batch(run, &json_format, decoder, schema, records, count);
    struct str *written = format_run_encode(run, &json_format, schema, batch);
    strbuf_reset(&run->reasons);
    struct batch *again = format_run_batch(run, &json_format, decoder, schema, written, batch->row_count);
    struct strbuf text;
    strbuf_init(&text);
    format_print(&run->text, batch);
    format_print(&text, again);
    format_assert_equal(&run->text, &text);
    ASSERT(run->reasons.size == 0);
    strbuf_release(&text);
    batch_release(batch);
    batch_release(again);
    json_format.decoder_close(decoder);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 2)
        return 0;
    struct schema schema = {fields, sizeof fields / sizeof fields[0]};
    fields[0].type = data[0] & 1 ? &needed_type : &type_bigint;
    struct str records[RECORDS_MAX];
    uint32_t count = format_split(data + 1, size - 1, records, RECORDS_MAX);
    struct format_run runs[3];
    for (int i = 0; i < 3; i++) {
        format_run_init(&runs[i]);
        if (data[0] & 2)
            options_put(&runs[i].options, "json.ignore-parse-errors", "true");
        if (data[0] & 4)
            options_put(&runs[i].options, "json.fail-on-missing-field", "true");
        struct decoder *decoder = format_run_open(&runs[i], &json_format, &schema);
        if (i == 0)
            json_decoder_use_general_path(decoder);
        else /* learns the shapes first */
            format_run_decode(&runs[i], &json_format, decoder, &schema, records, count, 3, i == 1 ? 0 : 40);
        strbuf_reset(&runs[i].text);
        strbuf_reset(&runs[i].reasons);
        format_run_decode(&runs[i], &json_format, decoder, &schema, records, count, i == 1 ? 5 : 100, i == 2 ? 64 : 0);
        json_format.decoder_close(decoder);
    }
    for (int i = 1; i < 3; i++) {
        format_assert_equal(&runs[0].text, &runs[i].text);
        format_assert_equal(&runs[0].reasons, &runs[i].reasons);
    }
    round_trip(&runs[0], &schema, records, count);
    for (int i = 0; i < 3; i++)
        format_run_release(&runs[i]);
    return 0;
}
