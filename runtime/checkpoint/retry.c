#include "runtime/checkpoint/retry.h"

enum { FIRST_US = 20000, LONGEST_US = 2000000, DOUBLINGS_MAX = 7, LOUD_FROM = 3 };

int64_t retry_pause_us(uint32_t attempt) {
    uint32_t doublings = attempt > 1 ? attempt - 1 : 0;
    int64_t pause_us = (int64_t)FIRST_US << (doublings < DOUBLINGS_MAX ? doublings : DOUBLINGS_MAX);
    return pause_us < LONGEST_US ? pause_us : LONGEST_US;
}

bool retry_is_loud(uint32_t attempt) {
    return attempt >= LOUD_FROM && (attempt & (attempt - 1)) == 0;
}
