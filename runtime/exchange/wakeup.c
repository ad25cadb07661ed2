/* wakeup.c: an event count over an eventfd. Invariant: the descriptor is written at most once per arming. */
#include "runtime/exchange/wakeup.h"

#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "core/base/env.h"

enum status wakeup_init(struct wakeup *wakeup, struct error *error) {
    *wakeup = (struct wakeup){.fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)};
    return wakeup->fd < 0 ? env_failed(error, errno, "cannot create", "an event descriptor") : STATUS_OK;
}

void wakeup_release(struct wakeup *wakeup) {
    if (wakeup->fd >= 0)
        close(wakeup->fd);
    wakeup->fd = -1;
}

void wakeup_post(struct wakeup *wakeup) {
    if (!__atomic_load_n(&wakeup->armed, __ATOMIC_SEQ_CST) || !__atomic_exchange_n(&wakeup->armed, 0, __ATOMIC_SEQ_CST))
        return;
    int saved_errno = errno;
    uint64_t one = 1;
    ssize_t written = write(wakeup->fd, &one, sizeof one);
    (void)written; /* full means that it is readable already */
    errno = saved_errno;
}

void wakeup_arm(struct wakeup *wakeup) {
    __atomic_store_n(&wakeup->armed, 1, __ATOMIC_SEQ_CST);
}

void wakeup_disarm(struct wakeup *wakeup) {
    __atomic_store_n(&wakeup->armed, 0, __ATOMIC_SEQ_CST);
}

void wakeup_wait(struct wakeup *wakeup, int64_t timeout_us) {
    struct pollfd descriptor = {.fd = wakeup->fd, .events = POLLIN};
    struct timespec timeout = {.tv_sec = timeout_us / 1000000, .tv_nsec = timeout_us % 1000000 * 1000};
    if (ppoll(&descriptor, 1, timeout_us < 0 ? NULL : &timeout, NULL) > 0) {
        uint64_t ignored;
        ssize_t got = read(wakeup->fd, &ignored, sizeof ignored);
        (void)got; /* only the waking counts */
    }
    wakeup_disarm(wakeup);
}
