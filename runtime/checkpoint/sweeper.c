/* sweeper.c: the driver of garbage runs. Invariant: nothing is deleted but what the machine names, in its order. */
#include "runtime/checkpoint/sweeper.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/fault.h"
#include "core/base/log.h"
#include "runtime/checkpoint/checkpoint_store.h"
#include "runtime/checkpoint/mailbox.h"
#include "runtime/store/store.h"

/* Between runs: a folder is listed in no time, a bucket costs a request for every thousand objects. */
enum { FOLDER_PAUSE_US = 5000000, BUCKET_PAUSE_US = 60000000, FINISH_MAX_US = 5000000, PREFIX_SIZE = HEX_SIZE + 16 };

struct sweeper_mail {
    struct message base;
    uint64_t epoch;
    bool is_finish, is_end;
};

struct sweeper {
    struct sweeper_config config;
    struct mailbox inbox;
    pthread_t thread;
    uint64_t published_epoch;
    int64_t first_pause_us, next_us;
    bool wanted, ended;
    bool finishing;          /* one run is made at once, then none; the end waits for it … */
    int64_t finish_until_us; /* … until then */
    char job[HEX_SIZE];
    char *after; /* last name of the page listed */
    struct strbuf bytes;
    struct savepoint *savepoints;
    struct garbage_entry *entries;
    struct store_page page;
};

static bool is_ending(struct sweeper *sweeper) {
    for (struct message *message = mailbox_poll(&sweeper->inbox); message; message = mailbox_poll(&sweeper->inbox)) {
        const struct sweeper_mail *mail = (const struct sweeper_mail *)message;
        sweeper->ended |= mail->is_end;
        if (mail->is_finish) {
            sweeper->finishing = true;
            sweeper->finish_until_us = mailbox_now_us() + FINISH_MAX_US;
        }
        if (mail->epoch > sweeper->published_epoch) {
            sweeper->published_epoch = mail->epoch;
            sweeper->wanted = true;
        }
        message_free(message);
    }
    return sweeper->ended && !(sweeper->finishing && mailbox_now_us() < sweeper->finish_until_us);
}

static enum answer read_savepoint_page(struct sweeper *sweeper, const char *prefix, const char *after,
                                       struct garbage_event *event, char **next) {
    struct error error = {0};
    struct store_page page;
    enum answer answer = ANSWER_OK;
    if (store_list(sweeper->config.store, prefix, after, 0, &page, &error) != STATUS_OK)
        answer = ANSWER_UNKNOWN;
    if (event->savepoint_count + page.count > GARBAGE_SAVEPOINTS_MAX)
        answer = ANSWER_UNKNOWN; /* not all of them: nothing may be deleted */
    for (uint32_t i = 0; i < page.count && answer == ANSWER_OK; i++)
        answer = checkpoint_get_savepoint(sweeper->config.store, page.entries[i].name,
                                          &sweeper->savepoints[event->savepoint_count++], &error);
    *next = answer == ANSWER_OK && page.next ? memory_strdup(page.next) : NULL;
    store_page_release(&page);
    return answer;
}

static void read_savepoints(struct sweeper *sweeper, struct garbage_event *event) {
    char prefix[PREFIX_SIZE];
    snprintf(prefix, sizeof prefix, "%s/savepoints/", sweeper->job);
    free(sweeper->savepoints);
    sweeper->savepoints = memory_alloc(GARBAGE_SAVEPOINTS_MAX * sizeof *sweeper->savepoints);
    event->kind = GARBAGE_EVENT_SAVEPOINTS;
    event->answer = ANSWER_OK;
    char *after = NULL;
    do {
        char *next = NULL;
        event->answer = read_savepoint_page(sweeper, prefix, after, event, &next);
        free(after);
        after = next;
    } while (after);
    event->savepoints = sweeper->savepoints;
}

static void list_objects(struct sweeper *sweeper, uint32_t page, struct garbage_event *event) {
    struct error error = {0};
    char prefix[PREFIX_SIZE];
    snprintf(prefix, sizeof prefix, "%s/", sweeper->job);
    store_page_release(&sweeper->page);
    free(sweeper->entries);
    sweeper->entries = NULL;
    event->kind = GARBAGE_EVENT_LISTED;
    if (page == 0) {
        free(sweeper->after);
        sweeper->after = NULL;
    }
    enum status status = store_list(sweeper->config.store, prefix, sweeper->after, 0, &sweeper->page, &error);
    event->answer = status == STATUS_OK ? ANSWER_OK : ANSWER_UNKNOWN;
    if (status != STATUS_OK)
        return;
    /* Ages are not asked for: of this J only objects of decided epochs and of dead generations are ever looked at. */
    sweeper->entries = memory_zalloc((sweeper->page.count + 1) * sizeof *sweeper->entries);
    for (uint32_t i = 0; i < sweeper->page.count; i++)
        sweeper->entries[i].name = str_from(sweeper->page.entries[i].name);
    event->entries = sweeper->entries;
    event->entry_count = sweeper->page.count;
    event->more = sweeper->page.next != NULL;
    free(sweeper->after);
    sweeper->after = sweeper->page.next ? memory_strdup(sweeper->page.next) : NULL;
}

