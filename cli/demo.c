/* demo.c: what a new user sees first. A timer ends it; the query is the one of the README. */
#include "cli/demo.h"

#include <signal.h>
#include <stdio.h>
#include <sys/time.h>

#include "cli/client.h"
#include "cli/report.h"

#define DEMO_QUERY "SELECT city, AVG(temp) FROM weather GROUP BY TUMBLE(ts, 10s)"
enum { DEMO_SECONDS = 15 };

static struct session *demo_session;

static void on_alarm(int number) {
    (void)number;
    session_stop(demo_session);
}

static void end_after(struct client *client, int64_t duration_us) {
    demo_session = client->session;
    struct sigaction action = {.sa_handler = on_alarm};
    sigemptyset(&action.sa_mask);
    sigaction(SIGALRM, &action, NULL);
    struct itimerval timer = {
        .it_value = {.tv_sec = (time_t)(duration_us / 1000000), .tv_usec = (suseconds_t)(duration_us % 1000000)}};
    setitimer(ITIMER_REAL, &timer, NULL);
}

int demo_run(struct client *client, int64_t duration_us, int64_t rows) {
    char limit[256];
    if (!duration_us && !rows && !client->console.is_terminal)
        duration_us = (int64_t)DEMO_SECONDS * 1000000;
    if (rows) {
        snprintf(limit, sizeof limit, "ALTER TABLE weather SET ('number-of-rows' = '%lld')", (long long)rows);
        struct report_source source = {.text = str_from(limit)};
        if (client_execute(client, &source, SESSION_SEQUENTIAL) != STATUS_OK)
            return 1;
    }
    report_line("The table `weather` reports temperatures of ten cities. Averages per city and ten seconds:\n\n"
                "    " DEMO_QUERY ";\n");
    if (duration_us)
        end_after(client, duration_us);
    struct report_source source = {.text = STR(DEMO_QUERY)};
    return client_execute(client, &source, SESSION_SEQUENTIAL) == STATUS_OK ? 0 : 1;
}
