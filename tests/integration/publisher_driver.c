/* publisher_driver.c: one lane's publisher on a pipe, for the tests: one command a line on stdin, one answer a line on stdout, fields separated
 * by tabs. The test decides when, in which process, and in which order.
 *
 *     option KEY VALUE               ->  ok
 *     job J SINK LANE LANES          ->  ok
 *     prepare | open                 ->  ok | failed STATUS MESSAGE DETAIL HINT
 *     slot N                         ->  ok | unknown MESSAGE | fenced MESSAGE
 *     close N                        ->  ok
 *     rows N EPOCH FIRST COUNT SIZE PARTITIONS      values "EPOCH.NUMBER", padded to SIZE; row i to partition i mod PARTITIONS
 *                                    ->  ok DELIVERED
 *     marker N TEXT                  ->  ok OFFSET
 *     commit N                       ->  ok
 *     measure                        ->  ok END PLACE
 *     read FROM UNTIL                ->  ok POSITION OFFSET=MARKER…
 *     cancel MILLISECONDS            ->  ok        sets the flag so long from now
 *     sink log|plain COUNT SIZE      ->  ok LOGGED TOOK_US    writes rows through the connector's sink, one STRING column
 *     log TEXT…                      ->  ok PARTITION:KEY:VALUE…    what the sink logs, "-" for an absent key or value; -TEXT is a deletion
 *     timestamps                     ->  ok        from now on the table writes the metadata column "timestamp"; NULL in every second row
 *     send N EPOCH FIRST             ->  ok DELIVERED    what "log" logged last
 *     verify                         ->  ok m:LANE:OFFSET:MARKER… r:PARTITION:OFFSET:EPOCH.LANE.NUMBER:KEY:VALUE:S…
 *                                        S: "=" the bytes are those of row NUMBER that was logged last, "!" they are not
 * Every answer ends with a field TOOK_US. */
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "connectors/connectors.h"
#include "core/base/arena.h"
#include "core/base/env.h"
#include "core/base/log.h"
#include "core/data/row_log.h"

enum { FIELDS_MAX = 2000, BATCH = 2048 };

static struct arena arena;
static struct options options;
static struct publisher *publisher;
static struct publisher_config config;
static bool cancel;
static const struct connector_class *connector;
static const struct format_class *format;
static struct field fields[] = {{.name = "s", .type = &type_string},
                                {.name = "timestamp", .type = &type_timestamp_ltz3}};
static struct schema schema = {fields, 1};
static const struct source_column columns[] = {{"s", &type_string, 0}, {"timestamp", &type_timestamp_ltz3, -1}};
static struct strbuf logged;

/* In one line, whatever it quotes. */
static void print_text(const char *text) {
    putchar('\t');
    for (; *text; text++)
        putchar(*text >= ' ' || *text < 0 ? *text : ' ');
}

static uint64_t number(const char *text) {
    return strtoull(text, NULL, 10);
}

static void answer_status(enum status status, const struct error *error) {
    if (status == STATUS_OK) {
        fputs("ok", stdout);
        return;
    }
    printf("failed\t%s", status_name(status));
    print_text(error->message);
    print_text(error->detail);
    print_text(error->hint);
}

static bool is_ok(enum publish_answer answer, const struct error *error) {
    static const char *const names[] = {"", "ok", "unknown", "fenced", "corrupt"};
    fputs(names[answer], stdout);
    if (answer != PUBLISH_OK)
        print_text(error->message);
    return answer == PUBLISH_OK;
}

/* ---- commands ---- */

static enum status find_connector(struct error *error) {
    struct schema physical = {fields, 1};
    return connector_validate(connectors_builtin(), &options, &physical, &connector, &format, NULL, error);
}

static void do_job(char **words) {
    config = (struct publisher_config){
        .arena = &arena,
        .table = "t",
        .options = &options,
        .schema = &schema,
        .columns = columns,
        .job = arena_strdup(&arena, words[1]),
        .sink = (uint32_t)number(words[2]),
        .lane = (uint32_t)number(words[3]),
        .lane_count = (uint32_t)number(words[4]),
        .env = env_posix(),
        .cancel = &cancel,
    };
    fputs("ok", stdout);
}

static void do_prepare(void) {
    struct error error = {0};
    enum status status = find_connector(&error);
    struct publisher_config first = config;
    first.format = format;
    first.lane = 0;
    if (status == STATUS_OK)
        status = connector->publishers->prepare(&first, &error);
    answer_status(status, &error);
}

