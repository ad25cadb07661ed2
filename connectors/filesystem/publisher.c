/* publisher.c: logged rows as files, each whole and once.
 *
 *   path/part-<J8>-<sink>-<epoch>-<row>.json        a chunk, by its first row
 *   path/.streamsql-<J12>-<sink>/place              16 random bytes: an identity of this folder
 *                               /lock               flock, held while a slot is opened and while a commit renames
 *                               /slot-a, slot-b     the nonce of who opened it last
 *                               /rows-a-<nonce>     a chunk that is being written
 *                               /marker-a-<nonce>   its marker, complete and synced
 *                               /marker             the newest one that counts
 *
 * A commit, under the lock: is the slot still mine? does my marker follow the newest? then rename the rows, then the marker. Invariant: what the
 * newest marker says was published is there. A crash between the renames leaves rows that no marker tells of; whoever comes next gives the same bytes
 * the same name, which changes nothing. Nobody but the holder of a slot's nonce has anything to do with its files, but for their deletion.
 *
 *   marker file := "SQFM" | number u64 | block of the marker's bytes | XXH3 of all before u64 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "connectors/filesystem/filesystem.h"
#include "connectors/filesystem/listing.h"
#include "connectors/filesystem/publisher.h"
#include "core/base/arena.h"
#include "core/base/env.h"
#include "core/base/hash.h"
#include "core/data/row_log.h"

enum {
    SLOTS = 2,
    NONCE_SIZE = 16,
    PATH_SIZE = 1024,
    WRITE_BYTES = 1 << 20,
    LOCK_WAIT_MS = 50,
    MARKER_FILE_MAX = 65536
};

static const char marker_magic[4] = "SQFM";
/* The end of the markers when the newest cannot be read: its bytes are handed on, for the protocol to find that they mean nothing. */
static const uint64_t damaged_end = (uint64_t)1 << 62;

struct slot {
    char nonce[NONCE_SIZE * 2 + 1]; /* "": closed */
    struct stream_writer *writer;   /* NULL: no rows, or all written */
    bool has_rows;
    char final_path[PATH_SIZE];
    struct strbuf text; /* not yet written */
    uint64_t number;    /* of its marker; 0: none written */
};

struct filesystem_publisher {
    struct publisher base;
    struct publisher_config config;
    struct filesystem_places places;
    struct encoder *encoder; /* NULL: files begin with their first row */
    struct slot slots[SLOTS];
};

static void private_path(const struct filesystem_publisher *publisher, char path[PATH_SIZE], const char *name) {
    snprintf(path, PATH_SIZE, "%s/%s", publisher->places.private_folder, name);
}

static void slot_path(const struct filesystem_publisher *publisher, char path[PATH_SIZE], const char *what,
                      uint32_t number) {
    snprintf(path, PATH_SIZE, "%s/%s-%c-%s", publisher->places.private_folder, what, (char)('a' + number),
             publisher->slots[number].nonce);
}

static void draw_nonce(struct env *env, char text[NONCE_SIZE * 2 + 1]) {
    snprintf(text, NONCE_SIZE * 2 + 1, "%016" PRIx64 "%016" PRIx64, env_random_u64(env), env_random_u64(env));
}

/* ---- small files ---- */

/* UNDEFINED_FILE when it is not there. */
static enum status read_file(struct env *env, const char *path, struct strbuf *out, struct error *error) {
    struct env_file *file;
    strbuf_reset(out);
    TRY(env_file_open(env, path, ENV_OPEN_READ, &file, error));
    enum status status;
    size_t got;
    do {
        strbuf_reserve(out, 4096);
        status = env_file_read(file, out->data + out->size, 4096, &got, error);
        out->size += status == STATUS_OK ? got : 0;
    } while (status == STATUS_OK && got > 0 && out->size <= MARKER_FILE_MAX);
    env_file_close(file);
    return status;
}

