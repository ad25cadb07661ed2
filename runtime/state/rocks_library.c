/* rocks_library.c: the shared library by the name that it had when this program was built. Invariant: a table that is handed out is complete. */
#include "runtime/state/rocks_library.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

static struct rocks_library loaded;
static char failure[256]; /* why it is not; "" when it is */
static pthread_once_t once = PTHREAD_ONCE_INIT;

static const struct {
    const char *name;
    size_t offset;
} functions[] = {
#define ROCKSDB_FUNCTION(name) {"rocksdb_" #name, offsetof(struct rocks_library, name)},
#include "runtime/state/rocks_functions.def"
#undef ROCKSDB_FUNCTION
};

static void load(void) {
    void *handle = dlopen(ROCKSDB_LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (!handle) {
        snprintf(failure, sizeof failure, "%s", dlerror());
        return;
    }
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
        void *function = dlsym(handle, functions[i].name);
        if (!function) {
            snprintf(failure, sizeof failure, "%s has no %s", ROCKSDB_LIBRARY, functions[i].name);
            return;
        }
        memcpy((char *)&loaded + functions[i].offset, &function, sizeof function);
    }
}

enum status rocks_library_load(const struct rocks_library **library, struct error *error) {
    pthread_once(&once, load);
    *library = &loaded;
    if (!failure[0])
        return STATUS_OK;
    enum status status = FAIL(error, STATUS_UNSUPPORTED, "RocksDB cannot be loaded");
    error_detail(error, "%s", failure);
    error_hint(error, "install the package of %s, or use the state back-end memory", ROCKSDB_LIBRARY);
    return status;
}
