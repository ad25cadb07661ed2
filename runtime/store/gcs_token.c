/* gcs_token.c: tokens from a service account's key or from the metadata server. Keys and tokens never get into messages. */
#include "runtime/store/gcs_token.h"

#include <jansson.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/arena.h"
#include "core/base/env.h"
#include "runtime/store/http_client.h"
#include "runtime/store/percent.h"

#define SCOPE "https://www.googleapis.com/auth/devstorage.read_write"
#define METADATA_PATH "/computeMetadata/v1/instance/service-accounts/default/token"

enum { ANSWER_MAX = 64 * 1024, KEY_FILE_MAX = 64 * 1024, MARGIN_S = 300, LIFETIME_MAX_S = 24 * 3600 };

struct gcs_token {
    struct env *env;
    struct http_client *http;
    struct arena arena;
    bool needed;
    const char *metadata_url; /* NULL: service account */
    const char *key_pem, *key_id, *issuer, *token_url;
    pthread_mutex_t lock;
    struct strbuf header;   /* "Bearer …" */
    int64_t fresh_until_us; /* monotonic */
};

static const char *environment(const char *name) {
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

static enum status read_key_file(struct env *env, const char *path, struct strbuf *content, struct error *error) {
    struct env_file *file;
    TRY(env_file_open(env, path, ENV_OPEN_READ, &file, error));
    size_t got = 1;
    enum status status = STATUS_OK;
    while (status == STATUS_OK && got && content->size <= KEY_FILE_MAX) {
        strbuf_reserve(content, 4096);
        status = env_file_read(file, content->data + content->size, 4095, &got, error);
        content->size += status == STATUS_OK ? got : 0;
    }
    env_file_close(file);
    if (status == STATUS_OK && content->size > KEY_FILE_MAX)
        return FAIL(error, STATUS_LIMIT_EXCEEDED, "\"%s\" is too large for a service account's key", path);
    return status;
}

static const char *member(struct gcs_token *token, const json_t *object, const char *name) {
    const char *text = json_string_value(json_object_get(object, name));
    return text ? arena_strdup(&token->arena, text) : NULL;
}

static enum status take_key(struct gcs_token *token, const char *path, struct str content, struct error *error) {
    json_t *object = json_loadb(content.data ? content.data : "", content.size, 0, NULL);
    const char *type = json_string_value(json_object_get(object, "type"));
    enum status status = STATUS_OK;
    if (!type || strcmp(type, "service_account") != 0) {
        status = FAIL(error, STATUS_INVALID_OPTION, "\"%s\" is not the key of a service account", path);
        error_hint(error,
                   "GOOGLE_APPLICATION_CREDENTIALS must name a JSON key file with \"type\": \"service_account\"");
    } else {
        token->key_pem = member(token, object, "private_key");
        token->key_id = member(token, object, "private_key_id");
        token->issuer = member(token, object, "client_email");
        token->token_url = member(token, object, "token_uri");
        token->token_url = token->token_url ? token->token_url : "https://oauth2.googleapis.com/token";
        if (!token->key_pem || !token->issuer)
            status = FAIL(error, STATUS_INVALID_OPTION, "\"%s\" lacks private_key or client_email", path);
        else if (!http_url_is_valid(token->token_url) ||
                 (strncmp(token->token_url, "https://", 8) != 0 && !http_url_is_local(token->token_url)))
            status = FAIL(error, STATUS_INVALID_OPTION, "the token_uri of \"%s\" is not an https address", path);
    }
    json_decref(object);
    return status;
}

static enum status configure(struct gcs_token *token, bool emulated, struct error *error) {
    const char *path = environment("GOOGLE_APPLICATION_CREDENTIALS"), *host = environment("GCE_METADATA_HOST");
    token->needed = !emulated || path || host;
    if (!path) {
        token->metadata_url =
            arena_printf(&token->arena, "http://%s" METADATA_PATH, host ? host : "metadata.google.internal");
        if (!http_url_is_valid(token->metadata_url))
            return FAIL(error, STATUS_INVALID_OPTION, "GCE_METADATA_HOST is not host:port");
        return STATUS_OK;
    }
    struct strbuf content;
    strbuf_init(&content);
    enum status status = read_key_file(token->env, path, &content, error);
    if (status == STATUS_OK)
        status = take_key(token, path, strbuf_str(&content), error);
    strbuf_release(&content);
    return status;
}

enum status gcs_token_new(struct env *env, struct http_client *http, bool emulated, struct gcs_token **token,
                          struct error *error) {
    struct gcs_token *made = memory_zalloc(sizeof *made);
    made->env = env;
    made->http = http;
    arena_init(&made->arena);
    strbuf_init(&made->header);
    int locked = pthread_mutex_init(&made->lock, NULL);
    ASSERT(locked == 0);
    enum status status = configure(made, emulated, error);
    *token = status == STATUS_OK ? made : NULL;
    if (status != STATUS_OK)
        gcs_token_free(made);
    return status;
}

void gcs_token_free(struct gcs_token *token) {
    if (!token)
        return;
    pthread_mutex_destroy(&token->lock);
    strbuf_release(&token->header);
    arena_release(&token->arena);
    free(token);
}

static void append_base64url(struct strbuf *out, struct str data) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    for (size_t i = 0; i < data.size; i += 3) {
        uint32_t bits = 0;
        size_t taken = data.size - i < 3 ? data.size - i : 3;
        for (size_t j = 0; j < 3; j++)
            bits = bits << 8 | (j < taken ? (uint8_t)data.data[i + j] : 0);
        for (size_t j = 0; j <= taken; j++)
            strbuf_append_char(out, digits[bits >> (18 - 6 * j) & 63]);
    }
}

