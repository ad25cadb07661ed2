/* memory_ahead.c: makes huge pages ready until there are enough, or it is stopped. */
#include "runtime/memory_ahead.h"

#include "core/base/huge_pages.h"

enum { READY_BYTES_MAX = 1 << 30 }; /* in vain, should the state be of a kind that does not lie in huge pages */

static void *make_ready(void *context) {
    struct memory_ahead *ahead = context;
    for (uint64_t made = 0; made < __atomic_load_n(&ahead->wanted, __ATOMIC_RELAXED); made++)
        huge_pages_make_ready(READY_BYTES_MAX / HUGE_PAGE_BYTES);
    return NULL;
}

void memory_ahead_start(struct memory_ahead *ahead, uint64_t bytes) {
    ahead->wanted = bytes / HUGE_PAGE_BYTES;
    ahead->has_thread = ahead->wanted > 0 && pthread_create(&ahead->thread, NULL, make_ready, ahead) == 0;
}

void memory_ahead_stop(struct memory_ahead *ahead) {
    if (!ahead->has_thread)
        return;
    __atomic_store_n(&ahead->wanted, 0, __ATOMIC_RELAXED);
    huge_pages_free_ready(); /* it may wait for room */
    pthread_join(ahead->thread, NULL);
    huge_pages_free_ready();
    *ahead = (struct memory_ahead){0};
}
