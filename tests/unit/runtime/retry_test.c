/* retry_test.c: pauses and voices of failures in a row; digests of bytes in pieces. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "runtime/checkpoint/digest_stream.h"
#include "runtime/checkpoint/retry.h"

static void pauses_double_to_a_bound(void **state) {
    (void)state;
    assert_int_equal(retry_pause_us(0), 20000);
    assert_int_equal(retry_pause_us(1), 20000);
    for (uint32_t attempt = 2; attempt <= 7; attempt++)
        assert_int_equal(retry_pause_us(attempt), 2 * retry_pause_us(attempt - 1));
    assert_int_equal(retry_pause_us(8), 2000000);
    assert_int_equal(retry_pause_us(UINT32_MAX), 2000000);
}

static void it_gets_rarer(void **state) {
    (void)state;
    uint32_t told = 0;
    for (uint32_t attempt = 1; attempt <= 1000; attempt++)
        told += retry_is_loud(attempt);
    assert_int_equal(told, 8); /* 4, 8, … 512 */
    assert_false(retry_is_loud(1));
    assert_false(retry_is_loud(2));
}

/* However they are cut. */
static void pieces_have_the_digest_of_the_whole(void **state) {
    (void)state;
    uint8_t bytes[3000];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 7 + i / 256);
    struct digest_stream *stream = digest_stream_new();
    for (size_t size = 0; size < sizeof bytes; size += 97)
        for (size_t cut = 0; cut <= size; cut += 61) {
            struct digest wanted = digest_of(bytes, size);
            digest_stream_reset(stream);
            digest_stream_update(stream, bytes, cut);
            digest_stream_update(stream, bytes + cut, size - cut);
            struct digest digest = digest_stream_digest(stream);
            assert_true(digest_equal(&digest, &wanted));
        }
    digest_stream_free(stream);
    digest_stream_free(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pauses_double_to_a_bound),
        cmocka_unit_test(it_gets_rarer),
        cmocka_unit_test(pieces_have_the_digest_of_the_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
