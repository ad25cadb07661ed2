/* connector.h: the pure interface between the engine and the outside: sources, sinks, formats, and their options.
 *
 * One connector is one folder and one row in connectors/connectors.c; it declares an option table, from which come validation,
 * documentation and completion. The planner validates options and asks what is possible; the runtime opens sources and sinks,
 * polls and writes. Everything here runs on the task's thread; a connector may have threads of its own behind it.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/base/map.h"
#include "core/base/status.h"
#include "core/base/str.h"
#include "core/data/batch.h"
#include "core/data/type.h"

struct arena;
struct env;
struct format_class;
struct row_log;

enum delivery_guarantee {
    DELIVERY_BEST, /* not said: exactly-once where the connector can and the job takes checkpoints, else at-least-once */
    DELIVERY_AT_LEAST_ONCE,
    DELIVERY_EXACTLY_ONCE,
};

/* ---- options ------------------------------------------------------------------------------------------------------ */

enum option_type {
    OPTION_STRING,
    OPTION_INT,
    OPTION_COUNT,
    OPTION_DOUBLE,
    OPTION_BOOL,
    OPTION_DURATION,
    OPTION_SIZE,
    OPTION_CHOICE
};

struct option_spec {
    const char
        *name; /* "topic"; "properties.*" accepts every key with the prefix; "fields.*.kind" one part in the middle */
    enum option_type type;
    const char *default_value; /* NULL: no default */
    bool required;
    const char *choices; /* OPTION_CHOICE: "earliest-offset|latest-offset" */
    const char *documentation;
};

/* The table's row for a key: exact name first, then a pattern; NULL when there is none. specs may be NULL. */
const struct option_spec *option_spec_find(const struct option_spec *specs, const char *key);
/* Whether it is one of "a|b|c", whatever its case. */
bool option_choice_contains(const char *choices, struct str value);
enum status option_check(const struct option_spec *spec, const char *key, const char *value,
                         struct error *error) MUST_CHECK;

/* The WITH clause: key -> text, validated. Keys keep their order. */
struct options {
    struct map map; /* values are char * */
};
void options_init(struct options *options, struct arena *arena);
void options_put(struct options *options, const char *key, const char *value);
/* The options whose keys start with the prefix, under keys without it. */
void options_init_stripped(struct options *options, struct arena *arena, const struct options *from,
                           const char *prefix);
const char *options_find(const struct options *options, const char *key); /* NULL when not given */
/* With the table's default applied; the value was validated, so these cannot fail. */
const char *options_text(const struct options *options, const struct option_spec *specs, const char *key);
int64_t options_int(const struct options *options, const struct option_spec *specs, const char *key);
double options_double(const struct options *options, const struct option_spec *specs, const char *key);
bool options_bool(const struct options *options, const struct option_spec *specs, const char *key);
int64_t options_duration_us(const struct options *options, const struct option_spec *specs, const char *key);
uint64_t options_size_bytes(const struct options *options, const struct option_spec *specs, const char *key);
/* What 'sink.delivery-guarantee' says; BEST when it says nothing. */
enum delivery_guarantee options_guarantee(const struct options *options);

/* ---- records that could not be used ---------------------------------------------------------------------------------- */

enum { DEAD_LETTER_BYTES_MAX = 64 * 1024 };

struct dead_letter {
    const char *table;
    const char *split;   /* "topic-3", a file's path */
    int64_t offset;      /* Kafka offset; byte offset in a file */
    int64_t line;        /* files: from 1; otherwise 0 */
    struct str bytes;    /* the record; borrowed, may be clipped to 64 KiB */
    uint64_t size_bytes; /* of the whole record */
    const struct error *reason;
};
/* Where they go: counted and kept, never silent. Implemented by the runtime. */
struct dead_letter_target {
    void (*report)(struct dead_letter_target *target, const struct dead_letter *letter);
};

/* ---- sources -------------------------------------------------------------------------------------------------------- */

struct source_column {
    const char *name;        /* physical column, or metadata key */
    const struct type *type; /* as wanted: pruned */
    int32_t table_column;    /* index into table_schema; -1: metadata */
};

/* Where a split goes on: names and positions as split_name and split_position gave them. */
struct source_position {
    const char *split, *position;
};

