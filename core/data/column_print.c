/* column_print.c: values as the results show them. Part of column.h. */
#include <stdlib.h>

#include "core/base/status.h"
#include "core/base/str.h"
#include "core/data/column.h"
#include "core/data/datetime.h"
#include "core/data/decimal.h"
#include "core/data/real.h"

static void print_integer(struct strbuf *out, int64_t value) {
    char text[20];
    size_t at = sizeof text;
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do {
        text[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest);
    if (value < 0)
        text[--at] = '-';
    strbuf_append(out, text + at, sizeof text - at);
}

static void print_bytes(struct strbuf *out, struct str bytes) {
    static const char hexadecimal[] = "0123456789abcdef";
    strbuf_append_text(out, "x'");
    for (size_t i = 0; i < bytes.size; i++) {
        strbuf_append_char(out, hexadecimal[(unsigned char)bytes.data[i] >> 4]);
        strbuf_append_char(out, hexadecimal[bytes.data[i] & 15]);
    }
    strbuf_append_char(out, '\'');
}

static void print_months(struct strbuf *out, int32_t months) {
    int64_t value = llabs((int64_t)months);
    strbuf_printf(out, "%c%lld-%02lld", months < 0 ? '-' : '+', (long long)value / 12, (long long)value % 12);
}

static void print_interval(struct strbuf *out, int64_t interval_us) {
    uint64_t rest = interval_us < 0 ? 0 - (uint64_t)interval_us : (uint64_t)interval_us;
    uint64_t days = rest / US_PER_DAY;
    strbuf_printf(out, "%c%llu ", interval_us < 0 ? '-' : '+', (unsigned long long)days);
    time_print(out, (int64_t)(rest % US_PER_DAY), rest % 1000 ? 6 : 3);
}

static void print_list(struct strbuf *out, const struct column *column, uint32_t row) {
    const struct list_slice *slice = column_value(column, row);
    bool is_map = column->type->kind == TYPE_MAP;
    strbuf_append_char(out, is_map ? '{' : '[');
    for (uint32_t i = 0; i < slice->count; i++) {
        if (i)
            strbuf_append_text(out, ", ");
        column_print_value(out, &column->children[0], slice->offset + i);
        if (is_map) {
            strbuf_append_char(out, '=');
            column_print_value(out, &column->children[1], slice->offset + i);
        }
    }
    strbuf_append_char(out, is_map ? '}' : ']');
}

static void print_row(struct strbuf *out, const struct column *column, uint32_t row) {
    row = column_value_index(column, row);
    strbuf_append_char(out, '(');
    for (uint32_t i = 0; i < column->type->field_count; i++) {
        if (i)
            strbuf_append_text(out, ", ");
        column_print_value(out, &column->children[i], row);
    }
    strbuf_append_char(out, ')');
}

#define VALUE_AS(ctype) (*(const ctype *)value)

void column_print_value(struct strbuf *out, const struct column *column, uint32_t row) {
    const struct type *type = column->type;
    if (column_is_null(column, row)) {
        strbuf_append_text(out, "NULL");
        return;
    }
    const void *value = type->kind == TYPE_ROW ? NULL : column_value(column, row);
    switch (type->kind) {
    case TYPE_NULL: strbuf_append_text(out, "NULL"); break;
    case TYPE_BOOLEAN: strbuf_append_text(out, VALUE_AS(uint8_t) ? "TRUE" : "FALSE"); break;
    case TYPE_TINYINT: print_integer(out, VALUE_AS(int8_t)); break;
    case TYPE_SMALLINT: print_integer(out, VALUE_AS(int16_t)); break;
    case TYPE_INT: print_integer(out, VALUE_AS(int32_t)); break;
    case TYPE_BIGINT: print_integer(out, VALUE_AS(int64_t)); break;
    case TYPE_FLOAT: float_print(out, VALUE_AS(float)); break;
    case TYPE_DOUBLE: double_print(out, VALUE_AS(double)); break;
    case TYPE_DECIMAL: decimal_print(out, VALUE_AS(int128), type->scale); break;
    case TYPE_CHAR:
    case TYPE_VARCHAR: strbuf_append_str(out, view_str(value)); break;
    case TYPE_BINARY:
    case TYPE_VARBINARY: print_bytes(out, view_str(value)); break;
    case TYPE_DATE: date_print(out, VALUE_AS(int32_t)); break;
    case TYPE_TIME: time_print(out, VALUE_AS(int64_t), type->precision); break;
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMP_LTZ: timestamp_print(out, VALUE_AS(int64_t), type->precision); break;
    case TYPE_INTERVAL_MONTH: print_months(out, VALUE_AS(int32_t)); break;
    case TYPE_INTERVAL_SECOND: print_interval(out, VALUE_AS(int64_t)); break;
    case TYPE_ROW: print_row(out, column, row); break;
    case TYPE_ARRAY:
    case TYPE_MAP: print_list(out, column, row); break;
    case TYPE_KIND_COUNT: UNREACHABLE();
    }
}
