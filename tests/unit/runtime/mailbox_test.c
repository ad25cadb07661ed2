/* mailbox_test.c: messages arrive once, in the order of each sender, whoever waits and however. Also for a thread checker. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "runtime/checkpoint/mailbox.h"

enum { SENDERS = 4, MESSAGES = 5000 };

struct numbered {
    struct message base;
    uint32_t sender, number;
    char *text; /* in the arena */
};

static struct numbered *new_numbered(uint32_t sender, uint32_t number) {
    struct numbered *message = message_new(sizeof *message);
    message->sender = sender;
    message->number = number;
    message->text = arena_printf(&message->base.arena, "%u of %u", number, sender);
    return message;
}

static void messages_come_in_order(void **state) {
    (void)state;
    struct mailbox mailbox;
    mailbox_init(&mailbox, -1);
    assert_null(mailbox_poll(&mailbox));
    assert_false(mailbox_has_mail(&mailbox));
    for (uint32_t i = 0; i < 3; i++)
        mailbox_post(&mailbox, &new_numbered(0, i)->base);
    for (uint32_t i = 0; i < 3; i++) {
        assert_true(mailbox_has_mail(&mailbox));
        struct numbered *message =
            (struct numbered *)(i == 1 ? mailbox_wait(&mailbox, INT64_MAX) : mailbox_poll(&mailbox));
        assert_int_equal(message->number, i);
        assert_null(message->base.next);
        message_free(&message->base);
    }
    assert_false(mailbox_has_mail(&mailbox));
    mailbox_release(&mailbox);
}

static void waiting_ends_in_time(void **state) {
    (void)state;
    struct mailbox mailbox;
    mailbox_init(&mailbox, -1);
    int64_t start_us = mailbox_now_us();
    assert_null(mailbox_wait(&mailbox, start_us + 20000));
    assert_true(mailbox_now_us() - start_us >= 20000);
    assert_null(mailbox_wait(&mailbox, 0)); /* long past */
    assert_null(mailbox_wait(&mailbox, start_us));
    mailbox_post(&mailbox, &new_numbered(0, 7)->base);
    struct message *message = mailbox_wait(&mailbox, 0); /* what is there comes, whatever the time */
    assert_non_null(message);
    message_free(message);
    mailbox_release(&mailbox);
}

static void what_is_left_is_freed(void **state) {
    (void)state;
    struct mailbox mailbox;
    mailbox_init(&mailbox, -1);
    for (uint32_t i = 0; i < 3; i++)
        mailbox_post(&mailbox, &new_numbered(0, i)->base);
    for (int i = 0; i < 2; i++) { /* a leak checker sees the rest */
        struct message *message = mailbox_poll(&mailbox);
        assert_non_null(message);
        message_free(message);
    }
    mailbox_release(&mailbox);
    message_free(NULL);
}

static void a_descriptor_becomes_readable(void **state) {
    (void)state;
    struct mailbox mailbox;
    uint64_t count;
    int wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    mailbox_init(&mailbox, wake_fd);
    assert_int_equal(read(wake_fd, &count, sizeof count), -1);
    assert_int_equal(errno, EAGAIN);
    mailbox_post(&mailbox, &new_numbered(0, 0)->base);
    mailbox_post(&mailbox, &new_numbered(0, 1)->base);
    assert_int_equal(read(wake_fd, &count, sizeof count), sizeof count);
    assert_int_equal(count, 2);
    assert_int_equal(read(wake_fd, &count, sizeof count), -1); /* nothing more came */
    mailbox_release(&mailbox);
    close(wake_fd);
}

struct sender {
    struct mailbox *mailbox;
    uint32_t number;
};

static void *send_all(void *context) {
    const struct sender *sender = context;
    for (uint32_t i = 0; i < MESSAGES; i++)
        mailbox_post(sender->mailbox, &new_numbered(sender->number, i)->base);
    return NULL;
}

/* Waits, polls, and waits for a moment, in turns. */
static struct numbered *receive(struct mailbox *mailbox, uint32_t turn) {
    for (;;) {
        struct message *message = turn % 3 == 0   ? mailbox_wait(mailbox, INT64_MAX)
                                  : turn % 3 == 1 ? mailbox_poll(mailbox)
                                                  : mailbox_wait(mailbox, mailbox_now_us() + 100);
        if (message)
            return (struct numbered *)message;
        turn++;
    }
}

static void senders_do_not_disturb_each_other(void **state) {
    (void)state;
    struct mailbox mailbox;
    struct sender senders[SENDERS];
    pthread_t threads[SENDERS];
    uint32_t next[SENDERS] = {0};
    mailbox_init(&mailbox, -1);
    for (uint32_t i = 0; i < SENDERS; i++) {
        senders[i] = (struct sender){.mailbox = &mailbox, .number = i};
        assert_int_equal(pthread_create(&threads[i], NULL, send_all, &senders[i]), 0);
    }
    for (uint32_t i = 0; i < SENDERS * MESSAGES; i++) {
        struct numbered *message = receive(&mailbox, i);
        assert_in_range(message->sender, 0, SENDERS - 1);
        assert_int_equal(message->number, next[message->sender]++);
        uint32_t number;
        assert_int_equal(sscanf(message->text, "%u of", &number), 1);
        assert_int_equal(number, message->number);
        message_free(&message->base);
    }
    for (uint32_t i = 0; i < SENDERS; i++)
        pthread_join(threads[i], NULL);
    assert_null(mailbox_poll(&mailbox));
    mailbox_release(&mailbox);
}

/* A message goes back and forth: each side sleeps until the other one wakes it. */
static void *echo(void *context) {
    struct mailbox *boxes = context;
    for (uint32_t i = 0; i < MESSAGES; i++)
        mailbox_post(&boxes[1], mailbox_wait(&boxes[0], INT64_MAX));
    return NULL;
}

static void nobody_sleeps_through_a_message(void **state) {
    (void)state;
    struct mailbox boxes[2];
    pthread_t thread;
    mailbox_init(&boxes[0], -1);
    mailbox_init(&boxes[1], -1);
    assert_int_equal(pthread_create(&thread, NULL, echo, boxes), 0);
    for (uint32_t i = 0; i < MESSAGES; i++) {
        mailbox_post(&boxes[0], &new_numbered(0, i)->base);
        struct numbered *message = (struct numbered *)mailbox_wait(&boxes[1], mailbox_now_us() + 60000000);
        assert_non_null(message);
        assert_int_equal(message->number, i);
        message_free(&message->base);
    }
    pthread_join(thread, NULL);
    mailbox_release(&boxes[0]);
    mailbox_release(&boxes[1]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_come_in_order),
        cmocka_unit_test(waiting_ends_in_time),
        cmocka_unit_test(what_is_left_is_freed),
        cmocka_unit_test(a_descriptor_becomes_readable),
        cmocka_unit_test(senders_do_not_disturb_each_other),
        cmocka_unit_test(nobody_sleeps_through_a_message),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
