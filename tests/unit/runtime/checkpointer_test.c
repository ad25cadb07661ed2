/* checkpointer_test.c: the start and the end of a job's checkpoints: stores that only fail, users who do not wait, successors. */
#include "tests/unit/runtime/memory_outside.h"

#include "core/base/fault.h"
#include "runtime/checkpoint/task_mail.h"

enum { ROWS = 40 };
static struct memory_plan plan;
static char folder[64];

static int setup(void **state) {
    (void)state;
    make_folder(folder, "checkpointer");
    memset(&plan, 0, sizeof plan);
    outside_plan(&plan, "sum_bigint");
    outside_reset(ROWS);
    return 0;
}

static void order_faults(const char *orders) {
    setenv("STREAMSQL_FAULT", orders, 1);
    assert_int_equal(fault_init(NULL), STATUS_OK);
}

static int teardown(void **state) {
    (void)state;
    unsetenv("STREAMSQL_FAULT");
    remove_tree(folder);
    arena_release(&plan.arena);
    outside_release();
    return fault_init(NULL) == STATUS_OK ? 0 : -1;
}

/* HEAD can be read and is never swapped; or nothing can be written at all. */
static void a_store_that_only_fails_ends_the_start(void **state) {
    (void)state;
    static const struct {
        const char *orders, *message;
    } cases[] = {{"coordinator.swap:1:errors", "HEAD was not swapped"},
                 {"coordinator.manifest:1:errors", "the manifest was refused"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        order_faults(cases[i].orders);
        struct outside_run run = {.plan = &plan, .folder = folder};
        outside_job(&run);
        if (run.status == STATUS_OK || !strstr(run.error.message, cases[i].message))
            fail_msg("%s: %s, %s", cases[i].orders, status_name(run.status), run.error.message);
        assert_int_equal(outside.commits, 0);
    }
}

static void a_store_that_fails_for_a_while_delays_the_start(void **state) {
    (void)state;
    order_faults("coordinator.swap:1:error;coordinator.swap:2:error;coordinator.swap:3:error");
    outside_job_ok(&(struct outside_run){.plan = &plan, .folder = folder});
    assert_true(outside.commits > 0);
}

static void a_start_can_be_stopped(void **state) {
    (void)state;
    atomic_bool stop_wanted = true;
    order_faults("coordinator.swap:1:errors");
    struct outside_run run = {.plan = &plan, .folder = folder, .stop_wanted = &stop_wanted};
    int64_t start_us = mailbox_now_us();
    outside_job(&run);
    assert_int_equal(run.status, STATUS_CANCELLED);
    assert_true(mailbox_now_us() - start_us < 2000000); /* before the store's failures end it */
}

/* ---- successors ---- */

static struct task_mail *next_mail(struct mailbox *inbox, enum task_mail_kind kind) {
    struct task_mail *mail = (struct task_mail *)mailbox_wait(inbox, mailbox_now_us() + 60000000);
    if (!mail || mail->kind != kind)
        fail_msg("mail %d did not come", (int)kind);
    return mail;
}

/* A checkpointer of one task that never decides anything. */
static struct checkpointer *open_idle(struct mailbox *inbox) {
    struct error error = {0};
    struct checkpointer *checkpointer;
    struct mailbox *inboxes[] = {inbox};
    struct checkpointer_config config = {.uri = folder,
                                         .env = env_posix(),
                                         .inboxes = inboxes,
                                         .task_count = 1,
                                         .source_count = 1,
                                         .head_look_us = 1000};
    mailbox_init(inbox, -1);
    assert_int_equal(checkpointer_open(&config, &checkpointer, &error), STATUS_OK);
    struct task_mail *mail = next_mail(inbox, TASK_MAIL_DEPLOY);
    struct task_status running = {
        .kind = TASK_RUNNING, .job = mail->manifest.id.job, .generation = mail->generation, .task = 0};
    checkpointer_tell_status(checkpointer, &running);
    message_free(&mail->base);
    return checkpointer;
}

static void expect_end(struct mailbox *inbox, enum reason reason) {
    struct task_mail *mail = next_mail(inbox, TASK_MAIL_ENDED);
    assert_int_equal(mail->reason, reason);
    assert_int_equal(mail->error.status, STATUS_SUPERSEDED);
    message_free(&mail->base);
}

static void an_idle_job_learns_of_its_successor(void **state) {
    (void)state;
    struct mailbox first_inbox, second_inbox, third_inbox;
    struct checkpointer *first = open_idle(&first_inbox);
    struct checkpointer *second = open_idle(&second_inbox);
    expect_end(&first_inbox, REASON_SUPERSEDED);
    /* HEAD is lost, and somebody starts anew. Between the two, a look finds nothing and means nothing. */
    char path[100];
    snprintf(path, sizeof path, "%s/HEAD", folder);
    assert_int_equal(remove(path), 0);
    struct checkpointer *third = open_idle(&third_inbox);
    expect_end(&second_inbox, REASON_JOB_REPLACED);
    checkpointer_close(first);
    checkpointer_close(second);
    checkpointer_close(third);
    mailbox_release(&first_inbox);
    mailbox_release(&second_inbox);
    mailbox_release(&third_inbox);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_store_that_only_fails_ends_the_start, setup, teardown),
        cmocka_unit_test_setup_teardown(a_store_that_fails_for_a_while_delays_the_start, setup, teardown),
        cmocka_unit_test_setup_teardown(a_start_can_be_stopped, setup, teardown),
        cmocka_unit_test_setup_teardown(an_idle_job_learns_of_its_successor, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
