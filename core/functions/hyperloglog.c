/* hyperloglog.c: see the header.
 * A code keeps all that a register needs: its 26 bits hold the 12 of the register and 14 of what the rank is counted over. */
#include "core/functions/hyperloglog.h"

#include <math.h>
#include <string.h>

#include "core/base/bytes.h"
#include "core/functions/state_memory.h"

enum {
    PRECISION = 12,
    REGISTERS = 1 << PRECISION,
    RANK_MAX = 64 - PRECISION + 1,
    CODE_BITS = 26,
    CODE_RANK_BITS = 6,
    CODES_FIRST = 8,
    CODES_MAX = 512, /* three quarters of it used: 2 KiB, then registers are the better deal */
};

/* Position of the first set bit, from 1; `bits` + 1 when the top `bits` are all zero. */
static unsigned rank_of(uint64_t value, unsigned bits) {
    unsigned zeros = value ? (unsigned)__builtin_clzll(value) : 64;
    return (zeros < bits ? zeros : bits) + 1;
}

static uint32_t code_of(uint64_t hash) {
    unsigned rank = rank_of(hash << CODE_BITS, 64 - CODE_BITS);
    return (uint32_t)(hash >> (64 - CODE_BITS)) << CODE_RANK_BITS | rank;
}

static void add_register(uint8_t *registers, uint32_t index, unsigned rank) {
    if (registers[index] < rank)
        registers[index] = (uint8_t)rank;
}

static void add_code_to_registers(uint8_t *registers, uint32_t code) {
    uint32_t prefix = code >> CODE_RANK_BITS;
    unsigned middle_bits = CODE_BITS - PRECISION;
    uint64_t middle = (uint64_t)prefix << (64 - CODE_BITS + PRECISION);
    unsigned rank = rank_of(middle, middle_bits);
    if (rank > middle_bits)
        rank = middle_bits + (code & ((1u << CODE_RANK_BITS) - 1));
    add_register(registers, prefix >> middle_bits, rank);
}

static bool add_code_to_set(uint32_t *codes, uint32_t capacity, uint32_t code) {
    for (uint32_t at = code * 0x9E3779B1u >> 16;; at++) {
        uint32_t *slot = &codes[at & (capacity - 1)];
        if (*slot == code)
            return false;
        if (*slot == 0) {
            *slot = code;
            return true;
        }
    }
}

static void become_dense(struct hyperloglog *sketch, struct state_memory *memory) {
    uint8_t *registers = state_memory_zalloc(memory, REGISTERS);
    const uint32_t *codes = sketch->data;
    for (uint32_t i = 0; i < sketch->capacity; i++)
        if (codes[i])
            add_code_to_registers(registers, codes[i]);
    state_memory_release(memory, sketch->data, sketch->capacity * sizeof *codes);
    *sketch = (struct hyperloglog){.data = registers, .capacity = HYPERLOGLOG_DENSE};
}

static void grow_codes(struct hyperloglog *sketch, struct state_memory *memory) {
    uint32_t capacity = sketch->capacity ? sketch->capacity * 2 : CODES_FIRST;
    uint32_t *codes = state_memory_zalloc(memory, capacity * sizeof *codes);
    const uint32_t *old = sketch->data;
    for (uint32_t i = 0; i < sketch->capacity; i++)
        if (old[i])
            add_code_to_set(codes, capacity, old[i]);
    state_memory_release(memory, sketch->data, sketch->capacity * sizeof *codes);
    sketch->data = codes;
    sketch->capacity = capacity;
}

static void add_code(struct hyperloglog *sketch, uint32_t code, struct state_memory *memory) {
    if (sketch->capacity != HYPERLOGLOG_DENSE && sketch->count == sketch->capacity / 4 * 3) {
        if (sketch->capacity == CODES_MAX)
            become_dense(sketch, memory);
        else
            grow_codes(sketch, memory);
    }
    if (sketch->capacity == HYPERLOGLOG_DENSE)
        add_code_to_registers(sketch->data, code);
    else
        sketch->count += add_code_to_set(sketch->data, sketch->capacity, code);
}

void hyperloglog_add(struct hyperloglog *sketch, uint64_t hash, struct state_memory *memory) {
    if (sketch->capacity == HYPERLOGLOG_DENSE)
        add_register(sketch->data, (uint32_t)(hash >> (64 - PRECISION)), rank_of(hash << PRECISION, 64 - PRECISION));
    else
        add_code(sketch, code_of(hash), memory);
}

void hyperloglog_merge(struct hyperloglog *sketch, const struct hyperloglog *source, struct state_memory *memory) {
    if (source->capacity != HYPERLOGLOG_DENSE) {
        const uint32_t *codes = source->data;
        for (uint32_t i = 0; i < source->capacity; i++)
            if (codes[i])
                add_code(sketch, codes[i], memory);
        return;
    }
    if (sketch->capacity != HYPERLOGLOG_DENSE)
        become_dense(sketch, memory);
    uint8_t *registers = sketch->data;
    const uint8_t *others = source->data;
    for (uint32_t i = 0; i < REGISTERS; i++)
        registers[i] = registers[i] > others[i] ? registers[i] : others[i];
}

