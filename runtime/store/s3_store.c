/* s3_store.c: a store in a bucket of Amazon S3, or of something that speaks its REST API. Creates carry If-None-Match: *, swaps
 * If-Match: <etag>; a 5xx to one of these, or no answer, is "unknown". Large objects are multipart uploads, which appear
 * only when completed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/arena.h"
#include "core/base/env.h"
#include "core/base/log.h"
#include "runtime/store/http_client.h"
#include "runtime/store/percent.h"
#include "runtime/store/s3_answers.h"
#include "runtime/store/s3_credentials.h"
#include "runtime/store/s3_signer.h"
#include "runtime/store/store_class.h"

enum { ANSWER_MAX = 4 * 1024 * 1024, UPLOAD_ID_MAX = 1024, PARTS_MAX = 10000 };

struct s3_store {
    struct store base;
    struct arena arena;
    struct http_client *http;
    struct env *env;
    struct s3_credentials credentials;
    const char *region;
    const char *origin;      /* "https://bucket.s3.eu-west-1.amazonaws.com" */
    const char *host;        /* its part behind "://" */
    const char *path_prefix; /* "" or "/bucket" */
    const char *key_prefix;  /* "" or "prefix/" */
};

struct store_upload {
    struct s3_store *store;
    char *name;
    char id[UPLOAD_ID_MAX + 1];
    char (*etags)[STORE_TAG_MAX + 1];
    uint32_t part_count;
    bool last_sent;
    bool completed;
};

/* A request under construction, and its answer. */
struct s3_call {
    struct s3_store *store;
    struct s3_signed_request request;
    struct str body;
    uint64_t body_limit;
    bool fresh;
    struct strbuf path;
    struct http_answer answer;
};

static void call_init(struct s3_call *call, struct s3_store *store, const char *method, const char *name) {
    memset(call, 0, sizeof *call);
    call->store = store;
    call->request.method = method;
    call->body_limit = ANSWER_MAX;
    strbuf_init(&call->path);
    http_answer_init(&call->answer);
    strbuf_append_text(&call->path, store->path_prefix);
    if (name)
        strbuf_printf(&call->path, "/%s%s", store->key_prefix, name);
    else if (!call->path.size)
        strbuf_append_char(&call->path, '/');
}

static void call_release(struct s3_call *call) {
    strbuf_release(&call->path);
    http_answer_release(&call->answer);
}

static void call_header(struct s3_call *call, const char *name, const char *value) {
    ASSERT(call->request.header_count < S3_HEADERS_MAX);
    call->request.headers[call->request.header_count++] = (struct s3_pair){name, value};
}

static void call_parameter(struct s3_call *call, const char *name, const char *value) {
    ASSERT(call->request.parameter_count < S3_PARAMETERS_MAX);
    call->request.parameters[call->request.parameter_count++] = (struct s3_pair){name, value};
}

static void call_url(const struct s3_call *call, struct strbuf *url) {
    strbuf_append_text(url, call->store->origin);
    percent_encode(url, strbuf_str(&call->path), true);
    if (call->request.parameter_count) {
        strbuf_append_char(url, '?');
        s3_query(&call->request, url);
    }
}

static enum http_outcome call_do(struct s3_call *call, struct error *error) {
    struct s3_store *store = call->store;
    char time[17];
    s3_time_text(env_now_us(store->env), time);
    call->request.path = call->path.data;
    s3_sha256_text(call->body, call->request.payload_sha256);
    call_header(call, "host", store->host);
    call_header(call, "x-amz-date", time);
    call_header(call, "x-amz-content-sha256", call->request.payload_sha256);
    if (store->credentials.session_token)
        call_header(call, "x-amz-security-token", store->credentials.session_token);
    struct s3_signing_key key = {.access_key = store->credentials.access_key,
                                 .secret_key = store->credentials.secret_key,
                                 .region = store->region,
                                 .service = "s3"};
    struct strbuf authorization, url;
    strbuf_init(&authorization);
    strbuf_init(&url);
    s3_authorization(&call->request, &key, time, &authorization);
    call_url(call, &url);
    struct http_request request = {.method = call->request.method,
                                   .url = url.data,
                                   .body = call->body,
                                   .body_limit = call->body_limit,
                                   .fresh = call->fresh};
    for (uint32_t i = 0; i < call->request.header_count; i++)
        http_request_header(&request, call->request.headers[i].name, call->request.headers[i].value);
    http_request_header(&request, "authorization", authorization.data);
    enum http_outcome outcome = http_client_do(store->http, &request, &call->answer, error);
    strbuf_release(&authorization);
    strbuf_release(&url);
    return outcome;
}

