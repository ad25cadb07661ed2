/* kafka_partitioner_test.c: the hash against values that Kafka's own tests state for its Java client. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "connectors/kafka/partitioner.h"

static void as_the_java_client(void **state) {
    (void)state;
    static const struct {
        const char *key;
        int32_t hash;
    } known[] = {
        {"21", -973932308},
        {"foobar", -790332482},
        {"a-little-bit-long-string", -985981536},
        {"a-little-bit-longer-string", -1486304829},
        {"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971},
        {"abc", 479470107},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        assert_int_equal((int32_t)kafka_murmur2(str_from(known[i].key)), known[i].hash);
}

static void partitions(void **state) {
    (void)state;
    assert_int_equal(kafka_key_partition(STR("21"), 1), 0);
    assert_int_equal(kafka_key_partition(STR("21"), 1000), ((uint32_t)-973932308 & 0x7FFFFFFF) % 1000);
    assert_true(kafka_key_partition((struct str){NULL, 0}, 7) < 7);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(as_the_java_client), cmocka_unit_test(partitions)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
