/* http_client.c: requests over libcurl easy handles, kept in a pool for their connections. No length that a server announces
 * is believed: the body is what arrives, up to the limit. */
#include "runtime/store/http_client.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/arena.h"

enum { POOL_MAX = 16, CONNECT_TIMEOUT_MAX_MS = 10000, ERROR_BODY_MAX = 300 };

struct http_client {
    pthread_mutex_t lock;
    CURL *idle[POOL_MAX];
    uint32_t idle_count;
    uint32_t timeout_ms;
};

struct transfer {
    struct http_answer *answer;
    uint64_t body_limit;
    struct str rest; /* of the body to send */
    struct str body;
};

static void start_curl(void) {
    CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);
    ASSERT(code == CURLE_OK);
}

struct http_client *http_client_new(uint32_t timeout_ms) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, start_curl);
    struct http_client *client = memory_zalloc(sizeof *client);
    int made = pthread_mutex_init(&client->lock, NULL);
    ASSERT(made == 0);
    client->timeout_ms = timeout_ms;
    return client;
}

void http_client_free(struct http_client *client) {
    if (!client)
        return;
    for (uint32_t i = 0; i < client->idle_count; i++)
        curl_easy_cleanup(client->idle[i]);
    pthread_mutex_destroy(&client->lock);
    free(client);
}

static CURL *take_handle(struct http_client *client) {
    pthread_mutex_lock(&client->lock);
    CURL *handle = client->idle_count ? client->idle[--client->idle_count] : NULL;
    pthread_mutex_unlock(&client->lock);
    if (!handle)
        handle = curl_easy_init();
    ASSERT(handle);
    return handle;
}

static void give_handle(struct http_client *client, CURL *handle) {
    curl_easy_reset(handle); /* keeps connections */
    pthread_mutex_lock(&client->lock);
    bool kept = client->idle_count < POOL_MAX;
    if (kept)
        client->idle[client->idle_count++] = handle;
    pthread_mutex_unlock(&client->lock);
    if (!kept)
        curl_easy_cleanup(handle);
}

void http_request_header(struct http_request *request, const char *name, const char *value) {
    ASSERT(request->header_count < HTTP_HEADERS_MAX);
    request->headers[request->header_count++] = (struct http_header){name, value};
}

void http_answer_init(struct http_answer *answer) {
    memset(answer, 0, sizeof *answer);
    strbuf_init(&answer->body);
}

void http_answer_release(struct http_answer *answer) {
    strbuf_release(&answer->body);
}

static size_t on_body(char *data, size_t one, size_t size, void *context) {
    (void)one;
    struct transfer *transfer = context;
    if (size > transfer->body_limit - transfer->answer->body.size) {
        transfer->answer->too_large = true;
        return 0; /* curl gives up */
    }
    strbuf_append(&transfer->answer->body, data, size);
    return size;
}

static size_t on_send(char *data, size_t one, size_t count, void *context) {
    struct transfer *transfer = context;
    size_t size = one * count;
    if (size > transfer->rest.size)
        size = transfer->rest.size;
    if (size)
        memcpy(data, transfer->rest.data, size);
    transfer->rest.data += size;
    transfer->rest.size -= size;
    return size;
}

static int on_rewind(void *context, curl_off_t offset, int origin) {
    struct transfer *transfer = context;
    if (origin != SEEK_SET || offset < 0 || (uint64_t)offset > transfer->body.size)
        return CURL_SEEKFUNC_FAIL;
    transfer->rest = (struct str){transfer->body.data + offset, transfer->body.size - (size_t)offset};
    return CURL_SEEKFUNC_OK;
}

/* A value that is too long counts as absent. */
static void keep_value(char value[HTTP_HEADER_VALUE_MAX], struct str text) {
    bool fits = text.size < HTTP_HEADER_VALUE_MAX && !memchr(text.data, 0, text.size);
    if (fits)
        memcpy(value, text.data, text.size);
    value[fits ? text.size : 0] = 0;
}

static const struct {
    const char *name;
    size_t offset;
} kept_headers[] = {
    {"etag", offsetof(struct http_answer, etag)},
    {"content-range", offsetof(struct http_answer, content_range)},
    {"range", offsetof(struct http_answer, range)},
    {"location", offsetof(struct http_answer, location)},
    {"x-goog-generation", offsetof(struct http_answer, generation)},
    {"x-amz-bucket-region", offsetof(struct http_answer, bucket_region)},
    {"metadata-flavor", offsetof(struct http_answer, metadata_flavor)},
};

