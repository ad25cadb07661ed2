/* entry_codec.h: entries of keyed state as two byte strings whose order is the order of the entries.
 *
 *   key   := hash u32 big endian | size of the key varint | key | place      memcmp order: key group, hash, key, place
 *   place := VALUE: nothing | MAP: user key | LIST: order | ORDERED: order user key
 *   order := i64 big endian, sign bit flipped
 *   value := 0 u8 payload | 1 u8 expires_us i64 payload
 *
 * Decoders are bounded: the bytes may come from a damaged file. No state, any thread.
 */
#pragma once

#include "executor/state.h"

void entry_key_append(struct strbuf *out, enum state_kind kind, const struct state_address *address);
/* False for bytes that are no key of this kind. Borrows from `bytes`. */
bool entry_key_read(struct str bytes, enum state_kind kind, struct state_address *address);

/* The bounds [start, end) of a range; an empty `end` is the end of the table. Both are appended to. */
void entry_range_append(struct strbuf *start, struct strbuf *end, const struct state_range *range);

/* Room for a value, and its bytes; expires_us 0: never. */
static inline size_t entry_value_size(struct str payload, int64_t expires_us) {
    return 1 + (expires_us ? sizeof expires_us : 0) + payload.size;
}
void entry_value_write(uint8_t *out, struct str payload, int64_t expires_us);
/* False for bytes that are no value. Borrows; the payload has data even when it is empty. */
static inline bool entry_value_read(struct str bytes, struct str *payload, int64_t *expires_us) {
    *expires_us = 0;
    if (bytes.size >= 1 && bytes.data[0] == 0) {
        *payload = (struct str){bytes.data + 1, bytes.size - 1};
        return true;
    }
    if (bytes.size < 1 + sizeof *expires_us || bytes.data[0] != 1)
        return false;
    memcpy(expires_us, bytes.data + 1, sizeof *expires_us);
    *payload = (struct str){bytes.data + 1 + sizeof *expires_us, bytes.size - 1 - sizeof *expires_us};
    return true;
}

/* What a write asks for: the moment at which its value expires. */
int64_t entry_expires_us(const struct state_table *table, const struct state_write *write);
static inline bool entry_expired(int64_t expires_us, int64_t now_us) {
    return expires_us != 0 && expires_us <= now_us;
}
