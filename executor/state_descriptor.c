/* state_descriptor.c: descriptors to bytes and back. Invariant: what is not refused keeps the rules of state_table_open. */
#include "executor/state_descriptor.h"

#include "core/base/bytes.h"

void state_descriptor_put(struct strbuf *out, const struct state_descriptor *descriptor) {
    bytes_put_block(out, str_from(descriptor->operator_id));
    bytes_put_block(out, str_from(descriptor->role));
    bytes_put_block(out, str_from(descriptor->description));
    bytes_put_i64(out, descriptor->instance);
    bytes_put_u8(out, (uint8_t)descriptor->kind);
    bytes_put_u32(out, descriptor->version);
    bytes_put_i64(out, descriptor->ttl_us);
    bytes_put_u8(out, descriptor->cold);
}

/* A block without NUL bytes, which a C string could not hold. */
static const char *get_text(struct bytes_reader *reader, struct arena *arena) {
    struct str text = bytes_get_block(reader);
    if (text.size > 0 && memchr(text.data, '\0', text.size))
        bytes_refuse(reader);
    return str_copy(arena, text);
}

void state_descriptor_get(struct bytes_reader *reader, struct arena *arena, struct state_descriptor *descriptor) {
    descriptor->operator_id = get_text(reader, arena);
    descriptor->role = get_text(reader, arena);
    descriptor->description = get_text(reader, arena);
    descriptor->instance = bytes_get_i64(reader);
    uint8_t kind = bytes_get_u8(reader);
    bool known = kind >= STATE_VALUE && kind <= STATE_ORDERED;
    descriptor->kind = known ? (enum state_kind)kind : STATE_VALUE;
    descriptor->version = bytes_get_u32(reader);
    descriptor->ttl_us = bytes_get_i64(reader);
    descriptor->cold = bytes_get_bool(reader);
    if (!known)
        bytes_refuse(reader);
}
