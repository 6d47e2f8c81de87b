/* cmd_activations.c - `activations`: what the filters of a layer make of one image. */
#include "kernel/commands/params.h"
#include "kernel/commands/seen.h"
#include "lib/plot/number_grids.h"
#include "lib/plot/theme.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/banned.h"

enum { MODEL, ON, IMAGE, LAYER, LIMIT, SLIDER };
enum { SIDE = 128, ROWS = 400, CLOSE = 8, SPELT = 6 };

static const dsl_param params[] = {
    [MODEL] = CMD_MODEL("the model that looks"),
    [ON] = CMD_ON("where the image is from"),
    [IMAGE] = {.name = "image",
               .role = DSL_OPTION,
               .type = DSL_T_IMAGE,
               .files = true,
               .dflt_help = "one that passes `where`",
               .help = "number or name of the image, or a file"},
    [LAYER] =
        CMD_LAYER("the first convolution, with the norm and activation behind it", "the layer whose output is shown"),
    [LIMIT] = CMD_LIMIT("maps drawn at most"),
    [SLIDER] = CMD_SLIDER("the layer"),
    {0},
};

typedef struct map_facts {
    float low, high;
    double mean, zeros; /* share of the numbers that are 0 */
    bool dead;          /* the same number everywhere */
} map_facts;

typedef struct activation_maps {
    const dsl_call *call;
    cmd_seen seen;
    int place; /* of the node */
    const nn_node *node;
    float *x; /* (h, w, maps) */
    int h, w, maps;
    map_facts *facts; /* (maps) */
} activation_maps;

/* Map k by itself, (h, w). */
static void pick(const activation_maps *a, int k, float *out)
{
    for (size_t i = 0; i < (size_t)a->h * (size_t)a->w; i++) out[i] = a->x[i * (size_t)a->maps + (size_t)k];
}

static map_facts facts_of(const float *map, size_t n)
{
    map_facts f = {.low = map[0], .high = map[0]};
    for (size_t i = 0; i < n; i++) {
        f.low = fminf(f.low, map[i]), f.high = fmaxf(f.high, map[i]);
        f.mean += (double)map[i] / (double)n;
        f.zeros += map[i] < 0 || map[i] > 0 ? 0 : 1.0 / (double)n;
    }
    f.dead = !(f.high > f.low);
    return f;
}

static lg_status look(activation_maps *a, float **room, lg_err *err)
{
    const nn_net *net = a->seen.model->net;
    lg_pool *pool = NULL;
    LG_TRY(cmd_seen_layer(a->call, MODEL, LAYER, nn_first_maps_node(net), false, &a->place, err));
    LG_TRY(cmd_pool(a->call, &pool, err));
    a->node = nn_net_node(net, a->place);
    const nn_shape s = a->node->spec.out;
    size_t places = (size_t)(s.dim[0] * s.dim[1]);
    a->h = (int)s.dim[0], a->w = (int)s.dim[1], a->maps = (int)s.dim[2];
    a->x = lg_alloc(nn_shape_size(s), sizeof *a->x, err);
    a->facts = a->x ? lg_alloc((size_t)a->maps, sizeof *a->facts, err) : NULL;
    *room = a->facts ? lg_alloc(places, sizeof **room, err) : NULL;
    if (!*room) return err->status;
    LG_TRY(nn_features(&(nn_predict_options){.weights = a->seen.model->weights,
                                             .source = cmd_source(a->seen.view),
                                             .pool = pool,
                                             .cancel = a->call->cancel},
                       a->place, a->x, err));
    for (int k = 0; k < a->maps; k++) {
        pick(a, k, *room);
        a->facts[k] = facts_of(*room, places);
    }
    return LG_OK;
}

/* ---- words ---- */
static void say_dead(const activation_maps *a, lg_buf *out)
{
    enum { NAMED = 12 };
    int dead = 0;
    for (int k = 0; k < a->maps; k++) dead += a->facts[k].dead;
    if (!dead) {
        lg_buf_adds(out, "; none is dead on this image");
        return;
    }
    lg_buf_addf(out, "; %d %s dead on this image, the same number everywhere: ", dead, dead == 1 ? "is" : "are");
    for (int k = 0, named = 0; k < a->maps && named < NAMED; k++)
        if (a->facts[k].dead) lg_buf_addf(out, "%s%d", named++ ? ", " : "", k + 1);
    if (dead > NAMED) lg_buf_adds(out, ", …");
}

