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

static struct batch *decode(struct format_run *run, struct decoder *decoder, const struct schema *schema,
                            const struct str *records, uint32_t count) {
    struct decode_target target = {.batch = batch_new_for(&run->pool, schema, RECORDS_MAX + 1),
                                   .capacity = RECORDS_MAX + 1,
                                   .bad_record = format_run_bad_record,
                                   .context = run};
    uint32_t next = 0;
    struct error error;
    ASSERT(csv_format.decode(decoder, records, count, &next, &target, &error) == STATUS_OK && next == count);
    target.batch->row_count = target.row_count;
    return target.batch;
}

static void print(struct strbuf *out, const struct batch *batch) {
    strbuf_reset(out);
    for (uint32_t row = 0; row < batch->row_count; row++)
        for (uint32_t c = 0; c < batch->column_count; c++) {
            column_print_value(out, &batch->columns[c], row);
            strbuf_append_char(out, c + 1 == batch->column_count ? '\n' : '|');
        }
}

/* Writes the rows and reads them back. */
static struct batch *write_and_read(struct format_run *run, struct decoder *decoder, const struct schema *schema,
                                    const struct batch *batch) {
    uint32_t columns[] = {0, 1, 2, 3};
    struct encoder_config config = {&run->arena, &run->options, schema, columns, schema->field_count};
    struct encoder *encoder;
    struct error error;
    ASSERT(csv_format.encoder_open(&config, &encoder, &error) == STATUS_OK);
    struct encoded_rows rows = {.ends = ARENA_ARRAY(&run->arena, uint32_t, batch->row_count + 1)};
    strbuf_init(&rows.data);
    struct selection all = {NULL, batch->row_count};
    ASSERT(csv_format.encode(encoder, batch, &all, &rows, &error) == STATUS_OK);
    struct str bytes = {arena_copy(&run->arena, strbuf_text(&rows.data), rows.data.size + 1), rows.data.size};
    struct str *written = ARENA_ARRAY(&run->arena, struct str, batch->row_count + 1);
    for (uint32_t i = 0; i < batch->row_count; i++) {
        uint32_t start = i ? rows.ends[i - 1] : 0;
        written[i] = (struct str){bytes.data + start, rows.ends[i] - start};
        struct strbuf line; /* the rule that cuts files into records must give the row back */
        strbuf_init(&line);
        strbuf_append_str(&line, written[i]);
        strbuf_append_char(&line, '\n');
        ASSERT(csv_format.record_end(decoder, line.data, line.data + line.size) == line.data + line.size - 1);
        strbuf_release(&line);
    }
    strbuf_release(&rows.data);
    csv_format.encoder_close(encoder);
    return decode(run, decoder, schema, written, batch->row_count);
}

/* In CSV NULL and the empty text may look alike, so the first pass may change rows; from then on they stay. */
static void round_trip(struct format_run *run, struct decoder *decoder, const struct schema *schema,
                       struct batch *batch) {
    struct batch *once = write_and_read(run, decoder, schema, batch);
    struct batch *twice = write_and_read(run, decoder, schema, once);
    struct strbuf text;
    strbuf_init(&text);
    ASSERT(once->row_count == batch->row_count);
    print(&run->text, once);
    print(&text, twice);
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
    struct batch *batch = decode(&run, decoder, &plain, records, count);
    round_trip(&run, decoder, &plain, batch);
    batch_release(batch);
    csv_format.decoder_close(decoder);
    format_run_release(&run);
    return 0;
}
