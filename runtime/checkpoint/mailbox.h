/* mailbox.h: messages to one thread: coordinator, tasks and lanes share no memory but these.
 *
 * A message lives in an arena of its own with everything that it points to; whoever takes it out owns it. Any thread
 * may post; messages of one sender arrive in order. Unbounded: the protocol bounds what can be under way.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/base/arena.h"

struct message {
    struct message *next;
    struct arena arena;
};

/* A zeroed message of `size` bytes, whose first member is a struct message. */
void *message_new(size_t size);
void message_free(struct message *message); /* NULL is fine */

struct mailbox {
    pthread_mutex_t mutex;
    pthread_cond_t came;
    struct message *first, *last;
    int wake_fd;   /* an eventfd that becomes readable with a message; -1: none */
    bool has_mail; /* atomic: a look without the lock */
};

void mailbox_init(struct mailbox *mailbox, int wake_fd);
void mailbox_release(struct mailbox *mailbox); /* frees what was not taken */
/* Takes the message. */
void mailbox_post(struct mailbox *mailbox, struct message *message);
/* The oldest message, or NULL; never blocks. */
struct message *mailbox_poll(struct mailbox *mailbox);
/* Waits for one until the monotonic time `until_us` (CLOCK_MONOTONIC; INT64_MAX: for ever); NULL when time is up. */
struct message *mailbox_wait(struct mailbox *mailbox, int64_t until_us);

static inline bool mailbox_has_mail(const struct mailbox *mailbox) {
    return __atomic_load_n(&mailbox->has_mail, __ATOMIC_ACQUIRE);
}
/* The clock of mailbox_wait. */
int64_t mailbox_now_us(void);
