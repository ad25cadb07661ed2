/* catalogue_text.c: objects as text: SHOW CREATE and DESCRIBE, in Flink's form. */
#include "planner/catalogue_store.h"

#include <string.h>

#include "core/base/array.h"
#include "planner/logical.h"

static void append_quoted(struct strbuf *out, const char *text, char quote) {
    strbuf_append_char(out, quote);
    for (; *text; text++) {
        if (*text == quote)
            strbuf_append_char(out, quote);
        strbuf_append_char(out, *text);
    }
    strbuf_append_char(out, quote);
}

static void append_name(struct strbuf *out, const char *name) {
    append_quoted(out, name, '`');
}

static void append_comment(struct strbuf *out, const char *comment) {
    if (!comment)
        return;
    strbuf_append_text(out, " COMMENT ");
    append_quoted(out, comment, '\'');
}

static void append_column(struct strbuf *out, const struct table_column *column) {
    strbuf_append_text(out, "  ");
    append_name(out, column->name);
    strbuf_append_text(out, " ");
    if (column->kind == TABLE_COLUMN_COMPUTED)
        strbuf_printf(out, "AS %s", column->expression_text);
    else
        type_print(out, column->type);
    if (column->kind == TABLE_COLUMN_METADATA) {
        strbuf_append_text(out, " METADATA");
        if (strcmp(column->metadata_key, column->name) != 0) {
            strbuf_append_text(out, " FROM ");
            append_quoted(out, column->metadata_key, '\'');
        }
        strbuf_append_text(out, column->is_virtual ? " VIRTUAL" : "");
    }
    append_comment(out, column->comment);
}

static void append_constraints(struct strbuf *out, const struct catalogue_object *object) {
    if (object->watermark_column >= 0) {
        strbuf_append_text(out, ",\n  WATERMARK FOR ");
        append_name(out, object->columns[object->watermark_column].name);
        strbuf_printf(out, " AS %s", object->watermark_text);
    }
    if (!object->primary_key_count)
        return;
    strbuf_append_text(out, ",\n  ");
    if (object->primary_key_name) {
        strbuf_append_text(out, "CONSTRAINT ");
        append_name(out, object->primary_key_name);
        strbuf_append_text(out, " ");
    }
    strbuf_append_text(out, "PRIMARY KEY (");
    for (uint32_t i = 0; i < object->primary_key_count; i++) {
        strbuf_append_text(out, i ? ", " : "");
        append_name(out, object->columns[object->primary_key[i]].name);
    }
    strbuf_append_text(out, ") NOT ENFORCED");
}

static void append_path(struct strbuf *out, const struct catalogue_object *object) {
    append_name(out, object->catalog);
    strbuf_append_text(out, ".");
    append_name(out, object->database);
    strbuf_append_text(out, ".");
    append_name(out, object->name);
}

static void append_table(struct strbuf *out, const struct catalogue_object *object) {
    strbuf_append_text(out, object->temporary ? "CREATE TEMPORARY TABLE " : "CREATE TABLE ");
    append_path(out, object);
    strbuf_append_text(out, " (\n");
    for (uint32_t i = 0; i < object->column_count; i++) {
        strbuf_append_text(out, i ? ",\n" : "");
        append_column(out, &object->columns[i]);
    }
    append_constraints(out, object);
    strbuf_append_text(out, "\n)");
    append_comment(out, object->comment);
    for (unsigned i = 0; i < object->partitioned_by.count; i++) {
        strbuf_append_text(out, i ? ", " : "\nPARTITIONED BY (");
        append_name(out, object->partitioned_by.items[i].text);
    }
    strbuf_append_text(out, object->partitioned_by.count ? ")\nWITH (\n" : "\nWITH (\n");
    for (size_t i = 0; i < object->options.map.count; i++) {
        strbuf_append_text(out, i ? ",\n  " : "  ");
        append_quoted(out, object->options.map.entries[i].key, '\'');
        strbuf_append_text(out, " = ");
        append_quoted(out, object->options.map.entries[i].value, '\'');
    }
    strbuf_append_text(out, "\n)");
}

static void append_view(struct strbuf *out, const struct catalogue_object *object) {
    strbuf_printf(out, "CREATE %s%sVIEW ", object->temporary ? "TEMPORARY " : "",
                  object->kind == CATALOGUE_MATERIALIZED_VIEW ? "MATERIALIZED " : "");
    append_path(out, object);
    strbuf_append_text(out, " (\n");
    for (uint32_t i = 0; i < object->column_count; i++) {
        strbuf_append_text(out, i ? ",\n  " : "  ");
        append_name(out, object->columns[i].name);
        append_comment(out, object->columns[i].comment);
    }
    strbuf_append_text(out, "\n)");
    append_comment(out, object->comment);
    strbuf_printf(out, "\nAS %s", object->query_text);
}

void catalogue_show_create(struct strbuf *out, const struct catalogue_object *object) {
    if (object->kind == CATALOGUE_TABLE)
        append_table(out, object);
    else
        append_view(out, object);
}

/* ---- DESCRIBE ---- */

static const char *describe_type(struct arena *arena, const struct catalogue_object *object, uint32_t index) {
    const struct table_column *column = &object->columns[index];
    const char *type = type_text(arena, type_with_nullable(arena, column->type, true));
    if (object->watermark_column == (int)index)
        return arena_printf(arena, "%s *ROWTIME*", type);
    return column->expression && expression_is_processing_time(column->expression)
               ? arena_printf(arena, "%s *PROCTIME*", type)
               : type;
}

static const char *describe_key(struct arena *arena, const struct catalogue_object *object, uint32_t index) {
    struct strbuf key;
    bool is_key = false;
    strbuf_init(&key);
    strbuf_append_text(&key, "PRI(");
    for (uint32_t i = 0; i < object->primary_key_count; i++) {
        is_key |= object->primary_key[i] == index;
        strbuf_printf(&key, "%s%s", i ? ", " : "", object->columns[object->primary_key[i]].name);
    }
    strbuf_append_text(&key, ")");
    const char *text = is_key ? arena_strdup(arena, strbuf_text(&key)) : "";
    strbuf_release(&key);
    return text;
}

static const char *describe_extras(struct arena *arena, const struct table_column *column) {
    if (column->kind == TABLE_COLUMN_COMPUTED)
        return arena_printf(arena, "AS %s", column->expression_text);
    if (column->kind != TABLE_COLUMN_METADATA)
        return "";
    const char *from =
        strcmp(column->metadata_key, column->name) == 0 ? "" : arena_printf(arena, " FROM '%s'", column->metadata_key);
    return arena_printf(arena, "METADATA%s%s", from, column->is_virtual ? " VIRTUAL" : "");
}

void catalogue_describe(struct arena *arena, const struct catalogue_object *object, struct describe_rows *rows) {
    *rows = (struct describe_rows){0};
    for (uint32_t i = 0; i < object->column_count; i++) {
        const struct table_column *column = &object->columns[i];
        struct describe_row row = {
            .name = arena_strdup(arena, column->name),
            .type = describe_type(arena, object, i),
            .null = column->type->nullable ? "TRUE" : "FALSE",
            .key = describe_key(arena, object, i),
            .extras = describe_extras(arena, column),
            .watermark = object->watermark_column == (int)i ? arena_strdup(arena, object->watermark_text) : "",
            .comment = column->comment ? arena_strdup(arena, column->comment) : "",
        };
        rows->has_comments |= column->comment != NULL;
        ARRAY_PUSH(arena, rows, row);
    }
}
