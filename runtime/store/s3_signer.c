/* s3_signer.c: AWS Signature Version 4 over OpenSSL's HMAC.
 *
 *     canonical request ─sha256─▶ string to sign ─hmac─▶ signature
 *     secret ─hmac date─ hmac region─ hmac service─ hmac "aws4_request"─▶ key ┘                                        */
#include "runtime/store/s3_signer.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/store/percent.h"

void s3_sha256_text(struct str content, char text[65]) {
    static const char digits[] = "0123456789abcdef";
    uint8_t digest[32];
    unsigned size;
    int done = EVP_Digest(content.data ? content.data : "", content.size, digest, &size, EVP_sha256(), NULL);
    ASSERT(done == 1 && size == 32);
    for (size_t i = 0; i < 32; i++) {
        text[2 * i] = digits[digest[i] >> 4];
        text[2 * i + 1] = digits[digest[i] & 15];
    }
    text[64] = 0;
}

/* Days to a civil date: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms". */
void s3_time_text(int64_t now_us, char text[17]) {
    int64_t seconds = now_us / 1000000;
    ASSERT(seconds >= 0 && seconds < 253402300800);
    int64_t days = seconds / 86400 + 719468, rest = seconds % 86400;
    int64_t era = days / 146097, day_of_era = days % 146097;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted = (5 * day_of_year + 2) / 153; /* months from March */
    int day = (int)(day_of_year - (153 * shifted + 2) / 5 + 1);
    int month = (int)(shifted < 10 ? shifted + 3 : shifted - 9);
    int year = (int)(year_of_era + era * 400 + (month <= 2));
    char buffer[64];
    snprintf(buffer, sizeof buffer, "%04d%02d%02dT%02d%02d%02dZ", year, month, day, (int)(rest / 3600),
             (int)(rest / 60 % 60), (int)(rest % 60));
    memcpy(text, buffer, 17);
}

static int compare_pairs(const void *a, const void *b) {
    const struct s3_pair *x = a, *y = b;
    int order = strcmp(x->name, y->name);
    return order ? order : strcmp(x->value, y->value);
}

/* Sorting by the plain names is sorting by the escaped ones only for names of unreserved characters: ours are. */
void s3_query(const struct s3_signed_request *request, struct strbuf *query) {
    struct s3_pair sorted[S3_PARAMETERS_MAX];
    uint32_t count = request->parameter_count;
    ASSERT(count <= S3_PARAMETERS_MAX);
    if (count == 0)
        return;
    memcpy(sorted, request->parameters, count * sizeof sorted[0]);
    qsort(sorted, count, sizeof sorted[0], compare_pairs);
    for (uint32_t i = 0; i < count; i++) {
        if (i)
            strbuf_append_char(query, '&');
        percent_encode(query, str_from(sorted[i].name), false);
        strbuf_append_char(query, '=');
        percent_encode(query, str_from(sorted[i].value), false);
    }
}

static uint32_t sort_headers(const struct s3_signed_request *request, struct s3_pair sorted[S3_HEADERS_MAX]) {
    ASSERT(request->header_count > 0 && request->header_count <= S3_HEADERS_MAX);
    memcpy(sorted, request->headers, request->header_count * sizeof sorted[0]);
    qsort(sorted, request->header_count, sizeof sorted[0], compare_pairs);
    return request->header_count;
}

static void append_header_names(const struct s3_signed_request *request, struct strbuf *out) {
    struct s3_pair sorted[S3_HEADERS_MAX];
    uint32_t count = sort_headers(request, sorted);
    for (uint32_t i = 0; i < count; i++) {
        if (i)
            strbuf_append_char(out, ';');
        strbuf_append_text(out, sorted[i].name);
    }
}

void s3_canonical_request(const struct s3_signed_request *request, struct strbuf *canonical) {
    strbuf_printf(canonical, "%s\n", request->method);
    percent_encode(canonical, str_from(request->path), true);
    strbuf_append_char(canonical, '\n');
    s3_query(request, canonical);
    strbuf_append_char(canonical, '\n');
    struct s3_pair sorted[S3_HEADERS_MAX];
    uint32_t count = sort_headers(request, sorted);
    for (uint32_t i = 0; i < count; i++) {
        struct str value = str_trim(str_from(sorted[i].value));
        strbuf_printf(canonical, "%s:%.*s\n", sorted[i].name, STR_FORMAT(value));
    }
    strbuf_append_char(canonical, '\n');
    append_header_names(request, canonical);
    strbuf_printf(canonical, "\n%s", request->payload_sha256);
}

static void append_scope(const struct s3_signing_key *key, const char *time, struct strbuf *out) {
    strbuf_printf(out, "%.8s/%s/%s/aws4_request", time, key->region, key->service);
}

void s3_string_to_sign(const struct s3_signed_request *request, const struct s3_signing_key *key, const char *time,
                       struct strbuf *text) {
    struct strbuf canonical;
    strbuf_init(&canonical);
    s3_canonical_request(request, &canonical);
    char digest[65];
    s3_sha256_text(strbuf_str(&canonical), digest);
    strbuf_release(&canonical);
    strbuf_printf(text, "AWS4-HMAC-SHA256\n%s\n", time);
    append_scope(key, time, text);
    strbuf_printf(text, "\n%s", digest);
}

static void hmac(const void *key, size_t key_size, struct str text, uint8_t digest[32]) {
    unsigned size;
    const uint8_t *done = HMAC(EVP_sha256(), key, (int)key_size, (const uint8_t *)text.data, text.size, digest, &size);
    ASSERT(done && size == 32);
}

static void derive_key(const struct s3_signing_key *key, const char *time, uint8_t derived[32]) {
    struct strbuf secret;
    strbuf_init(&secret);
    strbuf_printf(&secret, "AWS4%s", key->secret_key);
    uint8_t step[32];
    hmac(secret.data, secret.size, (struct str){time, 8}, step);
    OPENSSL_cleanse(secret.data, secret.size);
    strbuf_release(&secret);
    hmac(step, 32, str_from(key->region), derived);
    hmac(derived, 32, str_from(key->service), step);
    hmac(step, 32, STR("aws4_request"), derived);
}

void s3_authorization(const struct s3_signed_request *request, const struct s3_signing_key *key, const char *time,
                      struct strbuf *authorization) {
    uint8_t derived[32], signature[32];
    derive_key(key, time, derived);
    struct strbuf text;
    strbuf_init(&text);
    s3_string_to_sign(request, key, time, &text);
    hmac(derived, 32, strbuf_str(&text), signature);
    strbuf_release(&text);
    strbuf_printf(authorization, "AWS4-HMAC-SHA256 Credential=%s/", key->access_key);
    append_scope(key, time, authorization);
    strbuf_append_text(authorization, ",SignedHeaders=");
    append_header_names(request, authorization);
    strbuf_append_text(authorization, ",Signature=");
    hex_append(authorization, signature, 32);
}
