/* gcs_store.c: a store in a bucket of Google Cloud Storage, over its JSON API. Creates carry ifGenerationMatch=0, swaps the
 * generation that was read; a 5xx to one of these, or no answer, is "unknown". Large objects are resumable uploads: when an
 * answer is lost the store says how much it has, and the rest follows. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/arena.h"
#include "core/base/env.h"
#include "runtime/store/gcs_answers.h"
#include "runtime/store/gcs_token.h"
#include "runtime/store/http_client.h"
#include "runtime/store/percent.h"
#include "runtime/store/store_class.h"

enum { ANSWER_MAX = 4 * 1024 * 1024, EMPTY_PAGES_MAX = 100 };

struct gcs_store {
    struct store base;
    struct arena arena;
    struct http_client *http;
    struct gcs_token *token;
    const char *origin;
    const char *bucket;
    const char *key_prefix; /* "" or "prefix/" */
};

struct store_upload {
    struct gcs_store *store;
    char *name;
    char *session;  /* URL */
    uint64_t start; /* of the part under way */
    uint64_t sent;  /* bytes that the store is known to have, at least `start` */
    bool ended;     /* completed, or refused for good */
};

/* A request under construction, and its answer. */
struct gcs_call {
    struct gcs_store *store;
    struct http_request request;
    struct strbuf url;
    struct http_answer answer;
    bool has_parameter;
};

static void call_init(struct gcs_call *call, struct gcs_store *store, const char *method, const char *root) {
    memset(call, 0, sizeof *call);
    call->store = store;
    call->request.method = method;
    call->request.body_limit = ANSWER_MAX;
    strbuf_init(&call->url);
    http_answer_init(&call->answer);
    strbuf_printf(&call->url, "%s%s/b/", store->origin, root);
    percent_encode(&call->url, str_from(store->bucket), false);
    strbuf_append_text(&call->url, "/o");
}

static void call_object(struct gcs_call *call, const char *name) {
    strbuf_append_char(&call->url, '/');
    percent_encode(&call->url, str_from(call->store->key_prefix), false);
    percent_encode(&call->url, str_from(name), false);
}

static void call_parameter(struct gcs_call *call, const char *key, const char *value, const char *more) {
    strbuf_append_char(&call->url, call->has_parameter ? '&' : '?');
    call->has_parameter = true;
    strbuf_printf(&call->url, "%s=", key);
    percent_encode(&call->url, str_from(value), false);
    percent_encode(&call->url, str_from(more), false);
}

static void call_release(struct gcs_call *call) {
    strbuf_release(&call->url);
    http_answer_release(&call->answer);
}

/* A token may have been withdrawn: one that is refused is replaced once. Nothing was done then. */
static enum http_outcome call_do(struct gcs_call *call, struct error *error) {
    struct strbuf token;
    strbuf_init(&token);
    uint32_t header_count = call->request.header_count;
    enum http_outcome outcome = HTTP_NOT_SENT;
    call->request.url = call->url.data;
    for (int round = 0; round < 2; round++) {
        strbuf_reset(&token);
        call->request.header_count = header_count;
        if (gcs_token_get(call->store->token, &token, error) != STATUS_OK) {
            outcome = HTTP_NOT_SENT;
            break;
        }
        if (token.size)
            http_request_header(&call->request, "authorization", token.data);
        outcome = http_client_do(call->store->http, &call->request, &call->answer, error);
        if (outcome != HTTP_ANSWERED || call->answer.code != 401 || !token.size)
            break;
        gcs_token_forget(call->store->token);
    }
    call->request.header_count = header_count;
    strbuf_release(&token);
    return outcome;
}

/* The error's status when a caller gave one, else a general one. */
static enum status not_sent(const struct error *error) {
    return error && error->status != STATUS_OK ? error->status : STATUS_CONNECTION_FAILURE;
}

