/* kafka_admin_test.c: a cluster that has no broker at the moment, as its last one has just been fenced. A socket that answers two requests is
 * enough of a broker for that; librdkafka's mock cluster always names all of its brokers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "connectors/connector.h"
#include "connectors/kafka/admin.h"
#include "core/base/arena.h"

enum { METADATA = 3, API_VERSIONS = 18, METADATA_VERSION = 8, UNSUPPORTED_VERSION = 35 };

static int listener;
static uint16_t port;
static bool has_broker;

static uint8_t *put(uint8_t *at, uint64_t value, int size) {
    for (int i = size - 1; i >= 0; i--)
        *at++ = (uint8_t)(value >> 8 * i);
    return at;
}

static bool receive(int connection, void *data, size_t size) {
    return recv(connection, data, size, MSG_WAITALL) == (ssize_t)size;
}

/* ApiVersions version 0: an error code, then which requests in which versions. */
static uint8_t *answer_versions(uint8_t *at, uint16_t version) {
    at = put(at, version > 0 ? UNSUPPORTED_VERSION : 0, 2);
    at = put(at, 2, 4);
    at = put(put(put(at, METADATA, 2), 0, 2), METADATA_VERSION, 2);
    return put(put(put(at, API_VERSIONS, 2), 0, 2), 0, 2);
}

static uint8_t *answer_broker(uint8_t *at) {
    static const char host[] = "127.0.0.1";
    at = put(put(at, 1, 4), sizeof host - 1, 2);
    memcpy(at, host, sizeof host - 1);
    return put(put(at + sizeof host - 1, port, 4), 0xffff, 2);
}

/* Version 8: throttle time, brokers, cluster id, controller, topics, authorised operations. */
static uint8_t *answer_metadata(uint8_t *at) {
    bool named = __atomic_load_n(&has_broker, __ATOMIC_RELAXED);
    at = put(put(at, 0, 4), named, 4);
    if (named)
        at = answer_broker(at);
    at = put(at, 0xffff, 2);
    return put(put(put(at, named ? 1 : 0xffffffff, 4), 0, 4), 0x80000000, 4);
}

static void *serve_connection(void *argument) {
    int connection = (int)(intptr_t)argument;
    uint8_t request[4096], answer[256];
    uint32_t size;
    while (receive(connection, &size, sizeof size) && (size = ntohl(size)) >= 8 && size <= sizeof request &&
           receive(connection, request, size)) {
        uint16_t key = (uint16_t)(request[0] << 8 | request[1]), version = (uint16_t)(request[2] << 8 | request[3]);
        memcpy(answer + 4, request + 4, 4); /* the correlation id */
        uint8_t *end = key == API_VERSIONS ? answer_versions(answer + 8, version) : answer_metadata(answer + 8);
        put(answer, (uint64_t)(end - answer - 4), 4);
        if (send(connection, answer, (size_t)(end - answer), MSG_NOSIGNAL) < 0)
            break;
    }
    close(connection);
    return NULL;
}

static void *serve(void *unused) {
    (void)unused;
    for (int connection; (connection = accept(listener, NULL, NULL)) >= 0;) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, serve_connection, (void *)(intptr_t)connection) != 0)
            return NULL;
        pthread_detach(thread);
    }
    return NULL;
}

static void a_cluster_without_a_broker(void **state) {
    (void)state;
    struct arena arena;
    struct options options;
    struct kafka_admin admin;
    struct error error = {0};
    char servers[32];
    int32_t ids[4];
    size_t count = 0;
    arena_init(&arena);
    options_init(&options, &arena);
    snprintf(servers, sizeof servers, "127.0.0.1:%u", port);
    options_put(&options, "properties.bootstrap.servers", servers);
    assert_int_equal(kafka_admin_open(&admin, &options, NULL, 3000000, &error), STATUS_OK);
    __atomic_store_n(&has_broker, true, __ATOMIC_RELAXED);
    assert_int_equal(kafka_admin_brokers(&admin, ids, 4, &count, &error), STATUS_OK);
    assert_int_equal(count, 1);
    assert_int_equal(ids[0], 1);
    __atomic_store_n(&has_broker, false, __ATOMIC_RELAXED);
    assert_int_equal(kafka_admin_brokers(&admin, ids, 4, &count, &error), STATUS_CONNECTION_FAILURE);
    assert_true(error.retriable);
    assert_int_equal(count, 0);
    kafka_admin_close(&admin);
    arena_release(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_cluster_without_a_broker)};
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    pthread_t thread;
    listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&address, size) != 0 || listen(listener, 8) != 0 ||
        getsockname(listener, (struct sockaddr *)&address, &size) != 0)
        return 1;
    port = ntohs(address.sin_port);
    if (pthread_create(&thread, NULL, serve, NULL) != 0)
        return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    shutdown(listener, SHUT_RDWR);
    pthread_join(thread, NULL);
    close(listener);
    return failed;
}
