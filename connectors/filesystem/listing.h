/* listing.h: which files a path means: one file, a folder with all below it, or a pattern. */
#pragma once

#include <stdbool.h>

#include "core/base/map.h"
#include "core/base/status.h"

struct listed_file {
    const char *path;
    uint64_t size_bytes;
    int64_t modified_us; /* 0 when unknown */
};

/* Adds the files of `path` that `known` (path -> struct listed_file *) does not have yet, sorted by path; files whose name, or
 * one of whose folders below `path`, starts with '.' or '_' are left out, as in Flink. A single file is not looked for:
 * opening it tells more. UNDEFINED_FILE when a folder or a pattern's folder is not there, FILE_ERROR otherwise.
 * is_folder (may be NULL) tells whether more files may appear later. */
enum status listing_add(struct map *known, const char *path, bool *is_folder, struct error *error) MUST_CHECK;

/* Whether the path is a folder or a pattern, not one file. */
bool listing_is_many(const char *path);

/* Creates the folder and those above it. */
enum status listing_make_folder(const char *path, struct error *error) MUST_CHECK;

/* "file:///a/b" and "file:/a/b" are "/a/b". */
const char *listing_local_path(const char *path);