static void do_open(void) {
    struct error error = {0};
    enum status status = find_connector(&error);
    config.format = format;
    if (status == STATUS_OK)
        status = connector->publishers->open(&config, &publisher, &error);
    answer_status(status, &error);
}

static void do_rows(char **words) {
    uint64_t epoch = number(words[2]), first = number(words[3]), count = number(words[4]);
    size_t size = number(words[5]);
    uint32_t partitions = (uint32_t)number(words[6]);
    struct strbuf records = {0};
    char *value = memory_zalloc(size + 64);
    for (uint64_t i = 0; i < count; i++) {
        int length = snprintf(value, 64, "%" PRIu64 ".%" PRIu64, epoch, first + i);
        memset(value + length, 'x', size > (size_t)length ? size - (size_t)length : 0);
        row_log_put(&records,
                    &(struct row_log_record){.partition = (uint32_t)(i % partitions),
                                             .has_value = true,
                                             .value = {value, size > (size_t)length ? size : (size_t)length}});
    }
    free(value);
    int64_t begin_us = env_monotonic_us(env_posix());
    uint64_t delivered;
    struct error error = {0};
    enum publish_answer answer = publisher->class->send_rows(publisher, (uint32_t)number(words[1]),
                                                             strbuf_str(&records), epoch, first, &delivered, &error);
    int64_t took_us = env_monotonic_us(env_posix()) - begin_us;
    if (is_ok(answer, &error))
        printf("\t%" PRIu64 "\t%" PRId64, delivered, took_us);
    strbuf_release(&records);
}

static void do_marker(char **words) {
    uint64_t offset = 0;
    struct error error = {0};
    if (is_ok(publisher->class->send_marker(publisher, (uint32_t)number(words[1]), str_from(words[2]), &offset, &error),
              &error))
        printf("\t%" PRIu64, offset);
}

static void do_measure(void) {
    uint64_t end = 0;
    uint8_t place[16];
    struct error error = {0};
    if (!is_ok(publisher->class->measure(publisher, &end, place, &error), &error))
        return;
    printf("\t%" PRIu64 "\t", end);
    for (size_t i = 0; i < sizeof place; i++)
        printf("%02x", place[i]);
}

static void found_marker(void *context, uint64_t offset, struct str marker) {
    strbuf_printf(context, "\t%" PRIu64 "=%.*s", offset, STR_FORMAT(marker));
}

static void do_read(char **words) {
    uint64_t position = 0;
    struct strbuf found = {0};
    struct error error = {0};
    enum publish_answer answer = publisher->class->read_markers(publisher, number(words[1]), number(words[2]),
                                                                found_marker, &found, &position, &error);
    if (is_ok(answer, &error))
        printf("\t%" PRIu64 "%s", position, strbuf_text(&found));
    strbuf_release(&found);
}

static void *cancel_later(void *context) {
    const uint64_t *milliseconds = context;
    struct timespec pause = {(time_t)(*milliseconds / 1000), (long)(*milliseconds % 1000) * 1000000};
    nanosleep(&pause, NULL);
    __atomic_store_n(&cancel, true, __ATOMIC_RELEASE);
    return NULL;
}

static void do_cancel(char **words) {
    static uint64_t milliseconds;
    pthread_t thread;
    milliseconds = number(words[1]);
    if (pthread_create(&thread, NULL, cancel_later, &milliseconds) != 0 || pthread_detach(thread) != 0)
        exit(2);
    fputs("ok", stdout);
}

static enum status write_rows(struct sink *sink, struct row_log *log, uint64_t count, size_t size,
                              struct error *error) {
    struct batch_pool pool;
    batch_pool_init(&pool);
    struct batch *batch = batch_new_for(&pool, &schema, BATCH);
    char *text = memory_zalloc(size + 1);
    memset(text, 'x', size);
    for (uint32_t i = 0; i < BATCH; i++)
        COLUMN_VALUES(&batch->columns[0], struct string_view)[i] = view_copy(&batch->arena, (struct str){text, size});
    enum status status = STATUS_OK;
    for (uint64_t done = 0; done < count && status == STATUS_OK; done += batch->row_count) {
        batch->row_count = count - done < BATCH ? (uint32_t)(count - done) : BATCH;
        status = sink->class->write(sink, batch, error);
        for (uint32_t i = 0; log && i < log->lane_count; i++)
            strbuf_reset(&log->lanes[i].records);
    }
    if (status == STATUS_OK)
        status = sink->class->flush(sink, error);
    free(text);
    batch_release(batch);
    batch_pool_release(&pool);
    return status;
}

