/* state_file_fuzz.c: any bytes as a state file: an error, or a file whose snapshots lie within it; what was read can be written, and is then
 * read again as the same. */
#include <stdlib.h>
#include <string.h>

#include "runtime/checkpoint/state_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_same(const struct state_file *a, const struct state_file *b) {
    ASSERT(a->delta == b->delta && a->operator_count == b->operator_count);
    for (uint32_t i = 0; i < a->operator_count; i++) {
        ASSERT(a->operators[i].node_id == b->operators[i].node_id);
        ASSERT(a->operators[i].node_digest == b->operators[i].node_digest);
        ASSERT(str_equal(a->operators[i].name, b->operators[i].name));
        ASSERT(str_equal(a->snapshots[i], b->snapshots[i]));
    }
    ASSERT(a->part_count == b->part_count);
    for (uint32_t i = 0; i < a->part_count; i++)
        ASSERT(str_equal(a->parts[i].name, b->parts[i].name) &&
               object_id_equal(&a->parts[i].object, &b->parts[i].object));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *copy = memory_alloc(size); /* pieces are moved in it */
    struct str bytes = {copy, size};
    if (size > 0)
        memcpy(copy, data, size);
    struct arena arena;
    struct state_file head, file, again;
    struct strbuf out = {0};
    struct error error = {0};
    arena_init(&arena);
    bool has_head = state_file_read_head(bytes, &arena, &head, NULL) == STATUS_OK;
    if (state_file_read(copy, size, &arena, &file, &error) == STATUS_OK) {
        uint64_t total = 0;
        ASSERT(has_head && head.operator_count == file.operator_count);
        state_file_begin(&out, file.delta, file.operators, file.operator_count);
        for (uint32_t i = 0; i < file.operator_count; i++) {
            state_file_put(&out, i, file.snapshots[i]);
            total += file.snapshots[i].size;
        }
        state_file_end(&out, file.parts, file.part_count);
        ASSERT(total <= size); /* nothing was made larger than it is */
        enum status status = state_file_read(out.data, out.size, &arena, &again, NULL);
        ASSERT(status == STATUS_OK);
        check_same(&file, &again);
    } else {
        ASSERT(error.message[0] != 0);
    }
    strbuf_release(&out);
    arena_release(&arena);
    free(copy);
    return 0;
}