static enum status call_failed(const struct s3_call *call, const char *what, const char *name, struct error *error) {
    const struct http_answer *answer = &call->answer;
    enum status status = http_answer_failed(answer, what, name, error);
    if (*answer->bucket_region && strcmp(answer->bucket_region, call->store->region) != 0)
        error_hint(error, "the bucket is in region %s: add ?region=%s to its address", answer->bucket_region,
                   answer->bucket_region);
    if (answer->code == 404 && s3_answer_has_code(strbuf_str(&answer->body), "NoSuchBucket")) {
        status = FAIL(error, STATUS_FILE_ERROR, "the bucket of %s does not exist", store_uri_text(&call->store->base));
        error_hint(error, "create it, or correct the address");
    }
    if (answer->code == 409 ||
        (answer->code == 400 && s3_answer_has_code(strbuf_str(&answer->body), "RequestTimeout"))) {
        if (error)
            error->retriable = true; /* another conditional write was under way; nothing was done */
    }
    return status;
}

/* The same with an outcome that may be anything. */
static enum status call_checked(struct s3_call *call, const char *what, const char *name, struct error *error) {
    if (call_do(call, error) != HTTP_ANSWERED)
        return STATUS_CONNECTION_FAILURE;
    return call->answer.code / 100 == 2 ? STATUS_OK : call_failed(call, what, name, error);
}

static enum status tag_from_etag(const struct http_answer *answer, struct store_tag *tag, struct error *error) {
    size_t size = strlen(answer->etag);
    if (size == 0 || size > STORE_TAG_MAX)
        return FAIL(error, STATUS_CONNECTION_FAILURE, "the store answered without an ETag that can be used");
    memcpy(tag->bytes, answer->etag, size);
    tag->size = (uint8_t)size;
    return STATUS_OK;
}

/* A conditional write. 412: the condition does not hold; 404: nothing to compare with; 409: try again. */
static enum status conditional_write(struct s3_call *call, const char *what, const char *name, enum store_swap *outcome,
                                     struct error *error) {
    switch (call_do(call, error)) {
    case HTTP_NOT_SENT: return STATUS_CONNECTION_FAILURE;
    case HTTP_UNKNOWN: *outcome = STORE_SWAP_UNKNOWN; return STATUS_OK;
    case HTTP_ANSWERED: break;
    }
    int code = call->answer.code;
    if (code / 100 == 2) {
        *outcome = STORE_SWAP_DONE;
    } else if (code == 412) {
        *outcome = STORE_SWAP_CONFLICT;
    } else {
        enum status status = call_failed(call, what, name, error);
        if (code < 500 && status != STATUS_UNDEFINED_FILE)
            return status;
        *outcome = code < 500 ? STORE_SWAP_MISSING : STORE_SWAP_UNKNOWN;
    }
    return STATUS_OK;
}

static enum status s3_write(struct s3_store *store, const char *name, const struct store_tag *expected,
                            struct str content, enum store_swap *outcome, struct store_tag *tag, struct error *error) {
    char etag[STORE_TAG_MAX + 1];
    struct s3_call call;
    call_init(&call, store, "PUT", name);
    call.body = content;
    call.fresh = tag != NULL;
    if (expected) {
        memcpy(etag, expected->bytes, expected->size);
        etag[expected->size] = 0;
    }
    call_header(&call, expected ? "if-match" : "if-none-match", expected ? etag : "*");
    call_header(&call, "content-type", "application/octet-stream");
    enum status status = conditional_write(&call, "write", name, outcome, error);
    if (status == STATUS_OK && *outcome == STORE_SWAP_DONE && tag &&
        tag_from_etag(&call.answer, tag, error) != STATUS_OK)
        *outcome = STORE_SWAP_UNKNOWN; /* done, but its name is lost: reading will tell */
    call_release(&call);
    return status;
}

