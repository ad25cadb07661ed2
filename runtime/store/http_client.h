/* http_client.h: one HTTP request and its answer, over libcurl. Redirects are not followed, certificates are checked, answers
 * are bounded. Any number of threads may share a client; each request has a connection of its own while it lasts, and
 * connections are kept for the next.
 *
 * What became of a request is one of three: answered; certainly not sent (no connection came about); unknown. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/base/status.h"
#include "core/base/str.h"

struct http_client;

enum { HTTP_HEADERS_MAX = 16, HTTP_HEADER_VALUE_MAX = 1024 };

struct http_header {
    const char *name; /* lower case in a request */
    const char *value;
};

struct http_request {
    const char *method;
    const char *url;
    struct http_header headers[HTTP_HEADERS_MAX];
    uint32_t header_count;
    struct str body;     /* borrowed */
    uint64_t body_limit; /* of the answer; one byte more makes the request fail */
    bool fresh;  /* on a new connection: libcurl silently repeats a request whose kept connection had died, and a
                          * conditional write must not be repeated without our knowing */
    bool direct; /* never through a proxy */
};

enum http_outcome { HTTP_ANSWERED = 1, HTTP_NOT_SENT, HTTP_UNKNOWN };

/* Headers of the answer that somebody here reads; absent ones are "". */
struct http_answer {
    int code;
    struct strbuf body;
    char etag[HTTP_HEADER_VALUE_MAX];
    char content_range[HTTP_HEADER_VALUE_MAX];
    char range[HTTP_HEADER_VALUE_MAX];
    char location[HTTP_HEADER_VALUE_MAX];
    char generation[HTTP_HEADER_VALUE_MAX];    /* x-goog-generation */
    char bucket_region[HTTP_HEADER_VALUE_MAX]; /* x-amz-bucket-region */
    char metadata_flavor[HTTP_HEADER_VALUE_MAX];
    int64_t content_length; /* as the header says; -1: not said */
    bool too_large;         /* the body passed its limit, and was not read to its end */
};

struct http_client *http_client_new(uint32_t timeout_ms); /* without progress */
void http_client_free(struct http_client *client);

void http_request_header(struct http_request *request, const char *name, const char *value); /* borrowed */
void http_answer_init(struct http_answer *answer);
void http_answer_release(struct http_answer *answer);

/* Resets the answer. `error` is filled for all but HTTP_ANSWERED: a retriable CONNECTION_FAILURE that names the URL without
 * its query. */
enum http_outcome http_client_do(struct http_client *client, const struct http_request *request,
                                 struct http_answer *answer, struct error *error);

/* Fills `error` from an answer that is not a success: what was asked, the code, the beginning of the body. 408, 429 and 5xx are
 * retriable CONNECTION_FAILUREs, 404 is UNDEFINED_FILE, others are FILE_ERRORs. */
enum status http_answer_failed(const struct http_answer *answer, const char *what, const char *name,
                               struct error *error);
/* http or https, a host, and no control characters or spaces. */
bool http_url_is_valid(const char *url);
/* The length of scheme://host:port. */
size_t http_origin_size(const char *url);
/* On this very host: where plain http is good enough for secrets. */
bool http_url_is_local(const char *url);
