/* entry_codec.c: keys in memcmp order. Invariant: no key of a table is a proper prefix of the place of another's key, because the size of
 * the key comes before it. */
#include "runtime/state/entry_codec.h"

#include <endian.h>

#include "core/base/bytes.h"

enum { KEY_GROUP_SHIFT = 22, ORDER_BYTES = 8 };

static void put_u32_big_endian(struct strbuf *out, uint32_t value) {
    value = htobe32(value);
    strbuf_append(out, &value, sizeof value);
}

static void put_order(struct strbuf *out, int64_t order) {
    uint64_t flipped = htobe64((uint64_t)order ^ (1ull << 63));
    strbuf_append(out, &flipped, sizeof flipped);
}

static void put_key(struct strbuf *out, uint32_t hash, struct str key) {
    put_u32_big_endian(out, hash);
    bytes_put_block(out, key);
}

void entry_key_append(struct strbuf *out, enum state_kind kind, const struct state_address *address) {
    put_key(out, address->hash, address->key);
    if (kind == STATE_LIST || kind == STATE_ORDERED)
        put_order(out, address->order);
    if (kind == STATE_MAP || kind == STATE_ORDERED)
        strbuf_append_str(out, address->user_key);
}

bool entry_key_read(struct str bytes, enum state_kind kind, struct state_address *address) {
    struct bytes_reader reader = bytes_reader_of(bytes);
    *address = (struct state_address){0};
    struct str hash = bytes_get(&reader, sizeof address->hash);
    address->key = bytes_get_block(&reader);
    struct str order = {0};
    if (kind == STATE_LIST || kind == STATE_ORDERED)
        order = bytes_get(&reader, ORDER_BYTES);
    if (kind == STATE_MAP || kind == STATE_ORDERED)
        address->user_key = bytes_get(&reader, bytes_left(&reader));
    if (!bytes_are_done(&reader))
        return false;
    memcpy(&address->hash, hash.data, sizeof address->hash);
    address->hash = be32toh(address->hash);
    if (order.size == ORDER_BYTES) {
        uint64_t flipped;
        memcpy(&flipped, order.data, sizeof flipped);
        address->order = (int64_t)(be64toh(flipped) ^ (1ull << 63));
    }
    return true;
}

/* The least string greater than all that start with `bytes`; empty when there is none. */
static void increment(struct strbuf *bytes) {
    while (bytes->size > 0) {
        unsigned char *last = (unsigned char *)&bytes->data[bytes->size - 1];
        if (++*last != 0)
            return;
        bytes->size--;
    }
}

void entry_range_append(struct strbuf *start, struct strbuf *end, const struct state_range *range) {
    if (!range->one_key) {
        ASSERT(range->first_key_group < 1u << 10);
        put_u32_big_endian(start, range->first_key_group << KEY_GROUP_SHIFT);
        if (range->end_key_group < 1u << 10)
            put_u32_big_endian(end, range->end_key_group << KEY_GROUP_SHIFT);
        return;
    }
    put_key(start, range->hash, range->key);
    put_key(end, range->hash, range->key);
    if (range->by_order)
        put_order(start, range->first_order);
    if (range->by_order && range->end_order != INT64_MAX)
        put_order(end, range->end_order);
    else
        increment(end);
}

void entry_value_write(uint8_t *out, struct str payload, int64_t expires_us) {
    *out++ = expires_us != 0;
    if (expires_us) {
        memcpy(out, &expires_us, sizeof expires_us);
        out += sizeof expires_us;
    }
    if (payload.size)
        memcpy(out, payload.data, payload.size);
}

int64_t entry_expires_us(const struct state_table *table, const struct state_write *write) {
    int64_t expires_us = 0;
    if (write->expires_us)
        return write->expires_us;
    if (table->descriptor.ttl_us > 0 &&
        __builtin_add_overflow(table->backend->now_us, table->descriptor.ttl_us, &expires_us))
        expires_us = 0; /* beyond all time */
    return expires_us;
}
