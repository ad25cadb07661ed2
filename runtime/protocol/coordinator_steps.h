/* coordinator_steps.h: what the parts of the coordinator share: coordinator.c (dispatch, lanes, orders),
 * coordinator_take_over.c (from the start to running tasks) and coordinator_epoch.c (from barrier to decision). */
#pragma once

#include "runtime/protocol/coordinator.h"

/* coordinator.c */
struct coordinator_action *coordinator_act(struct coordinator_actions *actions, enum coordinator_action_kind kind);
/* An action whose answer the state waits for. */
struct coordinator_action *coordinator_ask(struct coordinator *coordinator, struct coordinator_actions *actions,
                                           enum coordinator_action_kind kind);
void coordinator_retry_later(struct coordinator *coordinator, struct coordinator_actions *actions);
void coordinator_end(struct coordinator *coordinator, struct coordinator_actions *actions, enum reason reason);
/* DRAINING -> PINNING, ENDED or RUNNING, when all that is decided is published. */
void coordinator_check_drained(struct coordinator *coordinator, struct coordinator_actions *actions);
/* Orders what is decided and not published; nothing while a lane is not resolved. */
void coordinator_say_commit(struct coordinator *coordinator, struct coordinator_actions *actions);
void coordinator_count_published(struct coordinator *coordinator);

/* coordinator_take_over.c: they set the state and ask. */
void coordinator_read_head(struct coordinator *coordinator, struct coordinator_actions *actions,
                           enum coordinator_state state);
void coordinator_swap(struct coordinator *coordinator, struct coordinator_actions *actions,
                      enum coordinator_state state);
void coordinator_read_savepoint(struct coordinator *coordinator, struct coordinator_actions *actions);
void coordinator_load(struct coordinator *coordinator, struct coordinator_actions *actions);
void coordinator_write(struct coordinator *coordinator, struct coordinator_actions *actions,
                       enum coordinator_state state);
void coordinator_verify(struct coordinator *coordinator, struct coordinator_actions *actions);
void coordinator_say_deploy(struct coordinator *coordinator, struct coordinator_actions *actions);
void take_over_on_savepoint(struct coordinator *coordinator, const struct coordinator_event *event,
                            struct coordinator_actions *actions);
void take_over_on_head(struct coordinator *coordinator, const struct coordinator_event *event,
                       struct coordinator_actions *actions);
void take_over_on_head_again(struct coordinator *coordinator, const struct coordinator_event *event,
                             struct coordinator_actions *actions);
void take_over_on_manifest(struct coordinator *coordinator, const struct coordinator_event *event,
                           struct coordinator_actions *actions);
void take_over_on_first_written(struct coordinator *coordinator, const struct coordinator_event *event,
                                struct coordinator_actions *actions);
void take_over_on_swapped(struct coordinator *coordinator, const struct coordinator_event *event,
                          struct coordinator_actions *actions);
void take_over_on_verified(struct coordinator *coordinator, const struct coordinator_event *event,
                           struct coordinator_actions *actions);
void take_over_on_confirmed(struct coordinator *coordinator, const struct coordinator_event *event,
                            struct coordinator_actions *actions);
/* DEPLOYING -> RUNNING when all are there. */
void take_over_check_deployed(struct coordinator *coordinator, struct coordinator_actions *actions);
void coordinator_index_objects(struct coordinator *coordinator);

/* coordinator_epoch.c */
/* RUNNING -> COLLECTING, when an epoch is wanted and the bound allows it. */
void epoch_begin_if_due(struct coordinator *coordinator, struct coordinator_actions *actions);
void epoch_abort(struct coordinator *coordinator, struct coordinator_actions *actions);
void epoch_on_ack(struct coordinator *coordinator, const struct task_ack *ack, struct coordinator_actions *actions);
void epoch_on_written(struct coordinator *coordinator, const struct coordinator_event *event,
                      struct coordinator_actions *actions);
void epoch_on_swapped(struct coordinator *coordinator, const struct coordinator_event *event,
                      struct coordinator_actions *actions);
void epoch_on_head(struct coordinator *coordinator, const struct coordinator_event *event,
                   struct coordinator_actions *actions);