struct source_config {
    struct arena *arena; /* lives as long as the source */
    const char *table;
    const struct options *options;       /* of the table, format options included */
    const struct schema *table_schema;   /* all physical columns */
    const struct source_column *columns; /* what to produce, in this order */
    uint32_t column_count;
    const struct format_class *format; /* NULL for connectors without formats */
    uint64_t row_limit;                /* 0 = none */
    uint32_t batch_rows;
    struct batch_pool *pool;
    struct env *env;
    struct dead_letter_target *dead;
    /* Of an earlier run of the same table; the source goes on from there. Splits that are not among them are new since and are
     * read from their beginning. In the order in which the splits had their numbers, which they have again. */
    const struct source_position *positions;
    uint32_t position_count;     /* 0: starts anew */
    const uint32_t *key_columns; /* of the table's schema: the primary key, for connectors with source_upserts */
    uint32_t key_column_count;
    const uint32_t *partition_columns; /* of the table's schema: PARTITIONED BY, for connectors with reads_partitions */
    uint32_t partition_column_count;
    bool is_resumable;    /* positions are kept: they should tell a place from one made anew under its name */
    uint64_t rows_before; /* how many rows were handed out before these positions: counts for row_limit */
    /* Of a table that several tasks read together, each of them one source: this one serves the splits that split_owner gives it,
     * and no others. `positions` may name foreign splits: they are passed over. Above 1 only when the connector's
     * source_parallelism_limit allows it. */
    uint32_t instance;
    uint32_t instance_count; /* 0 and 1: all splits are its own */
    /* Set when whoever waits for source_open does not want it any more: it returns CANCELLED soon. NULL: never. */
    const atomic_bool *cancel;
};

/* Whose split it is: the same for ever for a name, a number and a count, on every machine. Splits that differ only in their number
 * (the partitions of a topic, named by the topic) are spread evenly. */
uint32_t split_owner(const char *name, uint32_t number, uint32_t instance_count);
/* Whether this source serves it. */
bool split_is_own(const struct source_config *config, const char *name, uint32_t number);

enum source_state {
    SOURCE_READY, /* ask again at once */
    SOURCE_WAIT,  /* nothing now: ask again after wait_us, or when more may have come */
    SOURCE_END,   /* every split is exhausted */
};

struct source_poll {
    struct batch *batch;  /* NULL, or a new batch (the caller's reference) whose rows are all of one split */
    uint32_t split;       /* 0 … split_count-1 */
    bool split_ended;     /* this split gives nothing any more (bounded input) */
    bool split_caught_up; /* position = end of the split as last known: may count as idle */
    enum source_state state;
    int64_t wait_us; /* SOURCE_WAIT: a hint */
};

struct source {
    const struct source_class *class;
    uint32_t split_count; /* may grow between polls; one that has none when it opens holds no watermark back */
};

struct source_class {
    /* Next batch of whichever split has one. May block up to max_wait_us. */
    enum status (*poll)(struct source *source, int64_t max_wait_us, struct source_poll *poll, struct error *error);
    const char *(*split_name)(const struct source *source, uint32_t split); /* for metrics, errors */
    /* Position after the last batch that was handed out, as text that open understands ("42"). */
    void (*split_position)(const struct source *source, uint32_t split, struct strbuf *out);
    /* MAY: a decided checkpoint has these positions of its splits, earlier ones will not come back. For telling the outside, so that others can
     * watch; must not block, and what becomes of it changes nothing. */
    void (*committed)(struct source *source, const struct source_position *positions, uint32_t count);
    void (*close)(struct source *source);
};

/* ---- sinks ---------------------------------------------------------------------------------------------------------- */

struct sink_config {
    struct arena *arena; /* lives as long as the sink */
    const char *table;
    const struct options *options;
    const struct schema *schema;         /* of the batches */
    const struct source_column *columns; /* what each column is: physical (table_column) or metadata */
    const uint32_t *key_columns;
    uint32_t key_column_count;
    const struct format_class *format;
    bool changes;      /* batches carry change kinds */
    uint32_t instance; /* of the tasks that write the table, from 0 */
    struct env *env;
    /* Exactly once: write() encodes its rows into this log and sends nothing; flush() then has nothing to do. A publisher sends them
     * later. NULL: rows go to the outside as they come. */
    struct row_log *log;
    const atomic_bool *cancel; /* as source_config has it */
};

struct sink {
    const struct sink_class *class;
};