static enum status open_sink(struct row_log *log, struct sink **sink, struct error *error) {
    static const uint32_t key_columns[] = {0};
    enum status status = find_connector(error);
    struct sink_config sink_config = {
        .arena = &arena,
        .table = "t",
        .options = &options,
        .schema = &schema,
        .columns = columns,
        .format = format,
        .key_columns = key_columns,
        .key_column_count = 1,
        .env = env_posix(),
        .log = log,
    };
    return status == STATUS_OK ? connector->sink_open(&sink_config, sink, error) : status;
}

static enum status log_texts(struct sink *sink, char **texts, struct error *error) {
    struct batch_pool pool;
    batch_pool_init(&pool);
    struct batch *batch = batch_new_for(&pool, &schema, FIELDS_MAX);
    uint8_t *kinds = arena_zalloc(&batch->arena, FIELDS_MAX);
    struct string_view *values = COLUMN_VALUES(&batch->columns[0], struct string_view);
    for (batch->row_count = 0; *texts; texts++) {
        bool is_deletion = **texts == '-';
        if (is_deletion)
            batch->change_kinds = kinds;
        kinds[batch->row_count] = is_deletion ? CHANGE_DELETE : CHANGE_INSERT;
        if (schema.field_count > 1) {
            COLUMN_VALUES(&batch->columns[1], int64_t)[batch->row_count] = 1700000000123456 + batch->row_count;
            if (batch->row_count % 2)
                column_set_null(&batch->columns[1], &batch->arena, batch->row_count, FIELDS_MAX);
        }
        values[batch->row_count++] = view_copy(&batch->arena, str_from(*texts + is_deletion));
    }
    enum status status = sink->class->write(sink, batch, error);
    batch_release(batch);
    batch_pool_release(&pool);
    return status;
}

static void do_log(char **words) {
    struct row_log_lane lane = {0};
    struct row_log log = {&lane, 1};
    struct error error = {0};
    struct sink *sink = NULL;
    enum status status = open_sink(&log, &sink, &error);
    if (status == STATUS_OK)
        status = log_texts(sink, words + 1, &error);
    answer_status(status, &error);
    struct bytes_reader reader = bytes_reader_of(strbuf_str(&lane.records));
    struct row_log_record record;
    bool found;
    while (row_log_next(&reader, &record, &found, &error) == STATUS_OK && found)
        printf("\t%u:%.*s:%.*s", record.partition, STR_FORMAT(record.has_key ? record.key : STR("-")),
               STR_FORMAT(record.has_value ? record.value : STR("-")));
    if (sink)
        sink->class->close(sink);
    strbuf_release(&logged);
    logged = lane.records;
}

static void do_send(char **words) {
    uint64_t delivered;
    struct error error = {0};
    if (is_ok(publisher->class->send_rows(publisher, (uint32_t)number(words[1]), strbuf_str(&logged), number(words[2]),
                                          number(words[3]), &delivered, &error),
              &error))
        printf("\t%" PRIu64, delivered);
}

static void read_marker(struct published_target *target, uint32_t lane, uint64_t offset, struct str marker) {
    (void)target;
    printf("\tm:%u:%" PRIu64 ":%.*s", lane, offset, STR_FORMAT(marker));
}

static bool is_logged(uint32_t number, struct str record) {
    struct bytes_reader reader = bytes_reader_of(strbuf_str(&logged));
    for (;; number--) {
        const char *start = reader.at;
        struct row_log_record ignored;
        bool found;
        if (row_log_next(&reader, &ignored, &found, NULL) != STATUS_OK || !found)
            return false;
        if (number == 0)
            return str_equal(record, (struct str){start, (size_t)(reader.at - start)});
    }
}

static void read_row(struct published_target *target, const struct published_row *row) {
    (void)target;
    struct bytes_reader reader = bytes_reader_of(row->record);
    struct row_log_record record;
    bool found;
    if (row_log_next(&reader, &record, &found, NULL) != STATUS_OK || !found || !bytes_are_done(&reader))
        exit(2);
    printf("\tr:%u:%" PRIu64 ":", row->partition, row->offset);
    if (row->has_place)
        printf("%" PRIu64 ".%u.%u", row->epoch, row->lane, row->number);
    printf(":%.*s:%.*s:%s", STR_FORMAT(record.has_key ? record.key : STR("-")),
           STR_FORMAT(record.has_value ? record.value : STR("-")), is_logged(row->number, row->record) ? "=" : "!");
}