static void say_maps(const activation_maps *a, lg_buf *out)
{
    float low = a->facts[0].low, high = a->facts[0].high;
    double zeros = 0;
    for (int k = 0; k < a->maps; k++) {
        low = fminf(low, a->facts[k].low), high = fmaxf(high, a->facts[k].high);
        zeros += a->facts[k].zeros / a->maps;
    }
    lg_buf_addf(out, "%s map%s of %dx%d, from %.4g to %.4g, %s%% of the numbers are 0", lg_thousands(a->maps),
                a->maps == 1 ? "" : "s", a->h, a->w, (double)low, (double)high, plt_points(zeros, 0));
    say_dead(a, out);
}

/* ---- the document ---- */
static lg_status doc_map(plt_doc *doc, const activation_maps *a, int k, float *room, lg_err *err)
{
    const map_facts *f = &a->facts[k];
    int longer = a->h > a->w ? a->h : a->w, times = SIDE / longer > 1 ? SIDE / longer : 1;
    img_picture tile = {0};
    pick(a, k, room);
    LG_TRY(
        cmd_paint_map(room, a->h, a->w, fmax(fabs((double)f->low), fabs((double)f->high)), times, f->dead, &tile, err));
    if (f->dead) plt_thumb(doc, tile.px, tile.w, tile.h, PLT_EDGE_NONE, "%d dead: %.3g", k + 1, (double)f->low);
    else
        plt_thumb(doc, tile.px, tile.w, tile.h, PLT_EDGE_NONE, "%d: %.3g to %.3g", k + 1, (double)f->low,
                  (double)f->high);
    img_picture_release(&tile);
    return LG_OK;
}

static void doc_numbers(plt_doc *doc, const activation_maps *a)
{
    plt_fold_begin(doc, "The maps in numbers");
    plt_table(doc, "Maps of %s%s", a->node->name, a->maps > ROWS ? ", the first" : "");
    plt_column(doc, PLT_RIGHT, "Map");
    plt_column(doc, PLT_RIGHT, "Least");
    plt_column(doc, PLT_RIGHT, "Most");
    plt_column(doc, PLT_RIGHT, "Mean");
    plt_column(doc, PLT_RIGHT, "Zeros");
    for (int k = 0; k < a->maps && k < ROWS; k++) {
        const map_facts *f = &a->facts[k];
        plt_row(doc, PLT_ROW_PLAIN);
        plt_head(doc, "%d%s", k + 1, f->dead ? " dead" : "");
        plt_cell(doc, "%.4g", (double)f->low);
        plt_cell(doc, "%.4g", (double)f->high);
        plt_cell(doc, "%.4g", f->mean);
        plt_cell(doc, "%s%%", plt_points(f->zeros, 0));
    }
    plt_fold_end(doc);
}

/* A corner of at most CLOSE x CLOSE with the largest number about in its middle. */
static lg_status doc_close(plt_doc *doc, const activation_maps *a, int k, float *room, lg_err *err)
{
    int rows = a->h < CLOSE ? a->h : CLOSE, cols = a->w < CLOSE ? a->w : CLOSE, peak = 0;
    double cell[CLOSE * CLOSE];
    char caption[80];
    pick(a, k, room);
    for (int i = 1; i < a->h * a->w; i++)
        if (fabsf(room[i]) > fabsf(room[peak])) peak = i;
    int top = peak / a->w - rows / 2, left = peak % a->w - cols / 2;
    top = top < 0 ? 0 : top > a->h - rows ? a->h - rows : top;
    left = left < 0 ? 0 : left > a->w - cols ? a->w - cols : left;
    for (int i = 0; i < rows * cols; i++) cell[i] = (double)room[(top + i / cols) * a->w + left + i % cols];
    if (rows == a->h && cols == a->w) snprintf(caption, sizeof caption, "map %d", k + 1);
    else
        snprintf(caption, sizeof caption, "map %d, rows %d to %d, columns %d to %d", k + 1, top + 1, top + rows,
                 left + 1, left + cols);
    const plt_numbers grid = {.caption = caption, .rows = rows, .cols = cols, .cell = cell};
    plt_number_grids(doc, &(plt_grids_spec){.sentence = "", .grid = &grid, .n = 1});
    return err->status;
}

