/* processing_clock_test.c: processing time follows the monotonic clock, takes over what is ahead, and ignores what is behind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/env_virtual.h"
#include "core/base/hash.h"
#include "runtime/protocol/processing_clock.h"

#define HOUR_US 3600000000LL

static void runs_as_the_monotonic_clock_does(void **state) {
    (void)state;
    struct processing_clock clock = processing_clock_from(1700000000000000, 500);
    assert_int_equal(processing_clock_at(&clock, 500), 1700000000000000);
    assert_int_equal(processing_clock_at(&clock, 1500), 1700000000001000);
    clock = processing_clock_from(-5, -7); /* any zero will do */
    assert_int_equal(processing_clock_at(&clock, 0), 2);
}

static void stamps_ahead_are_taken_over_and_those_behind_are_not(void **state) {
    (void)state;
    struct processing_clock clock = processing_clock_from(1000, 0);
    processing_clock_raise(&clock, 1400, 100); /* it is 1100 */
    assert_int_equal(processing_clock_at(&clock, 100), 1400);
    assert_int_equal(processing_clock_at(&clock, 150), 1450);
    processing_clock_raise(&clock, 1400, 150);
    processing_clock_raise(&clock, 1450, 150);
    processing_clock_raise(&clock, -HOUR_US, 160);
    assert_int_equal(processing_clock_at(&clock, 200), 1500); /* goes on from where it was */
    processing_clock_raise(&clock, PROCESSING_TIME_MAX_US, 200);
    processing_clock_raise(&clock, -PROCESSING_TIME_MAX_US, 200);
    assert_int_equal(processing_clock_at(&clock, 201), PROCESSING_TIME_MAX_US + 1);
}

/* A wall clock that is followed: back by an hour, then ahead of where it would have been. */
static void a_wall_clock_that_jumps(void **state) {
    (void)state;
    struct env_virtual *world = env_virtual_new(10 * HOUR_US, 1);
    struct env *env = env_virtual_env(world);
    struct processing_clock clock = processing_clock_from(env_now_us(env), env_monotonic_us(env));
    env_virtual_set_now(world, 9 * HOUR_US);
    env_virtual_advance(world, 250);
    processing_clock_raise(&clock, env_now_us(env), env_monotonic_us(env));
    assert_int_equal(processing_clock_at(&clock, env_monotonic_us(env)), 10 * HOUR_US + 250);
    env_virtual_set_now(world, 11 * HOUR_US);
    processing_clock_raise(&clock, env_now_us(env), env_monotonic_us(env));
    assert_int_equal(processing_clock_at(&clock, env_monotonic_us(env)), 11 * HOUR_US);
    env_virtual_free(world);
}

/* Two tasks that take the same stamps over, each when it comes to them: neither goes back or falls behind a stamp, and after each they agree. */
static void never_goes_back_whatever_is_told(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        int64_t monotonic_us = 0, wall_us = 100 * HOUR_US, newest_us[2] = {0};
        struct processing_clock clocks[2] = {processing_clock_from(wall_us, 0), processing_clock_from(wall_us, 0)};
        for (uint64_t i = 0; i < 1000; i++) {
            uint64_t chance = hash_u64(seed * 1000 + i);
            int64_t passed_us = (int64_t)(chance % 1000);
            wall_us += passed_us + (chance % 8 == 0 ? (int64_t)(chance >> 32) % HOUR_US - HOUR_US / 2 : 0);
            int64_t stamped_us = monotonic_us += passed_us;
            for (int task = 0; task < 2; task++) {
                monotonic_us += (int64_t)(chance >> 20) % 300; /* on its way */
                processing_clock_raise(&clocks[task], wall_us, stamped_us);
                int64_t now_us = processing_clock_at(&clocks[task], monotonic_us);
                assert_true(now_us >= newest_us[task] && now_us >= wall_us);
                newest_us[task] = now_us;
            }
            assert_int_equal(clocks[0].lead_us, clocks[1].lead_us);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs_as_the_monotonic_clock_does),
        cmocka_unit_test(stamps_ahead_are_taken_over_and_those_behind_are_not),
        cmocka_unit_test(a_wall_clock_that_jumps),
        cmocka_unit_test(never_goes_back_whatever_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
