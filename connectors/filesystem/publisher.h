/* publisher.h: where the files of an exactly-once table are, and its newest marker: what publishing and reading back share. */
#pragma once

#include "connectors/connector.h"
#include "connectors/filesystem/stream.h"

struct filesystem_places {
    const char *folder, *private_folder; /* in the arena of the configuration, as all of these */
    const char *prefix; /* of files: "part-<J8>-<sink>-", then epoch and row of ten digits with "-" between */
    const char *suffix; /* ".csv.gz" */
    enum compression compression;
};
enum status filesystem_places_init(struct filesystem_places *places, const struct publisher_config *config,
                                   struct error *error) MUST_CHECK;

/* The newest marker, or none (number 0). */
struct filesystem_newest {
    uint64_t number;
    struct strbuf bytes; /* the marker's; the whole file's when it is damaged; the caller's to release */
    bool is_damaged;
};
enum status filesystem_newest_read(const struct filesystem_places *places, struct env *env,
                                   struct filesystem_newest *newest, struct error *error) MUST_CHECK;
/* The file that keeps a marker: magic, number (from 1), the marker's bytes, a digest. *marker points into the file. */
void filesystem_marker_encode(struct strbuf *out, uint64_t number, struct str marker);
bool filesystem_marker_decode(struct str file, uint64_t *number, struct str *marker);
/* One past the newest marker's offset; beyond everything when it is damaged. */
uint64_t filesystem_newest_end(const struct filesystem_newest *newest);

/* verify.c; as in struct publisher_support. */
enum status filesystem_publisher_verify(const struct publisher_config *config, struct published_target *target,
                                        struct error *error);
