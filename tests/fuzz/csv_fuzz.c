/* csv_fuzz.c: any bytes as CSV. Records found by the splitter's rule decode without harm, and rows that are written and read
 * back are the same rows. */
#include "connectors/formats/csv/dialect.h"
#include "tests/fuzz/format_target.h"

static const struct field row_fields[] = {{"x", &type_int}, {"y", &type_string}};
static const struct type row_type = {.kind = TYPE_ROW, .nullable = true, .fields = row_fields, .field_count = 2};
static const struct type array_type = {.kind = TYPE_ARRAY, .nullable = true, .element = &type_bigint};
static struct field fields[] = {{"a", &type_bigint},  {"s", &type_string}, {"d", &type_double}, {"t", &type_timestamp3},
                                {"b", &type_boolean}, {"r", &row_type},    {"l", &array_type}};
static struct field plain_fields[] = {
    {"a", &type_bigint}, {"s", &type_string}, {"d", &type_double}, {"t", &type_timestamp3}};

enum { RECORDS_MAX = 64 };

static void set_options(struct options *options, uint8_t choice) {
    if (choice & 1)
        options_put(options, "csv.escape-character", "\\");
    if (choice & 2)
        options_put(options, "csv.ignore-parse-errors", "true");
    if (choice & 4)
        options_put(options, "csv.null-literal", "n/a");
    if (choice & 8)
        options_put(options, "csv.allow-comments", "true");
    if (choice & 16)
        options_put(options, "csv.header", "true");
    if (choice & 32)
        options_put(options, "csv.field-delimiter", ";");
}

/* The records of the input, by the format's own rule; every end must be a line end inside the input. */
static uint32_t split(struct decoder *decoder, const char *p, const char *end, struct str *records) {
    uint32_t count = 0;
    while (p < end && count < RECORDS_MAX) {
        const char *stop = csv_format.record_end(decoder, p, end);
        ASSERT(!stop || (stop >= p && stop < end && *stop == '\n'));
        records[count++] = (struct str){p, (size_t)((stop ? stop : end) - p)};
        p = stop ? stop + 1 : end;
    }
    return count;
}

/* Writes the rows and reads them back. */
static struct batch *write_and_read(struct format_run *run, struct decoder *decoder, const struct schema *schema,
                                    const struct batch *batch) {
    struct str *written = format_run_encode(run, &csv_format, schema, batch);
    for (uint32_t i = 0; i < batch->row_count; i++) { /* the rule that cuts files into records must give the row back */
        struct strbuf line;
        strbuf_init(&line);
        strbuf_append_str(&line, written[i]);
        strbuf_append_char(&line, '\n');
        ASSERT(csv_format.record_end(decoder, line.data, line.data + line.size) == line.data + line.size - 1);
        strbuf_release(&line);
    }
    return format_run_batch(run, &csv_format, decoder, schema, written, batch->row_count);
}

/* In CSV NULL and the empty text may look alike, so the first pass may change rows; from then on they stay. */
static void round_trip(struct format_run *run, struct decoder *decoder, const struct schema *schema,
                       struct batch *batch) {
    struct batch *once = write_and_read(run, decoder, schema, batch);
    struct batch *twice = write_and_read(run, decoder, schema, once);
    struct strbuf text;
    strbuf_init(&text);
    ASSERT(once->row_count == batch->row_count);
    format_print(&run->text, once);
    format_print(&text, twice);
    format_assert_equal(&run->text, &text);
    strbuf_release(&text);
    batch_release(once);
    batch_release(twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 2)
        return 0;
    struct schema schema = {fields, sizeof fields / sizeof fields[0]}, plain = {plain_fields, 4};
    struct str records[RECORDS_MAX];
    struct format_run run;
    format_run_init(&run);
    set_options(&run.options, data[0]);
    struct decoder *decoder = format_run_open(&run, &csv_format, &schema);
    uint32_t count = split(decoder, (const char *)data + 1, (const char *)data + size, records);
    csv_format.decoder_start_file(decoder);
    format_run_decode(&run, &csv_format, decoder, &schema, records, count, 3, 0);
    csv_format.decoder_close(decoder);
    decoder = format_run_open(&run, &csv_format, &plain);
    struct batch *batch = format_run_batch(&run, &csv_format, decoder, &plain, records, count);
    round_trip(&run, decoder, &plain, batch);
    batch_release(batch);
    csv_format.decoder_close(decoder);
    format_run_release(&run);
    return 0;
}