static enum status s3_put(struct store *store, const char *name, struct str content, enum store_swap *outcome,
                          struct error *error) {
    return s3_write((struct s3_store *)store, name, NULL, content, outcome, NULL, error);
}

static enum status s3_swap(struct store *store, const char *name, const struct store_tag *expected, struct str content,
                           enum store_swap *outcome, struct store_tag *tag, struct error *error) {
    return s3_write((struct s3_store *)store, name, expected, content, outcome, tag, error);
}

static enum status s3_upload_begin(struct store *base, const char *name, struct store_upload **upload,
                                   struct error *error) {
    struct s3_store *store = (struct s3_store *)base;
    struct store_upload *begun = memory_zalloc(sizeof *begun);
    begun->store = store;
    begun->name = memory_strdup(name);
    struct s3_call call;
    call_init(&call, store, "POST", name);
    call_parameter(&call, "uploads", "");
    call_header(&call, "content-type", "application/octet-stream");
    enum status status = call_checked(&call, "begin the upload of", name, error);
    if (status == STATUS_OK &&
        !s3_answer_find_text(strbuf_str(&call.answer.body), "UploadId", begun->id, sizeof begun->id))
        status = FAIL(error, STATUS_CONNECTION_FAILURE, "the store's answer lacks UploadId");
    call_release(&call);
    if (status != STATUS_OK) {
        free(begun->name);
        free(begun);
        return status;
    }
    *upload = begun;
    return STATUS_OK;
}

static enum status s3_upload_part(struct store_upload *upload, struct str part, struct error *error) {
    if (upload->part_count == PARTS_MAX)
        return FAIL(error, STATUS_LIMIT_EXCEEDED, "%s has more than %d parts", upload->name, PARTS_MAX);
    if (upload->part_count % 64 == 0)
        upload->etags = memory_realloc(upload->etags, (upload->part_count + 64) * sizeof *upload->etags);
    char number[16];
    snprintf(number, sizeof number, "%u", upload->part_count + 1);
    struct s3_call call;
    call_init(&call, upload->store, "PUT", upload->name);
    call.body = part;
    call_parameter(&call, "partNumber", number);
    call_parameter(&call, "uploadId", upload->id);
    struct store_tag tag;
    enum status status = call_checked(&call, "write a part of", upload->name, error);
    if (status == STATUS_OK)
        status = tag_from_etag(&call.answer, &tag, error);
    if (status == STATUS_OK) {
        memcpy(upload->etags[upload->part_count], tag.bytes, tag.size);
        upload->etags[upload->part_count++][tag.size] = 0;
    }
    call_release(&call);
    return status;
}

static void append_xml(struct strbuf *out, const char *text) {
    for (; *text; text++) {
        if (*text == '<' || *text == '&' || *text == '>' || *text == '"')
            strbuf_printf(out, "&#%d;", *text);
        else
            strbuf_append_char(out, *text);
    }
}

static enum status complete(struct store_upload *upload, struct str document, enum store_swap *outcome,
                            struct error *error) {
    struct s3_call call;
    call_init(&call, upload->store, "POST", upload->name);
    call.body = document;
    call_parameter(&call, "uploadId", upload->id);
    call_header(&call, "if-none-match", "*");
    call_header(&call, "content-type", "application/xml");
    enum status status = conditional_write(&call, "complete the upload of", upload->name, outcome, error);
    if (status == STATUS_OK && *outcome == STORE_SWAP_DONE && !s3_answer_is_completed(strbuf_str(&call.answer.body))) {
        (void)FAIL(error, STATUS_CONNECTION_FAILURE, "the upload of %s was not completed", upload->name);
        *outcome = STORE_SWAP_UNKNOWN;
    }
    /* MISSING: the upload is gone, perhaps because an attempt before this one completed it. The caller compares. */
    upload->completed |= status == STATUS_OK && *outcome == STORE_SWAP_DONE;
    call_release(&call);
    return status;
}

