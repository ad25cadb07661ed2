/* time_unit.h: the units of EXTRACT, FLOOR … TO, TIMESTAMPADD, TIMESTAMPDIFF, DATE_TRUNC. */
#pragma once

#include "core/base/str.h"

enum time_unit {
    TIME_UNIT_NONE,
    TIME_UNIT_MILLENNIUM,
    TIME_UNIT_CENTURY,
    TIME_UNIT_DECADE,
    TIME_UNIT_YEAR,
    TIME_UNIT_ISOYEAR,
    TIME_UNIT_QUARTER,
    TIME_UNIT_MONTH,
    TIME_UNIT_WEEK,
    TIME_UNIT_DAY,
    TIME_UNIT_DOW,
    TIME_UNIT_ISODOW,
    TIME_UNIT_DOY,
    TIME_UNIT_HOUR,
    TIME_UNIT_MINUTE,
    TIME_UNIT_SECOND,
    TIME_UNIT_MILLISECOND,
    TIME_UNIT_MICROSECOND,
    TIME_UNIT_NANOSECOND,
    TIME_UNIT_EPOCH,
};

/* By name, case ignored, singular or plural, also SQL_TSI_DAY and the like; TIME_UNIT_NONE when unknown. */
enum time_unit time_unit_find(struct str name);