/* The whole file, synced. */
static enum status write_file(struct env *env, const char *path, struct str bytes, struct error *error) {
    struct env_file *file;
    TRY(env_file_open(env, path, ENV_OPEN_TRUNCATE, &file, error));
    enum status status = env_file_write(file, bytes.data, bytes.size, error);
    if (status == STATUS_OK)
        status = env_file_sync(file, error);
    env_file_close(file);
    return status;
}

/* In one step: beside, then renamed. Under the lock, so that one name beside is enough. */
static enum status replace_file(struct filesystem_publisher *publisher, const char *name, struct str bytes,
                                struct error *error) {
    char path[PATH_SIZE], beside[PATH_SIZE];
    private_path(publisher, path, name);
    private_path(publisher, beside, "new");
    TRY(write_file(publisher->config.env, beside, bytes, error));
    return env_path_rename(publisher->config.env, beside, path, error);
}

static void remove_file(struct env *env, const char *path) {
    struct error ignored;
    if (env_path_remove(env, path, &ignored)) {
        /* it stays, under a name that no source reads */
    }
}

/* ---- the lock ---- */

static bool is_same_file(int descriptor, const char *path) {
    struct stat open_one, named;
    return fstat(descriptor, &open_one) == 0 && stat(path, &named) == 0 && open_one.st_ino == named.st_ino &&
           open_one.st_dev == named.st_dev;
}

/* Its holder may be stopped, so the wait can be cancelled. A lock in a folder that was deleted meanwhile is none. */
static enum status lock_take(const struct filesystem_publisher *publisher, int *descriptor, struct error *error) {
    char path[PATH_SIZE];
    private_path(publisher, path, "lock");
    *descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (*descriptor < 0)
        return env_failed(error, errno, "cannot open", path);
    enum status status = STATUS_OK;
    while (status == STATUS_OK && flock(*descriptor, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK && errno != EINTR)
            status = env_failed(error, errno, "cannot lock", path);
        else if (publisher->config.cancel && __atomic_load_n(publisher->config.cancel, __ATOMIC_ACQUIRE))
            status = FAIL(error, STATUS_CANCELLED, "waiting for \"%s\": cancelled", path);
        else
            poll(NULL, 0, LOCK_WAIT_MS);
    }
    if (status == STATUS_OK && !is_same_file(*descriptor, path))
        status = FAIL(error, STATUS_FILE_ERROR, "\"%s\" is not there any more", path);
    if (status != STATUS_OK)
        close(*descriptor);
    return status;
}

/* ---- markers ---- */

void filesystem_marker_encode(struct strbuf *out, uint64_t number, struct str marker) {
    strbuf_append(out, marker_magic, sizeof marker_magic);
    bytes_put_u64(out, number);
    bytes_put_block(out, marker);
    bytes_put_u64(out, hash_bytes(out->data, out->size));
}

bool filesystem_marker_decode(struct str file, uint64_t *number, struct str *marker) {
    struct bytes_reader reader = bytes_reader_of(file);
    struct str magic = bytes_get(&reader, sizeof marker_magic);
    *number = bytes_get_u64(&reader);
    *marker = bytes_get_block(&reader);
    size_t size = reader.failed ? 0 : (size_t)(reader.at - file.data);
    uint64_t digest = bytes_get_u64(&reader);
    return bytes_are_done(&reader) && memcmp(magic.data, marker_magic, sizeof marker_magic) == 0 && *number > 0 &&
           digest == hash_bytes(file.data, size);
}

enum status filesystem_newest_read(const struct filesystem_places *places, struct env *env,
                                   struct filesystem_newest *newest, struct error *error) {
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "%s/marker", places->private_folder);
    *newest = (struct filesystem_newest){0};
    struct strbuf file = {0};
    enum status status = read_file(env, path, &file, error);
    struct str marker;
    if (status == STATUS_OK) {
        newest->is_damaged = !filesystem_marker_decode(strbuf_str(&file), &newest->number, &marker);
        strbuf_append_str(&newest->bytes, newest->is_damaged ? strbuf_str(&file) : marker);
    } else if (status == STATUS_UNDEFINED_FILE) {
        status = STATUS_OK;
    }
    strbuf_release(&file);
    return status;
}