static void append_json(struct strbuf *out, json_t *object) {
    char *text = json_dumps(object, JSON_COMPACT | JSON_SORT_KEYS);
    ASSERT(text);
    append_base64url(out, str_from(text));
    free(text);
    json_decref(object);
}

static bool sign(const char *key_pem, struct str text, uint8_t *signature, size_t *size) {
    BIO *source = BIO_new_mem_buf(key_pem, -1);
    EVP_PKEY *key = source ? PEM_read_bio_PrivateKey(source, NULL, NULL, "") : NULL;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool done = key && context && EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA &&
                EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, key) == 1 &&
                EVP_DigestSign(context, signature, size, (const uint8_t *)text.data, text.size) == 1;
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(key);
    BIO_free(source);
    return done;
}

enum status gcs_token_sign(const char *key_pem, const char *key_id, const char *issuer, const char *audience,
                           int64_t now_s, struct strbuf *jwt, struct error *error) {
    json_t *header = json_pack("{s:s,s:s}", "alg", "RS256", "typ", "JWT");
    if (key_id)
        json_object_set_new(header, "kid", json_string(key_id));
    json_t *claims = json_pack("{s:s,s:s,s:s,s:I,s:I}", "iss", issuer, "scope", SCOPE, "aud", audience, "iat",
                               (json_int_t)now_s, "exp", (json_int_t)(now_s + 3600));
    if (!header || !claims) {
        json_decref(header);
        json_decref(claims);
        return FAIL(error, STATUS_INVALID_OPTION, "the service account's key holds text that is not UTF-8");
    }
    append_json(jwt, header);
    strbuf_append_char(jwt, '.');
    append_json(jwt, claims);
    uint8_t signature[1024]; /* RSA of up to 8192 bits */
    size_t size = sizeof signature;
    if (!sign(key_pem, strbuf_str(jwt), signature, &size))
        return FAIL(error, STATUS_INVALID_OPTION, "the service account's private_key cannot sign");
    strbuf_append_char(jwt, '.');
    append_base64url(jwt, (struct str){(const char *)signature, size});
    return STATUS_OK;
}

