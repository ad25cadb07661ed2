/* checkpoint.c: see the header. Invariant: a manifest names only files that are whole on disk, so a checkpoint either can be loaded or
 * says which of its files is not what was written. */
#include "runtime/checkpoint.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/base/env.h"
#include "core/base/hash.h"
#include "core/base/log.h"
#include "executor/operator.h"
#include "executor/snapshot.h"

#define MANIFEST_TITLE "streamsql checkpoint 1\n"

/* ---- files ---- */

static enum status write_synced(struct env *env, const char *path, struct str content, struct error *error) {
    struct env_file *file;
    TRY(env_file_open(env, path, ENV_OPEN_TRUNCATE, &file, error));
    enum status status = env_file_write(file, content.data, content.size, error);
    if (status == STATUS_OK)
        status = env_file_sync(file, error);
    env_file_close(file);
    return status;
}

/* The file is there whole under its name, or not at all. */
static enum status write_file(struct env *env, const char *path, struct str content, struct error *error) {
    struct strbuf temporary;
    strbuf_init(&temporary);
    strbuf_printf(&temporary, "%s.tmp", path);
    enum status status = write_synced(env, strbuf_text(&temporary), content, error);
    if (status == STATUS_OK)
        status = env_path_rename(env, strbuf_text(&temporary), path, error);
    strbuf_release(&temporary);
    return status;
}

static enum status read_file(struct env *env, struct arena *arena, const char *path, struct str *content,
                             struct error *error) {
    struct env_file *file;
    uint64_t size = 0;
    TRY(env_file_open(env, path, ENV_OPEN_READ, &file, error));
    enum status status = env_file_size(file, &size, error);
    char *data = status == STATUS_OK ? arena_alloc(arena, size + 1) : NULL;
    size_t done = 0, got = 1;
    while (status == STATUS_OK && done < size && got > 0) {
        status = env_file_read(file, data + done, size - done, &got, error);
        done += status == STATUS_OK ? got : 0;
    }
    env_file_close(file);
    *content = (struct str){data, done};
    return status;
}

static const char *folder_of(struct arena *arena, const char *folder, uint64_t number) {
    return arena_printf(arena, "%s/chk-%llu", folder, (unsigned long long)number);
}

static const char *state_path(struct arena *arena, const char *folder, uint64_t number, size_t node) {
    return arena_printf(arena, "%s/op-%zu.state", folder_of(arena, folder, number), node);
}

static const char *manifest_path(struct arena *arena, const char *folder, uint64_t number) {
    return arena_printf(arena, "%s/manifest", folder_of(arena, folder, number));
}

/* ---- the manifest ---- */

static uint64_t node_digest(const Plan__Node *node) {
    size_t size = plan__node__get_packed_size(node);
    uint8_t *bytes = memory_alloc(size + 1);
    plan__node__pack(node, bytes);
    uint64_t digest = hash_bytes(bytes, size);
    free(bytes);
    return digest;
}

static void put_operator(struct strbuf *out, size_t index, const Plan__Node *node, struct str snapshot) {
    strbuf_printf(out, "operator %zu %s %016llx %zu %016llx\n", index, plan_node_name(node),
                  (unsigned long long)node_digest(node), snapshot.size,
                  (unsigned long long)hash_bytes(snapshot.data, snapshot.size));
}

static void put_digest(struct strbuf *out) {
    unsigned long long digest = hash_bytes(out->data, out->size);
    strbuf_printf(out, "digest %016llx\n", digest);
}

enum { DIGEST_LINE_BYTES = 24, LINE_WORDS = 6 };

static enum status damaged(const char *path, const char *what, struct error *error) {
    return FAIL(error, STATUS_MALFORMED_RECORD, "checkpoint file \"%s\" %s", path, what);
}

/* Everything above the last line, when that is the digest of it. */
static enum status check_manifest(const char *path, struct str *text, struct error *error) {
    if (text->size < DIGEST_LINE_BYTES)
        return damaged(path, "is cut short", error);
    struct str body = {text->data, text->size - DIGEST_LINE_BYTES};
    char line[DIGEST_LINE_BYTES + 1];
    snprintf(line, sizeof line, "digest %016llx\n", (unsigned long long)hash_bytes(body.data, body.size));
    if (memcmp(line, body.data + body.size, DIGEST_LINE_BYTES) != 0)
        return damaged(path, "is corrupted: its digest is wrong", error);
    *text = body;
    return STATUS_OK;
}

