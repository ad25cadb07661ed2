/* s3_credentials.c: credentials from the environment and from the files that the AWS tools share. Values never get into
 * messages; only the names of places do. */
#include "runtime/store/s3_credentials.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/env.h"

enum { FILE_SIZE_MAX = 1024 * 1024 };

static const char *environment(const char *name) {
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

const char *s3_credentials_ini(struct str text, const char *section, const char *key, struct arena *arena) {
    bool inside = false;
    const char *value = NULL;
    while (text.size) {
        const char *newline = memchr(text.data, '\n', text.size);
        size_t size = newline ? (size_t)(newline - text.data) : text.size;
        struct str line = str_trim((struct str){text.data, size});
        bool nested = size && (text.data[0] == ' ' || text.data[0] == '\t'); /* "s3 =" and its indented settings */
        text.data += size + (newline != NULL);
        text.size -= size + (newline != NULL);
        if (line.size == 0 || line.data[0] == '#' || line.data[0] == ';')
            continue;
        if (line.data[0] == '[') {
            inside = str_equal(line, str_from(section));
            continue;
        }
        const char *equals = memchr(line.data, '=', line.size);
        if (!inside || nested || !equals)
            continue;
        struct str name = str_trim((struct str){line.data, (size_t)(equals - line.data)});
        if (str_equal(name, str_from(key)))
            value = str_copy(arena, str_trim((struct str){equals + 1, line.size - (size_t)(equals - line.data) - 1}));
    }
    return value;
}

/* An absent file is an empty one. */
static enum status read_file(struct env *env, const char *path, struct strbuf *content, struct error *error) {
    struct env_file *file;
    enum status status = env_file_open(env, path, ENV_OPEN_READ, &file, error);
    if (status == STATUS_UNDEFINED_FILE)
        return STATUS_OK;
    TRY(status);
    size_t got = 1;
    while (status == STATUS_OK && got) {
        strbuf_reserve(content, 4096);
        status = env_file_read(file, content->data + content->size, 4095, &got, error);
        content->size += status == STATUS_OK ? got : 0;
        if (status == STATUS_OK && content->size > FILE_SIZE_MAX)
            status = FAIL(error, STATUS_LIMIT_EXCEEDED, "\"%s\" has more than %d bytes", path, FILE_SIZE_MAX);
    }
    env_file_close(file);
    return status;
}

static const char *shared_path(const char *variable, const char *below_home, struct arena *arena) {
    const char *path = environment(variable), *home = environment("HOME");
    return path ? path : home ? arena_printf(arena, "%s/.aws/%s", home, below_home) : NULL;
}

static void take(const char **place, struct str text, const char *section, const char *key, struct arena *arena) {
    if (!*place)
        *place = s3_credentials_ini(text, section, key, arena);
}

static enum status take_file(struct env *env, const char *path, const char *section, struct arena *arena,
                             struct s3_credentials *credentials, struct error *error) {
    if (!path)
        return STATUS_OK;
    struct strbuf content;
    strbuf_init(&content);
    enum status status = read_file(env, path, &content, error);
    struct str text = strbuf_str(&content);
    take(&credentials->region, text, section, "region", arena);
    if (!credentials->access_key) { /* the key and its secret from one place */
        take(&credentials->access_key, text, section, "aws_access_key_id", arena);
        take(&credentials->secret_key, text, section, "aws_secret_access_key", arena);
        take(&credentials->session_token, text, section, "aws_session_token", arena);
    }
    strbuf_release(&content);
    return status;
}

static const char *keep(struct arena *arena, const char *value) {
    return value ? arena_strdup(arena, value) : NULL;
}

static bool is_header_text(const char *text) {
    for (const char *c = text; *c; c++)
        if (*c < '!' || *c > '~')
            return false;
    return *text != 0;
}

enum status s3_credentials_find(struct env *env, struct arena *arena, struct s3_credentials *credentials,
                                struct error *error) {
    const char *region = environment("AWS_REGION");
    const char *profile = environment("AWS_PROFILE");
    profile = profile ? profile : "default";
    *credentials = (struct s3_credentials){
        .access_key = keep(arena, environment("AWS_ACCESS_KEY_ID")),
        .secret_key = keep(arena, environment("AWS_SECRET_ACCESS_KEY")),
        .session_token = keep(arena, environment("AWS_SESSION_TOKEN")),
        .region = keep(arena, region ? region : environment("AWS_DEFAULT_REGION")),
    };
    const char *section = arena_printf(arena, "[%s]", profile);
    const char *config = strcmp(profile, "default") == 0 ? section : arena_printf(arena, "[profile %s]", profile);
    TRY(take_file(env, shared_path("AWS_SHARED_CREDENTIALS_FILE", "credentials", arena), section, arena, credentials,
                  error));
    TRY(take_file(env, shared_path("AWS_CONFIG_FILE", "config", arena), config, arena, credentials, error));
    if (!credentials->access_key || !credentials->secret_key) {
        (void)FAIL(error, STATUS_INVALID_OPTION, "there are no credentials for S3");
        error_hint(error, "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE with ~/.aws/credentials");
        return STATUS_INVALID_OPTION;
    }
    if (!is_header_text(credentials->access_key) ||
        (credentials->session_token && !is_header_text(credentials->session_token)) ||
        (credentials->region && !is_header_text(credentials->region)))
        return FAIL(error, STATUS_INVALID_OPTION, "the credentials for S3 hold characters that cannot be right");
    return STATUS_OK;
}
