/* rocks_library.h: RocksDB, loaded when it is first needed.
 *
 * Linked in the ordinary way it would cost every start of the program 5 ms and 10 MB, also of those that keep no state. The functions in
 * use are the rows of rocks_functions.def; each is called as library->NAME and has the type that <rocksdb/c.h> gives rocksdb_NAME.
 */
#pragma once

#include <rocksdb/c.h>

#include "core/base/status.h"

struct rocks_library {
#define ROCKSDB_FUNCTION(name) __typeof__(rocksdb_##name) *name;
#include "runtime/state/rocks_functions.def"
#undef ROCKSDB_FUNCTION
};

/* Any thread; stays loaded until the process ends. UNSUPPORTED when it is not installed. */
enum status rocks_library_load(const struct rocks_library **library, struct error *error) MUST_CHECK;
