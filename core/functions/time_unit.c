/* time_unit.c: names of time units. */
#include "core/functions/time_unit.h"

#include "core/base/array.h"

static const struct {
    const char *name;
    enum time_unit unit;
} units[] = {
    {"MILLENNIUM", TIME_UNIT_MILLENNIUM},
    {"MILLENNIA", TIME_UNIT_MILLENNIUM},
    {"CENTURY", TIME_UNIT_CENTURY},
    {"CENTURIES", TIME_UNIT_CENTURY},
    {"DECADE", TIME_UNIT_DECADE},
    {"YEAR", TIME_UNIT_YEAR},
    {"ISOYEAR", TIME_UNIT_ISOYEAR},
    {"QUARTER", TIME_UNIT_QUARTER},
    {"MONTH", TIME_UNIT_MONTH},
    {"WEEK", TIME_UNIT_WEEK},
    {"DAY", TIME_UNIT_DAY},
    {"DAYOFMONTH", TIME_UNIT_DAY},
    {"DOW", TIME_UNIT_DOW},
    {"DAYOFWEEK", TIME_UNIT_DOW},
    {"ISODOW", TIME_UNIT_ISODOW},
    {"DOY", TIME_UNIT_DOY},
    {"DAYOFYEAR", TIME_UNIT_DOY},
    {"HOUR", TIME_UNIT_HOUR},
    {"MINUTE", TIME_UNIT_MINUTE},
    {"SECOND", TIME_UNIT_SECOND},
    {"MILLISECOND", TIME_UNIT_MILLISECOND},
    {"MICROSECOND", TIME_UNIT_MICROSECOND},
    {"NANOSECOND", TIME_UNIT_NANOSECOND},
    {"EPOCH", TIME_UNIT_EPOCH},
};

enum time_unit time_unit_find(struct str name) {
    static const char prefix[] = "SQL_TSI_";
    size_t prefix_size = sizeof prefix - 1;
    if (name.size > prefix_size && str_equal_ignore_case((struct str){name.data, prefix_size}, STR(prefix)))
        name = (struct str){name.data + prefix_size, name.size - prefix_size};
    for (size_t i = 0; i < COUNT_OF(units); i++) {
        struct str unit = str_from(units[i].name);
        bool plural = name.size == unit.size + 1 && (name.data[unit.size] == 'S' || name.data[unit.size] == 's');
        if (str_equal_ignore_case((struct str){name.data, name.size - plural}, unit))
            return units[i].unit;
    }
    return TIME_UNIT_NONE;
}