static enum status take_answer(struct gcs_token *token, const struct http_answer *answer, struct error *error) {
    json_t *object = json_loadb(answer->body.data ? answer->body.data : "", answer->body.size, 0, NULL);
    const char *value = json_string_value(json_object_get(object, "access_token"));
    json_int_t lifetime_s = json_integer_value(json_object_get(object, "expires_in"));
    enum status status = STATUS_OK;
    bool printable = value && *value;
    for (const char *c = value; printable && *c; c++)
        printable = *c > ' ' && *c <= '~';
    if (!printable || lifetime_s <= 0) {
        status = FAIL(error, STATUS_CONNECTION_FAILURE, "the answer to a request for a token holds none");
    } else {
        lifetime_s = lifetime_s > LIFETIME_MAX_S ? LIFETIME_MAX_S : lifetime_s;
        int64_t used_s = lifetime_s > 2 * MARGIN_S ? lifetime_s - MARGIN_S : lifetime_s / 2;
        strbuf_reset(&token->header);
        strbuf_printf(&token->header, "Bearer %s", value);
        token->fresh_until_us = env_monotonic_us(token->env) + used_s * 1000000;
    }
    json_decref(object);
    return status;
}

static enum status exchange(struct gcs_token *token, struct http_request *request, struct error *error) {
    struct http_answer answer;
    http_answer_init(&answer);
    request->body_limit = ANSWER_MAX;
    enum status status = STATUS_OK;
    if (http_client_do(token->http, request, &answer, error) != HTTP_ANSWERED) {
        status = STATUS_CONNECTION_FAILURE;
    } else if (answer.code != 200) {
        (void)http_answer_failed(&answer, "get a token from", token->metadata_url ? "the metadata server" : "OAuth",
                                 error);
        if (error && error->status == STATUS_UNDEFINED_FILE)
            error->status = STATUS_FILE_ERROR;
        status = error ? error->status : STATUS_FILE_ERROR;
    } else if (token->metadata_url && strcmp(answer.metadata_flavor, "Google") != 0) {
        status = FAIL(error, STATUS_CONNECTION_FAILURE, "what answers as metadata server is not one of Google's");
    } else {
        status = take_answer(token, &answer, error);
    }
    http_answer_release(&answer);
    return status;
}

static enum status ask_metadata_server(struct gcs_token *token, struct error *error) {
    struct http_request request = {.method = "GET", .url = token->metadata_url, .direct = true};
    http_request_header(&request, "metadata-flavor", "Google");
    return exchange(token, &request, error);
}

static enum status trade_jwt(struct gcs_token *token, struct error *error) {
    struct strbuf form;
    strbuf_init(&form);
    strbuf_append_text(&form, "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=");
    struct strbuf jwt;
    strbuf_init(&jwt);
    enum status status = gcs_token_sign(token->key_pem, token->key_id, token->issuer, token->token_url,
                                        env_now_us(token->env) / 1000000, &jwt, error);
    if (status == STATUS_OK) {
        strbuf_append_str(&form, strbuf_str(&jwt));
        struct http_request request = {.method = "POST", .url = token->token_url, .body = strbuf_str(&form)};
        http_request_header(&request, "content-type", "application/x-www-form-urlencoded");
        status = exchange(token, &request, error);
    }
    strbuf_release(&jwt);
    strbuf_release(&form);
    return status;
}

enum status gcs_token_get(struct gcs_token *token, struct strbuf *header, struct error *error) {
    if (!token->needed)
        return STATUS_OK;
    pthread_mutex_lock(&token->lock); /* one asks, the others wait for its answer */
    enum status status = STATUS_OK;
    if (!token->header.size || env_monotonic_us(token->env) >= token->fresh_until_us)
        status = token->metadata_url ? ask_metadata_server(token, error) : trade_jwt(token, error);
    if (status == STATUS_OK)
        strbuf_append_str(header, strbuf_str(&token->header));
    pthread_mutex_unlock(&token->lock);
    return status;
}

void gcs_token_forget(struct gcs_token *token) {
    pthread_mutex_lock(&token->lock);
    strbuf_reset(&token->header);
    pthread_mutex_unlock(&token->lock);
}
