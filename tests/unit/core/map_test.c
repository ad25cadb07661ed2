/* map_test.c: names to pointers; and the hash functions below it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "core/base/arena.h"
#include "core/base/hash.h"
#include "core/base/map.h"

static int values[2000];

static void put_get_replace(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena);
    struct map map;
    map_init(&map, &arena, false);
    assert_null(map_get(&map, "a"));
    assert_false(map_remove(&map, "a"));
    assert_null(map_put(&map, "a", &values[1]));
    assert_ptr_equal(map_put(&map, "a", &values[2]), &values[1]);
    assert_ptr_equal(map_get(&map, "a"), &values[2]);
    assert_null(map_get(&map, "A"));
    assert_null(map_get(&map, ""));
    assert_int_equal(map.count, 1);
    char key[] = "temporary";
    map_put(&map, key, &values[3]);
    key[0] = 'x'; /* the map has its own copy */
    assert_ptr_equal(map_get(&map, "temporary"), &values[3]);
    arena_release(&arena);
}

static void many_keys_in_order(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena);
    struct map map;
    map_init(&map, &arena, false);
    char key[32];
    for (int i = 0; i < 2000; i++) {
        snprintf(key, sizeof key, "column_%d", i);
        map_put(&map, key, &values[i]);
    }
    assert_int_equal(map.count, 2000);
    for (int i = 0; i < 2000; i++) {
        snprintf(key, sizeof key, "column_%d", i);
        assert_ptr_equal(map_get(&map, key), &values[i]);
        assert_string_equal(map.entries[i].key, key);
    }
    for (int i = 0; i < 2000; i += 2) {
        snprintf(key, sizeof key, "column_%d", i);
        assert_true(map_remove(&map, key));
    }
    for (int i = 0; i < 2000; i++) {
        snprintf(key, sizeof key, "column_%d", i);
        assert_ptr_equal(map_get(&map, key), i % 2 ? &values[i] : NULL);
    }
    for (size_t i = 0; i < map.count; i++)
        assert_ptr_equal(map.entries[i].value, &values[i * 2 + 1]);
    arena_release(&arena);
}

static void without_case(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena);
    struct map map;
    map_init(&map, &arena, true);
    map_put(&map, "Weather", &values[1]);
    assert_ptr_equal(map_get(&map, "WEATHER"), &values[1]);
    assert_ptr_equal(map_put(&map, "weather", &values[2]), &values[1]);
    assert_string_equal(map.entries[0].key, "Weather"); /* as first written */
    assert_true(map_remove(&map, "wEATHER"));
    assert_int_equal(map.count, 0);
    arena_release(&arena);
}

static void hashes_spread(void **state) {
    (void)state;
    /* Every key group gets its share of consecutive keys: 100 expected in each. */
    static unsigned groups[KEY_GROUP_COUNT];
    for (uint64_t i = 0; i < KEY_GROUP_COUNT * 100; i++) {
        uint32_t group = hash_key_group(hash_u64(i));
        assert_true(group < KEY_GROUP_COUNT);
        groups[group]++;
    }
    for (size_t i = 0; i < KEY_GROUP_COUNT; i++)
        assert_in_range(groups[i], 50, 160);
    assert_int_not_equal(hash_combine(1, 2), hash_combine(2, 1));
    assert_int_equal(hash_bytes("abc", 3), 0x78AF5F94892F3950ull); /* XXH3's published value */
    assert_int_equal(hash_bytes("", 0), 0x2D06800538D394C2ull);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(put_get_replace),
        cmocka_unit_test(many_keys_in_order),
        cmocka_unit_test(without_case),
        cmocka_unit_test(hashes_spread),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
