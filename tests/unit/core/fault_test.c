/* fault_test.c: orders are understood or refused by name; each is carried out at its passage, in processes of their own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/array.h"
#include "core/base/fault.h"
#include "core/base/log.h"

static struct error error;

static int enter(void **state) {
    (void)state;
    log_configure(&(struct log_config){.level = LOG_LEVEL_OFF, .descriptor = STDERR_FILENO});
    return 0;
}

static int leave(void **state) {
    (void)state;
    log_configure(&(struct log_config){.level = LOG_LEVEL_WARN, .descriptor = STDERR_FILENO});
    unsetenv("STREAMSQL_FAULT");
    return fault_init(&error) == STATUS_OK ? 0 : -1;
}

static enum status order(const char *text) {
    error = (struct error){0};
    setenv("STREAMSQL_FAULT", text, 1);
    return fault_init(&error);
}

static void names_are_unlike(void **state) {
    (void)state;
    for (int i = 0; i < FAULT_NAME_COUNT; i++) {
        assert_true(fault_name_text((enum fault_name)i)[0]);
        assert_true(fault_name_meaning((enum fault_name)i)[0]);
        for (int j = 0; j < i; j++)
            assert_string_not_equal(fault_name_text((enum fault_name)i), fault_name_text((enum fault_name)j));
    }
}

static void without_orders_nothing_is_wanted(void **state) {
    (void)state;
    unsetenv("STREAMSQL_FAULT");
    assert_int_equal(fault_init(&error), STATUS_OK);
    assert_false(faults_wanted);
    assert_false(fault_point(FAULT_LANE_COMMIT));
    assert_int_equal(order(""), STATUS_OK);
    assert_false(faults_wanted);
}

static void refusals(void **state) {
    (void)state;
    static const struct {
        const char *text, *message, *hint;
    } cases[] = {
        {"lane.comit:1:kill", "there is no fault point \"lane.comit\"", "lane.commit"},
        {"x:1:kill", "there is no fault point \"x\"", "--list-fault-points"},
        {"lane.commit", "needs the number of a passage", ""},
        {"lane.commit:0:kill", "needs the number of a passage", ""},
        {"lane.commit:-1:kill", "needs the number of a passage", ""},
        {"lane.commit:2", "not \"\"", ""},
        {"lane.commit:1:kill;task.upload:1:explode", "not \"explode\"", ""},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_int_equal(order(cases[i].text), STATUS_INVALID_OPTION);
        assert_non_null(strstr(error.message, cases[i].message));
        assert_non_null(strstr(error.hint, cases[i].hint));
        assert_false(faults_wanted);
    }
    char many[4096] = "";
    for (int i = 0; i < 40; i++)
        strcat(many, "lane.commit:1:error;");
    assert_int_equal(order(many), STATUS_INVALID_OPTION);
}

static void one_error_or_all_from_there_on(void **state) {
    (void)state;
    assert_int_equal(order(" lane.commit:2:error ; task.upload:3:errors;"), STATUS_OK);
    assert_true(faults_wanted);
    static const bool once[] = {false, true, false, false}, on[] = {false, false, true, true};
    for (size_t i = 0; i < COUNT_OF(once); i++) {
        assert_int_equal(fault_point(FAULT_LANE_COMMIT), once[i]);
        assert_int_equal(fault_point(FAULT_UPLOAD), on[i]);
        assert_false(fault_point(FAULT_UPLOADED));
    }
}

static void *pass_often(void *failures) {
    for (int i = 0; i < 10000; i++)
        if (fault_point(FAULT_UPLOAD))
            atomic_fetch_add((atomic_int *)failures, 1);
    return NULL;
}

static void one_error_also_among_threads(void **state) {
    (void)state;
    pthread_t threads[4];
    atomic_int failures = 0;
    assert_int_equal(order("task.upload:20000:error"), STATUS_OK);
    for (size_t i = 0; i < COUNT_OF(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, pass_often, &failures), 0);
    for (size_t i = 0; i < COUNT_OF(threads); i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(atomic_load(&failures), 1);
}

/* A child that passes one place three times and ends with the number of errors it met. */
static pid_t start_child(const char *text) {
    pid_t child = fork();
    if (child)
        return child;
    if (order(text) != STATUS_OK)
        _exit(100);
    int failures = 0;
    for (int i = 0; i < 3; i++)
        failures += fault_point(FAULT_SWAP);
    _exit(failures);
}

static void kill_is_sigkill(void **state) {
    (void)state;
    int status;
    pid_t child = start_child("coordinator.swap:3:kill");
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    child = start_child("coordinator.swap:4:kill");
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void pause_waits_for_somebody(void **state) {
    (void)state;
    int status;
    pid_t child = start_child("coordinator.swap:2:pause;coordinator.swap:2:error");
    assert_int_equal(waitpid(child, &status, WUNTRACED), child);
    assert_true(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
    assert_int_equal(kill(child, SIGCONT), 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_unlike),
        cmocka_unit_test(without_orders_nothing_is_wanted),
        cmocka_unit_test(refusals),
        cmocka_unit_test(one_error_or_all_from_there_on),
        cmocka_unit_test(one_error_also_among_threads),
        cmocka_unit_test(kill_is_sigkill),
        cmocka_unit_test(pause_waits_for_somebody),
    };
    return cmocka_run_group_tests(tests, enter, leave);
}
