/* encoding.c: digests, base64, hexadecimal, URL parts and escapes, UUID. */

#include <openssl/evp.h>

#include "core/base/base64.h"
#include "core/functions/kernels/kernel.h"
#include "core/functions/kernels/kernels.h"
#include "core/functions/kernels/text_writer.h"

static const char hex_lower[] = "0123456789abcdef";
static const char hex_upper[] = "0123456789ABCDEF";

static size_t hex_write(char *at, struct str bytes, const char *digits) {
    for (size_t i = 0; i < bytes.size; i++) {
        at[2 * i] = digits[(uint8_t)bytes.data[i] >> 4];
        at[2 * i + 1] = digits[(uint8_t)bytes.data[i] & 15];
    }
    return bytes.size * 2;
}

/* ---- digests ---- */

static void digest_all(struct function_call *call, const struct column *arguments, struct column *result,
                       const EVP_MD *algorithm) {
    struct string_view *out = result->values;
    struct text_writer writer = text_writer_make(call->arena);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    ASSERT(context);
    KERNEL_ROWS (call, row) {
        struct str text = argument_str(&arguments[0], row);
        uint8_t digest[EVP_MAX_MD_SIZE];
        unsigned size = 0;
        ASSERT(EVP_DigestInit_ex(context, algorithm, NULL) && EVP_DigestUpdate(context, text.data, text.size) &&
               EVP_DigestFinal_ex(context, digest, &size));
        char *at = text_reserve(&writer, size * 2);
        out[row] = text_commit(&writer, hex_write(at, (struct str){(const char *)digest, size}, hex_lower));
    }
    EVP_MD_CTX_free(context);
}

#define DIGEST(name, algorithm)                                                                         \
    enum status name(struct function_call *call, const struct column *arguments, struct column *result, \
                     struct error *error) {                                                             \
        (void)error;                                                                                    \
        digest_all(call, arguments, result, algorithm);                                                 \
        return STATUS_OK;                                                                               \
    }
DIGEST(encoding_md5, EVP_md5())
DIGEST(encoding_sha1, EVP_sha1())
DIGEST(encoding_sha224, EVP_sha224())
DIGEST(encoding_sha256, EVP_sha256())
DIGEST(encoding_sha384, EVP_sha384())
DIGEST(encoding_sha512, EVP_sha512())

enum status encoding_sha2(struct function_call *call, const struct column *arguments, struct column *result,
                          struct error *error) {
    (void)error;
    if (arguments[1].kind != COLUMN_CONSTANT)
        return FAIL_AT(error, call->position, STATUS_INVALID_ARGUMENT, "SHA2 takes a constant hash length");
    switch (argument_i64(&arguments[1], 0)) {
    case 224: digest_all(call, arguments, result, EVP_sha224()); return STATUS_OK;
    case 256: digest_all(call, arguments, result, EVP_sha256()); return STATUS_OK;
    case 384: digest_all(call, arguments, result, EVP_sha384()); return STATUS_OK;
    case 512: digest_all(call, arguments, result, EVP_sha512()); return STATUS_OK;
    default: break;
    }
    return FAIL_AT(error, call->position, STATUS_INVALID_ARGUMENT, "hash length must be 224, 256, 384 or 512");
}

/* ---- base64 ---- */

static const char base64_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static int base64_value(char c) {
    const char *found = c ? strchr(base64_digits, c) : NULL;
    return found ? (int)(found - base64_digits) : -1;
}

/* false when the text is not base64. */
static bool base64_read(char *at, struct str text, size_t *size) {
    uint32_t group = 0, digits = 0;
    *size = 0;
    while (text.size && text.data[text.size - 1] == '=')
        text.size--;
    for (size_t i = 0; i < text.size; i++) {
        int value = base64_value(text.data[i]);
        if (value < 0)
            return false;
        group = group << 6 | (uint32_t)value;
        if (++digits % 4 == 0) {
            at[(*size)++] = (char)(group >> 16);
            at[(*size)++] = (char)(group >> 8);
            at[(*size)++] = (char)group;
        }
    }
    if (digits % 4 == 1)
        return false;
    if (digits % 4 >= 2)
        at[(*size)++] = (char)(group >> (digits % 4 == 2 ? 4 : 10));
    if (digits % 4 == 3)
        at[(*size)++] = (char)(group >> 2);
    return true;
}

enum status encoding_to_base64(struct function_call *call, const struct column *arguments, struct column *result,
                               struct error *error) {
    (void)error;
    struct string_view *out = result->values;
    struct text_writer writer = text_writer_make(call->arena);
    KERNEL_ROWS (call, row) {
        struct str text = argument_str(&arguments[0], row);
        base64_write(text_reserve(&writer, base64_size(text.size)), text);
        out[row] = text_commit(&writer, base64_size(text.size));
    }
    return STATUS_OK;
}

