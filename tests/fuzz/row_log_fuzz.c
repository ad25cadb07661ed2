/* row_log_fuzz.c: any bytes as a row log. Nothing foreign does harm, and what decodes encodes to the same bytes. In the first form the sizes of
 * records are made right, or nothing long would come past them. */
#include "core/data/row_log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Decodes as far as it goes; every record that is found must be written in just the bytes it came from. */
static void check(struct str bytes) {
    struct bytes_reader reader = bytes_reader_of(bytes);
    struct strbuf again = {0}, headers = {0};
    struct row_log_record record;
    bool found;
    struct error error;
    const char *start = reader.at;
    while (row_log_next(&reader, &record, &found, &error) == STATUS_OK && found) {
        struct bytes_reader from = bytes_reader_of(record.headers);
        struct str name, value;
        bool has_value;
        uint32_t count = 0;
        strbuf_reset(&headers);
        for (; row_log_next_header(&from, &name, &has_value, &value); count++)
            row_log_put_header(&headers, name, has_value ? &value : NULL);
        ASSERT(count == record.header_count && str_equal(strbuf_str(&headers), record.headers));
        strbuf_reset(&again);
        row_log_put(&again, &record);
        ASSERT(str_equal(strbuf_str(&again), (struct str){start, (size_t)(reader.at - start)}));
        start = reader.at;
    }
    strbuf_release(&again);
    strbuf_release(&headers);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    check((struct str){(const char *)data, size});
    struct strbuf framed = {0};
    while (size > 0) {
        size_t length = data[0] < size - 1 ? data[0] : size - 1;
        bytes_put_u32(&framed, (uint32_t)length);
        strbuf_append(&framed, data + 1, length);
        data += 1 + length;
        size -= 1 + length;
    }
    check(strbuf_str(&framed));
    strbuf_release(&framed);
    return 0;
}
