/* snapshot_steps.h: until operators snapshot in steps: whole snapshots at once. */
#pragma once
#include "executor/operator.h"
#include "executor/snapshot.h"

enum snapshot_mode { SNAPSHOT_FULL, SNAPSHOT_DELTA };
#define snapshot_writer_init(writer, mode) ((void)(mode), (snapshot_writer_init)(writer))
static inline enum status operator_snapshot_begin(struct stream_operator *self, struct snapshot_writer *writer,
                                                  struct error *error) {
    return operator_snapshot(self, writer, error);
}
static inline enum status operator_snapshot_step(struct stream_operator *self, struct snapshot_writer *writer,
                                                 size_t budget_bytes, bool *done, struct error *error) {
    (void)self, (void)writer, (void)budget_bytes, (void)error;
    *done = true;
    return STATUS_OK;
}
static inline void operator_snapshot_abandon(struct stream_operator *self) {
    (void)self;
}
static inline void snapshot_writer_take(struct snapshot_writer *writer, struct strbuf *piece) {
    *piece = writer->out;
    strbuf_init(&writer->out);
}
static inline void snapshot_reader_init_layers(struct snapshot_reader *reader, const struct str *layers, size_t count) {
    snapshot_reader_init(reader, layers[count - 1]);
}