static void delete_objects(struct sweeper *sweeper, const struct garbage_action *action, struct garbage_event *event) {
    struct error error = {0};
    event->kind = GARBAGE_EVENT_DELETED;
    event->answer = fault_point(FAULT_GARBAGE) ? ANSWER_UNKNOWN : ANSWER_OK;
    for (uint32_t i = 0; i < action->id_count && event->answer == ANSWER_OK; i++) {
        char name[OBJECT_NAME_SIZE];
        object_name_format(&action->ids[i], name);
        if (store_delete(sweeper->config.store, name, &error) != STATUS_OK)
            event->answer = ANSWER_UNKNOWN;
    }
}

/* The answer to an action. */
static struct garbage_event carry_out(struct sweeper *sweeper, const struct garbage_action *action) {
    struct error error = {0};
    struct head_version version;
    struct garbage_event event = {.request = action->request};
    switch (action->kind) {
    case GARBAGE_ACTION_READ_HEAD:
        event.kind = GARBAGE_EVENT_HEAD;
        event.answer = checkpoint_read_head(sweeper->config.store, &event.head, &version, &error);
        break;
    case GARBAGE_ACTION_READ_SAVEPOINTS: read_savepoints(sweeper, &event); break;
    case GARBAGE_ACTION_READ_MANIFEST:
        event.kind = GARBAGE_EVENT_MANIFEST;
        strbuf_reset(&sweeper->bytes);
        event.answer = checkpoint_get_manifest(sweeper->config.store, &action->reference.id, &sweeper->bytes, &error);
        event.bytes = strbuf_str(&sweeper->bytes);
        break;
    case GARBAGE_ACTION_LIST: list_objects(sweeper, action->page, &event); break;
    case GARBAGE_ACTION_DELETE: delete_objects(sweeper, action, &event); break;
    case GARBAGE_ACTION_ENDED: UNREACHABLE();
    }
    return event;
}

static void run_once(struct sweeper *sweeper) {
    struct garbage garbage;
    struct garbage_options options = {.job = sweeper->config.job,
                                      .owner = sweeper->config.owner,
                                      .generation = sweeper->config.generation,
                                      .published_epoch = sweeper->published_epoch,
                                      .retained = SWEEPER_RETAINED_EPOCHS};
    struct garbage_action action = {0};
    struct garbage_event event = {.kind = GARBAGE_EVENT_START};
    garbage_init(&garbage, &options);
    while (garbage_step(&garbage, &event, &action) && action.kind != GARBAGE_ACTION_ENDED && !is_ending(sweeper))
        event = carry_out(sweeper, &action);
    log_debug("garbage was collected", log_int("deleted", (int64_t)garbage.deleted_count),
              log_bool("whole", garbage.state == GARBAGE_DONE));
    garbage_release(&garbage);
}

static void *run_sweeper(void *argument) {
    struct sweeper *sweeper = argument;
    sweeper->next_us = mailbox_now_us() + sweeper->first_pause_us;
    while (!is_ending(sweeper)) {
        int64_t now_us = mailbox_now_us();
        if (sweeper->wanted && (sweeper->finishing || now_us >= sweeper->next_us)) {
            sweeper->wanted = false;
            run_once(sweeper);
            sweeper->next_us = mailbox_now_us() + sweeper->config.pause_us;
            continue;
        }
        sweeper->finishing = false; /* nothing was published since the last run */
        if (sweeper->ended)
            break;
        struct message *message = mailbox_wait(&sweeper->inbox, sweeper->wanted ? sweeper->next_us : INT64_MAX);
        if (message) /* looked at by is_ending, with what else came */
            mailbox_post(&sweeper->inbox, message);
    }
    return NULL;
}

struct sweeper *sweeper_new(const struct sweeper_config *config) {
    struct sweeper *sweeper = memory_zalloc(sizeof *sweeper);
    sweeper->config = *config;
    sweeper->first_pause_us = config->pause_us ? config->pause_us : FOLDER_PAUSE_US;
    if (config->pause_us == 0)
        sweeper->config.pause_us = store_is_folder(config->store) ? FOLDER_PAUSE_US : BUCKET_PAUSE_US;
    hex_format(config->job.bytes, sweeper->job);
    strbuf_init(&sweeper->bytes);
    mailbox_init(&sweeper->inbox, -1);
    if (pthread_create(&sweeper->thread, NULL, run_sweeper, sweeper) != 0)
        assert_failed("the sweeper has its thread", __FILE__, __LINE__);
    return sweeper;
}

static void post(struct sweeper *sweeper, const struct sweeper_mail *content) {
    struct sweeper_mail *mail = message_new(sizeof *mail);
    mail->epoch = content->epoch;
    mail->is_finish = content->is_finish;
    mail->is_end = content->is_end;
    mailbox_post(&sweeper->inbox, &mail->base);
}

void sweeper_published(struct sweeper *sweeper, uint64_t epoch) {
    post(sweeper, &(struct sweeper_mail){.epoch = epoch});
}

void sweeper_finish(struct sweeper *sweeper) {
    post(sweeper, &(struct sweeper_mail){.is_finish = true});
}

void sweeper_free(struct sweeper *sweeper) {
    if (!sweeper)
        return;
    post(sweeper, &(struct sweeper_mail){.is_end = true});
    pthread_join(sweeper->thread, NULL);
    mailbox_release(&sweeper->inbox);
    store_page_release(&sweeper->page);
    strbuf_release(&sweeper->bytes);
    free(sweeper->savepoints);
    free(sweeper->entries);
    free(sweeper->after);
    free(sweeper);
}