enum status encoding_from_base64(struct function_call *call, const struct column *arguments, struct column *result,
                                 struct error *error) {
    (void)error;
    struct string_view *out = result->values;
    struct text_writer writer = text_writer_make(call->arena);
    KERNEL_ROWS (call, row) {
        struct str text = argument_str(&arguments[0], row);
        size_t size;
        char *at = text_reserve(&writer, text.size + 3);
        if (base64_read(at, text, &size))
            out[row] = text_commit(&writer, size);
        else
            result_null(call, result, row);
    }
    return STATUS_OK;
}

/* ---- hexadecimal and binary ---- */

enum status encoding_hex(struct function_call *call, const struct column *arguments, struct column *result,
                         struct error *error) {
    (void)error;
    struct string_view *out = result->values;
    struct text_writer writer = text_writer_make(call->arena);
    KERNEL_ROWS (call, row) {
        struct str text = argument_str(&arguments[0], row);
        char *at = text_reserve(&writer, text.size * 2 + 1);
        out[row] = text_commit(&writer, hex_write(at, text, hex_upper));
    }
    return STATUS_OK;
}

/* The digits of a number in base 2^bits, as an unsigned 64-bit one, at the end of text[64]. */
static size_t power_digits(char *text, uint64_t value, unsigned bits) {
    size_t size = 0;
    do {
        text[64 - ++size] = hex_upper[value & ((1u << bits) - 1)];
        value >>= bits;
    } while (value);
    return size;
}

static void power_digits_all(struct function_call *call, const struct column *argument, struct column *result,
                             unsigned bits) {
    struct string_view *out = result->values;
    struct text_writer writer = text_writer_make(call->arena);
    KERNEL_ROWS (call, row) {
        char text[64];
        size_t size = power_digits(text, (uint64_t)argument_i64(argument, row), bits);
        out[row] = text_put(&writer, (struct str){text + sizeof text - size, size});
    }
}

enum status encoding_bin(struct function_call *call, const struct column *arguments, struct column *result,
                         struct error *error) {
    (void)error;
    power_digits_all(call, &arguments[0], result, 1);
    return STATUS_OK;
}

enum status encoding_hex_bigint(struct function_call *call, const struct column *arguments, struct column *result,
                                struct error *error) {
    (void)error;
    power_digits_all(call, &arguments[0], result, 4);
    return STATUS_OK;
}