uint64_t filesystem_newest_end(const struct filesystem_newest *newest) {
    return newest->is_damaged ? damaged_end : newest->number;
}

static enum publish_answer measure(struct publisher *base, uint64_t *end, uint8_t place[16], struct error *error) {
    struct filesystem_publisher *publisher = (struct filesystem_publisher *)base;
    char path[PATH_SIZE];
    private_path(publisher, path, "place");
    struct strbuf identity = {0};
    struct filesystem_newest newest = {0};
    enum status status = read_file(publisher->config.env, path, &identity, error);
    if (status == STATUS_OK && identity.size != 16)
        status = FAIL(error, STATUS_FILE_ERROR, "\"%s\" is damaged", path);
    if (status == STATUS_OK)
        status = filesystem_newest_read(&publisher->places, publisher->config.env, &newest, error);
    if (status == STATUS_OK) {
        memcpy(place, identity.data, 16);
        *end = filesystem_newest_end(&newest);
    }
    strbuf_release(&identity);
    strbuf_release(&newest.bytes);
    return status == STATUS_OK ? PUBLISH_OK : PUBLISH_UNKNOWN;
}

/* Number n is at offset n - 1. Only the newest is kept; older ones are as if compacted away. */
static enum publish_answer read_markers(struct publisher *base, uint64_t from, uint64_t until,
                                        void (*on_marker)(void *context, uint64_t offset, struct str marker),
                                        void *context, uint64_t *position, struct error *error) {
    struct filesystem_publisher *publisher = (struct filesystem_publisher *)base;
    struct filesystem_newest newest;
    *position = from;
    if (filesystem_newest_read(&publisher->places, publisher->config.env, &newest, error) != STATUS_OK)
        return PUBLISH_UNKNOWN;
    uint64_t end = filesystem_newest_end(&newest);
    enum publish_answer answer = PUBLISH_OK;
    if (end < until) {
        FAIL(error, STATUS_FILE_ERROR, "markers end before where they ended");
        answer = PUBLISH_UNKNOWN;
    } else {
        if (end > 0 && end - 1 >= from && end - 1 < until)
            on_marker(context, end - 1, strbuf_str(&newest.bytes));
        *position = until > from ? until : from;
    }
    strbuf_release(&newest.bytes);
    return answer;
}

/* ---- slots ---- */

static void slot_reset(struct filesystem_publisher *publisher, uint32_t number) {
    struct slot *slot = &publisher->slots[number];
    char path[PATH_SIZE];
    if (slot->writer)
        stream_writer_close(slot->writer);
    if (slot->has_rows) {
        slot_path(publisher, path, "rows", number);
        remove_file(publisher->config.env, path);
    }
    if (slot->number) {
        slot_path(publisher, path, "marker", number);
        remove_file(publisher->config.env, path);
    }
    strbuf_release(&slot->text);
    *slot = (struct slot){0};
}

struct sweep {
    struct filesystem_publisher *publisher;
    char slot;
};

/* What earlier holders of the slot left: they cannot commit it any more. */
static void sweep_file(void *context, const char *name) {
    const struct sweep *sweep = context;
    char path[PATH_SIZE];
    bool is_rows = strncmp(name, "rows-", 5) == 0 && name[5] == sweep->slot && name[6] == '-';
    bool is_marker = strncmp(name, "marker-", 7) == 0 && name[7] == sweep->slot && name[8] == '-';
    if (!is_rows && !is_marker)
        return;
    private_path(sweep->publisher, path, name);
    remove_file(sweep->publisher->config.env, path);
}

