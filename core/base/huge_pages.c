/* huge_pages.c: pages that are ready are a list in themselves. */
#include "core/base/huge_pages.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

enum { SMALL_PAGE_BYTES = 4096 };

struct ready_page {
    struct ready_page *next;
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t was_taken = PTHREAD_COND_INITIALIZER;
static struct ready_page *ready;
static size_t ready_count;

static void *ask_kernel(size_t size) {
    void *memory = NULL;
    if (posix_memalign(&memory, HUGE_PAGE_BYTES, size) != 0) {
        fprintf(stderr, "out of memory: %zu bytes could not be allocated\n", size);
        abort();
    }
    (void)madvise(memory, size, MADV_HUGEPAGE); /* advice only */
    return memory;
}

static struct ready_page *take_ready(void) {
    pthread_mutex_lock(&mutex);
    struct ready_page *page = ready;
    if (page) {
        ready = page->next;
        ready_count--;
        pthread_cond_signal(&was_taken);
    }
    pthread_mutex_unlock(&mutex);
    return page;
}

void *huge_pages_alloc(size_t size) {
    void *page = size == HUGE_PAGE_BYTES ? take_ready() : NULL;
    return page ? page : ask_kernel(size);
}

void huge_pages_make_ready(size_t most) {
    pthread_mutex_lock(&mutex);
    while (ready_count >= most)
        pthread_cond_wait(&was_taken, &mutex);
    pthread_mutex_unlock(&mutex);
    struct ready_page *page = ask_kernel(HUGE_PAGE_BYTES);
    for (size_t at = 0; at < HUGE_PAGE_BYTES; at += SMALL_PAGE_BYTES) /* the kernel may have given small ones */
        ((volatile char *)page)[at] = 0;
    pthread_mutex_lock(&mutex);
    page->next = ready;
    ready = page;
    ready_count++;
    pthread_mutex_unlock(&mutex);
}

void huge_pages_free_ready(void) {
    for (struct ready_page *page; (page = take_ready());)
        free(page);
}