static enum status call_checked(struct gcs_call *call, const char *what, const char *name, struct error *error) {
    if (call_do(call, error) != HTTP_ANSWERED)
        return not_sent(error);
    return call->answer.code / 100 == 2 ? STATUS_OK : http_answer_failed(&call->answer, what, name, error);
}

/* What the answer to a conditional write means. */
static enum status judge_write(enum http_outcome sent, const struct http_answer *answer, const char *name,
                               enum store_swap *outcome, struct error *error) {
    if (sent == HTTP_NOT_SENT)
        return not_sent(error);
    if (sent == HTTP_UNKNOWN) {
        *outcome = STORE_SWAP_UNKNOWN;
    } else if (answer->code / 100 == 2) {
        *outcome = STORE_SWAP_DONE;
    } else if (answer->code == 412) {
        *outcome = STORE_SWAP_CONFLICT;
    } else {
        enum status status = http_answer_failed(answer, "write", name, error);
        if (answer->code < 500) {
            if (error && answer->code == 409)
                error->retriable = true;
            return status;
        }
        *outcome = STORE_SWAP_UNKNOWN;
    }
    return STATUS_OK;
}

static enum status gcs_write(struct gcs_store *store, const char *name, const struct store_tag *expected,
                             struct str content, enum store_swap *outcome, struct store_tag *tag, struct error *error) {
    char generation[STORE_TAG_MAX + 1] = "0";
    if (expected) {
        memcpy(generation, expected->bytes, expected->size);
        generation[expected->size] = 0;
    }
    struct gcs_call call;
    call_init(&call, store, "POST", "/upload/storage/v1");
    call_parameter(&call, "uploadType", "media", "");
    call_parameter(&call, "name", store->key_prefix, name);
    call_parameter(&call, "ifGenerationMatch", generation, "");
    http_request_header(&call.request, "content-type", "application/octet-stream");
    call.request.body = content;
    call.request.fresh = tag != NULL;
    enum http_outcome sent = call_do(&call, error);
    enum status status = judge_write(sent, &call.answer, name, outcome, error);
    if (status == STATUS_UNDEFINED_FILE) {
        status = FAIL(error, STATUS_FILE_ERROR, "the bucket of %s does not exist", store_uri_text(&store->base));
        error_hint(error, "create it, or correct the address");
    }
    if (status == STATUS_OK && *outcome == STORE_SWAP_DONE && tag &&
        !gcs_answer_generation(strbuf_str(&call.answer.body), tag)) {
        (void)FAIL(error, STATUS_CONNECTION_FAILURE, "the store does not say which generation it wrote");
        *outcome = STORE_SWAP_UNKNOWN; /* done, but its name is lost: reading will tell */
    }
    call_release(&call);
    return status;
}

static enum status gcs_put(struct store *store, const char *name, struct str content, enum store_swap *outcome,
                           struct error *error) {
    return gcs_write((struct gcs_store *)store, name, NULL, content, outcome, NULL, error);
}

static enum status gcs_swap(struct store *store, const char *name, const struct store_tag *expected, struct str content,
                            enum store_swap *outcome, struct store_tag *tag, struct error *error) {
    return gcs_write((struct gcs_store *)store, name, expected, content, outcome, tag, error);
}

/* The session's address carries the right to write, and gets our token: it must be the store's own. */
static enum status check_session(const struct gcs_store *store, const char *location, struct error *error) {
    size_t origin = strlen(store->origin);
    if (http_url_is_valid(location) && http_origin_size(location) == origin &&
        strncmp(location, store->origin, origin) == 0)
        return STATUS_OK;
    return FAIL(error, STATUS_CONNECTION_FAILURE, "the store began an upload at an address that is not its own");
}

