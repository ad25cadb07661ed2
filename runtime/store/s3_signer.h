/* s3_signer.h: AWS Signature Version 4. Pure functions: the same request at the same second has the same signature.
 * Algorithm: "Signature Calculations for the Authorization Header", Amazon S3 API Reference. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/base/str.h"

enum { S3_HEADERS_MAX = 16, S3_PARAMETERS_MAX = 12 };

struct s3_pair {
    const char *name; /* of a header: lower case */
    const char *value;
};

struct s3_signed_request {
    const char *method;
    const char *path;                             /* not escaped, begins with a slash */
    struct s3_pair parameters[S3_PARAMETERS_MAX]; /* not escaped, in any order */
    uint32_t parameter_count;
    struct s3_pair headers[S3_HEADERS_MAX]; /* all of them are signed; must have host; in any order */
    uint32_t header_count;
    char payload_sha256[65]; /* lower-case hexadecimal digits, or UNSIGNED-PAYLOAD */
};

struct s3_signing_key {
    const char *access_key, *secret_key;
    const char *region, *service; /* "us-east-1", "s3" */
};

/* "20130524T000000Z" */
void s3_time_text(int64_t now_us, char text[17]);
void s3_sha256_text(struct str content, char text[65]);
/* key=value&key=value, sorted and escaped: what is signed, and to be sent just so. */
void s3_query(const struct s3_signed_request *request, struct strbuf *query);
void s3_canonical_request(const struct s3_signed_request *request, struct strbuf *canonical);
void s3_string_to_sign(const struct s3_signed_request *request, const struct s3_signing_key *key, const char *time,
                       struct strbuf *text);
/* The value of the header Authorization. `time` as in the header x-amz-date, which must be among the request's. */
void s3_authorization(const struct s3_signed_request *request, const struct s3_signing_key *key, const char *time,
                      struct strbuf *authorization);