static struct str next_part(struct str *text, char end) {
    const char *found = text->size ? memchr(text->data, end, text->size) : NULL;
    struct str part = {text->data, found ? (size_t)(found - text->data) : text->size};
    size_t used = part.size + (found != NULL);
    *text = (struct str){text->data + used, text->size - used};
    return part;
}

struct manifest_line {
    struct str index, name;
    uint64_t node_digest, size_bytes, digest;
};

static bool parse_line(struct str line, struct manifest_line *parsed) {
    struct str words[LINE_WORDS];
    for (int i = 0; i < LINE_WORDS; i++)
        words[i] = next_part(&line, ' ');
    int64_t size = 0;
    if (line.size || !str_equal(words[0], STR("operator")) || words[3].size != 16 || words[5].size != 16 ||
        !int_parse(words[4], &size) || size < 0)
        return false;
    *parsed = (struct manifest_line){.index = words[1],
                                     .name = words[2],
                                     .node_digest = strtoull(words[3].data, NULL, 16),
                                     .size_bytes = (uint64_t)size,
                                     .digest = strtoull(words[5].data, NULL, 16)};
    return true;
}

static enum status other_query(uint64_t number, const char *difference, struct error *error) {
    FAIL(error, STATUS_INVALID_OPTION, "checkpoint %llu is of another query: %s", (unsigned long long)number,
         difference);
    error_hint(error, "run the query that it was taken of, or give another folder for checkpoints");
    return STATUS_INVALID_OPTION;
}

static enum status load_operator(struct env *env, const char *folder, struct checkpoint *checkpoint, size_t node,
                                 const struct manifest_line *line, struct error *error) {
    const char *path = state_path(&checkpoint->arena, folder, checkpoint->number, node);
    struct str *snapshot = &checkpoint->snapshots[node];
    TRY(read_file(env, &checkpoint->arena, path, snapshot, error));
    if (snapshot->size != line->size_bytes)
        return damaged(path, snapshot->size < line->size_bytes ? "is cut short" : "is longer than it was", error);
    if (hash_bytes(snapshot->data, snapshot->size) != line->digest)
        return damaged(path, "is corrupted: its digest is wrong", error);
    return STATUS_OK;
}

/* The plan is compared before any state is read. */
static enum status load_operators(struct env *env, const char *folder, struct checkpoint *checkpoint,
                                  const Plan__Plan *plan, const char *path, struct str body, struct error *error) {
    struct arena *arena = &checkpoint->arena;
    struct manifest_line *lines = ARENA_ARRAY(arena, struct manifest_line, plan->n_nodes);
    size_t count = 0;
    while (body.size > 0) {
        struct manifest_line line;
        if (!parse_line(next_part(&body, '\n'), &line))
            return damaged(path, "cannot be read", error);
        if (count == plan->n_nodes)
            return other_query(checkpoint->number, "it has more operators", error);
        const Plan__Node *node = plan->nodes[count];
        if (line.node_digest != node_digest(node))
            return other_query(checkpoint->number,
                               arena_printf(arena, "operator %zu was %.*s with other properties, or is %s now", count,
                                            STR_FORMAT(line.name), plan_node_name(node)),
                               error);
        lines[count++] = line;
    }
    if (count < plan->n_nodes)
        return other_query(checkpoint->number, "it has fewer operators", error);
    checkpoint->snapshots = ARENA_ARRAY(arena, struct str, count);
    for (size_t i = 0; i < count; i++)
        TRY(load_operator(env, folder, checkpoint, i, &lines[i], error));
    return STATUS_OK;
}