/* Rows go out before it is known that the call succeeds, so a failure comes behind them. */
static void do_verify(void) {
    struct published_target target = {read_marker, read_row};
    struct error error = {0};
    enum status status = find_connector(&error);
    struct publisher_config first = config;
    first.format = format;
    first.lane = 0;
    fputs("ok", stdout);
    if (status == STATUS_OK)
        status = connector->publishers->verify(&first, &target, &error);
    if (status != STATUS_OK) {
        putchar('\t');
        answer_status(status, &error);
    }
}

static void do_sink(char **words) {
    struct row_log_lane lane = {0};
    struct row_log log = {&lane, 1};
    bool is_logged = strcmp(words[1], "log") == 0;
    struct error error = {0};
    struct sink *sink = NULL;
    enum status status = open_sink(is_logged ? &log : NULL, &sink, &error);
    int64_t begin_us = env_monotonic_us(env_posix());
    if (status == STATUS_OK)
        status = write_rows(sink, is_logged ? &log : NULL, number(words[2]), number(words[3]), &error);
    int64_t took_us = env_monotonic_us(env_posix()) - begin_us;
    if (sink)
        sink->class->close(sink);
    answer_status(status, &error);
    printf("\t%" PRIu64 "\t%" PRId64, lane.row_count, took_us);
    strbuf_release(&lane.records);
}

static void run(char **words) {
    struct error error = {0};
    uint32_t slot = words[1] ? (uint32_t)number(words[1]) : 0;
    if (strcmp(words[0], "option") == 0) {
        options_put(&options, arena_strdup(&arena, words[1]), arena_strdup(&arena, words[2]));
        fputs("ok", stdout);
    } else if (strcmp(words[0], "job") == 0) {
        do_job(words);
    } else if (strcmp(words[0], "prepare") == 0) {
        do_prepare();
    } else if (strcmp(words[0], "open") == 0) {
        do_open();
    } else if (strcmp(words[0], "slot") == 0) {
        is_ok(publisher->class->open_slot(publisher, slot, &error), &error);
    } else if (strcmp(words[0], "close") == 0) {
        publisher->class->close_slot(publisher, slot);
        fputs("ok", stdout);
    } else if (strcmp(words[0], "rows") == 0) {
        do_rows(words);
    } else if (strcmp(words[0], "marker") == 0) {
        do_marker(words);
    } else if (strcmp(words[0], "commit") == 0) {
        is_ok(publisher->class->commit(publisher, slot, &error), &error);
    } else if (strcmp(words[0], "measure") == 0) {
        do_measure();
    } else if (strcmp(words[0], "read") == 0) {
        do_read(words);
    } else if (strcmp(words[0], "cancel") == 0) {
        do_cancel(words);
    } else if (strcmp(words[0], "sink") == 0) {
        do_sink(words);
    } else if (strcmp(words[0], "log") == 0) {
        do_log(words);
    } else if (strcmp(words[0], "timestamps") == 0) {
        schema.field_count = 2;
        fputs("ok", stdout);
    } else if (strcmp(words[0], "send") == 0) {
        do_send(words);
    } else if (strcmp(words[0], "verify") == 0) {
        do_verify();
    } else {
        exit(2);
    }
}

int main(void) {
    static char line[65536];
    arena_init(&arena);
    options_init(&options, &arena);
    while (fgets(line, sizeof line, stdin)) {
        char *words[FIELDS_MAX + 1] = {0};
        size_t count = 0;
        line[strcspn(line, "\n")] = '\0';
        for (char *word = line, *next = NULL; word && count < FIELDS_MAX; word = next) {
            next = strchr(word, '\t');
            if (next)
                *next++ = '\0';
            words[count++] = word;
        }
        int64_t begin_us = env_monotonic_us(env_posix());
        run(words);
        printf("\t%" PRId64 "\n", env_monotonic_us(env_posix()) - begin_us);
        fflush(stdout);
    }
    if (publisher)
        publisher->class->close(publisher);
    arena_release(&arena);
    return 0;
}