static void forget_headers(struct http_answer *answer) {
    for (size_t i = 0; i < sizeof kept_headers / sizeof kept_headers[0]; i++)
        *((char *)answer + kept_headers[i].offset) = 0;
    answer->content_length = -1;
}

static size_t on_header(char *data, size_t one, size_t size, void *context) {
    (void)one;
    struct http_answer *answer = ((struct transfer *)context)->answer;
    struct str line = {data, size};
    if (str_starts_with(line, STR("HTTP/"))) {
        forget_headers(answer); /* those of an interim answer such as 100 */
        return size;
    }
    const char *colon = memchr(data, ':', size);
    if (!colon)
        return size;
    struct str name = {data, (size_t)(colon - data)};
    struct str value = str_trim((struct str){colon + 1, size - name.size - 1});
    if (value.size == 0)
        return size;
    for (size_t i = 0; i < sizeof kept_headers / sizeof kept_headers[0]; i++)
        if (str_equal_ignore_case(name, str_from(kept_headers[i].name)))
            keep_value((char *)answer + kept_headers[i].offset, value);
    int64_t length;
    if (str_equal_ignore_case(name, STR("content-length")) && int_parse(value, &length) && length >= 0)
        answer->content_length = length;
    return size;
}

static struct curl_slist *header_list(const struct http_request *request) {
    /* Without these curl would wait for 100-continue, or name a content type that was not signed. */
    struct curl_slist *list = curl_slist_append(NULL, "Expect:");
    struct strbuf line;
    strbuf_init(&line);
    bool typed = false;
    for (uint32_t i = 0; i < request->header_count; i++) {
        strbuf_reset(&line);
        strbuf_printf(&line, "%s: %s", request->headers[i].name, request->headers[i].value);
        typed |= strcmp(request->headers[i].name, "content-type") == 0;
        list = curl_slist_append(list, line.data);
        ASSERT(list);
    }
    if (!typed)
        list = curl_slist_append(list, "Content-Type:");
    ASSERT(list);
    strbuf_release(&line);
    return list;
}

#define SET(handle, option, value)                                    \
    do {                                                              \
        CURLcode set_code_ = curl_easy_setopt(handle, option, value); \
        ASSERT(set_code_ == CURLE_OK);                                \
    } while (0)

static void prepare_method(CURL *handle, const struct http_request *request, struct transfer *transfer) {
    if (strcmp(request->method, "HEAD") == 0) {
        SET(handle, CURLOPT_NOBODY, 1L);
    } else if (strcmp(request->method, "PUT") == 0) {
        SET(handle, CURLOPT_UPLOAD, 1L);
        SET(handle, CURLOPT_INFILESIZE_LARGE, (curl_off_t)request->body.size);
        SET(handle, CURLOPT_READFUNCTION, on_send);
        SET(handle, CURLOPT_READDATA, transfer);
        SET(handle, CURLOPT_SEEKFUNCTION, on_rewind);
        SET(handle, CURLOPT_SEEKDATA, transfer);
    } else if (strcmp(request->method, "POST") == 0) {
        SET(handle, CURLOPT_POST, 1L);
        SET(handle, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.size);
        SET(handle, CURLOPT_POSTFIELDS, request->body.size ? request->body.data : "");
    } else if (strcmp(request->method, "GET") != 0) {
        SET(handle, CURLOPT_CUSTOMREQUEST, request->method);
    }
}

static void prepare(const struct http_client *client, CURL *handle, const struct http_request *request,
                    struct transfer *transfer, struct curl_slist *headers, char *reason) {
    long seconds = (client->timeout_ms + 999) / 1000;
    SET(handle, CURLOPT_URL, request->url);
    SET(handle, CURLOPT_PROTOCOLS_STR, "http,https");
    SET(handle, CURLOPT_PATH_AS_IS, 1L);
    SET(handle, CURLOPT_NOSIGNAL, 1L);
    SET(handle, CURLOPT_HTTPHEADER, headers);
    SET(handle, CURLOPT_WRITEFUNCTION, on_body);
    SET(handle, CURLOPT_WRITEDATA, transfer);
    SET(handle, CURLOPT_HEADERFUNCTION, on_header);
    SET(handle, CURLOPT_HEADERDATA, transfer);
    SET(handle, CURLOPT_ERRORBUFFER, reason);
    SET(handle, CURLOPT_CONNECTTIMEOUT_MS,
        (long)(client->timeout_ms < CONNECT_TIMEOUT_MAX_MS ? client->timeout_ms : CONNECT_TIMEOUT_MAX_MS));
    /* Given up when slower than 1 KB/s for the timeout; and in any case after a time that only a stuck request needs. */
    SET(handle, CURLOPT_LOW_SPEED_LIMIT, 1024L);
    SET(handle, CURLOPT_LOW_SPEED_TIME, seconds);
    SET(handle, CURLOPT_TIMEOUT_MS, (long)client->timeout_ms * 10);
    SET(handle, CURLOPT_FRESH_CONNECT, request->fresh ? 1L : 0L);
    if (request->direct)
        SET(handle, CURLOPT_NOPROXY, "*");
    SET(handle, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1); /* one request, one connection: clear fates */
    prepare_method(handle, request, transfer);
}