static double sigma(double x) {
    if (x == 1)
        return INFINITY;
    double y = 1, z = x, before;
    do {
        x *= x;
        before = z;
        z += x * y;
        y += y;
    } while (z != before);
    return z;
}

static double tau(double x) {
    if (x == 0 || x == 1)
        return 0;
    double y = 1, z = 1 - x, before;
    do {
        x = sqrt(x);
        before = z;
        y *= 0.5;
        z -= (1 - x) * (1 - x) * y;
    } while (z != before);
    return z / 3;
}

int64_t hyperloglog_estimate(const struct hyperloglog *sketch) {
    if (sketch->capacity != HYPERLOGLOG_DENSE)
        return sketch->count;
    uint32_t histogram[RANK_MAX + 1] = {0};
    const uint8_t *registers = sketch->data;
    for (uint32_t i = 0; i < REGISTERS; i++)
        histogram[registers[i]]++;
    double z = REGISTERS * tau(1 - (double)histogram[RANK_MAX] / REGISTERS);
    for (int rank = RANK_MAX - 1; rank >= 1; rank--)
        z = 0.5 * (z + histogram[rank]);
    z += REGISTERS * sigma((double)histogram[0] / REGISTERS);
    return llround((double)REGISTERS * REGISTERS / (2 * M_LN2 * z));
}

/* The capacity goes along: when a sketch becomes dense depends on it. */
void hyperloglog_encode(const struct hyperloglog *sketch, struct strbuf *out) {
    bytes_put_u32(out, sketch->capacity);
    if (sketch->capacity == HYPERLOGLOG_DENSE) {
        strbuf_append(out, sketch->data, REGISTERS);
        return;
    }
    bytes_put_u32(out, sketch->count);
    const uint32_t *codes = sketch->data;
    uint32_t gap = 0; /* from behind a gap on, adding codes in this order puts each where it is now */
    while (sketch->capacity && codes[gap])
        gap++;
    for (uint32_t i = 0; i < sketch->capacity; i++) {
        uint32_t code = codes[(gap + i) & (sketch->capacity - 1)];
        if (code)
            bytes_put_u32(out, code);
    }
}

static void decode_registers(struct hyperloglog *sketch, struct bytes_reader *reader, struct state_memory *memory) {
    struct str registers = bytes_get(reader, REGISTERS);
    for (size_t i = 0; i < registers.size; i++)
        if ((uint8_t)registers.data[i] > RANK_MAX)
            bytes_refuse(reader);
    if (reader->failed)
        return;
    *sketch = (struct hyperloglog){.data = state_memory_alloc(memory, REGISTERS), .capacity = HYPERLOGLOG_DENSE};
    memcpy(sketch->data, registers.data, REGISTERS);
}

void hyperloglog_decode(struct hyperloglog *sketch, struct bytes_reader *reader, struct state_memory *memory) {
    uint32_t capacity = bytes_get_u32(reader);
    if (capacity == HYPERLOGLOG_DENSE) {
        decode_registers(sketch, reader, memory);
        return;
    }
    uint32_t count = bytes_get_u32(reader);
    bool possible = capacity == 0 ? count == 0
                                  : capacity >= CODES_FIRST && capacity <= CODES_MAX &&
                                        (capacity & (capacity - 1)) == 0 && count <= capacity / 4 * 3;
    struct str bytes = bytes_get(reader, possible ? count * sizeof(uint32_t) : 0);
    if (!possible)
        bytes_refuse(reader);
    if (reader->failed || capacity == 0)
        return;
    *sketch =
        (struct hyperloglog){.data = state_memory_zalloc(memory, capacity * sizeof(uint32_t)), .capacity = capacity};
    for (uint32_t i = 0; i < count; i++) {
        uint32_t code;
        memcpy(&code, bytes.data + i * sizeof code, sizeof code);
        uint32_t rank = code & ((1u << CODE_RANK_BITS) - 1);
        bool is_code = rank >= 1 && rank <= 64 - CODE_BITS + 1;
        if (!is_code || !add_code_to_set(sketch->data, capacity, code))
            bytes_refuse(reader);
        else
            sketch->count++;
    }
}

void hyperloglog_release(struct hyperloglog *sketch, struct state_memory *memory) {
    size_t size = sketch->capacity == HYPERLOGLOG_DENSE ? REGISTERS : sketch->capacity * sizeof(uint32_t);
    state_memory_release(memory, sketch->data, size);
    *sketch = (struct hyperloglog){0};
}