static enum status load(struct env *env, const char *folder, struct checkpoint *checkpoint, const Plan__Plan *plan,
                        struct error *error) {
    const char *path = manifest_path(&checkpoint->arena, folder, checkpoint->number);
    struct str text;
    TRY(read_file(env, &checkpoint->arena, path, &text, error));
    TRY(check_manifest(path, &text, error));
    const char *head =
        arena_printf(&checkpoint->arena, MANIFEST_TITLE "number %llu\n", (unsigned long long)checkpoint->number);
    if (!str_starts_with(text, str_from(head)))
        return damaged(path, "is not one that this program reads", error);
    struct str body = {text.data + strlen(head), text.size - strlen(head)};
    return load_operators(env, folder, checkpoint, plan, path, body, error);
}

enum status checkpoint_load(struct env *env, const char *folder, uint64_t number, const Plan__Plan *plan,
                            struct checkpoint **checkpoint, struct error *error) {
    struct checkpoint *loaded = memory_zalloc(sizeof *loaded);
    arena_init(&loaded->arena);
    loaded->number = number;
    enum status status = load(env, folder, loaded, plan, error);
    if (status != STATUS_OK) {
        checkpoint_free(loaded);
        return status;
    }
    *checkpoint = loaded;
    return STATUS_OK;
}

void checkpoint_free(struct checkpoint *checkpoint) {
    if (!checkpoint)
        return;
    arena_release(&checkpoint->arena);
    free(checkpoint);
}

enum status checkpoint_restore(const struct checkpoint *checkpoint, struct stream_operator *const *operators,
                               uint32_t operator_count, struct error *error) {
    for (uint32_t i = 0; i < operator_count; i++) {
        struct snapshot_reader reader;
        snapshot_reader_init(&reader, checkpoint->snapshots[i]);
        TRY(operator_restore(operators[i], &reader, error));
    }
    return STATUS_OK;
}

/* ---- the folder ---- */

/* Numbers of all that was begun, whether it was finished or not. */
static void note_entry(void *context, const char *name) {
    struct checkpoints *checkpoints = context;
    int64_t number;
    if (strncmp(name, "chk-", 4) == 0 && int_parse(str_from(name + 4), &number) && number > 0 && number < INT64_MAX &&
        (uint64_t)number >= checkpoints->next_number)
        checkpoints->next_number = (uint64_t)number + 1;
}

static void remember(struct checkpoints *checkpoints, uint64_t number) {
    ASSERT(checkpoints->number_count < CHECKPOINTS_KEPT);
    checkpoints->numbers[checkpoints->number_count++] = number;
}

/* A disk that cannot be read is no disk without checkpoints. */
static enum status has_manifest(struct checkpoints *checkpoints, uint64_t number, bool *found, struct error *error) {
    struct arena arena;
    struct env_file *file;
    arena_init(&arena);
    enum status status = env_file_open(checkpoints->env, manifest_path(&arena, checkpoints->folder, number),
                                       ENV_OPEN_READ, &file, error);
    arena_release(&arena);
    *found = status == STATUS_OK;
    if (status == STATUS_OK)
        env_file_close(file);
    return status == STATUS_UNDEFINED_FILE ? STATUS_OK : status;
}

/* The newest complete ones, oldest first. Numbers are dense but for what was never finished, so the look back is bounded. */
enum { LOOK_BACK = 64 };

static enum status find_complete(struct checkpoints *checkpoints, struct error *error) {
    uint64_t found[CHECKPOINTS_KEPT];
    uint32_t count = 0;
    for (uint64_t back = 1; back <= LOOK_BACK && back < checkpoints->next_number && count < CHECKPOINTS_KEPT; back++) {
        bool is_complete;
        TRY(has_manifest(checkpoints, checkpoints->next_number - back, &is_complete, error));
        if (is_complete)
            found[count++] = checkpoints->next_number - back;
    }
    while (count > 0)
        remember(checkpoints, found[--count]);
    return STATUS_OK;
}

/* What was written is not what is there: not a disk that fails for the moment. */
static bool is_damage(enum status status) {
    return status == STATUS_MALFORMED_RECORD || status == STATUS_UNDEFINED_FILE;
}

