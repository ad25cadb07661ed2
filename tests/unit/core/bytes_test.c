/* bytes_test.c: numbers and blocks to bytes and back; a reader that was given too little says so and stays failed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/bytes.h"

static void round_trip(void **state) {
    (void)state;
    static const uint64_t numbers[] = {0, 1, 127, 128, 16383, 16384, UINT32_MAX, UINT64_MAX >> 1, UINT64_MAX};
    struct strbuf out;
    strbuf_init(&out);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        strbuf_reset(&out);
        bytes_put_u8(&out, (uint8_t)numbers[i]);
        bytes_put_u32(&out, (uint32_t)numbers[i]);
        bytes_put_u64(&out, numbers[i]);
        bytes_put_i64(&out, (int64_t)numbers[i]);
        bytes_put_varint(&out, numbers[i]);
        bytes_put_block(&out, STR("some text"));
        bytes_put_block(&out, (struct str){NULL, 0});
        struct bytes_reader reader = bytes_reader_of(strbuf_str(&out));
        assert_int_equal(bytes_get_u8(&reader), (uint8_t)numbers[i]);
        assert_int_equal(bytes_get_u32(&reader), (uint32_t)numbers[i]);
        assert_true(bytes_get_u64(&reader) == numbers[i]);
        assert_true(bytes_get_i64(&reader) == (int64_t)numbers[i]);
        assert_true(bytes_get_varint(&reader) == numbers[i]);
        assert_true(str_equal(bytes_get_block(&reader), STR("some text")));
        assert_int_equal(bytes_get_block(&reader).size, 0);
        assert_true(bytes_are_done(&reader));
    }
    strbuf_release(&out);
}

static void refusals(void **state) {
    (void)state;
    struct bytes_reader reader = bytes_reader_of((struct str){"\x01\x02\x03", 3});
    assert_int_equal(bytes_get_u32(&reader), 0);
    assert_true(reader.failed);
    assert_int_equal(bytes_get_u8(&reader), 0); /* though three bytes are there */
    assert_false(bytes_are_done(&reader));
    reader = bytes_reader_of(STR("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff")); /* a varint that does not end */
    bytes_get_varint(&reader);
    assert_true(reader.failed);
    reader = bytes_reader_of(STR("\xff\xff\xff\xff\x0f"
                                 "abc")); /* a block longer than all there is */
    assert_int_equal(bytes_get_block(&reader).size, 0);
    assert_true(reader.failed);
    reader = bytes_reader_of(STR("\x09"
                                 "12345678")); /* nine things of at least a byte in eight bytes */
    bytes_get_count(&reader, 1);
    assert_true(reader.failed);
    reader = bytes_reader_of(STR("\x02"));
    bytes_get_bool(&reader);
    assert_true(reader.failed);
    reader = bytes_reader_of((struct str){NULL, 0});
    assert_true(bytes_are_done(&reader));
    bytes_get_u8(&reader);
    assert_true(reader.failed);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(round_trip), cmocka_unit_test(refusals)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