static enum publish_answer open_slot(struct publisher *base, uint32_t number, struct error *error) {
    struct filesystem_publisher *publisher = (struct filesystem_publisher *)base;
    ASSERT(number < SLOTS);
    slot_reset(publisher, number);
    int lock;
    if (lock_take(publisher, &lock, error) != STATUS_OK)
        return PUBLISH_UNKNOWN;
    struct sweep sweep = {publisher, (char)('a' + number)};
    char nonce[NONCE_SIZE * 2 + 1], name[] = {'s', 'l', 'o', 't', '-', sweep.slot, '\0'};
    draw_nonce(publisher->config.env, nonce);
    enum status status = replace_file(publisher, name, str_from(nonce), error);
    if (status == STATUS_OK)
        status = env_folder_list(publisher->config.env, publisher->places.private_folder, sweep_file, &sweep, error);
    close(lock);
    if (status != STATUS_OK)
        return PUBLISH_UNKNOWN;
    memcpy(publisher->slots[number].nonce, nonce, sizeof nonce);
    return PUBLISH_OK;
}

static void close_slot(struct publisher *base, uint32_t number) {
    ASSERT(number < SLOTS);
    slot_reset((struct filesystem_publisher *)base, number);
}

/* ---- rows ---- */

static enum status begin_rows(struct filesystem_publisher *publisher, uint32_t number, uint64_t epoch,
                              uint64_t first_row, struct error *error) {
    struct slot *slot = &publisher->slots[number];
    char path[PATH_SIZE];
    slot_path(publisher, path, "rows", number);
    TRY(stream_writer_open(&slot->writer, publisher->config.env, path, publisher->places.compression, error));
    slot->has_rows = true;
    snprintf(slot->final_path, sizeof slot->final_path, "%s/%s%010" PRIu64 "-%010" PRIu64 "%s",
             publisher->places.folder, publisher->places.prefix, epoch, first_row, publisher->places.suffix);
    if (publisher->encoder)
        publisher->config.format->encoder_start_file(publisher->encoder, &slot->text);
    return STATUS_OK;
}

static enum status write_text(struct slot *slot, struct error *error) {
    if (slot->text.size)
        TRY(stream_writer_write(slot->writer, strbuf_str(&slot->text), error));
    strbuf_reset(&slot->text);
    return STATUS_OK;
}

static enum status write_rows(struct slot *slot, struct str records, uint64_t *count, struct error *error) {
    struct bytes_reader reader = bytes_reader_of(records);
    for (;;) {
        struct row_log_record record;
        bool found;
        TRY(row_log_next(&reader, &record, &found, error));
        if (!found)
            return write_text(slot, error);
        strbuf_append_str(&slot->text, record.value);
        strbuf_append_char(&slot->text, '\n');
        ++*count;
        if (slot->text.size >= WRITE_BYTES)
            TRY(write_text(slot, error));
    }
}

static enum publish_answer not_open(struct error *error) {
    FAIL(error, STATUS_FILE_ERROR, "the slot is not open");
    return PUBLISH_UNKNOWN;
}

static enum publish_answer send_rows(struct publisher *base, uint32_t number, struct str records, uint64_t epoch,
                                     uint64_t first_row, uint64_t *delivered, struct error *error) {
    struct filesystem_publisher *publisher = (struct filesystem_publisher *)base;
    struct slot *slot = &publisher->slots[number];
    uint64_t count = 0;
    *delivered = 0;
    if (!slot->nonce[0] || (slot->has_rows && !slot->writer))
        return not_open(error);
    if (records.size == 0)
        return PUBLISH_OK;
    enum status status = slot->has_rows ? STATUS_OK : begin_rows(publisher, number, epoch, first_row, error);
    if (status == STATUS_OK)
        status = write_rows(slot, records, &count, error);
    if (status != STATUS_OK) {
        slot_reset(publisher, number);
        return PUBLISH_UNKNOWN;
    }
    *delivered = count;
    return PUBLISH_OK;
}

/* ---- markers and the commit ---- */

