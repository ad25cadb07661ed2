/* share_scans.c: INSERT INTO a SELECT x FROM t; INSERT INTO b SELECT y FROM t: pruning made two scans of one table, of x and
 * of y. Here both become the same scan of x and y with a projection on top:
 *
 *     source unit := Scan | Project(Scan) below Watermark | Watermark above these      ─▶     Project(picks, wide unit)
 *
 * It runs after all rules, since pruning would undo it. A unit with a watermark serves those that need none, too. */
#include "planner/share_scans.h"

#include <string.h>

#include "core/base/array.h"

struct unit {
    const struct logical *node; /* its top */
    const struct logical *scan;
};

/* All units that read one table in the same way, and what replaces them. */
struct share {
    ARRAY_OF(struct unit) units;
    ARRAY_OF(struct scan_column) columns;
    ARRAY_OF(struct logical_column) column_names;
    ARRAY_OF(struct expression *) outputs; /* over `columns` */
    ARRAY_OF(const char *) names;
    const struct logical *watermark;
    struct logical *wide;
};

struct sharing {
    struct arena *arena;
    ARRAY_OF(struct share *) shares;
};

/* ---- finding units ---- */

static const struct logical *unit_scan(const struct logical *node) {
    if (node->kind == LOGICAL_WATERMARK)
        node = node->inputs[0]->kind == LOGICAL_PROJECT ? node->inputs[0]->inputs[0] : node->inputs[0];
    return node->kind == LOGICAL_SCAN ? node : NULL;
}

static struct share *share_of(struct sharing *sharing, const struct logical *scan) {
    for (size_t i = 0; i < sharing->shares.count; i++) {
        const struct logical *other = sharing->shares.items[i]->units.items[0].scan;
        if (other->scan.table == scan->scan.table && scan_options_equal(other->scan.options, scan->scan.options))
            return sharing->shares.items[i];
    }
    struct share *share = ARENA_NEW(sharing->arena, struct share);
    ARRAY_PUSH(sharing->arena, &sharing->shares, share);
    return share;
}

static void find_units(struct sharing *sharing, const struct logical *node) {
    const struct logical *scan = unit_scan(node);
    if (!scan) {
        for (uint32_t i = 0; i < node->input_count; i++)
            find_units(sharing, node->inputs[i]);
        return;
    }
    if (scan->scan.row_limit)
        return;
    struct share *share = share_of(sharing, scan);
    struct unit unit = {node, scan};
    ARRAY_PUSH(sharing->arena, &share->units, unit);
}

/* ---- the wide unit ---- */

/* Adds the scan's columns; mapping[i] is where column i went. False when a ROW is read in two shapes. */
static bool add_columns(struct sharing *sharing, struct share *share, const struct logical *scan, uint32_t *mapping) {
    for (uint32_t i = 0; i < scan->column_count; i++) {
        const struct scan_column *column = &scan->scan.columns[i];
        mapping[i] = UINT32_MAX;
        for (size_t k = 0; k < share->columns.count; k++) {
            if (share->columns.items[k].table_column != column->table_column)
                continue;
            if (!type_equal(share->columns.items[k].type, column->type))
                return false;
            mapping[i] = (uint32_t)k;
        }
        if (mapping[i] != UINT32_MAX)
            continue;
        mapping[i] = (uint32_t)share->columns.count;
        ARRAY_PUSH(sharing->arena, &share->columns, *column);
        ARRAY_PUSH(sharing->arena, &share->column_names, scan->columns[i]);
    }
    return true;
}

static uint32_t add_output(struct sharing *sharing, struct share *share, struct expression *expression,
                           const char *name) {
    for (size_t i = 0; i < share->outputs.count; i++)
        if (expression_equal(share->outputs.items[i], expression))
            return (uint32_t)i;
    ARRAY_PUSH(sharing->arena, &share->outputs, expression);
    ARRAY_PUSH(sharing->arena, &share->names, name);
    return (uint32_t)share->outputs.count - 1;
}

/* What the unit gives, as outputs of the wide one: picks[i] is where its column i is found. */
static bool add_unit(struct sharing *sharing, struct share *share, const struct unit *unit, uint32_t *picks) {
    struct arena *arena = sharing->arena;
    uint32_t *mapping = ARENA_ARRAY(arena, uint32_t, unit->scan->column_count + 1u);
    if (!add_columns(sharing, share, unit->scan, mapping))
        return false;
    const struct logical *below = unit->node->kind == LOGICAL_WATERMARK ? unit->node->inputs[0] : unit->node;
    for (uint32_t i = 0; i < unit->node->column_count; i++) {
        struct expression *expression = below->kind == LOGICAL_PROJECT ? below->project.expressions[i]
                                                                       : logical_column_reference(arena, unit->scan, i);
        if (!expression_is_deterministic(expression))
            return false;
        picks[i] =
            add_output(sharing, share, expression_remap(arena, expression, mapping), unit->node->columns[i].name);
    }
    if (unit->node->kind == LOGICAL_WATERMARK && !share->watermark) {
        struct logical *watermark = logical_copy(arena, unit->node);
        watermark->watermark.column = picks[unit->node->watermark.column];
        watermark->watermark.expression = expression_remap(arena, unit->node->watermark.expression, picks);
        share->watermark = watermark;
    }
    return true;
}

