/* state_descriptor.h: what a table of keyed state is, as bytes: in snapshots and in the catalogue of a store.
 *
 *   operator id block | role block | description block | instance i64 | kind u8 | version u32 | ttl_us i64 | cold u8
 */
#pragma once

#include "executor/state.h"

struct arena;
struct bytes_reader;

enum { STATE_DESCRIPTOR_BYTES_MIN = 25 };

void state_descriptor_put(struct strbuf *out, const struct state_descriptor *descriptor);
/* The strings are copied into the arena. Refuses bytes that are no descriptor (core/base/bytes.h). */
void state_descriptor_get(struct bytes_reader *reader, struct arena *arena, struct state_descriptor *descriptor);
