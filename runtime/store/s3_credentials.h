/* s3_credentials.h: who we are to S3: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN of the environment; else the
 * section AWS_PROFILE (default "default") of the shared files AWS_SHARED_CREDENTIALS_FILE (~/.aws/credentials) and
 * AWS_CONFIG_FILE (~/.aws/config), the latter also for the region. */
#pragma once

#include "core/base/arena.h"
#include "core/base/status.h"
#include "core/base/str.h"

struct env;

struct s3_credentials {
    const char *access_key, *secret_key;
    const char *session_token; /* NULL: none */
    const char *region;        /* NULL: not said */
};

/* Everything lives in `arena`. INVALID_OPTION when there are none. */
enum status s3_credentials_find(struct env *env, struct arena *arena, struct s3_credentials *credentials,
                                struct error *error) MUST_CHECK;
/* The value of a key of a section of an INI text, or NULL. The section is "[default]" or "[profile x]", in brackets. */
const char *s3_credentials_ini(struct str text, const char *section, const char *key, struct arena *arena);