struct sink_class {
    enum status (*write)(struct sink *sink, struct batch *batch,
                         struct error *error); /* borrows the batch; may retain it */
    /* Returns when everything written so far is acknowledged by the outside (fsync, delivery reports). */
    enum status (*flush)(struct sink *sink, struct error *error);
    void (*close)(struct sink *sink); /* without flush: what was not flushed may be lost */
    /* MAY: how long rows may wait for their flush while the job runs. NULL: about a second, less when nothing comes. Sinks whose
     * flush leaves something behind (a file) take longer; at the end of the job the flush comes at once. */
    int64_t (*flush_interval_us)(const struct sink *sink);
};

enum sink_changes {
    SINK_APPEND_ONLY, /* refuses changes: the planner reports it */
    SINK_UPSERT,      /* +I, +U, -D by primary key; never sees -U */
    SINK_RETRACT,     /* everything */
};

/* ---- exactly-once sinks ----------------------------------------------------------------------------------------------
 *
 * Rows are logged inside the checkpoint (core/data/row_log.h); when their epoch is decided, a publisher per lane sends them, chunk by chunk. A
 * lane is a fixed set of the outside's partitions (partition mod lane_count). Each chunk becomes visible as one unit together with a marker that is
 * written last and says which chunk it was; whoever takes over reads the newest marker back and knows what is still to be sent. What is
 * asked for, in which order, and what answers mean is decided by runtime/protocol/lane.h; a publisher only carries it out.
 *
 * "Slots" are the two identities (0 and 1) with which a lane writes in turn. Opening a slot ends for good whatever any earlier holder of
 * it, in whatever process, had begun and not committed. A slot serves one transaction; then it is closed and opened again.
 */

enum publish_answer {
    PUBLISH_OK = 1,
    PUBLISH_UNKNOWN, /* was done, or not, or will be: time ran out, a connection broke, anything that is not certain */
    PUBLISH_FENCED,  /* refused for good: somebody else opened this slot since */
    PUBLISH_CORRUPT, /* read_markers: a record that is no marker */
};

/* All that is needed to publish; the strings and options live as long as the publisher. */
struct publisher_config {
    struct arena *arena; /* lives as long as the publisher; used by the lane's thread only */
    const char *table;
    const struct options *options;
    const struct format_class *format;
    const struct schema
        *schema; /* of the logged batches, and what each column is: as in sink_config. May be NULL; then */
    const struct source_column *columns; /* formats that begin a file with more than its rows cannot be published. */
    const char *job; /* J as 32 hexadecimal digits: part of every name that must not be shared between jobs */
    uint32_t sink;   /* number of the sink within the job */
    uint32_t lane, lane_count;
    struct env *env;
    const bool *cancel; /* atomic: set when the lane has to leave; calls that wait then return PUBLISH_UNKNOWN soon */
};

struct publisher {
    const struct publisher_class *class;
};

/* Calls come from the lane's thread and block; only open_slot may run in a second thread while calls for the other slot, or none, are
 * made. `error` says why an answer is not OK, for the log; it is never decisive. */
struct publisher_class {
    enum publish_answer (*open_slot)(struct publisher *publisher, uint32_t slot, struct error *error);
    /* At once and without a word to the outside: no abort, no flush. Closing what is not open is fine. */
    void (*close_slot)(struct publisher *publisher, uint32_t slot);
    /* Where the markers end, committed or not, and an identity of the place they are in that changes when it is made anew. */
    enum publish_answer (*measure)(struct publisher *publisher, uint64_t *end, uint8_t place[16], struct error *error);
    /* Hands every committed marker from offset `from` on to on_marker, in order, until everything before `until` was seen;
     * *position is how far it came, also when the answer is not OK. Time running out is PUBLISH_UNKNOWN, never "no marker". */
    enum publish_answer (*read_markers)(struct publisher *publisher, uint64_t from, uint64_t until,
                                        void (*on_marker)(void *context, uint64_t offset, struct str marker),
                                        void *context, uint64_t *position, struct error *error);
    /* Begins the slot's transaction when this is its first call, sends all records (row_log), waits until each is acknowledged;
     * row n of the call is row `first_row` + n of its epoch on this lane (from 0). *delivered: how many were acknowledged. */
    enum publish_answer (*send_rows)(struct publisher *publisher, uint32_t slot, struct str records, uint64_t epoch,
                                     uint64_t first_row, uint64_t *delivered, struct error *error);
    /* Likewise begins when nothing was sent. *offset: where the marker will be once committed. */
    enum publish_answer (*send_marker)(struct publisher *publisher, uint32_t slot, struct str marker, uint64_t *offset,
                                       struct error *error);
    enum publish_answer (*commit)(struct publisher *publisher, uint32_t slot, struct error *error);
    void (*close)(struct publisher *publisher);
};