static enum status s3_upload_finish(struct store_upload *upload, struct str last, enum store_swap *outcome,
                                    struct error *error) {
    if (!upload->last_sent)
        TRY(s3_upload_part(upload, last, error));
    upload->last_sent = true;
    struct strbuf document;
    strbuf_init(&document);
    strbuf_append_text(&document, "<CompleteMultipartUpload>");
    for (uint32_t i = 0; i < upload->part_count; i++) {
        strbuf_printf(&document, "<Part><PartNumber>%u</PartNumber><ETag>", i + 1);
        append_xml(&document, upload->etags[i]);
        strbuf_append_text(&document, "</ETag></Part>");
    }
    strbuf_append_text(&document, "</CompleteMultipartUpload>");
    enum status status = complete(upload, strbuf_str(&document), outcome, error);
    strbuf_release(&document);
    return status;
}

/* Parts that stay behind cost money and are seen by no list of objects: so the abort is repeated, and said when it fails. */
static void abort_upload(struct store_upload *upload) {
    struct store *store = &upload->store->base;
    for (uint32_t attempt = 0;; attempt++) {
        struct error error = {0};
        struct s3_call call;
        call_init(&call, upload->store, "DELETE", upload->name);
        call_parameter(&call, "uploadId", upload->id);
        enum status status = call_checked(&call, "abort the upload of", upload->name, &error);
        call_release(&call);
        if (status == STATUS_OK || status == STATUS_UNDEFINED_FILE)
            return;
        if (!store_retry(store, attempt, &error)) {
            log_warn("an unfinished upload stays in the bucket", log_text("object", upload->name),
                     LOG_ERROR_FIELDS(&error));
            return;
        }
    }
}

