/* huge_pages.h: memory that is read all over, in pages of 2 MiB: a third of the time of a far look-up is otherwise spent on page tables.
 *
 *   some thread: huge_pages_make_ready · huge_pages_make_ready · … ─▶ ready ─▶ huge_pages_alloc
 *
 * The kernel clears a page when it is touched first; where a hypervisor has to find the memory too, that takes seconds a gigabyte. So whoever knows that
 * much will be wanted soon can have pages made ready meanwhile. Any thread. Ends the process when memory is exhausted. */
#pragma once

#include <stddef.h>

enum { HUGE_PAGE_BYTES = 2 << 20 };

/* At a boundary of huge pages, which the kernel is asked for; at least one. One page is one that is ready, if there is any. Free with free(). */
void *huge_pages_alloc(size_t size);

/* One more that is ready: touched, and nobody's; as soon as there are fewer than `most`, which is at least 1. */
void huge_pages_make_ready(size_t most);
void huge_pages_free_ready(void);