/* The first few that live, number by number. */
static lg_status doc_spelt(plt_doc *doc, const activation_maps *a, int shown, float *room, lg_err *err)
{
    int alive = 0;
    for (int k = 0; k < shown; k++) alive += !a->facts[k].dead;
    if (!alive) return LG_OK;
    bool whole = a->h <= CLOSE && a->w <= CLOSE;
    plt_fold_begin(doc, "%s maps number by number%s", alive > SPELT ? "the first" : "the",
                   whole ? "" : ", around the largest");
    for (int k = 0, told = 0; k < shown && told < SPELT; k++) {
        if (a->facts[k].dead) continue;
        LG_TRY(doc_close(doc, a, k, room, err));
        told++;
    }
    plt_fold_end(doc);
    return LG_OK;
}

static lg_status doc_image(plt_doc *doc, const activation_maps *a, lg_err *err)
{
    data_image image;
    img_picture seen = {0};
    LG_TRY(cmd_seen_picture(&a->seen, 0, SIDE, &seen, err));
    data_image_at(a->seen.set, a->seen.row[0], &image);
    plt_grid(doc, SIDE, "the image");
    plt_thumb(doc, seen.px, seen.w, seen.h, PLT_EDGE_NONE, "%s %s", image.number,
              image.label < 0 ? "no label" : data_class_name(a->seen.set, image.label));
    img_picture_release(&seen);
    return LG_OK;
}

static lg_status fill(plt_doc *doc, const activation_maps *a, float *room, lg_err *err)
{
    const dsl_call *call = a->call;
    int limit = (int)call->arg[LIMIT].value[0].integer, shown = a->maps < limit ? a->maps : limit;
    lg_buf words, which;
    lg_buf_init(&words, 0);
    lg_buf_init(&which, 0);
    cmd_seen_numbers(&a->seen, &which);
    say_maps(a, &words);
    plt_title(doc, "activations %s on %s%s %s: layer %s%s%s", a->seen.model_name, a->seen.data_name,
              cmd_where_text(call), lg_buf_str(&which), a->node->name, *call->note ? " " : "", call->note);
    cmd_note_stale(doc, call, a->seen.model);
    if (a->seen.files) cmd_note_guessed(doc, call, &call->arg[MODEL].value[0], ON);
    plt_sentence(doc, "%s", lg_buf_str(&words));
    lg_buf_release(&words);
    lg_buf_release(&which);
    LG_TRY(doc_image(doc, a, err));
    plt_grid(doc, SIDE, "%d of %s maps of %s, each on a scale of its own: white is 0, blue above, vermilion below",
             shown, lg_thousands(a->maps), a->node->name);
    for (int k = 0; k < shown; k++) LG_TRY(doc_map(doc, a, k, room, err));
    if (shown < a->maps && limit < 512)
        plt_note(doc, "%s more maps: add `limit %d`", lg_thousands(a->maps - shown), a->maps < 512 ? a->maps : 512);
    LG_TRY(doc_spelt(doc, a, shown, room, err));
    doc_numbers(doc, a);
    return LG_OK;
}

static lg_status display(const activation_maps *a, plt_doc *doc, lg_err *err)
{
    dsl_slider slider;
    if (!dsl_on(a->call, SLIDER)) return cmd_display(a->call, doc, true, err);
    LG_TRY(cmd_seen_slider(a->call, a->seen.model, false, a->place, &slider, err));
    return cmd_slide(a->call, doc, true, &slider, err);
}

static lg_status activations_run(const dsl_call *call, lg_err *err)
{
    activation_maps a = {.call = call};
    float *room = NULL;
    plt_doc doc;
    plt_doc_init(&doc);
    lg_status st;
    LG_GO(cmd_seen_open(call, &(cmd_seen_of){.model = MODEL, .on = ON, .image = IMAGE, .most = 1}, &a.seen, err));
    LG_GO(look(&a, &room, err));
    LG_GO(fill(&doc, &a, room, err));
    st = display(&a, &doc, err);
done:
    if (st) plt_doc_release(&doc);
    cmd_seen_release(&a.seen);
    lg_free(a.x);
    lg_free(a.facts);
    lg_free(room);
    return st;
}

const dsl_command dsl_cmd_activations = {
    .name = "activations",
    .summary = "what every filter of a layer sees in one image",
    .detail =
        "One map for each filter: where it is coloured, the filter found what it looks for. A map that is the same "
        "everywhere is dead on this image; `filters` tells which never fire.",
    .group = "Explain",
    .params = params,
    .examples = (const char *const[]){"activations scratch image 7 layer conv1", "activations scratch limit 4",
                                      "activations scratch image 7 slider", NULL},
    .takes_where = true,
    .asks_model = true,
    .run = activations_run,
};