static enum status gcs_upload_begin(struct store *base, const char *name, struct store_upload **upload,
                                    struct error *error) {
    struct gcs_store *store = (struct gcs_store *)base;
    struct gcs_call call;
    call_init(&call, store, "POST", "/upload/storage/v1");
    call_parameter(&call, "uploadType", "resumable", "");
    call_parameter(&call, "name", store->key_prefix, name);
    call_parameter(&call, "ifGenerationMatch", "0", "");
    http_request_header(&call.request, "x-upload-content-type", "application/octet-stream");
    http_request_header(&call.request, "content-type", "application/json");
    enum status status = call_checked(&call, "begin the upload of", name, error);
    if (call.answer.code == 412) {
        /* Taken already: it may be ours, from before; the end of the upload finds out. */
        status = STATUS_OK;
        call.answer.location[0] = 0;
    } else if (status == STATUS_OK) {
        status = check_session(store, call.answer.location, error);
    }
    if (status == STATUS_OK) {
        *upload = memory_zalloc(sizeof **upload);
        (*upload)->store = store;
        (*upload)->name = memory_strdup(name);
        (*upload)->session = memory_strdup(call.answer.location);
        (*upload)->ended = !*call.answer.location;
    }
    call_release(&call);
    return status;
}

/* "bytes=0-524287": how much the store has. No header: nothing. */
static bool persisted_of(const char *range, uint64_t *persisted) {
    int64_t last;
    *persisted = 0;
    if (!*range)
        return true;
    if (strncmp(range, "bytes=0-", 8) != 0 || !int_parse(str_from(range + 8), &last) || last < 0)
        return false;
    *persisted = (uint64_t)last + 1;
    return true;
}

static void session_call_init(struct gcs_call *call, struct store_upload *upload, const char *method) {
    memset(call, 0, sizeof *call);
    call->store = upload->store;
    call->request.method = method;
    call->request.body_limit = ANSWER_MAX;
    strbuf_init(&call->url);
    http_answer_init(&call->answer);
    strbuf_append_text(&call->url, upload->session);
}

/* 308 says how much the store has. */
static enum status take_progress(struct store_upload *upload, uint64_t end, const struct http_answer *answer,
                                 struct error *error) {
    uint64_t persisted;
    if (!persisted_of(answer->range, &persisted) || persisted < upload->start || persisted > end)
        return FAIL(error, STATUS_CONNECTION_FAILURE, "the store lost parts of %s that it had", upload->name);
    upload->sent = persisted;
    return STATUS_OK;
}

/* Sends what the store lacks of the part; `total` is "*" but for the last. Sets the answer's code; 308 asks for more. */
static enum status send_rest(struct store_upload *upload, struct str part, const char *total, int *code,
                             struct error *error) {
    uint64_t end = upload->start + part.size, skipped = upload->sent - upload->start;
    char range[96];
    struct gcs_call call;
    session_call_init(&call, upload, "PUT");
    if (skipped < part.size) {
        snprintf(range, sizeof range, "bytes %llu-%llu/%s", (unsigned long long)upload->sent,
                 (unsigned long long)(end - 1), total);
        call.request.body = (struct str){part.data + skipped, part.size - (size_t)skipped};
    } else {
        snprintf(range, sizeof range, "bytes */%s", total);
    }
    http_request_header(&call.request, "content-range", range);
    enum status status = STATUS_OK;
    if (call_do(&call, error) != HTTP_ANSWERED)
        status = not_sent(error);
    else if (call.answer.code == 308)
        status = take_progress(upload, end, &call.answer, error);
    else if (call.answer.code / 100 != 2)
        status = http_answer_failed(&call.answer, "write a part of", upload->name, error);
    *code = call.answer.code;
    call_release(&call);
    return status;
}

/* After a lost answer: how much does the store have? */
static void ask_progress(struct store_upload *upload, uint64_t end) {
    struct gcs_call call;
    session_call_init(&call, upload, "PUT");
    http_request_header(&call.request, "content-range", "bytes */*");
    if (call_do(&call, NULL) == HTTP_ANSWERED && call.answer.code == 308)
        (void)!take_progress(upload, end, &call.answer, NULL); /* not known: the part is sent as before */
    else if (call.answer.code / 100 == 2)
        upload->ended = true; /* it was the last part, and arrived: the caller will compare */
    call_release(&call);
}

