/* name_pattern.c: see the header. */
#include "connectors/name_pattern.h"

#include <string.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

enum status name_pattern_open(struct name_pattern *pattern, const char *text, const char *option, struct error *error) {
    int number;
    PCRE2_SIZE offset;
    *pattern = (struct name_pattern){0};
    pattern->code = pcre2_compile((PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED,
                                  PCRE2_ANCHORED | PCRE2_ENDANCHORED | PCRE2_UTF, &number, &offset, NULL);
    if (!pattern->code) {
        PCRE2_UCHAR reason[128];
        pcre2_get_error_message(number, reason, sizeof reason);
        return FAIL(error, STATUS_INVALID_REGEX, "option \"%s\": %s at character %zu", option, (char *)reason,
                    offset + 1);
    }
    pattern->match = pcre2_match_data_create_from_pattern(pattern->code, NULL);
    return STATUS_OK;
}

bool name_pattern_matches(const struct name_pattern *pattern, const char *name) {
    return pcre2_match(pattern->code, (PCRE2_SPTR)name, strlen(name), 0, 0, pattern->match, NULL) >= 0;
}

void name_pattern_close(struct name_pattern *pattern) {
    pcre2_match_data_free(pattern->match);
    pcre2_code_free(pattern->code);
    *pattern = (struct name_pattern){0};
}

enum status name_pattern_check(const char *text, const char *option, struct error *error) {
    struct name_pattern pattern;
    TRY(name_pattern_open(&pattern, text, option, error));
    name_pattern_close(&pattern);
    return STATUS_OK;
}
