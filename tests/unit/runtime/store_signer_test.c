/* store_signer_test.c: Signature Version 4 against the values that AWS published: the examples of the Amazon S3 API Reference
 * ("Authenticating Requests: Using the Authorization Header") and of the Signature Version 4 test suite. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "runtime/store/s3_signer.h"

#define EMPTY_SHA256 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static const struct s3_signing_key s3_example = {"AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
                                                 "us-east-1", "s3"};
static const struct s3_signing_key suite = {"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "us-east-1",
                                            "service"};

static void check(const struct s3_signed_request *request, const struct s3_signing_key *key, const char *time,
                  const char *wanted) {
    struct strbuf authorization;
    strbuf_init(&authorization);
    s3_authorization(request, key, time, &authorization);
    const char *signature = strstr(authorization.data, "Signature=");
    assert_non_null(signature);
    assert_string_equal(signature + strlen("Signature="), wanted);
    strbuf_release(&authorization);
}

static void s3_get_object(void **state) {
    (void)state;
    struct s3_signed_request request = {
        .method = "GET",
        .path = "/test.txt",
        .headers = {{"x-amz-date", "20130524T000000Z"},
                    {"x-amz-content-sha256", EMPTY_SHA256},
                    {"host", "examplebucket.s3.amazonaws.com"},
                    {"range", "bytes=0-9"}},
        .header_count = 4,
        .payload_sha256 = EMPTY_SHA256,
    };
    struct strbuf text;
    strbuf_init(&text);
    s3_string_to_sign(&request, &s3_example, "20130524T000000Z", &text);
    assert_string_equal(text.data, "AWS4-HMAC-SHA256\n20130524T000000Z\n20130524/us-east-1/s3/aws4_request\n"
                                   "7344ae5b7ee6c3e7e6b0fe0640412a37625d1fbfff95c48bbb2dc43964946972");
    strbuf_reset(&text);
    s3_authorization(&request, &s3_example, "20130524T000000Z", &text);
    assert_string_equal(text.data,
                        "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
                        "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,"
                        "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
    strbuf_release(&text);
}

static void s3_put_object(void **state) {
    (void)state;
    struct s3_signed_request request = {
        .method = "PUT",
        .path = "/test$file.text",
        .headers = {{"host", "examplebucket.s3.amazonaws.com"},
                    {"date", "Fri, 24 May 2013 00:00:00 GMT"},
                    {"x-amz-date", "20130524T000000Z"},
                    {"x-amz-storage-class", "REDUCED_REDUNDANCY"},
                    {"x-amz-content-sha256", "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072"}},
        .header_count = 5,
    };
    s3_sha256_text(STR("Welcome to Amazon S3."), request.payload_sha256);
    assert_string_equal(request.payload_sha256, request.headers[4].value);
    check(&request, &s3_example, "20130524T000000Z",
          "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
}

static void s3_get_with_query(void **state) {
    (void)state;
    struct s3_signed_request request = {
        .method = "GET",
        .path = "/",
        .parameters = {{"lifecycle", ""}},
        .parameter_count = 1,
        .headers = {{"host", "examplebucket.s3.amazonaws.com"},
                    {"x-amz-content-sha256", EMPTY_SHA256},
                    {"x-amz-date", "20130524T000000Z"}},
        .header_count = 3,
        .payload_sha256 = EMPTY_SHA256,
    };
    check(&request, &s3_example, "20130524T000000Z",
          "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
    request.parameters[0] = (struct s3_pair){"prefix", "J"}; /* sorted by the signer */
    request.parameters[1] = (struct s3_pair){"max-keys", "2"};
    request.parameter_count = 2;
    check(&request, &s3_example, "20130524T000000Z",
          "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
}

static void suite_vanilla(void **state) {
    (void)state;
    struct s3_signed_request request = {
        .method = "GET",
        .path = "/",
        .headers = {{"host", "example.amazonaws.com"}, {"x-amz-date", "20150830T123600Z"}},
        .header_count = 2,
        .payload_sha256 = EMPTY_SHA256,
    };
    check(&request, &suite, "20150830T123600Z", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
    request.method = "POST";
    check(&request, &suite, "20150830T123600Z", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b");
    request.method = "GET";
    request.parameters[0] = (struct s3_pair){"Param2", "value2"};
    request.parameters[1] = (struct s3_pair){"Param1", "value1"};
    request.parameter_count = 2;
    check(&request, &suite, "20150830T123600Z", "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500");
}

static void iam_list_users(void **state) {
    (void)state;
    struct s3_signing_key key = suite;
    key.service = "iam";
    struct s3_signed_request request = {
        .method = "GET",
        .path = "/",
        .parameters = {{"Version", "2010-05-08"}, {"Action", "ListUsers"}},
        .parameter_count = 2,
        .headers = {{"content-type", "application/x-www-form-urlencoded; charset=utf-8"},
                    {"host", "iam.amazonaws.com"},
                    {"x-amz-date", "20150830T123600Z"}},
        .header_count = 3,
        .payload_sha256 = EMPTY_SHA256,
    };
    check(&request, &key, "20150830T123600Z", "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7");
}

static void time_texts(void **state) {
    (void)state;
    static const struct {
        int64_t seconds;
        const char *text;
    } cases[] = {
        {0, "19700101T000000Z"},          {1369353600, "20130524T000000Z"},   {1440938160, "20150830T123600Z"},
        {951782399, "20000228T235959Z"},  {951782400, "20000229T000000Z"},    {4107542399, "21000228T235959Z"},
        {4107542400, "21000301T000000Z"}, {253402300799, "99991231T235959Z"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[17];
        s3_time_text(cases[i].seconds * 1000000 + 999999, text);
        assert_string_equal(text, cases[i].text);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(s3_get_object), cmocka_unit_test(s3_put_object),  cmocka_unit_test(s3_get_with_query),
        cmocka_unit_test(suite_vanilla), cmocka_unit_test(iam_list_users), cmocka_unit_test(time_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
