/* checked.h: the rules every operator's output keeps, asserted in builds made with CHECKED_OPERATORS (debug, asan, tsan).
 *
 * A batch has the columns of the plan node (count, types, NULL only where allowed), codes inside their dictionary, and only
 * the change kinds that the node's change mode promises; watermarks do not fall; nothing follows the end; in a RETRACT
 * stream an update is -U and then +U of the same key.
 */
#pragma once

#include <stdint.h>

struct batch;
struct stream_operator;

#ifdef CHECKED_OPERATORS
void checked_open(struct stream_operator *self);
void checked_batch(struct stream_operator *self, const struct batch *batch);
void checked_watermark(struct stream_operator *self, int64_t watermark_us);
void checked_end(struct stream_operator *self);
#else
static inline void checked_open(struct stream_operator *self) {
    (void)self;
}
static inline void checked_batch(struct stream_operator *self, const struct batch *batch) {
    (void)self;
    (void)batch;
}
static inline void checked_watermark(struct stream_operator *self, int64_t watermark_us) {
    (void)self;
    (void)watermark_us;
}
static inline void checked_end(struct stream_operator *self) {
    (void)self;
}
#endif
