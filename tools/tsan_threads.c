/* tsan_threads.c: C11 threads on top of pthreads, linked into ThreadSanitizer builds only.
 *
 * librdkafka starts its threads with thrd_create, which ThreadSanitizer does not intercept: it would not know the
 * thread and crash. These definitions take precedence over libc's (the program is linked with -rdynamic). */
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <threads.h>

struct thread_start {
    thrd_start_t function;
    void *argument;
};

static void *thread_run(void *context) {
    struct thread_start start = *(struct thread_start *)context;
    free(context);
    return (void *)(intptr_t)start.function(start.argument);
}

int thrd_create(thrd_t *thread, thrd_start_t function, void *argument) {
    struct thread_start *start = malloc(sizeof *start);
    if (!start)
        return thrd_nomem;
    *start = (struct thread_start){function, argument};
    pthread_t id;
    if (pthread_create(&id, NULL, thread_run, start) != 0) {
        free(start);
        return thrd_error;
    }
    *thread = (thrd_t)id;
    return thrd_success;
}

int thrd_join(thrd_t thread, int *result) {
    void *value = NULL;
    if (pthread_join((pthread_t)thread, &value) != 0)
        return thrd_error;
    if (result)
        *result = (int)(intptr_t)value;
    return thrd_success;
}

int thrd_detach(thrd_t thread) {
    return pthread_detach((pthread_t)thread) == 0 ? thrd_success : thrd_error;
}
