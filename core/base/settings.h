/* settings.h: the session's settings (SET 'key' = 'value'), one row each in settings.def.
 *
 * Values are checked when they are set, so reading them cannot fail. An unknown key is refused with the nearest one as hint.
 * Keys that belong to Flink but mean nothing here are accepted and kept, so that its scripts run unchanged; the caller
 * learns that they have no effect. foreign_settings.def has what to do instead, and values without which a script is not the same. Not thread-safe: one session, one thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/map.h"
#include "core/base/arena.h"
#include "core/base/status.h"
#include "core/base/str.h"

enum setting {
#define SETTING(name, key, type, default_value, bounds, documentation) SETTING_##name,
#include "core/base/settings.def"
#undef SETTING
    SETTING_COUNT
};

enum setting_type {
    SETTING_TYPE_BOOL,
    SETTING_TYPE_INT,
    SETTING_TYPE_DURATION,
    SETTING_TYPE_SIZE,
    SETTING_TYPE_TEXT,
    SETTING_TYPE_CHOICE
};

/* A row of settings.def, for documentation and completion. */
struct setting_spec {
    const char *key;
    enum setting_type type;
    const char *default_value;
    const char *bounds; /* may be NULL */
    const char *documentation;
};
const struct setting_spec *setting_spec(enum setting setting);
bool setting_find(const char *key, enum setting *setting); /* exact key, or an older name of it */

/* Not to be copied by assignment or moved. */
struct settings {
    struct {
        char *text;     /* as set; NULL: default */
        int64_t number; /* BOOL 0/1, INT, DURATION microseconds, SIZE bytes, CHOICE index */
    } values[SETTING_COUNT];
    struct arena arena; /* of the map's keys */
    struct map foreign; /* Flink's keys without effect here -> owned text */
};

void settings_init(struct settings *settings); /* all defaults */
void settings_release(struct settings *settings);
void settings_copy(struct settings *to, const struct settings *from); /* `to` is initialised by it */

/* What to do instead of setting one of Flink's keys that means nothing here; NULL when there is nothing to say. */
const char *setting_foreign_hint(const char *key);
/* Sets one. *has_effect (may be NULL) is false when the key is one of Flink's that means nothing here: tell the user. */
enum status settings_set(struct settings *settings, const char *key, const char *value, bool *has_effect,
                         struct error *error) MUST_CHECK;
/* Back to the default. INVALID_OPTION for an unknown key. */
enum status settings_reset(struct settings *settings, const char *key, struct error *error) MUST_CHECK;
void settings_reset_all(struct settings *settings);

bool settings_bool(const struct settings *settings, enum setting setting);
int64_t settings_int(const struct settings *settings, enum setting setting);
int64_t settings_duration_us(const struct settings *settings, enum setting setting);
uint64_t settings_size_bytes(const struct settings *settings, enum setting setting);
const char *settings_text(const struct settings *settings, enum setting setting); /* any type: as set, or the default */
/* Whether a CHOICE setting has this value; `choice` is one of its bounds. */
bool settings_choice_is(const struct settings *settings, enum setting setting, const char *choice);
bool settings_is_default(const struct settings *settings, enum setting setting);
/* By key, foreign ones included; NULL when there is no such setting. */
const char *settings_find(const struct settings *settings, const char *key);
