/* stream.h: the bytes of one file, unpacked when it is gzip or zstd; and the same for writing. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "core/base/str.h"

struct env;

enum compression { COMPRESSION_AUTO, COMPRESSION_NONE, COMPRESSION_GZIP, COMPRESSION_ZSTD };
enum compression compression_from_text(const char *text); /* "auto|none|gzip|zstd" */

/* AUTO looks at the first bytes of the file. Failures name the path. */
struct stream_reader;
enum status stream_reader_open(struct stream_reader **reader, struct env *env, const char *path,
                               enum compression compression, struct error *error) MUST_CHECK;
/* *got = 0 at the end; a packed file that is cut off is an error, and so is one that becomes shorter while it is read. */
enum status stream_reader_read(struct stream_reader *reader, char *data, size_t size, size_t *got,
                               struct error *error) MUST_CHECK;
void stream_reader_close(struct stream_reader *reader);

/* Writes a new file; AUTO is NONE. */
struct stream_writer;
enum status stream_writer_open(struct stream_writer **writer, struct env *env, const char *path,
                               enum compression compression, struct error *error) MUST_CHECK;
enum status stream_writer_write(struct stream_writer *writer, struct str bytes, struct error *error) MUST_CHECK;
/* Ends the packed stream and syncs; the writer is still to be closed. */
enum status stream_writer_finish(struct stream_writer *writer, struct error *error) MUST_CHECK;
void stream_writer_close(struct stream_writer *writer);
