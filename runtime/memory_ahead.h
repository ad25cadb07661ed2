/* memory_ahead.h: a thread that makes memory ready for the state that a job restores, while its objects are read and decoded: the first touch of fresh
 * memory is the kernel's work, and was most of a restore's time (bench/README.md). */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct memory_ahead {
    pthread_t thread;
    bool has_thread;
    uint64_t wanted; /* atomic: pages */
};

/* For a zeroed one: about so many bytes, never more than a gigabyte ahead. Without a thread there is only no help. */
void memory_ahead_start(struct memory_ahead *ahead, uint64_t bytes);
/* Stops, and frees what nobody took; a zeroed one is fine. */
void memory_ahead_stop(struct memory_ahead *ahead);
