/* digest_stream.c: XXH3-128 with a state on the heap, which the pure protocol may not have. */
#include "runtime/checkpoint/digest_stream.h"

#include <string.h>
#include <xxhash.h>

#include "core/base/status.h"

/* The library's state under our name. */
static XXH3_state_t *state_of(struct digest_stream *stream) {
    return (XXH3_state_t *)stream;
}

struct digest_stream *digest_stream_new(void) {
    XXH3_state_t *state = XXH3_createState();
    ASSERT(state);
    XXH3_128bits_reset(state);
    return (struct digest_stream *)state;
}

void digest_stream_free(struct digest_stream *stream) {
    XXH3_freeState(state_of(stream));
}

void digest_stream_reset(struct digest_stream *stream) {
    XXH3_128bits_reset(state_of(stream));
}

void digest_stream_update(struct digest_stream *stream, const void *data, size_t size) {
    XXH3_128bits_update(state_of(stream), data, size);
}

struct digest digest_stream_digest(const struct digest_stream *stream) {
    struct digest digest;
    XXH128_canonical_t canonical;
    XXH128_canonicalFromHash(&canonical, XXH3_128bits_digest((const XXH3_state_t *)stream));
    memcpy(digest.bytes, canonical.digest, sizeof digest.bytes);
    return digest;
}
