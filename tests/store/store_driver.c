/* store_driver.c: the store interface on a pipe, for the tests: one command a line on stdin, one answer a line on stdout, fields
 * separated by tabs. It also stands between the stores and the system: fsync, write, rename and statfs can be made to
 * fail, and the process to end, at a chosen call.
 *
 *     put NAME FILE                  ->  ok
 *     get NAME LIMIT FILE            ->  ok SIZE TAG
 *     swap NAME TAG|- FILE           ->  ok done TAG | ok conflict | ok missing | ok unknown MESSAGE
 *     anything that fails            ->  error STATUS retriable|final MESSAGE DETAIL HINT */
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "core/base/arena.h"
#include "runtime/store/store.h"

enum { FIELDS_MAX = 8, CRASH_CODE = 86 };

/* Set between commands only: no lock. */
static struct {
    const char *call; /* "fsync", "write", "rename" */
    int error_number;
    long after;       /* calls that still succeed */
    long crash_after; /* of all of these calls; < 0: never */
    long network;     /* the file system's magic number; 0: the true one */
} fault = {.crash_after = -1};

static bool fails(const char *call) {
    if (fault.crash_after >= 0 && fault.crash_after-- == 0)
        _exit(CRASH_CODE);
    if (!fault.call || strcmp(fault.call, call) != 0 || fault.after-- > 0)
        return false;
    errno = fault.error_number;
    return true;
}

int fsync(int descriptor) {
    return fails("fsync") ? -1 : (int)syscall(SYS_fsync, descriptor);
}
ssize_t write(int descriptor, const void *data, size_t size) {
    return fails("write") ? -1 : (ssize_t)syscall(SYS_write, descriptor, data, size);
}
int rename(const char *from, const char *to) {
    return fails("rename") ? -1 : (int)syscall(SYS_renameat2, -100, from, -100, to, 0);
}
int renameat2(int from_folder, const char *from, int to_folder, const char *to, unsigned flags) {
    return fails("rename") ? -1 : (int)syscall(SYS_renameat2, from_folder, from, to_folder, to, flags);
}
int statfs(const char *path, struct statfs *info) {
    int result = (int)syscall(SYS_statfs, path, info);
    if (fault.network)
        info->f_type = fault.network;
    return result;
}

static struct store *store;

/* In one line, whatever it quotes. */
static void print_text(const char *text) {
    putchar('\t');
    for (; *text; text++)
        putchar(*text >= ' ' || *text < 0 ? *text : ' ');
}

static void answer_error(const struct error *error) {
    printf("error\t%s\t%s", status_name(error->status), error->retriable ? "retriable" : "final");
    print_text(error->message);
    print_text(error->detail);
    print_text(error->hint);
    putchar('\n');
}

static struct strbuf read_file(const char *path) {
    struct strbuf content;
    strbuf_init(&content);
    FILE *file = fopen(path, "rb");
    if (!file)
        exit(2);
    size_t got = 1;
    while (got) {
        strbuf_reserve(&content, 65536);
        got = fread(content.data + content.size, 1, 65535, file);
        content.size += got;
    }
    fclose(file);
    return content;
}

static void write_file(const char *path, const void *data, size_t size) {
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(data ? data : "", 1, size, file) != size || fclose(file) != 0)
        exit(2);
}

static void print_tag(const struct store_tag *tag) {
    putchar('\t');
    for (uint8_t i = 0; i < tag->size; i++)
        printf("%02x", tag->bytes[i]);
}

static struct store_tag parse_tag(const char *text) {
    struct store_tag tag = {0};
    unsigned byte;
    for (; sscanf(text, "%2x", &byte) == 1 && tag.size < STORE_TAG_MAX; text += 2)
        tag.bytes[tag.size++] = (uint8_t)byte;
    return tag;
}

static uint64_t number(const char *text) {
    return strtoull(text, NULL, 10);
}

