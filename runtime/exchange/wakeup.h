/* wakeup.h: lets one thread sleep until another has something for it, without a lock and without a lost wake-up.
 *
 *   sleeper                              others
 *   wakeup_arm                           make the work visible (a sequentially consistent store)
 *   look for work once more              wakeup_post
 *   none: wakeup_wait   some: wakeup_disarm
 *
 * Either the sleeper's second look sees the work, or the post sees that it is armed: both are sequentially consistent, so one of
 * the two comes first. Posting to a thread that is awake costs one load. The descriptor may be polled along with others.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/base/status.h"

struct wakeup {
    int fd;         /* eventfd; readable when posted while armed */
    uint32_t armed; /* atomic */
};

enum status wakeup_init(struct wakeup *wakeup, struct error *error) MUST_CHECK;
void wakeup_release(struct wakeup *wakeup);

void wakeup_post(struct wakeup *wakeup); /* any thread, a signal handler too */

/* The sleeping thread only. Waiting ends at a post, after timeout_us (< 0: never), or for no reason at all. */
void wakeup_arm(struct wakeup *wakeup);
void wakeup_disarm(struct wakeup *wakeup);
void wakeup_wait(struct wakeup *wakeup, int64_t timeout_us);
