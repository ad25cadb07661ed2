/* file_marker_fuzz.c: any bytes as the file that keeps the newest marker of a published table: damaged, or a number and a marker that come back
 * from their encoding. Once as they are, and once with the digest made right, or nothing would come past it. */
#include <string.h>

#include "connectors/filesystem/publisher.h"
#include "core/base/hash.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(struct str file) {
    uint64_t number;
    struct str marker;
    if (!filesystem_marker_decode(file, &number, &marker))
        return;
    struct strbuf again = {0};
    ASSERT(number > 0 && marker.data >= file.data && marker.data + marker.size <= file.data + file.size);
    filesystem_marker_encode(&again, number, marker);
    uint64_t number_again;
    struct str marker_again;
    bool decoded = filesystem_marker_decode(strbuf_str(&again), &number_again, &marker_again);
    ASSERT(decoded && number_again == number && str_equal(marker_again, marker));
    strbuf_release(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct str file = {(const char *)data, size};
    check(file);
    if (size < sizeof(uint64_t))
        return 0;
    struct strbuf sealed = {0};
    size_t kept = size - sizeof(uint64_t);
    uint64_t digest = hash_bytes(data, kept);
    strbuf_append(&sealed, data, kept);
    for (size_t i = 0; i < sizeof digest; i++)
        strbuf_append_char(&sealed, (char)(digest >> 8 * i));
    check(strbuf_str(&sealed));
    strbuf_release(&sealed);
    return 0;
}