static enum status gcs_upload_part(struct store_upload *upload, struct str part, struct error *error) {
    if (upload->ended)
        return STATUS_OK;
    uint64_t end = upload->start + part.size, before;
    do {
        int code;
        before = upload->sent;
        enum status status = send_rest(upload, part, "*", &code, error);
        if (status == STATUS_OK && code != 308)
            status = FAIL(error, STATUS_CONNECTION_FAILURE, "the store ended the upload of %s early", upload->name);
        if (status != STATUS_OK) {
            ask_progress(upload, end);
            return status;
        }
    } while (upload->sent < end && upload->sent > before);
    if (upload->sent == end) {
        upload->start = end;
        return STATUS_OK;
    }
    (void)FAIL(error, STATUS_CONNECTION_FAILURE, "the store takes nothing more of %s", upload->name);
    if (error)
        error->retriable = true;
    return STATUS_CONNECTION_FAILURE;
}

/* 404 and 410: the session is gone, perhaps because an attempt before this one completed it; the caller compares. */
static enum status gcs_upload_finish(struct store_upload *upload, struct str last, enum store_swap *outcome,
                                     struct error *error) {
    *outcome = STORE_SWAP_CONFLICT;
    if (upload->ended)
        return STATUS_OK;
    char total[32];
    snprintf(total, sizeof total, "%llu", (unsigned long long)(upload->start + last.size));
    int code = 0;
    enum status status = send_rest(upload, last, total, &code, error);
    if (status == STATUS_OK && code != 308) {
        *outcome = STORE_SWAP_DONE;
    } else if (code == 412 || code == 404 || code == 410) {
        *outcome = code == 412 ? STORE_SWAP_CONFLICT : STORE_SWAP_MISSING;
    } else if (code == 0 || code >= 500 || code == 308) {
        if (status == STATUS_OK)
            (void)FAIL(error, STATUS_CONNECTION_FAILURE, "the store has not taken all of %s", upload->name);
        else
            ask_progress(upload, upload->start + last.size);
        *outcome = STORE_SWAP_UNKNOWN; /* and the next attempt sends the rest */
    } else {
        return status;
    }
    upload->ended = *outcome != STORE_SWAP_UNKNOWN;
    return STATUS_OK;
}

static void gcs_upload_abort(struct store_upload *upload) {
    if (!upload->ended) {
        struct gcs_call call;
        session_call_init(&call, upload, "DELETE");
        (void)call_do(&call, NULL); /* sessions that stay end by themselves after a week */
        call_release(&call);
    }
    free(upload->session);
    free(upload->name);
    free(upload);
}

/* "bytes 0-9/443" */
static bool total_of_range(const char *content_range, uint64_t *total) {
    const char *slash = strchr(content_range, '/');
    int64_t value;
    if (!slash || !int_parse(str_from(slash + 1), &value) || value < 0)
        return false;
    *total = (uint64_t)value;
    return true;
}

static enum status take_range(const struct http_answer *answer, uint64_t offset, uint64_t size, struct strbuf *content,
                              uint64_t *object_size, struct error *error) {
    struct str body = strbuf_str(&answer->body);
    bool ranged = answer->code == 206 && total_of_range(answer->content_range, object_size);
    if (answer->code == 200 && offset == 0 && !answer->too_large && body.size <= size) {
        *object_size = body.size;
        ranged = true;
    }
    uint64_t rest = ranged && offset < *object_size ? *object_size - offset : 0;
    if (!ranged || (size && body.size != (rest < size ? rest : size))) {
        (void)FAIL(error, STATUS_CONNECTION_FAILURE, "the store's answer does not hold the range that was asked for");
        if (error)
            error->retriable = true;
        return STATUS_CONNECTION_FAILURE;
    }
    if (size)
        strbuf_append_str(content, body);
    return STATUS_OK;
}

