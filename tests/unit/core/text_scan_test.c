/* text_scan_test.c: block-wise searches agree with the simplest ones at every size and place, and read nothing outside
 * (the address sanitizer watches: every text ends where its allocation ends). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/functions/kernels/utf8.h"
#include "core/functions/kernels/view_part.h"

enum { SIZE_MOST = 140 };

static size_t simple_text(struct str text, struct str needle) {
    for (size_t i = 0; i + needle.size <= text.size; i++)
        if (memcmp(text.data + i, needle.data, needle.size) == 0)
            return i;
    return SIZE_MAX;
}

static void searches_agree(void **state) {
    (void)state;
    unsigned seed = 1;
    for (size_t size = 1; size < SIZE_MOST; size++) {
        for (int round = 0; round < 20; round++) {
            char *data = malloc(size);
            for (size_t i = 0; i < size; i++)
                data[i] = "aab\xc3\xbc"[(seed = seed * 1103515245 + 12345) >> 16 & 3 ? (seed >> 20) % 5 : 0];
            struct str text = {data, size};
            size_t count = 0, characters = 0;
            for (size_t i = 0; i < size; i++) {
                if (data[i] == 'b')
                    assert_int_equal(scan_byte(text, 'b', count++), i);
                characters += ((uint8_t)data[i] & 0xC0) != 0x80;
            }
            assert_int_equal(scan_byte(text, 'b', count), SIZE_MAX);
            assert_int_equal(scan_count_byte(text, 'b'), count);
            assert_int_equal(utf8_count(text), characters);
            size_t number = 0;
            for (size_t i = 0; i < size; i++)
                if (utf8_starts(data[i]))
                    assert_int_equal(utf8_offset(text, number++), i);
            assert_int_equal(utf8_offset(text, number), size);
            static const char *const needles[] = {"ab", "ba", "bb", "aba", "aaaab", "baaaaab", "b", ""};
            for (size_t i = 0; i < sizeof needles / sizeof needles[0]; i++)
                assert_int_equal(scan_text(text, str_from(needles[i])), simple_text(text, str_from(needles[i])));
            size_t from = seed % size;
            struct string_view part = view_part(text, from, (size - from) / 2),
                               made = view_make(data + from, (uint32_t)((size - from) / 2));
            assert_memory_equal(&part, &made, sizeof part);
            free(data);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(searches_agree)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