static int hex_value(char c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

static bool hex_read(char *at, struct str text) {
    size_t odd = text.size % 2;
    for (size_t i = 0; i < text.size; i++) {
        int value = hex_value(text.data[i]);
        if (value < 0)
            return false;
        size_t to = (i + odd) / 2;
        at[to] = (char)((i + odd) % 2 ? (at[to] | value) : value << 4);
        if (i == 0 && odd)
            at[0] = (char)value;
    }
    return true;
}

enum status encoding_unhex(struct function_call *call, const struct column *arguments, struct column *result,
                           struct error *error) {
    (void)error;
    struct string_view *out = result->values;
    struct text_writer writer = text_writer_make(call->arena);
    KERNEL_ROWS (call, row) {
        struct str text = argument_str(&arguments[0], row);
        char *at = text_reserve(&writer, text.size / 2 + 1);
        if (hex_read(at, text))
            out[row] = text_commit(&writer, (text.size + 1) / 2);
        else
            result_null(call, result, row);
    }
    return STATUS_OK;
}

/* ---- URLs ---- */

/* scheme://[user@]host[:port]path[?query][#fragment] */
struct url {
    struct str protocol, authority, user, host, path, query, reference;
    bool has_query, has_reference;
};

static struct str cut(struct str *text, const char *stop) {
    size_t size = 0;
    while (size < text->size && !(text->data[size] && strchr(stop, text->data[size])))
        size++;
    struct str head = {text->data, size};
    *text = (struct str){text->data + size, text->size - size};
    return head;
}

static bool url_read(struct str text, struct url *url) {
    *url = (struct url){0};
    url->protocol = cut(&text, ":");
    if (url->protocol.size == 0 || !str_starts_with(text, STR("://")))
        return false;
    text = (struct str){text.data + 3, text.size - 3};
    url->authority = cut(&text, "/?#");
    struct str host = url->authority;
    struct str user = cut(&host, "@");
    if (host.size) {
        url->user = user;
        host = (struct str){host.data + 1, host.size - 1};
    } else {
        host = user;
    }
    url->host = cut(&host, ":");
    url->path = cut(&text, "?#");
    if (text.size && text.data[0] == '?') {
        text = (struct str){text.data + 1, text.size - 1};
        url->has_query = true;
        url->query = cut(&text, "#");
    }
    url->has_reference = text.size > 0;
    if (url->has_reference)
        url->reference = (struct str){text.data + 1, text.size - 1};
    return true;
}

/* data NULL: there is no such part. */
static struct str url_part(const struct url *url, struct str name) {
    struct str none = {NULL, 0};
    if (str_equal(name, STR("HOST")))
        return url->host;
    if (str_equal(name, STR("PATH")))
        return url->path;
    if (str_equal(name, STR("QUERY")))
        return url->has_query ? url->query : none;
    if (str_equal(name, STR("REF")))
        return url->has_reference ? url->reference : none;
    if (str_equal(name, STR("PROTOCOL")))
        return url->protocol;
    if (str_equal(name, STR("AUTHORITY")))
        return url->authority;
    return str_equal(name, STR("USERINFO")) ? url->user : none;
}

static struct str query_value(struct str query, struct str key) {
    while (query.size) {
        struct str pair = cut(&query, "&");
        struct str name = cut(&pair, "=");
        if (str_equal(name, key) && pair.size)
            return (struct str){pair.data + 1, pair.size - 1};
        if (query.size)
            query = (struct str){query.data + 1, query.size - 1};
    }
    return (struct str){NULL, 0};
}

/* PARSE_URL(url, part[, key]): key picks a value of the query. */
enum status encoding_parse_url(struct function_call *call, const struct column *arguments, struct column *result,
                               struct error *error) {
    (void)error;
    struct string_view *out = result->values;
    KERNEL_ROWS (call, row) {
        struct str text = argument_str(&arguments[0], row), name = argument_str(&arguments[1], row);
        struct str found = {NULL, 0};
        struct url url;
        if (url_read(text, &url)) {
            found = str_equal(name, STR("FILE"))
                        ? (struct str){url.path.data, url.path.size + url.query.size + url.has_query}
                        : url_part(&url, name);
            if (call->argument_count > 2)
                found = str_equal(name, STR("QUERY")) ? query_value(url.query, argument_str(&arguments[2], row))
                                                      : (struct str){NULL, 0};
        }
        if (found.data)
            out[row] = view_make(found.data, (uint32_t)found.size);
        else
            result_null(call, result, row);
    }
    return STATUS_OK;
}

static bool url_plain(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c && strchr(".-*_", c));
}

enum status encoding_url_encode(struct function_call *call, const struct column *arguments, struct column *result,
                                struct error *error) {
    (void)error;
    struct string_view *out = result->values;
    struct text_writer writer = text_writer_make(call->arena);
    KERNEL_ROWS (call, row) {
        struct str text = argument_str(&arguments[0], row);
        char *at = text_reserve(&writer, text.size * 3 + 1);
        size_t size = 0;
        for (size_t i = 0; i < text.size; i++) {
            char c = text.data[i];
            if (url_plain(c) || c == ' ') {
                at[size++] = (char)(c == ' ' ? '+' : c);
                continue;
            }
            at[size++] = '%';
            size += hex_write(at + size, (struct str){&c, 1}, hex_upper);
        }
        out[row] = text_commit(&writer, size);
    }
    return STATUS_OK;
}

static bool url_decode(char *at, struct str text, size_t *size) {
    *size = 0;
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] != '%') {
            at[(*size)++] = (char)(text.data[i] == '+' ? ' ' : text.data[i]);
            continue;
        }
        if (i + 2 >= text.size || hex_value(text.data[i + 1]) < 0 || hex_value(text.data[i + 2]) < 0)
            return false;
        at[(*size)++] = (char)(hex_value(text.data[i + 1]) << 4 | hex_value(text.data[i + 2]));
        i += 2;
    }
    return true;
}

enum status encoding_url_decode(struct function_call *call, const struct column *arguments, struct column *result,
                                struct error *error) {
    (void)error;
    struct string_view *out = result->values;
    struct text_writer writer = text_writer_make(call->arena);
    KERNEL_ROWS (call, row) {
        struct str text = argument_str(&arguments[0], row);
        size_t size;
        char *at = text_reserve(&writer, text.size + 1);
        if (url_decode(at, text, &size) && utf8_validate(at, size) == size)
            out[row] = text_commit(&writer, size);
        else
            result_null(call, result, row);
    }
    return STATUS_OK;
}