static enum status write_marker(struct filesystem_publisher *publisher, uint32_t number, struct str marker,
                                struct error *error) {
    struct slot *slot = &publisher->slots[number];
    if (slot->writer) {
        TRY(stream_writer_finish(slot->writer, error));
        stream_writer_close(slot->writer);
        slot->writer = NULL;
    }
    struct filesystem_newest newest;
    TRY(filesystem_newest_read(&publisher->places, publisher->config.env, &newest, error));
    strbuf_release(&newest.bytes);
    if (newest.is_damaged)
        return FAIL(error, STATUS_FILE_ERROR, "the newest marker is damaged");
    struct strbuf file = {0};
    char path[PATH_SIZE];
    slot_path(publisher, path, "marker", number);
    filesystem_marker_encode(&file, newest.number + 1, marker);
    enum status status = write_file(publisher->config.env, path, strbuf_str(&file), error);
    strbuf_release(&file);
    slot->number = newest.number + 1;
    return status;
}

static enum publish_answer send_marker(struct publisher *base, uint32_t number, struct str marker, uint64_t *offset,
                                       struct error *error) {
    struct filesystem_publisher *publisher = (struct filesystem_publisher *)base;
    if (!publisher->slots[number].nonce[0])
        return not_open(error);
    if (write_marker(publisher, number, marker, error) != STATUS_OK) {
        slot_reset(publisher, number);
        return PUBLISH_UNKNOWN;
    }
    *offset = publisher->slots[number].number - 1;
    return PUBLISH_OK;
}

/* Under the lock. */
static enum publish_answer check_owner(struct filesystem_publisher *publisher, uint32_t number, struct error *error) {
    struct slot *slot = &publisher->slots[number];
    char path[PATH_SIZE], name[] = {'s', 'l', 'o', 't', '-', (char)('a' + number), '\0'};
    private_path(publisher, path, name);
    struct strbuf owner = {0};
    struct filesystem_newest newest = {0};
    enum status status = read_file(publisher->config.env, path, &owner, error);
    if (status == STATUS_OK)
        status = filesystem_newest_read(&publisher->places, publisher->config.env, &newest, error);
    enum publish_answer answer = PUBLISH_UNKNOWN;
    if (status == STATUS_OK && !str_equal(strbuf_str(&owner), str_from(slot->nonce))) {
        FAIL(error, STATUS_FILE_ERROR, "another process opened slot %c", (char)('a' + number));
        answer = PUBLISH_FENCED;
    } else if (status == STATUS_OK && (newest.is_damaged || newest.number + 1 != slot->number)) {
        FAIL(error, STATUS_FILE_ERROR, "another marker came before this one");
    } else if (status == STATUS_OK) {
        answer = PUBLISH_OK;
    }
    strbuf_release(&owner);
    strbuf_release(&newest.bytes);
    return answer;
}

static enum status rename_all(struct filesystem_publisher *publisher, uint32_t number, struct error *error) {
    struct slot *slot = &publisher->slots[number];
    char from[PATH_SIZE], to[PATH_SIZE];
    if (slot->has_rows) {
        slot_path(publisher, from, "rows", number);
        TRY(env_path_rename(publisher->config.env, from, slot->final_path, error));
        slot->has_rows = false;
    }
    slot_path(publisher, from, "marker", number);
    private_path(publisher, to, "marker");
    TRY(env_path_rename(publisher->config.env, from, to, error));
    slot->number = 0;
    return STATUS_OK;
}

static enum publish_answer commit(struct publisher *base, uint32_t number, struct error *error) {
    struct filesystem_publisher *publisher = (struct filesystem_publisher *)base;
    struct slot *slot = &publisher->slots[number];
    if (!slot->nonce[0] || slot->number == 0)
        return not_open(error);
    int lock;
    enum publish_answer answer = PUBLISH_UNKNOWN;
    if (lock_take(publisher, &lock, error) == STATUS_OK) {
        answer = check_owner(publisher, number, error);
        if (answer == PUBLISH_OK && rename_all(publisher, number, error) != STATUS_OK)
            answer = PUBLISH_UNKNOWN;
        close(lock);
    }
    slot_reset(publisher, number);
    return answer;
}

