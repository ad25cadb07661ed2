/* dead_letters.h: records that could not be used: counted, the last ones kept, and optionally all appended to a file.
 *
 * One JSON object a line:
 *   {"table":"t","split":"t-0","offset":17,"line":0,"sqlstate":"22P04","reason":"…","size":93,"bytes":"…"}
 * Bytes are text with control characters escaped; what is not UTF-8 appears as \xHH. Any task may report.
 */
#pragma once

#include <pthread.h>
#include <stdint.h>

#include "connectors/connector.h"
#include "core/base/env.h"
#include "core/base/status.h"
#include "runtime/job.h"

enum { DEAD_LETTERS_KEPT = 1000, DEAD_LETTER_KEPT_BYTES = 1024 };

struct dead_letters {
    struct dead_letter_target target; /* first: what sources report to */
    pthread_mutex_t mutex;            /* of all that follows */
    uint64_t count;
    struct job_dead_letter *kept;    /* ring of DEAD_LETTERS_KEPT; next at count % DEAD_LETTERS_KEPT */
    struct job_dead_letter *ordered; /* the ring, oldest first; made on demand */
    struct env_file *file;           /* NULL: not written */
    struct strbuf line;
    struct error error; /* why the file could not be written; status 0 while all is well */
};

enum status dead_letters_open(struct dead_letters *dead, struct env *env, const char *path,
                              struct error *error) MUST_CHECK;
void dead_letters_close(struct dead_letters *dead);
uint64_t dead_letters_count(struct dead_letters *dead);
/* Not OK once the file could not be written: every task ends with it. */
enum status dead_letters_check(struct dead_letters *dead, struct error *error) MUST_CHECK;
/* Oldest first; valid until the next report. */
const struct job_dead_letter *dead_letters_list(struct dead_letters *dead, uint32_t *count);
