/* object.c - reference-counted versions of objects, and the grid, the one kind the language makes by itself. */
#include "kernel/dsl/out.h"
#include "kernel/dsl/value.h"
#include <math.h>
#include <string.h>

#include "lib/base/banned.h"

const char *dsl_kind_name(dsl_kind kind)
{
    static const char *const names[DSL_KIND_COUNT] = {"thing", "dataset", "model", "run", "table", "posts", "grid"};
    return (unsigned)kind < DSL_KIND_COUNT ? names[kind] : names[0];
}

const char *dsl_kind_phrase(dsl_kind kind)
{
    static const char *const phrases[DSL_KIND_COUNT] = {"a thing", "a dataset", "a model", "a run",
                                                        "a table", "posts",     "a grid"};
    return (unsigned)kind < DSL_KIND_COUNT ? phrases[kind] : phrases[0];
}

lg_status dsl_object_new(const dsl_class *cls, void *payload, const char *recipe, dsl_object **out, lg_err *err)
{
    dsl_object *object = lg_alloc(1, sizeof *object, err);
    char *copy = object ? lg_strdup(recipe ? recipe : "", err) : NULL;
    if (!copy) {
        lg_free(object);
        if (payload && cls->drop) cls->drop(payload);
        return err->status;
    }
    object->cls = cls;
    object->payload = payload;
    object->recipe = copy;
    atomic_init(&object->refs, 1);
    lg_time_iso(object->made);
    *out = object;
    return LG_OK;
}

dsl_object *dsl_object_ref(dsl_object *object)
{
    atomic_fetch_add_explicit(&object->refs, 1, memory_order_relaxed);
    return object;
}

void dsl_object_unref(dsl_object *object)
{
    if (!object || atomic_fetch_sub_explicit(&object->refs, 1, memory_order_acq_rel) != 1) return;
    if (object->payload && object->cls->drop) object->cls->drop(object->payload);
    lg_free(object->recipe);
    lg_free(object);
}

/* ---- grids: the header and its numbers are one block ---- */
lg_status dsl_grid_new(const dsl_class *cls, int rows, int cols, const double *cell, const char *recipe,
                       dsl_object **out, lg_err *err)
{
    size_t cells = (size_t)rows * (size_t)cols;
    dsl_grid *grid = lg_alloc(1, sizeof *grid + cells * sizeof *grid->cell, err);
    if (!grid) return err->status;
    *grid = (dsl_grid){rows, cols, (double *)(grid + 1)};
    memcpy(grid->cell, cell, cells * sizeof *cell);
    return dsl_object_new(cls ? cls : &dsl_class_grid, grid, recipe, out, err);
}

const dsl_grid *dsl_object_grid(const dsl_object *object)
{
    return object && object->cls->kind == DSL_KIND_GRID ? object->payload : NULL;
}

static lg_status grid_field(const void *payload, const char *path, lg_arena *arena, dsl_fact *out, lg_err *err)
{
    const dsl_grid *grid = payload;
    double sum = 0, low = INFINITY, high = -INFINITY;
    size_t cells = (size_t)grid->rows * (size_t)grid->cols;
    (void)arena, (void)err;
    for (size_t i = 0; i < cells; i++) {
        sum += grid->cell[i];
        low = fmin(low, grid->cell[i]);
        high = fmax(high, grid->cell[i]);
    }
    *out = (dsl_fact){0};
    if (!strcmp(path, "rows")) out->number = grid->rows;
    else if (!strcmp(path, "columns")) out->number = grid->cols;
    else if (!strcmp(path, "sum")) out->number = sum;
    else if (!strcmp(path, "mean")) out->number = sum / (double)cells;
    else if (!strcmp(path, "min")) out->number = low;
    else if (!strcmp(path, "max")) out->number = high;
    else return LG_E_NAME;
    return LG_OK;
}

static void grid_fields(const void *payload, lg_buf *out)
{
    (void)payload;
    lg_buf_adds(out, "rows\ncolumns\nsum\nmean\nmin\nmax\n");
}

static void grid_brief(const void *payload, lg_buf *out)
{
    const dsl_grid *grid = payload;
    lg_buf_addf(out, "%dx%d numbers", grid->rows, grid->cols);
}

static lg_status grid_show(const dsl_object *object, const char *name, dsl_out *out, lg_err *err)
{
    const dsl_grid *grid = object->payload;
    lg_buf text;
    lg_buf_init(&text, 1 << 20);
    lg_buf_addf(&text, "%s: %dx%d\n", name, grid->rows, grid->cols);
    for (int r = 0; r < grid->rows; r++) {
        for (int c = 0; c < grid->cols; c++)
            lg_buf_addf(&text, "%8.6g", grid->cell[(size_t)r * (size_t)grid->cols + (size_t)c]);
        lg_buf_addc(&text, '\n');
    }
    lg_status st = lg_buf_check(&text, err);
    if (st == LG_OK) out->display(out, &(dsl_bundle){.text = lg_buf_str(&text)}, NULL, false);
    lg_buf_release(&text);
    return st;
}

const dsl_class dsl_class_grid = {.kind = DSL_KIND_GRID,
                                  .drop = lg_free,
                                  .field = grid_field,
                                  .fields = grid_fields,
                                  .brief = grid_brief,
                                  .show = grid_show};
