/* checked.h: the rules every operator's output keeps, asserted in builds made with CHECKED_OPERATORS (debug, asan, tsan).
 *
 * A batch has the columns of the plan node (count, types, NULL only where allowed), codes inside their dictionary, and only
 * the change kinds that the node's change mode promises; watermarks do not fall; nothing follows the end; in a RETRACT
 * stream an update is -U and then +U of the same key.
 */
#pragma once

#include <stdint.h>

struct batch;
struct operator;

#ifdef CHECKED_OPERATORS
void checked_open(struct operator* operator);
void checked_batch(struct operator* operator, const struct batch * batch);
void checked_watermark(struct operator* operator, int64_t watermark_us);
void checked_end(struct operator* operator);
#else
static inline void checked_open(struct operator* operator) {
    (void)operator;
}
static inline void checked_batch(struct operator* operator, const struct batch * batch) {
    (void)operator;
    (void)batch;
}
static inline void checked_watermark(struct operator* operator, int64_t watermark_us) {
    (void)operator;
    (void)watermark_us;
}
static inline void checked_end(struct operator* operator) {
    (void)operator;
}
#endif
