/* task_loop.h: the loop of one task thread: asks sources or reads channels, lets time pass, flushes sinks.
 *
 *   start VALUES ─▶ ┌ mail ─▶ ticks that are due ─▶ flush when it is time ─▶ one step of every source, or of every channel ┐ ─▶ flush, end
 *                   └──────────────────────────────── until all ended or stop ─────────────────────────────────────────────┘
 *
 * When nothing comes it blocks: in its source when there is one, in turns when there are several, or until a channel has something; never longer
 * than WAIT_MAX_US, so that a stop is noticed.
 *
 * The end: with checkpoints, the last epoch, for which all tasks stay until it is decided and published. Without, a stop follows the rows as a
 * barrier: whoever has it from all channels has all that came before, flushes, hands it on and leaves. */
#pragma once

#include "core/base/status.h"

struct barrier;
struct task;

enum status task_loop_run(struct task *task, struct error *error) MUST_CHECK;
/* receiver_config.on_barrier of a task. */
enum status task_on_barrier(void *task, const struct barrier *barrier, struct error *error) MUST_CHECK;
/* What a task's checkpoints ask of it: task_checkpoint_config.take_stamp, hand_on and given_up. */
int64_t task_take_stamp(void *task, const struct barrier *barrier);
enum status task_hand_on(void *task, const struct barrier *barrier, struct error *error) MUST_CHECK;
void task_give_up(void *task, const struct barrier *barrier);
