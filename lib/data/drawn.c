/* drawn.c - the labels that splits go by: those that images had before they were fixed one by one. */
#include <string.h>
#include "lib/data/dataset_private.h"

#include "lib/base/banned.h"

const char *data_drawn_label(const data_set *set, size_t row)
{
    const data_row *r = &set->row[row];
    if (r->drawn == DATA_UNDRAWN) return "";
    return r->drawn ? set->drawn->name[r->drawn - 1] : data_class_name(set, r->label);
}

/* "" where the label itself is drawn by, or none. */
static const char *kept_apart(const data_set *set, size_t row, const char *drawn)
{
    return lg_casecmp(drawn, data_class_name(set, set->row[row].label)) ? drawn : "";
}

lg_status data_draw_by(data_set *set, const char *const *drawn, lg_err *err)
{
    const char **name = lg_alloc(set->rows, sizeof *name, err);
    int32_t *number = lg_alloc(set->rows, sizeof *number, err);
    data_names *names = NULL;
    if (name && number) {
        for (size_t i = 0; i < set->rows; i++) name[i] = kept_apart(set, i, drawn[i]);
        names = data_names_new(name, set->rows, number, err);
    }
    for (size_t i = 0; names && i < set->rows; i++) {
        data_row *row = &set->row[i];
        row->drawn = number[i] >= 0 ? (uint32_t)number[i] + 1 : row->label >= 0 && !*drawn[i] ? DATA_UNDRAWN : 0;
    }
    lg_free(name);
    lg_free(number);
    if (!names) return err->status;
    data_names_unref(set->drawn);
    set->drawn = names->count ? names : NULL;
    if (!set->drawn) data_names_unref(names);
    return LG_OK;
}

lg_status data_drawn_classes(const data_set *set, int32_t *number, size_t *classes, lg_err *err)
{
    *classes = (size_t)set->names->count;
    bool apart = set->drawn != NULL;
    for (size_t i = 0; i < set->rows; i++) number[i] = set->row[i].drawn == DATA_UNDRAWN ? -1 : set->row[i].label;
    if (!apart) return LG_OK;
    const char **name = lg_alloc(set->rows, sizeof *name, err);
    if (!name) return err->status;
    for (size_t i = 0; i < set->rows; i++) name[i] = data_drawn_label(set, i);
    data_names *names = data_names_new(name, set->rows, number, err);
    lg_free(name);
    if (!names) return err->status;
    *classes = (size_t)names->count;
    data_names_unref(names);
    return LG_OK;
}

size_t data_fixed(const data_set *set)
{
    size_t n = 0;
    for (size_t i = 0; i < set->rows; i++) n += set->row[i].fixed;
    return n;
}