enum status checkpoints_open(struct checkpoints *checkpoints, struct env *env, const char *folder,
                             const Plan__Plan *plan, struct checkpoint **newest, struct error *error) {
    *checkpoints = (struct checkpoints){.env = env, .folder = folder, .plan = plan, .next_number = 1};
    *newest = NULL;
    TRY(env_folder_make(env, folder, error));
    enum status status = env_folder_list(env, folder, note_entry, checkpoints, error);
    if (status != STATUS_OK && status != STATUS_UNDEFINED_FILE)
        return status;
    error_reset(error);
    TRY(find_complete(checkpoints, error));
    for (uint32_t i = checkpoints->number_count; i > 0; i--) {
        status = checkpoint_load(env, folder, checkpoints->numbers[i - 1], plan, newest, error);
        if (!is_damage(status))
            return status;
        log_warn("a checkpoint cannot be used; the one before it is tried", LOG_ERROR_FIELDS(error));
    }
    return checkpoints->number_count ? status : STATUS_OK;
}

/* What is left behind is in nobody's way, so a failure is not one of the job. The manifest goes first. */
static void forget(struct checkpoints *checkpoints, uint64_t number) {
    struct arena arena;
    struct error error = {0};
    arena_init(&arena);
    enum status status = env_path_remove(checkpoints->env, manifest_path(&arena, checkpoints->folder, number), &error);
    for (size_t i = 0; i < checkpoints->plan->n_nodes && status == STATUS_OK; i++)
        status = env_path_remove(checkpoints->env, state_path(&arena, checkpoints->folder, number, i), &error);
    if (status == STATUS_OK)
        status = env_path_remove(checkpoints->env, folder_of(&arena, checkpoints->folder, number), &error);
    if (status != STATUS_OK && status != STATUS_UNDEFINED_FILE)
        log_warn("an old checkpoint cannot be removed", LOG_ERROR_FIELDS(&error));
    arena_release(&arena);
}

static enum status take_operator(struct checkpoints *checkpoints, struct arena *arena, struct stream_operator *operator,
                                 size_t index, struct strbuf *manifest, struct error *error) {
    struct snapshot_writer writer;
    snapshot_writer_init(&writer, SNAPSHOT_FULL);
    enum status status = operator_snapshot(operator, & writer, error);
    if (status == STATUS_OK) {
        put_operator(manifest, index, checkpoints->plan->nodes[index], strbuf_str(&writer.out));
        status = write_file(checkpoints->env, state_path(arena, checkpoints->folder, checkpoints->next_number, index),
                            strbuf_str(&writer.out), error);
    }
    snapshot_writer_release(&writer);
    return status;
}

static enum status take(struct checkpoints *checkpoints, struct arena *arena, struct stream_operator *const *operators,
                        uint32_t operator_count, struct strbuf *manifest, struct error *error) {
    uint64_t number = checkpoints->next_number;
    TRY(env_folder_make(checkpoints->env, folder_of(arena, checkpoints->folder, number), error));
    strbuf_printf(manifest, MANIFEST_TITLE "number %llu\n", (unsigned long long)number);
    for (uint32_t i = 0; i < operator_count; i++)
        TRY(take_operator(checkpoints, arena, operators[i], i, manifest, error));
    put_digest(manifest);
    return write_file(checkpoints->env, manifest_path(arena, checkpoints->folder, number), strbuf_str(manifest), error);
}

enum status checkpoints_take(struct checkpoints *checkpoints, struct stream_operator *const *operators,
                             uint32_t operator_count, struct error *error) {
    struct arena arena;
    struct strbuf manifest;
    arena_init(&arena);
    strbuf_init(&manifest);
    enum status status = take(checkpoints, &arena, operators, operator_count, &manifest, error);
    strbuf_release(&manifest);
    arena_release(&arena);
    TRY(status);
    if (checkpoints->number_count == CHECKPOINTS_KEPT) {
        forget(checkpoints, checkpoints->numbers[0]);
        memmove(checkpoints->numbers, checkpoints->numbers + 1, sizeof *checkpoints->numbers * (CHECKPOINTS_KEPT - 1));
        checkpoints->number_count--;
    }
    remember(checkpoints, checkpoints->next_number++);
    checkpoints->taken_us = env_monotonic_us(checkpoints->env);
    return STATUS_OK;
}
