/* working_folder.h: a folder of files that nobody needs longer than its process lives; what killed processes left behind is removed.
 *
 *   <parent>/streamsql-state-<random>/        the files; readable by nobody else
 *   <parent>/streamsql-state-<random>.lock    held (flock) by whoever works in it: a lock that can be had is a dead process's
 *
 * Only what belongs to the same user is removed, and links are not followed: the parent may be everybody's (/tmp).
 */
#pragma once

#include <stdint.h>

#include "core/base/status.h"

struct env;

struct working_folder {
    char *path; /* NULL: closed */
    char *lock_path;
    int lock;
};

/* Makes the folder, and its parent where that is missing. Names are drawn from the env's randomness; *random receives the one that was taken. */
enum status working_folder_open(struct working_folder *folder, struct env *env, const char *parent, uint64_t *random,
                                struct error *error) MUST_CHECK;
/* Removes it with all that is in it. A closed or zeroed one is fine. */
void working_folder_close(struct working_folder *folder);
/* Removes those in this parent whose processes are gone. What cannot be removed stays, with a warning. */
void working_folders_sweep(const char *parent);
