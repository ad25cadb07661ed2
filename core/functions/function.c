/* function.c: the catalogue's look-ups. The table is functions.def as it stands; sorted copies are made once, when the
 * first look-up comes, and then only read. */
#include "core/functions/function.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"
#include "core/base/str.h"
#include "core/functions/kernels/kernels.h"
#include "core/functions/resolve.h"

static const struct function rows[] = {
#define FUNCTION(id, name, signature, flags, kernel, documentation) \
    {#id, name, signature, flags, kernel, NULL, documentation},
#define SPECIAL(id, name, signature, flags, kernel, resolve, documentation) \
    {#id, name, signature, flags, kernel, resolve, documentation},
#define ALIAS(alias, name)
#include "core/functions/functions.def"
#undef FUNCTION
#undef SPECIAL
#undef ALIAS
};
enum { FUNCTION_COUNT = COUNT_OF(rows) };

struct alias {
    const char *alias;
    const char *name;
};
static const struct alias aliases[] = {
#define FUNCTION(id, name, signature, flags, kernel, documentation)
#define SPECIAL(id, name, signature, flags, kernel, resolve, documentation)
#define ALIAS(alias, name) {alias, name},
#include "core/functions/functions.def"
#undef FUNCTION
#undef SPECIAL
#undef ALIAS
};
enum { ALIAS_COUNT = COUNT_OF(aliases) };

static pthread_once_t sorted = PTHREAD_ONCE_INIT;
static struct function functions[FUNCTION_COUNT]; /* by name */
static const struct function *by_id[FUNCTION_COUNT];
static const char *names[FUNCTION_COUNT + ALIAS_COUNT];
static uint32_t name_count;

/* Overloads of one name keep their order: earlier rows win ties. */
static int compare_name(const void *a, const void *b) {
    const struct function *left = *(const struct function *const *)a, *right = *(const struct function *const *)b;
    int order = strcmp(left->name, right->name);
    return order ? order : (left > right) - (left < right);
}

static int compare_id(const void *a, const void *b) {
    return strcmp((*(const struct function *const *)a)->id, (*(const struct function *const *)b)->id);
}

static int compare_text(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void sort_tables(void) {
    const struct function *by_name[FUNCTION_COUNT];
    for (uint32_t i = 0; i < FUNCTION_COUNT; i++)
        by_name[i] = &rows[i];
    qsort(by_name, FUNCTION_COUNT, sizeof by_name[0], compare_name);
    const char *last = "";
    for (uint32_t i = 0; i < FUNCTION_COUNT; i++) {
        functions[i] = *by_name[i];
        by_id[i] = &functions[i];
        if (strcmp(last, functions[i].name) != 0)
            names[name_count++] = functions[i].name;
        last = functions[i].name;
    }
    for (uint32_t i = 0; i < ALIAS_COUNT; i++)
        names[name_count++] = aliases[i].alias;
    qsort(by_id, FUNCTION_COUNT, sizeof by_id[0], compare_id);
    qsort(names, name_count, sizeof names[0], compare_text);
}

const struct function *function_table(uint32_t *count) {
    pthread_once(&sorted, sort_tables);
    *count = FUNCTION_COUNT;
    return functions;
}

const char *const *function_names(uint32_t *count) {
    pthread_once(&sorted, sort_tables);
    *count = name_count;
    return names;
}

static int compare_id_key(const void *key, const void *item) {
    return strcmp(key, (*(const struct function *const *)item)->id);
}

const struct function *function_by_id(const char *id) {
    pthread_once(&sorted, sort_tables);
    const struct function *const *found = bsearch(id, by_id, FUNCTION_COUNT, sizeof by_id[0], compare_id_key);
    return found ? *found : NULL;
}

const struct function *function_overloads(const char *name, uint32_t *count) {
    pthread_once(&sorted, sort_tables);
    char lower[64];
    size_t size = strlen(name);
    *count = 0;
    if (size >= sizeof lower)
        return NULL;
    for (size_t i = 0; i <= size; i++)
        lower[i] = (char)(name[i] >= 'A' && name[i] <= 'Z' ? name[i] + 32 : name[i]);
    const char *canonical = lower;
    for (uint32_t i = 0; i < ALIAS_COUNT; i++) {
        if (strcmp(aliases[i].alias, lower) == 0)
            canonical = aliases[i].name;
    }
    uint32_t low = 0, high = FUNCTION_COUNT;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (strcmp(functions[middle].name, canonical) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    while (low + *count < FUNCTION_COUNT && strcmp(functions[low + *count].name, canonical) == 0)
        (*count)++;
    return *count ? &functions[low] : NULL;
}

bool function_name_exists(const char *name) {
    uint32_t count;
    return function_overloads(name, &count) != NULL;
}

enum status no_kernel(struct function_call *call, const struct column *arguments, struct column *result,
                      struct error *error) {
    (void)arguments, (void)result;
    return FAIL_AT(error, call->position, STATUS_INTERNAL, "function %s has no kernel", call->function->id);
}