/* Nothing can have reached the server. */
static bool never_sent(CURLcode code) {
    return code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_COULDNT_RESOLVE_PROXY || code == CURLE_COULDNT_CONNECT ||
           code == CURLE_SSL_CONNECT_ERROR || code == CURLE_PEER_FAILED_VERIFICATION;
}

static enum http_outcome judge(CURLcode code, const struct http_request *request, struct http_answer *answer,
                               const char *reason, struct error *error) {
    if (code == CURLE_OK || (answer->too_large && answer->code))
        return HTTP_ANSWERED;
    (void)FAIL(error, STATUS_CONNECTION_FAILURE, "no answer to %s %.*s: %s", request->method,
               (int)strcspn(request->url, "?"), request->url, *reason ? reason : curl_easy_strerror(code));
    if (error)
        error->retriable = code != CURLE_PEER_FAILED_VERIFICATION;
    return never_sent(code) ? HTTP_NOT_SENT : HTTP_UNKNOWN;
}

enum http_outcome http_client_do(struct http_client *client, const struct http_request *request,
                                 struct http_answer *answer, struct error *error) {
    char reason[CURL_ERROR_SIZE] = "";
    struct transfer transfer = {
        .answer = answer, .body_limit = request->body_limit, .rest = request->body, .body = request->body};
    strbuf_reset(&answer->body);
    forget_headers(answer);
    answer->too_large = false;
    answer->code = 0;
    CURL *handle = take_handle(client);
    struct curl_slist *headers = header_list(request);
    prepare(client, handle, request, &transfer, headers, reason);
    CURLcode code = curl_easy_perform(handle);
    long answer_code = 0;
    curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &answer_code);
    answer->code = (int)answer_code;
    enum http_outcome outcome = judge(code, request, answer, reason, error);
    give_handle(client, handle);
    curl_slist_free_all(headers);
    return outcome;
}

/* The beginning of the body, in one printable line. */
static void describe_body(const struct http_answer *answer, char text[ERROR_BODY_MAX + 1]) {
    size_t size = answer->body.size < ERROR_BODY_MAX ? answer->body.size : ERROR_BODY_MAX;
    for (size_t i = 0; i < size; i++) {
        char c = answer->body.data[i];
        text[i] = c >= ' ' && c <= '~' ? c : ' ';
    }
    text[size] = 0;
}

enum status http_answer_failed(const struct http_answer *answer, const char *what, const char *name,
                               struct error *error) {
    bool busy = answer->code >= 500 || answer->code == 408 || answer->code == 429;
    enum status status = busy                  ? STATUS_CONNECTION_FAILURE
                         : answer->code == 404 ? STATUS_UNDEFINED_FILE
                                               : STATUS_FILE_ERROR;
    char body[ERROR_BODY_MAX + 1];
    describe_body(answer, body);
    (void)FAIL(error, status, "cannot %s %s: the store answered %d", what, name, answer->code);
    error_detail(error, "%s", body);
    if (answer->code == 401 || answer->code == 403)
        error_hint(error, "the credentials in use do not allow this, or are not valid");
    if (error)
        error->retriable = busy;
    return status;
}

size_t http_origin_size(const char *url) {
    const char *colon = strstr(url, "://");
    return colon ? (size_t)(colon - url) + 3 + strcspn(colon + 3, "/?#") : 0;
}

bool http_url_is_valid(const char *url) {
    bool known = strncmp(url, "http://", 7) == 0 || strncmp(url, "https://", 8) == 0;
    for (const char *c = url; *c; c++)
        if (*c <= ' ' || *c > '~')
            return false;
    size_t origin = http_origin_size(url);
    return known && url[origin - 1] != '/' && !memchr(url, '@', origin);
}

bool http_url_is_local(const char *url) {
    static const char *const local[] = {"localhost", "127.0.0.1", "[::1]"};
    const char *host = strstr(url, "://");
    for (size_t i = 0; host && i < sizeof local / sizeof local[0]; i++) {
        size_t size = strlen(local[i]);
        if (strncmp(host + 3, local[i], size) == 0 && strchr(":/?#", host[3 + size]))
            return true;
    }
    return false;
}
