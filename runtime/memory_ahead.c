/* memory_ahead.c: makes huge pages ready until there are enough, or it is stopped. */
#include "runtime/memory_ahead.h"

#include "core/base/huge_pages.h"

static void *make_ready(void *context) {
    struct memory_ahead *ahead = context;
    for (;;) {
        uint64_t left = __atomic_load_n(&ahead->left, __ATOMIC_RELAXED);
        if (left == 0)
            return NULL;
        if (__atomic_compare_exchange_n(&ahead->left, &left, left - 1, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
            huge_pages_make_ready();
    }
}

void memory_ahead_start(struct memory_ahead *ahead, uint64_t bytes) {
    ahead->left = bytes / HUGE_PAGE_BYTES;
    ahead->has_thread = ahead->left > 0 && pthread_create(&ahead->thread, NULL, make_ready, ahead) == 0;
}

void memory_ahead_stop(struct memory_ahead *ahead) {
    if (!ahead->has_thread)
        return;
    __atomic_store_n(&ahead->left, 0, __ATOMIC_RELAXED);
    pthread_join(ahead->thread, NULL);
    huge_pages_free_ready();
    *ahead = (struct memory_ahead){0};
}