static void s3_upload_abort(struct store_upload *upload) {
    if (!upload->completed)
        abort_upload(upload);
    free(upload->etags);
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

/* What an answer to a ranged GET means: 206 a part, 200 the whole (some stores ignore ranges), 416 beyond the end. */
static enum status take_range(const struct http_answer *answer, uint64_t offset, uint64_t size, struct strbuf *content,
                              uint64_t *object_size, struct error *error) {
    struct str body = strbuf_str(&answer->body);
    if (answer->code == 200) {
        if (answer->too_large)
            *object_size = answer->content_length > 0 ? (uint64_t)answer->content_length : UINT64_MAX;
        else
            *object_size = body.size;
        if (offset > 0 && body.size < offset + size && answer->too_large)
            return FAIL(error, STATUS_UNSUPPORTED, "the store ignores the header Range");
        uint64_t skipped = offset < body.size ? offset : body.size;
        body = (struct str){body.data + skipped, body.size - skipped};
        body.size = body.size < size ? body.size : size;
    } else if (!total_of_range(answer->content_range, object_size) || body.size > size ||
               body.size != (offset >= *object_size         ? 0
                             : *object_size - offset < size ? *object_size - offset
                                                            : size)) {
        (void)FAIL(error, STATUS_CONNECTION_FAILURE, "the store's answer does not hold the range that was asked for");
        if (error)
            error->retriable = true;
        return STATUS_CONNECTION_FAILURE;
    }
    strbuf_append_str(content, body);
    return STATUS_OK;
}

static enum status s3_read(struct store *store, const char *name, uint64_t offset, uint64_t size,
                           struct strbuf *content, uint64_t *object_size, struct store_tag *tag, struct error *error) {
    char range[64];
    struct s3_call call;
    call_init(&call, (struct s3_store *)store, "GET", name);
    call.body_limit = size > ANSWER_MAX ? size : ANSWER_MAX;
    /* An empty object has no range; asking for one is how its emptiness is found out (416). */
    snprintf(range, sizeof range, "bytes=%llu-%llu", (unsigned long long)offset,
             (unsigned long long)(offset + (size ? size : 1) - 1));
    call_header(&call, "range", range);
    enum status status = STATUS_OK;
    tag->size = 0;
    if (call_do(&call, error) != HTTP_ANSWERED)
        status = STATUS_CONNECTION_FAILURE;
    else if (call.answer.code == 416)
        status = store->class->size(store, name, object_size, error);
    else if (call.answer.code != 200 && call.answer.code != 206)
        status = call_failed(&call, "read", name, error);
    else if (call.answer.code == 206 && size == 0 && total_of_range(call.answer.content_range, object_size))
        status = STATUS_OK; /* the one byte was not wanted */
    else
        status = take_range(&call.answer, offset, size, content, object_size, error);
    if (status == STATUS_OK && call.answer.code != 416 && *call.answer.etag)
        status = tag_from_etag(&call.answer, tag, error);
    call_release(&call);
    return status;
}

static enum status s3_size(struct store *store, const char *name, uint64_t *size_bytes, struct error *error) {
    struct s3_call call;
    call_init(&call, (struct s3_store *)store, "HEAD", name);
    enum status status = call_checked(&call, "examine", name, error);
    if (status == STATUS_OK && call.answer.content_length < 0)
        status = FAIL(error, STATUS_CONNECTION_FAILURE, "the store does not say how large %s is", name);
    else if (status == STATUS_OK)
        *size_bytes = (uint64_t)call.answer.content_length;
    call_release(&call);
    return status;
}

static enum status s3_remove(struct store *store, const char *name, struct error *error) {
    struct s3_call call;
    call_init(&call, (struct s3_store *)store, "DELETE", name);
    enum status status = call_checked(&call, "delete", name, error);
    call_release(&call);
    return status;
}

static enum status s3_list(struct store *base, const char *prefix, const char *after, uint32_t limit,
                           struct store_page *page, struct error *error) {
    struct s3_store *store = (struct s3_store *)base;
    struct arena arena;
    struct s3_listing listing = {.arena = &arena, .key_prefix = store->key_prefix, .page = page};
    arena_init(&arena);
    struct s3_call call;
    call_init(&call, store, "GET", NULL);
    call_parameter(&call, "list-type", "2");
    call_parameter(&call, "encoding-type", "url");
    call_parameter(&call, "max-keys", arena_printf(&arena, "%u", limit));
    call_parameter(&call, "prefix", arena_printf(&arena, "%s%s", store->key_prefix, prefix));
    if (after)
        call_parameter(&call, "start-after", arena_printf(&arena, "%s%s", store->key_prefix, after));
    enum status status = call_checked(&call, "list", *prefix ? prefix : "the bucket", error);
    if (status == STATUS_OK &&
        (call.answer.too_large || !s3_answer_read_listing(strbuf_str(&call.answer.body), &listing) ||
         page->count > limit)) {
        status = FAIL(error, STATUS_CONNECTION_FAILURE, "the store's list of objects cannot be read");
        if (error)
            error->retriable = true;
    }
    if (status == STATUS_OK && listing.truncated)
        page->next = memory_strdup(listing.last);
    call_release(&call);
    arena_release(&arena);
    return status;
}

static void s3_close(struct store *store) {
    struct s3_store *s3 = (struct s3_store *)store;
    http_client_free(s3->http);
    arena_release(&s3->arena);
    free(s3);
}

static const char *option_or_environment(const struct store_uri *uri, const char *key, const char *variable,
                                         const char *other) {
    const char *value = store_uri_option(uri, key);
    value = value ? value : getenv(variable);
    value = value && *value ? value : other ? getenv(other) : NULL;
    return value && *value ? value : NULL;
}

/* Buckets with dots do not match the certificate *.s3.amazonaws.com, and other servers seldom know hosts for buckets. */
static enum status choose_address(struct s3_store *store, const struct store_uri *uri, struct error *error) {
    const char *endpoint = option_or_environment(uri, "endpoint", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL");
    const char *style = store_uri_option(uri, "style");
    if (style && strcmp(style, "path") != 0 && strcmp(style, "virtual") != 0)
        return FAIL(error, STATUS_INVALID_OPTION, "style is path or virtual, not \"%s\"", style);
    bool virtual = style ? strcmp(style, "virtual") == 0 : !endpoint && !strchr(uri->authority, '.');
    if (!endpoint)
        endpoint = arena_printf(&store->arena, "https://s3.%s.amazonaws.com", store->region);
    size_t origin = http_origin_size(endpoint);
    if (!http_url_is_valid(endpoint) || strlen(endpoint) > origin + 1 || (endpoint[origin] && endpoint[origin] != '/'))
        return FAIL(error, STATUS_INVALID_OPTION, "endpoint \"%s\" is not http(s)://host:port", endpoint);
    const char *host = strstr(endpoint, "://") + 3;
    int scheme_size = (int)(host - endpoint), host_size = (int)(origin - (size_t)scheme_size);
    store->origin = virtual ? arena_printf(&store->arena, "%.*s%s.%.*s", scheme_size, endpoint, uri->authority,
                                           host_size, host)
                            : arena_printf(&store->arena, "%.*s", (int)origin, endpoint);
    store->host = strstr(store->origin, "://") + 3;
    store->path_prefix = virtual ? "" : arena_printf(&store->arena, "/%s", uri->authority);
    return STATUS_OK;
}

static bool bucket_is_valid(const char *bucket) {
    size_t size = strlen(bucket);
    return size >= 3 && size <= 63 && strspn(bucket, "abcdefghijklmnopqrstuvwxyz0123456789.-_") == size;
}

static enum status prepare(struct s3_store *store, const struct store_uri *uri, struct error *error) {
    if (!bucket_is_valid(uri->authority))
        return FAIL(error, STATUS_INVALID_OPTION, "\"%s\" cannot be the name of a bucket", uri->authority);
    if (*uri->path && !store_name_is_valid(uri->path))
        return FAIL(error, STATUS_INVALID_OPTION, "\"%s\" cannot be the prefix of object names", uri->path);
    TRY(s3_credentials_find(store->env, &store->arena, &store->credentials, error));
    const char *region = store_uri_option(uri, "region");
    region = region ? region : store->credentials.region ? store->credentials.region : "us-east-1";
    if (!*region || strspn(region, "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen(region))
        return FAIL(error, STATUS_INVALID_OPTION, "\"%s\" cannot be a region", region);
    store->region = arena_strdup(&store->arena, region);
    store->key_prefix = *uri->path ? arena_printf(&store->arena, "%s/", uri->path) : "";
    return choose_address(store, uri, error);
}

static enum status s3_open(const struct store_uri *uri, const struct store_options *options, struct store **store,
                           struct error *error) {
    static const char *const known[] = {"region", "endpoint", "style", NULL};
    TRY(store_uri_check_options(uri, known, error));
    struct s3_store *opened = memory_zalloc(sizeof *opened);
    arena_init(&opened->arena);
    opened->env = options->env;
    enum status status = prepare(opened, uri, error);
    if (status != STATUS_OK) {
        s3_close(&opened->base);
        return status;
    }
    opened->http = http_client_new(options->request_timeout_ms);
    *store = &opened->base;
    return STATUS_OK;
}

const struct store_class s3_store_class = {
    .scheme = "s3",
    .retries = true,
    .parts_max = PARTS_MAX,
    .open = s3_open,
    .close = s3_close,
    .put = s3_put,
    .upload_begin = s3_upload_begin,
    .upload_part = s3_upload_part,
    .upload_finish = s3_upload_finish,
    .upload_abort = s3_upload_abort,
    .read = s3_read,
    .size = s3_size,
    .remove = s3_remove,
    .list = s3_list,
    .swap = s3_swap,
};
