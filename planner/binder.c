/* binder.c: what the binder's parts share: its state, notices, and the refusal of what parses but does not run. */
#include "planner/binder.h"

#include "core/base/arena.h"
#include "core/base/array.h"
#include "core/data/datetime.h"

void binder_init(struct binder *binder, struct arena *arena, const struct catalogue *catalogue,
                 const struct planner_options *options, struct planner_notices *notices, struct error *error) {
    *binder = (struct binder){
        .arena = arena,
        .catalogue = catalogue,
        .settings = options ? options->settings : NULL,
        .sql_text = options ? options->sql_text : (struct str){0},
        .notices = notices,
        .error = error,
    };
    const char *zone = binder->settings ? settings_text(binder->settings, SETTING_TIME_ZONE) : "UTC";
    binder->evaluation.zone = time_zone_find(zone);
    if (!binder->evaluation.zone)
        binder->evaluation.zone = time_zone_find("UTC");
}

bool binder_setting_bool(const struct binder *binder, enum setting setting) {
    if (binder->settings)
        return settings_bool(binder->settings, setting);
    struct settings defaults;
    settings_init(&defaults);
    bool value = settings_bool(&defaults, setting);
    settings_release(&defaults);
    return value;
}

void binder_notice(struct binder *binder, sql_position position, const char *message, const char *hint) {
    if (binder->notices)
        ARRAY_PUSH(binder->arena, binder->notices, ((struct planner_notice){position, message, hint}));
}

void binder_ignore_hint(struct binder *binder, const struct ast_hint *hint) {
    const char *message = arena_printf(binder->arena, "hint %s has no effect", hint->name.text ? hint->name.text : "");
    binder_notice(binder, hint->position, message, NULL);
}

enum status binder_unsupported(const struct binder *binder, sql_position position, const char *what) {
    return FAIL_AT(binder->error, position, STATUS_UNSUPPORTED, "%s is parsed but not executed yet", what);
}