/* A row as the outside has it. */
struct published_row {
    uint32_t partition;
    uint64_t offset; /* its place in the partition; files: the number of the record in its file */
    /* Which row of which epoch on which lane it says it is: a Kafka row's header, a file's name and the row's place in it. */
    bool has_place;
    uint64_t epoch;
    uint32_t lane, number;
    /* As row_log_put writes it; valid during the call. It has a timestamp when the table writes the metadata column "timestamp" and the message's
     * timestamp is one that its producer gave (CreateTime): sinks log one for each row in just these cases. The header with the row's place
     * is not in it. */
    struct str record;
};

/* Receives what was published. All markers first, those of a lane in order; then rows, those of a partition in order. */
struct published_target {
    void (*on_marker)(struct published_target *target, uint32_t lane, uint64_t offset, struct str marker);
    void (*on_row)(struct published_target *target, const struct published_row *row);
};

/* What a connector that can publish exactly once offers. */
struct publisher_support {
    enum delivery_guarantee (*guarantee)(const struct options *options);
    /* How many lanes the sink has: from its options alone, so that it is the same for the life of the job. */
    uint32_t (*lane_count)(const struct options *options);
    /* Preflight, once per sink and start, before any row: whether the outside can keep the promise (refused with what is missing
     * and how to waive it), and whatever the lanes share is made if it is absent. config.lane is 0. */
    enum status (*prepare)(const struct publisher_config *config, struct error *error);
    enum status (*open)(const struct publisher_config *config, struct publisher **publisher, struct error *error);
    /* Reads back all that is committed, as of the call: first where each lane's markers end is noted, then where each partition
     * ends; both are read up to there. So every row of a marker that is handed out is handed out too, unless somebody deleted it; of what was
     * published during the call there may be rows without their marker. Markers before the newest may be compacted away. Changes
     * nothing outside; config.lane is 0. */
    enum status (*verify)(const struct publisher_config *config, struct published_target *target, struct error *error);
};

/* ---- formats -------------------------------------------------------------------------------------------------------- */

struct decoder_config {
    struct arena *arena;
    const struct options *options;       /* keys are prefixed with the format's name: "json.ignore-parse-errors" */
    const struct schema *table_schema;   /* all physical columns this format covers, in declared order */
    const struct source_column *columns; /* what to decode; table_column indexes table_schema */
    const uint32_t *target_columns;      /* columns[i] goes to batch column target_columns[i] */
    uint32_t column_count;
};

/* Receives rows. Long strings of a batch point into the records: whoever fills the batch makes it hold them. */
struct decode_target {
    struct batch *batch; /* FLAT columns with room for capacity rows */
    uint32_t capacity;
    uint32_t row_count;     /* in and out: next free row */
    uint32_t padding_bytes; /* bytes that may be read behind every record, whatever they hold: wide loads */
    uint32_t *row_records;  /* may be NULL; row -> index of the record it came from */
    void (*bad_record)(void *context, uint32_t record, const struct error *reason); /* the record gave no row */
    void *context;
};

struct decoder;
struct encoder;

struct encoder_config {
    struct arena *arena;
    const struct options *options;
    const struct schema *schema;
    const uint32_t *columns; /* columns of the batch to write, in this order, under schema's names */
    uint32_t column_count;
};

/* Rows as bytes, one after the other: row i is data[ends[i-1] .. ends[i]). */
struct encoded_rows {
    struct strbuf data;
    uint32_t *ends; /* room for the batch's rows, grown by the encoder's caller */
};

