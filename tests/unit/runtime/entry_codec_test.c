/* entry_codec_test.c: keys come back as they were, sort as their entries do, and bytes that are none are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "core/base/hash.h"
#include "runtime/state/entry_codec.h"

enum { ROUNDS = 20000 };

/* Small alphabets, so that addresses often share parts. */
static struct state_address draw(uint64_t random, enum state_kind kind) {
    static const char bytes[] = "\0\0\xff\xff\x80";
    struct state_address address = {.hash = (uint32_t)(random & 1) * UINT32_MAX};
    address.key = (struct str){bytes + (random >> 1) % 3, (random >> 3) % 3};
    if (kind == STATE_LIST || kind == STATE_ORDERED)
        address.order = (random >> 8) % 5 == 0   ? INT64_MIN
                        : (random >> 8) % 5 == 1 ? INT64_MAX
                                                 : (int64_t)((random >> 11) % 5) - 2;
    if (kind == STATE_MAP || kind == STATE_ORDERED)
        address.user_key = (struct str){bytes + (random >> 16) % 3, (random >> 18) % 3};
    return address;
}

static int sign(int64_t difference) {
    return (difference > 0) - (difference < 0);
}

static int compare(const struct state_address *a, const struct state_address *b) {
    if (a->hash != b->hash)
        return a->hash < b->hash ? -1 : 1;
    if (a->key.size != b->key.size)
        return a->key.size < b->key.size ? -1 : 1;
    if (!str_equal(a->key, b->key))
        return sign(str_compare(a->key, b->key));
    if (a->order != b->order)
        return a->order < b->order ? -1 : 1;
    return sign(str_compare(a->user_key, b->user_key));
}

static bool in_range(const struct strbuf *key, const struct strbuf *start, const struct strbuf *end) {
    return str_compare(strbuf_str(key), strbuf_str(start)) >= 0 &&
           (end->size == 0 || str_compare(strbuf_str(key), strbuf_str(end)) < 0);
}

static void keys_and_ranges(void **state) {
    (void)state;
    struct strbuf left, right, start, end;
    strbuf_init(&left);
    strbuf_init(&right);
    strbuf_init(&start);
    strbuf_init(&end);
    for (uint64_t round = 0; round < ROUNDS; round++) {
        enum state_kind kind = (enum state_kind)(round % 4 + 1);
        struct state_address a = draw(hash_u64(2 * round + 1), kind), b = draw(hash_u64(2 * round + 2), kind), read;
        strbuf_reset(&left);
        strbuf_reset(&right);
        entry_key_append(&left, kind, &a);
        entry_key_append(&right, kind, &b);
        assert_int_equal(sign(str_compare(strbuf_str(&left), strbuf_str(&right))), compare(&a, &b));
        assert_true(entry_key_read(strbuf_str(&left), kind, &read) && compare(&a, &read) == 0);
        struct state_range range = state_range_key(a.hash, a.key);
        strbuf_reset(&start);
        strbuf_reset(&end);
        entry_range_append(&start, &end, &range);
        assert_true(in_range(&left, &start, &end));
        assert_int_equal(in_range(&right, &start, &end), a.hash == b.hash && str_equal(a.key, b.key));
    }
    strbuf_release(&left);
    strbuf_release(&right);
    strbuf_release(&start);
    strbuf_release(&end);
}

static void foreign_bytes(void **state) {
    (void)state;
    struct state_address address;
    assert_false(entry_key_read(STR(""), STATE_VALUE, &address));
    assert_false(entry_key_read(STR("\0\0\0\0"), STATE_VALUE, &address));
    assert_false(entry_key_read(STR("\0\0\0\0\x05xx"), STATE_VALUE, &address));
    assert_false(entry_key_read(STR("\0\0\0\0\x01xx"), STATE_VALUE, &address));
    assert_false(entry_key_read(STR("\0\0\0\0\x01x1234567"), STATE_LIST, &address));
    assert_true(entry_key_read(STR("\0\0\0\0\x01xx"), STATE_MAP, &address));
    struct str payload;
    int64_t expires_us;
    assert_false(entry_value_read(STR(""), &payload, &expires_us));
    assert_false(entry_value_read(STR("\x01"
                                      "1234567"),
                                  &payload, &expires_us));
    assert_false(entry_value_read(STR("\x02"
                                      "12345678"),
                                  &payload, &expires_us));
    assert_true(entry_value_read(STR("\0"), &payload, &expires_us) && payload.data && payload.size == 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(keys_and_ranges), cmocka_unit_test(foreign_bytes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
