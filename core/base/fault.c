/* fault.c: the orders of STREAMSQL_FAULT, and how many passages each place has seen.
 *
 * Orders are read once before there are threads and never change; only the counters do, so a passage takes no lock. Each passage has a
 * number of its own, also when threads pass together: an order for the n-th is carried out once. */
#include "core/base/fault.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/base/array.h"
#include "core/base/log.h"
#include "core/base/str.h"

enum { FAULT_ORDERS_MAX = 32 };

enum fault_action { FAULT_KILL, FAULT_PAUSE, FAULT_ERROR, FAULT_ERRORS };

static const char *const action_names[] = {"kill", "pause", "error", "errors"};

static const struct {
    const char *text, *meaning;
} points[FAULT_NAME_COUNT] = {
#define FAULT_POINT(NAME, text, meaning) [FAULT_##NAME] = {text, meaning},
#include "core/base/faults.def"
#undef FAULT_POINT
};

struct fault_order {
    enum fault_name name;
    enum fault_action action;
    uint64_t passage; /* from 1 */
};

bool faults_wanted;
static struct fault_order orders[FAULT_ORDERS_MAX];
static size_t order_count;
static atomic_uint_fast64_t passages[FAULT_NAME_COUNT];

const char *fault_name_text(enum fault_name name) {
    ASSERT((unsigned)name < FAULT_NAME_COUNT);
    return points[name].text;
}

const char *fault_name_meaning(enum fault_name name) {
    ASSERT((unsigned)name < FAULT_NAME_COUNT);
    return points[name].meaning;
}

static enum status find_name(struct str text, enum fault_name *name, struct error *error) {
    const char *names[FAULT_NAME_COUNT];
    char given[64];
    for (size_t i = 0; i < FAULT_NAME_COUNT; i++) {
        names[i] = points[i].text;
        if (str_equal(text, str_from(names[i]))) {
            *name = (enum fault_name)i;
            return STATUS_OK;
        }
    }
    snprintf(given, sizeof given, "%.*s", (int)text.size, text.data);
    const char *nearest = text_nearest(given, names, FAULT_NAME_COUNT);
    FAIL(error, STATUS_INVALID_OPTION, "STREAMSQL_FAULT: there is no fault point \"%s\"", given);
    error_hint(error, nearest ? "did you mean \"%s\"?" : "streamsql --list-fault-points lists them", nearest);
    return STATUS_INVALID_OPTION;
}

static enum status find_action(struct str text, enum fault_action *action, struct error *error) {
    for (size_t i = 0; i < COUNT_OF(action_names); i++)
        if (str_equal(text, str_from(action_names[i]))) {
            *action = (enum fault_action)i;
            return STATUS_OK;
        }
    return FAIL(error, STATUS_INVALID_OPTION, "STREAMSQL_FAULT: a fault is kill, pause, error or errors, not \"%.*s\"",
                (int)(text.size < 64 ? text.size : 64), text.data);
}

/* Cuts what is before the separator off *text; all of it when there is none. */
static struct str cut(struct str *text, char separator) {
    size_t size = 0;
    while (size < text->size && text->data[size] != separator)
        size++;
    struct str part = {text->data, size};
    size_t used = size + (size < text->size);
    *text = (struct str){text->data + used, text->size - used};
    return part;
}

static enum status add_order(struct str text, struct error *error) {
    struct fault_order order = {0};
    int64_t passage;
    if (order_count == FAULT_ORDERS_MAX)
        return FAIL(error, STATUS_INVALID_OPTION, "STREAMSQL_FAULT: more than %d faults", FAULT_ORDERS_MAX);
    TRY(find_name(cut(&text, ':'), &order.name, error));
    struct str number = cut(&text, ':');
    if (!int_parse(number, &passage) || passage < 1)
        return FAIL(error, STATUS_INVALID_OPTION, "STREAMSQL_FAULT: %s needs the number of a passage, from 1",
                    points[order.name].text);
    TRY(find_action(text, &order.action, error));
    order.passage = (uint64_t)passage;
    orders[order_count++] = order;
    return STATUS_OK;
}

enum status fault_init(struct error *error) {
    const char *variable = getenv("STREAMSQL_FAULT");
    struct str text = str_from(variable ? variable : "");
    faults_wanted = false;
    order_count = 0;
    for (size_t i = 0; i < FAULT_NAME_COUNT; i++)
        atomic_store(&passages[i], 0);
    while (text.size) {
        struct str order = str_trim(cut(&text, ';'));
        if (order.size)
            TRY(add_order(order, error));
    }
    faults_wanted = order_count > 0;
    return STATUS_OK;
}

/* The line tells a harness that its fault came about. */
static void report(const struct fault_order *order) {
    log_warn("fault ordered by STREAMSQL_FAULT", log_text("point", points[order->name].text),
             log_int("passage", (int64_t)order->passage), log_text("action", action_names[order->action]));
}

bool fault_passed(enum fault_name name) {
    ASSERT((unsigned)name < FAULT_NAME_COUNT);
    uint64_t passage = atomic_fetch_add(&passages[name], 1) + 1;
    bool failed = false;
    for (size_t i = 0; i < order_count; i++) {
        const struct fault_order *order = &orders[i];
        if (order->name != name || passage < order->passage ||
            (passage > order->passage && order->action != FAULT_ERRORS))
            continue;
        if (passage == order->passage)
            report(order);
        switch (order->action) {
        case FAULT_KILL: kill(getpid(), SIGKILL); break;
        case FAULT_PAUSE:
            raise(SIGSTOP);
            break; /* to this thread: it does not go on before the whole process is stopped */
        case FAULT_ERROR:
        case FAULT_ERRORS: failed = true; break;
        }
    }
    return failed;
}