static enum status do_open(char **field, struct error *error) {
    struct store_options options = {.attempts = (uint32_t)number(field[2]),
                                    .backoff_ms = (uint32_t)number(field[3]),
                                    .request_timeout_ms = (uint32_t)number(field[4]),
                                    .part_size_bytes = (uint32_t)number(field[5])};
    store_close(store);
    TRY(store_open(field[1], &options, &store, error));
    printf("ok\t%s\n", store_uri_text(store));
    return STATUS_OK;
}

static enum status do_put(char **field, struct error *error) {
    struct strbuf content = read_file(field[2]);
    enum status status = store_put(store, field[1], strbuf_str(&content), error);
    strbuf_release(&content);
    TRY(status);
    puts("ok");
    return STATUS_OK;
}

static enum status append_all(struct store_writer *writer, struct str content, size_t chunk, struct error *error) {
    for (size_t i = 0; i < content.size; i += chunk)
        TRY(store_writer_append(writer, content.data + i, content.size - i < chunk ? content.size - i : chunk, error));
    return STATUS_OK;
}

static enum status do_upload(char **field, struct error *error) {
    struct strbuf content = read_file(field[2]);
    struct store_writer *writer;
    enum status status = store_writer_open(store, field[1], &writer, error);
    if (status == STATUS_OK) {
        status = append_all(writer, strbuf_str(&content), number(field[3]), error);
        if (status != STATUS_OK || strcmp(field[4], "abort") == 0)
            store_writer_abort(writer);
        else
            status = store_writer_finish(writer, error);
    }
    strbuf_release(&content);
    TRY(status);
    puts("ok");
    return STATUS_OK;
}

static enum status do_get(char **field, struct error *error) {
    struct strbuf content;
    strbuf_init(&content);
    struct store_tag tag;
    enum status status = store_get(store, field[1], number(field[2]), &content, &tag, error);
    if (status == STATUS_OK) {
        write_file(field[3], content.data, content.size);
        printf("ok\t%zu", content.size);
        print_tag(&tag);
        putchar('\n');
    }
    strbuf_release(&content);
    return status;
}

static enum status do_range(char **field, struct error *error) {
    size_t size = number(field[3]);
    char *data = memory_alloc(size + 1);
    enum status status = store_get_range(store, field[1], number(field[2]), size, data, error);
    if (status == STATUS_OK) {
        write_file(field[4], data, size);
        puts("ok");
    }
    free(data);
    return status;
}

static enum status do_size(char **field, struct error *error) {
    uint64_t size_bytes;
    TRY(store_size(store, field[1], &size_bytes, error));
    printf("ok\t%" PRIu64 "\n", size_bytes);
    return STATUS_OK;
}

static enum status do_delete(char **field, struct error *error) {
    TRY(store_delete(store, field[1], error));
    puts("ok");
    return STATUS_OK;
}

static enum status do_list(char **field, struct error *error) {
    struct store_page page;
    TRY(store_list(store, field[1], *field[2] ? field[2] : NULL, (uint32_t)number(field[3]), &page, error));
    printf("ok\t%s", page.next ? page.next : "");
    for (uint32_t i = 0; i < page.count; i++)
        printf("\t%s\t%" PRIu64, page.entries[i].name, page.entries[i].size_bytes);
    putchar('\n');
    store_page_release(&page);
    return STATUS_OK;
}

static enum status do_swap(char **field, struct error *error) {
    static const char *const names[] = {[STORE_SWAP_DONE] = "done",
                                        [STORE_SWAP_CONFLICT] = "conflict",
                                        [STORE_SWAP_MISSING] = "missing",
                                        [STORE_SWAP_UNKNOWN] = "unknown"};
    struct strbuf content = read_file(field[3]);
    struct store_tag tag = parse_tag(field[2]);
    enum store_swap outcome;
    enum status status = store_swap(store, field[1], &tag, strbuf_str(&content), &outcome, &tag, error);
    strbuf_release(&content);
    TRY(status);
    printf("ok\t%s", names[outcome]);
    if (outcome == STORE_SWAP_DONE)
        print_tag(&tag);
    else if (outcome == STORE_SWAP_UNKNOWN)
        printf("\t%s", error->message);
    putchar('\n');
    return STATUS_OK;
}