struct format_class {
    const char *name;                  /* "json" */
    const struct option_spec *options; /* ends with a NULL name; without the prefix */
    bool is_delimited;                 /* records are lines in a file */
    bool keeps_empty_records;          /* an empty line is a record too */
    /* A record without data (NULL, not empty) is a row, of NULL; and such a row has no record where there can be none (Kafka's keys and values). */
    bool reads_null;
    enum status (*decoder_open)(const struct decoder_config *config, struct decoder **decoder, struct error *error);
    /* Decodes records[*next..count) until all are used or the target is full; *next moves on. A bad record is reported and
     * skipped, or, when the options say so, fails the call. Records are valid for `capacity` of nothing beyond their size. */
    enum status (*decode)(struct decoder *decoder, const struct str *records, uint32_t count, uint32_t *next,
                          struct decode_target *target, struct error *error);
    void (*decoder_close)(struct decoder *decoder);
    /* MAY: where the record that starts at `data` ends, for formats whose records can have lines inside: its '\n', or NULL when
     * it is not before `end`. */
    const char *(*record_end)(struct decoder *decoder, const char *data, const char *end);
    /* MAY: the next record is the first one of a file. */
    void (*decoder_start_file)(struct decoder *decoder);
    enum status (*encoder_open)(const struct encoder_config *config, struct encoder **encoder, struct error *error);
    enum status (*encode)(struct encoder *encoder, const struct batch *batch, const struct selection *selection,
                          struct encoded_rows *rows, struct error *error);
    void (*encoder_close)(struct encoder *encoder);
    /* MAY: what comes before the first row of a file, with its line end. */
    void (*encoder_start_file)(struct encoder *encoder, struct strbuf *out);
    /* Checks schema and options when a table is created. May be NULL. */
    enum status (*validate)(const struct schema *schema, const struct options *options, struct error *error);
};

/* ---- connectors ----------------------------------------------------------------------------------------------------- */

struct metadata_column {
    const char *key;
    const struct type *type;
    bool writable;
};

struct source_statistics {
    double rows_per_second; /* < 0 unknown */
    double row_count;       /* < 0 unbounded or unknown */
};

struct connector_class {
    const char *name; /* value of 'connector' */
    const struct option_spec
        *options; /* ends with a NULL name; "connector", "format" and the format's own keys are understood */
    const struct metadata_column *metadata; /* ends with a NULL key; may be NULL */
    bool uses_format;
    bool validates_formats; /* its formats share the columns (key and value): validate checks them itself */
    /* The schema of a table declared without columns (nexmark, weather); NULL: columns must be declared. */
    const struct schema *(*default_schema)(struct arena *arena);
    /* MAY: more than the table can say. */
    enum status (*validate)(const struct schema *schema, const struct options *options, struct error *error);
    bool (*is_bounded)(const struct options *options);                                       /* NULL: never */
    void (*statistics)(const struct options *options, struct source_statistics *statistics); /* NULL: unknown */
    enum status (*source_open)(const struct source_config *config, struct source **source,
                               struct error *error); /* NULL: no source */
    enum status (*sink_open)(const struct sink_config *config, struct sink **sink,
                             struct error *error); /* NULL: no sink */
    /* Its rows are the newest state of their primary key: +U with all columns, or -D with the key and NULL elsewhere, whether there was
     * such a row or not. Batches carry change kinds. */
    bool source_upserts;
    /* PARTITIONED BY means something to it: records of a source do not have these columns. Such tables are not written. */
    bool reads_partitions;
    /* MAY: among how many sources the splits can be shared at most; 0: any number. NULL: 1. */
    uint32_t (*source_parallelism_limit)(const struct options *options);
    /* MAY: how many sinks of one table, each in a task of its own, may write at the same time and keep what the table promises; 0: any
     * number. Rows of one primary key come to one of them. NULL: 1. */
    uint32_t (*sink_parallelism_limit)(const struct options *options);
    enum sink_changes (*sink_changes)(const struct options *options, bool has_key); /* NULL: SINK_APPEND_ONLY */
    const struct publisher_support *publishers;                                     /* NULL: at-least-once only */
};

struct connector_registry {
    const struct connector_class *const *connectors; /* NULL-terminated */
    const struct format_class *const *formats;
};
const struct connector_class *connector_find(const struct connector_registry *registry, const char *name);
const struct format_class *format_find(const struct connector_registry *registry, const char *name);

/* Checks a WITH clause against the connector's and its format's tables: unknown key (nearest name as hint), missing key,
 * wrong value. option_index (may be NULL) receives which key (its order in options) is at fault, for the caret; -1 for none. */
enum status connector_validate(const struct connector_registry *registry, const struct options *options,
                               const struct schema *schema, const struct connector_class **connector,
                               const struct format_class **format, int *option_index, struct error *error) MUST_CHECK;

/* All connectors and formats of this program. */
const struct connector_registry *connectors_builtin(void);
