/* signature_decimal.c: the precision and scale of DECIMAL results, by Flink's rules. When 38 digits are not enough, fraction
 * digits give way first, but never below six (or what was asked for, when that is less). */
#include "core/functions/signature.h"

static unsigned larger(unsigned a, unsigned b) {
    return a > b ? a : b;
}

static unsigned smaller(unsigned a, unsigned b) {
    return a < b ? a : b;
}

static const struct type *capped(struct arena *arena, unsigned precision, unsigned scale) {
    if (precision > DECIMAL_PRECISION_MAX) {
        unsigned whole = precision - scale;
        unsigned room = whole < DECIMAL_PRECISION_MAX ? DECIMAL_PRECISION_MAX - whole : 0;
        scale = larger(room, smaller(scale, 6));
        precision = DECIMAL_PRECISION_MAX;
    }
    return type_decimal(arena, larger(precision, 1), scale);
}

const struct type *decimal_type_of(struct arena *arena, const struct type *type) {
    switch (type->kind) {
    case TYPE_DECIMAL: return type;
    case TYPE_TINYINT: return type_decimal(arena, 3, 0);
    case TYPE_SMALLINT: return type_decimal(arena, 5, 0);
    case TYPE_INT: return type_decimal(arena, 10, 0);
    case TYPE_BIGINT: return type_decimal(arena, 19, 0);
    case TYPE_NULL: return type_decimal(arena, 1, 0);
    default: return NULL;
    }
}

const struct type *decimal_add_type(struct arena *arena, const struct type *a, const struct type *b) {
    unsigned scale = larger(a->scale, b->scale);
    unsigned whole = larger((unsigned)a->precision - a->scale, (unsigned)b->precision - b->scale);
    return capped(arena, whole + scale + 1, scale);
}

const struct type *decimal_multiply_type(struct arena *arena, const struct type *a, const struct type *b) {
    return capped(arena, (unsigned)a->precision + b->precision + 1, (unsigned)a->scale + b->scale);
}

const struct type *decimal_divide_type(struct arena *arena, const struct type *a, const struct type *b) {
    unsigned scale = larger(6, (unsigned)a->scale + b->precision + 1);
    return capped(arena, (unsigned)a->precision - a->scale + b->scale + scale, scale);
}

const struct type *decimal_modulo_type(struct arena *arena, const struct type *a, const struct type *b) {
    unsigned scale = larger(a->scale, b->scale);
    unsigned whole = smaller((unsigned)a->precision - a->scale, (unsigned)b->precision - b->scale);
    return capped(arena, whole + scale, scale);
}