struct worker {
    pthread_t thread;
    int number;
    struct str content;
    enum status status;
    struct error error;
};

static enum status put_and_read(struct worker *worker) {
    for (int i = 0; i < 10; i++) {
        char name[64];
        snprintf(name, sizeof name, "parallel/%d/%d", worker->number, i);
        TRY(store_put(store, name, worker->content, &worker->error));
        struct strbuf found;
        strbuf_init(&found);
        enum status status = store_get(store, name, worker->content.size, &found, NULL, &worker->error);
        if (status == STATUS_OK && !str_equal(strbuf_str(&found), worker->content))
            status = FAIL(&worker->error, STATUS_INTERNAL, "%s came back changed", name);
        strbuf_release(&found);
        TRY(status);
    }
    return STATUS_OK;
}

static void *run_worker(void *context) {
    struct worker *worker = context;
    worker->status = put_and_read(worker);
    return NULL;
}

static enum status do_parallel(char **field, struct error *error) {
    enum { WORKERS = 8 };
    struct worker workers[WORKERS] = {0};
    struct strbuf content = read_file(field[1]);
    enum status status = STATUS_OK;
    for (int i = 0; i < WORKERS; i++) {
        workers[i].number = i;
        workers[i].content = strbuf_str(&content);
        if (pthread_create(&workers[i].thread, NULL, run_worker, &workers[i]) != 0)
            exit(2);
    }
    for (int i = 0; i < WORKERS; i++) {
        pthread_join(workers[i].thread, NULL);
        if (workers[i].status != STATUS_OK) {
            status = workers[i].status;
            *error = workers[i].error;
        }
    }
    strbuf_release(&content);
    TRY(status);
    puts("ok");
    return STATUS_OK;
}

static enum status do_probe(char **field, struct error *error) {
    (void)field;
    TRY(store_probe_swap(store, error));
    puts("ok");
    return STATUS_OK;
}

static enum status do_fault(char **field, struct error *error) {
    (void)error;
    static char call[32];
    if (strcmp(field[1], "crash") == 0) {
        fault.crash_after = (long)number(field[2]);
    } else if (strcmp(field[1], "network") == 0) {
        fault.network = (long)strtoul(field[2], NULL, 16);
    } else {
        snprintf(call, sizeof call, "%s", field[1]);
        fault.call = *call ? call : NULL;
        fault.error_number = (int)number(field[2]);
        fault.after = (long)number(field[3]);
    }
    puts("ok");
    return STATUS_OK;
}

static const struct {
    const char *name;
    enum status (*run)(char **field, struct error *error);
} commands[] = {
    {"open", do_open},   {"put", do_put},     {"upload", do_upload}, {"get", do_get},
    {"range", do_range}, {"size", do_size},   {"delete", do_delete}, {"list", do_list},
    {"swap", do_swap},   {"probe", do_probe}, {"fault", do_fault},   {"parallel", do_parallel},
};

int main(void) {
    char *line = NULL;
    size_t capacity = 0;
    while (getline(&line, &capacity, stdin) > 0) {
        line[strcspn(line, "\n")] = 0;
        char *field[FIELDS_MAX], *rest = line;
        for (int i = 0; i < FIELDS_MAX; i++) {
            field[i] = rest;
            rest += strcspn(rest, "\t");
            if (*rest)
                *rest++ = 0;
        }
        struct error error = {0};
        for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
            if (strcmp(commands[i].name, field[0]) == 0 && commands[i].run(field, &error) != STATUS_OK)
                answer_error(&error);
        fflush(stdout);
    }
    store_close(store);
    free(line);
    return 0;
}
