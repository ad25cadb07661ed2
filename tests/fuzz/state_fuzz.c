/* state_fuzz.c: bytes of keyed state as they may come from a damaged file: keys, values and descriptors. What is accepted must
 * come out of the encoder as it went in. */
#include "core/base/arena.h"
#include "core/base/bytes.h"
#include "executor/state_descriptor.h"
#include "runtime/state/entry_codec.h"

static void read_key(struct str bytes, enum state_kind kind) {
    struct state_address address;
    if (!entry_key_read(bytes, kind, &address))
        return;
    struct strbuf again;
    strbuf_init(&again);
    entry_key_append(&again, kind, &address);
    struct state_address second;
    ASSERT(entry_key_read(strbuf_str(&again), kind, &second));
    ASSERT(address.hash == second.hash && address.order == second.order && str_equal(address.key, second.key) &&
           str_equal(address.user_key, second.user_key));
    strbuf_release(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct str bytes = {(const char *)data, size};
    for (int kind = STATE_VALUE; kind <= STATE_ORDERED; kind++)
        read_key(bytes, (enum state_kind)kind);
    struct str payload;
    int64_t expires_us;
    if (entry_value_read(bytes, &payload, &expires_us))
        ASSERT(payload.data + payload.size == bytes.data + bytes.size);
    struct arena arena;
    arena_init(&arena);
    struct bytes_reader reader = bytes_reader_of(bytes);
    struct state_descriptor descriptor;
    state_descriptor_get(&reader, &arena, &descriptor);
    if (bytes_are_done(&reader)) {
        struct strbuf again;
        strbuf_init(&again);
        state_descriptor_put(&again, &descriptor);
        reader = bytes_reader_of(strbuf_str(&again));
        state_descriptor_get(&reader, &arena, &descriptor);
        ASSERT(bytes_are_done(&reader));
        strbuf_release(&again);
    }
    arena_release(&arena);
    return 0;
}
