/* names.c - a hash from text to pointer with open addressing; rows keep the order in which they came. A removed row
 * keeps its place with value NULL until the next growth. */
#include "kernel/dsl/inside.h"
#include <string.h>

#include "lib/base/banned.h"

/* Slot of the name, or of the empty place where it would go. */
static uint32_t *names_slot(const dsl_names *names, const char *name)
{
    size_t at = lg_hash64(name, strlen(name), 0) & (names->slots - 1);
    while (names->slot[at] && strcmp(names->row[names->slot[at] - 1].name, name)) at = (at + 1) & (names->slots - 1);
    return &names->slot[at];
}

void *dsl_names_get(const dsl_names *names, const char *name)
{
    if (!names->slots) return NULL;
    uint32_t index = *names_slot(names, name);
    return index ? names->row[index - 1].value : NULL;
}

/* Drops dead rows and makes room for one more. */
static lg_status names_grow(dsl_names *names, lg_err *err)
{
    size_t cap = names->live * 2 < 16 ? 16 : names->live * 2, slots = cap * 2;
    while (slots & (slots - 1)) slots += slots & -slots;
    dsl_names_row *row = lg_alloc(cap, sizeof *row, err);
    uint32_t *slot = row ? lg_alloc(slots, sizeof *slot, err) : NULL;
    if (!slot) {
        lg_free(row);
        return err->status;
    }
    dsl_names old = *names;
    *names = (dsl_names){.row = row, .slot = slot, .cap = cap, .slots = slots};
    for (size_t i = 0; i < old.count; i++) {
        if (!old.row[i].value) {
            lg_free(old.row[i].name);
            continue;
        }
        names->row[names->count++] = old.row[i];
        *names_slot(names, old.row[i].name) = (uint32_t)names->count;
    }
    names->live = names->count;
    lg_free(old.row);
    lg_free(old.slot);
    return LG_OK;
}

lg_status dsl_names_put(dsl_names *names, const char *name, void *value, void **old, lg_err *err)
{
    *old = NULL;
    if (names->count == names->cap) LG_TRY(names_grow(names, err));
    uint32_t *slot = names_slot(names, name);
    if (*slot) {
        dsl_names_row *row = &names->row[*slot - 1];
        *old = row->value;
        names->live += !row->value;
        row->value = value;
        return LG_OK;
    }
    char *copy = lg_strdup(name, err);
    if (!copy) return err->status;
    names->row[names->count++] = (dsl_names_row){copy, value};
    names->live++;
    *slot = (uint32_t)names->count;
    return LG_OK;
}

void *dsl_names_remove(dsl_names *names, const char *name)
{
    if (!names->slots) return NULL;
    uint32_t index = *names_slot(names, name);
    if (!index) return NULL;
    void *value = names->row[index - 1].value;
    names->row[index - 1].value = NULL;
    names->live -= value != NULL;
    return value;
}

void dsl_names_release(dsl_names *names)
{
    for (size_t i = 0; i < names->count; i++) lg_free(names->row[i].name);
    lg_free(names->row);
    lg_free(names->slot);
    *names = (dsl_names){0};
}
