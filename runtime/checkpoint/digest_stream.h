/* digest_stream.h: the digest of protocol/codec.h over bytes that come in pieces; digest_of() of all of them gives the same. */
#pragma once

#include "runtime/protocol/codec.h"

struct digest_stream;

struct digest_stream *digest_stream_new(void);
void digest_stream_free(struct digest_stream *stream); /* NULL is fine */
void digest_stream_reset(struct digest_stream *stream);
void digest_stream_update(struct digest_stream *stream, const void *data, size_t size);
/* Of what came since the reset; more may follow. */
struct digest digest_stream_digest(const struct digest_stream *stream);
