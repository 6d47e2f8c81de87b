/* box_grid.c - grids of numbers as objects of the language: what `let` makes, shown as `pad` and `convolve` draw them.
 */
#include "kernel/commands/box_grid.h"

#include <math.h>
#include <string.h>

#include "lib/plot/number_grids.h"
#include "lib/base/banned.h"

/* ---- as the language's own grids ---- */
static void grid_drop(void *payload)
{
    dsl_class_grid.drop(payload);
}

static lg_status grid_field(const void *payload, const char *path, lg_arena *arena, dsl_fact *out, lg_err *err)
{
    return dsl_class_grid.field(payload, path, arena, out, err);
}

static void grid_fields(const void *payload, lg_buf *out)
{
    dsl_class_grid.fields(payload, out);
}

static void grid_brief(const void *payload, lg_buf *out)
{
    dsl_class_grid.brief(payload, out);
}

/* ---- drawn ---- */
static int at_most(int n, int most)
{
    return n < most ? n : most;
}

/* "16 numbers from 1 to 53, together 234" */
static void say(const dsl_grid *grid, lg_buf *out)
{
    double low = INFINITY, high = -INFINITY, sum = 0;
    size_t n = (size_t)grid->rows * (size_t)grid->cols;
    for (size_t i = 0; i < n; i++) {
        low = fmin(low, grid->cell[i]);
        high = fmax(high, grid->cell[i]);
        sum += grid->cell[i];
    }
    lg_buf_addf(out, "%s number%s from ", lg_thousands((long long)n), n == 1 ? "" : "s");
    plt_add_cell_number(out, low);
    lg_buf_adds(out, " to ");
    plt_add_cell_number(out, high);
    lg_buf_adds(out, ", together ");
    plt_add_cell_number(out, sum);
}

/* A larger one from its top left corner on. *cell owned. */
static lg_status corner(const dsl_grid *grid, int rows, int cols, double **cell, lg_err *err)
{
    *cell = lg_alloc((size_t)rows * (size_t)cols + 1, sizeof **cell, err);
    if (!*cell) return err->status;
    for (int r = 0; r < rows; r++)
        memcpy(*cell + (size_t)r * (size_t)cols, grid->cell + (size_t)r * (size_t)grid->cols,
               (size_t)cols * sizeof **cell);
    return LG_OK;
}

static lg_status grid_show(const dsl_object *object, const char *name, dsl_out *out, lg_err *err)
{
    const dsl_grid *grid = object->payload;
    int rows = at_most(grid->rows, PLT_GRID_MOST), cols = at_most(grid->cols, PLT_GRID_MOST);
    double *cell = NULL;
    lg_buf sentence;
    plt_doc doc;
    LG_TRY(corner(grid, rows, cols, &cell, err));
    lg_buf_init(&sentence, 1 << 12);
    say(grid, &sentence);
    plt_doc_init(&doc);
    plt_title(&doc, "%s: %dx%d", name, grid->rows, grid->cols);
    const plt_numbers shown = {.caption = name, .rows = rows, .cols = cols, .cell = cell};
    plt_number_grids(&doc, &(plt_grids_spec){.sentence = lg_buf_str(&sentence), .grid = &shown, .n = 1});
    if (rows < grid->rows || cols < grid->cols)
        plt_note(&doc, "its first %d rows and %d columns; all of them: export %s to %s.csv", rows, cols, name, name);
    lg_buf_release(&sentence);
    lg_free(cell);
    return cmd_display_to(out, &doc, true, 0, err);
}

const dsl_class cmd_grid_class = {.kind = DSL_KIND_GRID,
                                  .drop = grid_drop,
                                  .field = grid_field,
                                  .fields = grid_fields,
                                  .brief = grid_brief,
                                  .show = grid_show};
