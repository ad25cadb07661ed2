/* job_verify.c: HEAD first, then the outside: what HEAD decided before the outside was read may be there, what is there must be decided by HEAD as it is
 * afterwards. */
#include "runtime/job_verify.h"

#include "runtime/checkpoint/checkpoint_store.h"
#include "runtime/job_checkpoint.h"
#include "runtime/store/store.h"
#include "runtime/task_context.h"

static enum status read_head(struct store *store, struct head *head, struct error *error) {
    struct head_version version;
    switch (checkpoint_read_head(store, head, &version, error)) {
    case ANSWER_OK: return STATUS_OK;
    case ANSWER_MISSING:
        (void)FAIL(error, STATUS_UNDEFINED_FILE, "there is no checkpoint at %s", store_uri_text(store));
        error_hint(error, "give the --checkpoint-dir that the job was run with");
        return STATUS_UNDEFINED_FILE;
    default: return error->status != STATUS_OK ? error->status : FAIL(error, STATUS_FILE_ERROR, "HEAD cannot be read");
    }
}

static enum status verify_sink(struct store *store, const struct head *head, struct arena *arena,
                               struct checkpointed_sink *sink, struct verified_sink *verified, struct error *error) {
    char hex[HEX_SIZE];
    hex_format(head->job.bytes, hex);
    sink->publisher.job = arena_strdup(arena, hex);
    sink->publisher.arena = arena;
    sink->publisher.cancel = ARENA_NEW(arena, bool);
    struct audit audit;
    audit_init(&audit, &head->job, sink->publisher.sink, sink->publisher.lane_count);
    enum status status = sink->publishers->verify(&sink->publisher, &audit.target, error);
    audit_finish(&audit);
    struct head after;
    if (status == STATUS_OK)
        status = read_head(store, &after, error);
    *verified = (struct verified_sink){.table = sink->publisher.table,
                                       .lane_count = sink->publisher.lane_count,
                                       .decided_epoch = head->epoch,
                                       .counts = audit.counts};
    if (status == STATUS_OK)
        verified->is_clean = audit_is_clean(&audit.counts) && incarnation_equal(&after.job, &head->job) &&
                             audit.counts.published_epoch <= after.epoch;
    audit_release(&audit);
    return status;
}

enum status job_verify(const struct job_config *config, struct arena *arena, struct verified_sink **sinks,
                       uint32_t *count, struct error *error) {
    struct task_context context = {.operators = {.arena = arena, .plan = config->plan},
                                   .registry = config->registry,
                                   .env = config->env,
                                   .has_checkpoints = true};
    struct checkpointed_sink *found = ARENA_ARRAY(arena, struct checkpointed_sink, config->plan->n_nodes);
    *sinks = ARENA_ARRAY(arena, struct verified_sink, config->plan->n_nodes);
    TRY(job_checkpoint_sinks(&context, found, count, ARENA_ARRAY(arena, uint32_t, config->plan->n_nodes), error));
    struct store *store;
    struct head head;
    TRY(store_open(checkpoint_uri(arena, config->checkpoint_uri, NULL), NULL, &store, error));
    enum status status = read_head(store, &head, error);
    for (uint32_t i = 0; i < *count && status == STATUS_OK; i++)
        status = verify_sink(store, &head, arena, &found[i], &(*sinks)[i], error);
    store_close(store);
    return status;
}
