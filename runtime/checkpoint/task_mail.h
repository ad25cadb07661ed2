/* task_mail.h: what a task is told, through its mailbox. */
#pragma once

#include "core/base/status.h"
#include "runtime/checkpoint/mailbox.h"
#include "runtime/protocol/message.h"

enum task_mail_kind {
    TASK_MAIL_DEPLOY = 1, /* generation, manifest: restore, then say TASK_RUNNING */
    TASK_MAIL_BARRIER,    /* barrier */
    TASK_MAIL_ABORT,      /* barrier: this attempt will not be decided */
    TASK_MAIL_UPLOADED,   /* barrier, size_bytes, delta: by the task's own uploader */
    TASK_MAIL_ENDED,      /* the job is over; error.status is OK after a clean end */
};

struct task_mail {
    struct message base;
    enum task_mail_kind kind;
    uint64_t generation;
    struct manifest manifest; /* in the message's arena */
    bool lanes_only;          /* the input had ended: only what is left is published */
    struct barrier barrier;
    uint64_t size_bytes;
    bool delta;
    enum reason reason;
    uint64_t decided_epoch; /* TASK_MAIL_ENDED: the newest of this generation, as far as it is known; 0: none */
    struct error error;
};