static enum status gcs_read(struct store *store, const char *name, uint64_t offset, uint64_t size,
                            struct strbuf *content, uint64_t *object_size, struct store_tag *tag, struct error *error) {
    char range[64];
    struct gcs_call call;
    call_init(&call, (struct gcs_store *)store, "GET", "/storage/v1");
    call_object(&call, name);
    call_parameter(&call, "alt", "media", "");
    call.request.body_limit = size > ANSWER_MAX ? size : ANSWER_MAX;
    snprintf(range, sizeof range, "bytes=%llu-%llu", (unsigned long long)offset,
             (unsigned long long)(offset + (size ? size : 1) - 1));
    http_request_header(&call.request, "range", range);
    tag->size = 0;
    enum status status = STATUS_OK;
    if (call_do(&call, error) != HTTP_ANSWERED)
        status = not_sent(error);
    else if (call.answer.code == 416)
        status = store->class->size(store, name, object_size, error);
    else if (call.answer.code != 200 && call.answer.code != 206)
        status = http_answer_failed(&call.answer, "read", name, error);
    else
        status = take_range(&call.answer, offset, size, content, object_size, error);
    if (status == STATUS_OK)
        (void)gcs_tag_from_text(call.answer.generation, tag);
    call_release(&call);
    return status;
}

static enum status gcs_size(struct store *store, const char *name, uint64_t *size_bytes, struct error *error) {
    struct gcs_call call;
    call_init(&call, (struct gcs_store *)store, "GET", "/storage/v1");
    call_object(&call, name);
    call_parameter(&call, "fields", "size,generation", "");
    enum status status = call_checked(&call, "examine", name, error);
    if (status == STATUS_OK && !gcs_answer_size(strbuf_str(&call.answer.body), size_bytes))
        status = FAIL(error, STATUS_CONNECTION_FAILURE, "the store does not say how large %s is", name);
    call_release(&call);
    return status;
}

static enum status gcs_remove(struct store *store, const char *name, struct error *error) {
    struct gcs_call call;
    call_init(&call, (struct gcs_store *)store, "DELETE", "/storage/v1");
    call_object(&call, name);
    enum status status = call_checked(&call, "delete", name, error);
    call_release(&call);
    return status;
}

static enum status list_once(struct gcs_store *store, struct gcs_listing *listing, const char *prefix, uint32_t limit,
                             struct error *error) {
    char limit_text[16];
    snprintf(limit_text, sizeof limit_text, "%u", limit);
    struct gcs_call call;
    call_init(&call, store, "GET", "/storage/v1");
    call_parameter(&call, "prefix", store->key_prefix, prefix);
    call_parameter(&call, "maxResults", limit_text, "");
    call_parameter(&call, "fields", "items(name,size),nextPageToken", "");
    if (listing->after)
        call_parameter(&call, "startOffset", store->key_prefix, listing->after);
    if (listing->page_token)
        call_parameter(&call, "pageToken", listing->page_token, "");
    enum status status = call_checked(&call, "list", *prefix ? prefix : "the bucket", error);
    if (status == STATUS_OK &&
        (!gcs_answer_read_listing(strbuf_str(&call.answer.body), listing) || listing->page->count > limit)) {
        status = FAIL(error, STATUS_CONNECTION_FAILURE, "the store's list of objects cannot be read");
        if (error)
            error->retriable = true;
    } else if (status == STATUS_UNDEFINED_FILE) {
        status = FAIL(error, STATUS_FILE_ERROR, "the bucket of %s does not exist", store_uri_text(&store->base));
    }
    call_release(&call);
    return status;
}

/* The store may give empty pages with a token for more. */
static enum status gcs_list(struct store *store, const char *prefix, const char *after, uint32_t limit,
                            struct store_page *page, struct error *error) {
    struct gcs_store *gcs = (struct gcs_store *)store;
    struct gcs_listing listing = {.key_prefix = gcs->key_prefix, .page = page, .after = after};
    enum status status = STATUS_OK;
    uint32_t requests = 0;
    do {
        status = requests++ == EMPTY_PAGES_MAX
                     ? FAIL(error, STATUS_CONNECTION_FAILURE, "the store's list of objects does not end")
                     : list_once(gcs, &listing, prefix, limit, error);
    } while (status == STATUS_OK && listing.page_token && !listing.last);
    if (status == STATUS_OK && listing.page_token) {
        page->next = listing.last;
        listing.last = NULL;
    }
    gcs_listing_release(&listing);
    return status;
}