/* ---- the class ---- */

static void publisher_close(struct publisher *base) {
    struct filesystem_publisher *publisher = (struct filesystem_publisher *)base;
    for (uint32_t i = 0; i < SLOTS; i++)
        slot_reset(publisher, i);
    if (publisher->encoder)
        publisher->config.format->encoder_close(publisher->encoder);
}

static const struct publisher_class publisher_class = {
    .open_slot = open_slot,
    .close_slot = close_slot,
    .measure = measure,
    .read_markers = read_markers,
    .send_rows = send_rows,
    .send_marker = send_marker,
    .commit = commit,
    .close = publisher_close,
};

enum status filesystem_places_init(struct filesystem_places *places, const struct publisher_config *config,
                                   struct error *error) {
    struct arena *arena = config->arena;
    places->folder = listing_local_path(options_text(config->options, filesystem_options, "path"));
    places->private_folder =
        arena_printf(arena, "%s/.streamsql-%.12s-%u", places->folder, config->job, (unsigned)config->sink);
    places->prefix = arena_printf(arena, "part-%.8s-%u-", config->job, (unsigned)config->sink);
    places->compression = compression_from_text(options_text(config->options, filesystem_options, "compression"));
    places->suffix = filesystem_suffix(arena, config->format, places->compression);
    if (strlen(places->private_folder) > PATH_SIZE / 2)
        return FAIL(error, STATUS_INVALID_OPTION, "option \"path\" is too long");
    return STATUS_OK;
}

static enum status publisher_init(struct filesystem_publisher *publisher, const struct publisher_config *config,
                                  struct error *error) {
    *publisher = (struct filesystem_publisher){.base = {&publisher_class}, .config = *config};
    return filesystem_places_init(&publisher->places, config, error);
}

static uint32_t lane_count(const struct options *options) {
    (void)options;
    return 1;
}

static enum status make_place(struct filesystem_publisher *publisher, struct error *error) {
    char path[PATH_SIZE];
    private_path(publisher, path, "place");
    int lock;
    TRY(lock_take(publisher, &lock, error));
    struct strbuf identity = {0};
    enum status status = read_file(publisher->config.env, path, &identity, error);
    if (status == STATUS_UNDEFINED_FILE) {
        uint64_t random[2] = {env_random_u64(publisher->config.env), env_random_u64(publisher->config.env)};
        status = replace_file(publisher, "place", (struct str){(const char *)random, sizeof random}, error);
    }
    strbuf_release(&identity);
    close(lock);
    return status;
}

static enum status prepare(const struct publisher_config *config, struct error *error) {
    struct filesystem_publisher publisher;
    TRY(publisher_init(&publisher, config, error));
    if (config->format->encoder_start_file && !config->schema)
        return FAIL(error, STATUS_UNSUPPORTED, "format \"%s\" cannot be written to files exactly once",
                    config->format->name);
    TRY(env_folder_make(config->env, publisher.places.private_folder, error));
    return make_place(&publisher, error);
}

static enum status publisher_open(const struct publisher_config *config, struct publisher **publisher_out,
                                  struct error *error) {
    struct filesystem_publisher *publisher = ARENA_NEW(config->arena, struct filesystem_publisher);
    TRY(publisher_init(publisher, config, error));
    if (config->format->encoder_start_file && config->schema)
        TRY(filesystem_encoder_open(config->arena, config->format, config->options, config->schema, config->columns,
                                    &publisher->encoder, error));
    *publisher_out = &publisher->base;
    return STATUS_OK;
}

const struct publisher_support filesystem_publishers = {
    .guarantee = options_guarantee,
    .lane_count = lane_count,
    .prepare = prepare,
    .open = publisher_open,
    .verify = filesystem_publisher_verify,
};