static struct logical *wide_scan(struct sharing *sharing, const struct share *share) {
    struct logical *scan = logical_copy(sharing->arena, share->units.items[0].scan);
    scan->columns = share->column_names.items;
    scan->column_count = (uint32_t)share->columns.count;
    scan->scan.columns = share->columns.items;
    return scan;
}

static bool outputs_are_columns(const struct share *share) {
    for (size_t i = 0; i < share->outputs.count; i++)
        if (share->outputs.items[i]->kind != EXPRESSION_COLUMN || share->outputs.items[i]->column != i)
            return false;
    return share->outputs.count == share->columns.count;
}

static void build_wide(struct sharing *sharing, struct share *share) {
    struct arena *arena = sharing->arena;
    uint32_t count = (uint32_t)share->outputs.count;
    struct logical *node = wide_scan(sharing, share);
    if (share->watermark && !outputs_are_columns(share))
        node = logical_project(arena, node, share->outputs.items, share->names.items, count);
    if (share->watermark) {
        struct logical *watermark = logical_with_input(arena, share->watermark, node);
        watermark->columns = arena_copy(arena, node->columns, node->column_count * sizeof *node->columns);
        watermark->columns[watermark->watermark.column].time = TIME_EVENT;
        watermark->column_count = node->column_count;
        node = watermark;
    }
    share->wide = node;
}

/* ---- replacing ---- */

static struct logical *replace(struct sharing *sharing, struct share *share, const struct logical *node,
                               const uint32_t *picks) {
    struct arena *arena = sharing->arena;
    struct expression **expressions = ARENA_ARRAY(arena, struct expression *, node->column_count);
    const char **names = ARENA_ARRAY(arena, const char *, node->column_count);
    for (uint32_t i = 0; i < node->column_count; i++) {
        /* Without a watermark the wide unit is the scan itself, and outputs are its columns. */
        uint32_t column = share->watermark ? picks[i] : share->outputs.items[picks[i]]->column;
        expressions[i] = logical_column_reference(arena, share->wide, column);
        names[i] = node->columns[i].name;
    }
    struct logical *project = logical_project(arena, share->wide, expressions, names, node->column_count);
    return logical_is_identity(project) ? share->wide : project;
}

struct replacement {
    const struct logical *from;
    struct logical *to;
};
struct replacements {
    struct replacement *items;
    size_t count, capacity;
};

static struct logical *replace_below(struct arena *arena, struct logical *node,
                                     const struct replacements *replacements) {
    for (size_t i = 0; i < replacements->count; i++)
        if (replacements->items[i].from == node)
            return replacements->items[i].to;
    struct logical **inputs = NULL;
    for (uint32_t i = 0; i < node->input_count; i++) {
        struct logical *input = replace_below(arena, node->inputs[i], replacements);
        if (input == node->inputs[i])
            continue;
        if (!inputs)
            inputs = arena_copy(arena, node->inputs, node->input_count * sizeof *inputs);
        inputs[i] = input;
    }
    return inputs ? logical_with_inputs(arena, node, inputs) : node;
}

static bool are_equal(const struct share *share) {
    for (size_t i = 1; i < share->units.count; i++)
        if (!logical_equal(share->units.items[0].node, share->units.items[i].node))
            return false;
    return true;
}

static void share_one(struct sharing *sharing, struct share *share, struct replacements *replacements) {
    if (share->units.count < 2 || are_equal(share))
        return;
    uint32_t **picks = ARENA_ARRAY(sharing->arena, uint32_t *, share->units.count);
    for (size_t i = 0; i < share->units.count; i++) {
        picks[i] = ARENA_ARRAY(sharing->arena, uint32_t, share->units.items[i].node->column_count + 1u);
        if (!add_unit(sharing, share, &share->units.items[i], picks[i]))
            return;
    }
    build_wide(sharing, share);
    for (size_t i = 0; i < share->units.count; i++) {
        const struct logical *node = share->units.items[i].node;
        struct replacement replacement = {node, replace(sharing, share, node, picks[i])};
        ARRAY_PUSH(sharing->arena, replacements, replacement);
    }
}

bool share_scans(struct arena *arena, struct logical_list *roots) {
    struct sharing sharing = {.arena = arena};
    struct replacements replacements = {0};
    for (size_t i = 0; i < roots->count; i++)
        find_units(&sharing, roots->items[i]);
    for (size_t i = 0; i < sharing.shares.count; i++)
        share_one(&sharing, sharing.shares.items[i], &replacements);
    if (!replacements.count)
        return false;
    for (size_t i = 0; i < roots->count; i++)
        roots->items[i] = replace_below(arena, roots->items[i], &replacements);
    return true;
}