static void gcs_close(struct store *store) {
    struct gcs_store *gcs = (struct gcs_store *)store;
    gcs_token_free(gcs->token);
    http_client_free(gcs->http);
    arena_release(&gcs->arena);
    free(gcs);
}

/* STORAGE_EMULATOR_HOST is host:port or a URL. */
static enum status choose_origin(struct gcs_store *store, const struct store_uri *uri, bool *emulated,
                                 struct error *error) {
    const char *emulator = getenv("STORAGE_EMULATOR_HOST"), *endpoint = store_uri_option(uri, "endpoint");
    *emulated = emulator && *emulator && !endpoint;
    if (*emulated)
        endpoint = strstr(emulator, "://") ? emulator : arena_printf(&store->arena, "http://%s", emulator);
    if (!endpoint)
        endpoint = "https://storage.googleapis.com";
    size_t origin = http_origin_size(endpoint);
    if (!http_url_is_valid(endpoint) || strlen(endpoint) > origin + 1 || (endpoint[origin] && endpoint[origin] != '/'))
        return FAIL(error, STATUS_INVALID_OPTION, "endpoint \"%s\" is not http(s)://host:port", endpoint);
    if (!*emulated && strncmp(endpoint, "https://", 8) != 0 && !http_url_is_local(endpoint))
        return FAIL(error, STATUS_INVALID_OPTION, "endpoint \"%s\" would get tokens without encryption", endpoint);
    store->origin = arena_strndup(&store->arena, endpoint, origin);
    return STATUS_OK;
}

static enum status prepare(struct gcs_store *store, const struct store_uri *uri, const struct store_options *options,
                           struct error *error) {
    bool emulated;
    size_t size = strlen(uri->authority);
    if (size < 3 || size > 222 || strspn(uri->authority, "abcdefghijklmnopqrstuvwxyz0123456789.-_") != size)
        return FAIL(error, STATUS_INVALID_OPTION, "\"%s\" cannot be the name of a bucket", uri->authority);
    if (*uri->path && !store_name_is_valid(uri->path))
        return FAIL(error, STATUS_INVALID_OPTION, "\"%s\" cannot be the prefix of object names", uri->path);
    store->bucket = arena_strdup(&store->arena, uri->authority);
    store->key_prefix = *uri->path ? arena_printf(&store->arena, "%s/", uri->path) : "";
    TRY(choose_origin(store, uri, &emulated, error));
    store->http = http_client_new(options->request_timeout_ms);
    return gcs_token_new(options->env, store->http, emulated, &store->token, error);
}

static enum status gcs_open(const struct store_uri *uri, const struct store_options *options, struct store **store,
                            struct error *error) {
    static const char *const known[] = {"endpoint", NULL};
    TRY(store_uri_check_options(uri, known, error));
    struct gcs_store *opened = memory_zalloc(sizeof *opened);
    arena_init(&opened->arena);
    enum status status = prepare(opened, uri, options, error);
    if (status != STATUS_OK) {
        gcs_close(&opened->base);
        return status;
    }
    *store = &opened->base;
    return STATUS_OK;
}

const struct store_class gcs_store_class = {
    .scheme = "gs",
    .retries = true,
    .parts_max = UINT64_MAX,
    .open = gcs_open,
    .close = gcs_close,
    .put = gcs_put,
    .upload_begin = gcs_upload_begin,
    .upload_part = gcs_upload_part,
    .upload_finish = gcs_upload_finish,
    .upload_abort = gcs_upload_abort,
    .read = gcs_read,
    .size = gcs_size,
    .remove = gcs_remove,
    .list = gcs_list,
    .swap = gcs_swap,
};
