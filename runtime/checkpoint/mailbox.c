/* mailbox.c: a linked list under a lock. Invariant: has_mail is true exactly when the list is not empty, as seen under
 * the lock. */
#include "runtime/checkpoint/mailbox.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "core/base/env.h"

void *message_new(size_t size) {
    ASSERT(size >= sizeof(struct message));
    struct message *message = memory_zalloc(size);
    arena_init(&message->arena);
    return message;
}

void message_free(struct message *message) {
    if (!message)
        return;
    arena_release(&message->arena);
    free(message);
}

void mailbox_init(struct mailbox *mailbox, int wake_fd) {
    *mailbox = (struct mailbox){.wake_fd = wake_fd};
    pthread_mutex_init(&mailbox->mutex, NULL);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&mailbox->came, &attributes);
    pthread_condattr_destroy(&attributes);
}

static struct message *take(struct mailbox *mailbox) {
    struct message *message = mailbox->first;
    if (!message)
        return NULL;
    mailbox->first = message->next;
    if (!mailbox->first) {
        mailbox->last = NULL;
        __atomic_store_n(&mailbox->has_mail, false, __ATOMIC_RELEASE);
    }
    message->next = NULL;
    return message;
}

void mailbox_release(struct mailbox *mailbox) {
    for (struct message *message = take(mailbox); message; message = take(mailbox))
        message_free(message);
    pthread_cond_destroy(&mailbox->came);
    pthread_mutex_destroy(&mailbox->mutex);
}

void mailbox_post(struct mailbox *mailbox, struct message *message) {
    pthread_mutex_lock(&mailbox->mutex);
    message->next = NULL;
    if (mailbox->last)
        mailbox->last->next = message;
    else
        mailbox->first = message;
    mailbox->last = message;
    __atomic_store_n(&mailbox->has_mail, true, __ATOMIC_RELEASE);
    pthread_cond_signal(&mailbox->came);
    pthread_mutex_unlock(&mailbox->mutex);
    if (mailbox->wake_fd >= 0) {
        uint64_t one = 1;
        ssize_t written = write(mailbox->wake_fd, &one, sizeof one);
        (void)written; /* full means that it is readable already */
    }
}

struct message *mailbox_poll(struct mailbox *mailbox) {
    if (!mailbox_has_mail(mailbox))
        return NULL;
    pthread_mutex_lock(&mailbox->mutex);
    struct message *message = take(mailbox);
    pthread_mutex_unlock(&mailbox->mutex);
    return message;
}

struct message *mailbox_wait(struct mailbox *mailbox, int64_t until_us) {
    struct timespec until = {.tv_sec = until_us / 1000000, .tv_nsec = until_us % 1000000 * 1000};
    int code = 0;
    pthread_mutex_lock(&mailbox->mutex);
    while (!mailbox->first && code == 0)
        code = until_us == INT64_MAX ? pthread_cond_wait(&mailbox->came, &mailbox->mutex)
                                     : pthread_cond_timedwait(&mailbox->came, &mailbox->mutex, &until);
    struct message *message = take(mailbox);
    pthread_mutex_unlock(&mailbox->mutex);
    return message;
}

int64_t mailbox_now_us(void) {
    return env_monotonic_us(env_posix());
}
