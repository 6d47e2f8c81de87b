/* cmd_trace.c - `trace`: one image on its way through all layers of a network. */
#include "kernel/commands/lesson_filter.h"
#include "kernel/commands/params.h"
#include "kernel/commands/seen.h"
#include "kernel/commands/trace_words.h"
#include "lib/image/resize.h"
#include "lib/plot/stations.h"
#include "lib/plot/theme.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/banned.h"

enum { MODEL, ON, IMAGE, ANIMATE };
/* Stations that are drawn; rows of the table; numbers of a row that are printed. */
enum { STATIONS = 24, ROWS = 120, FIRST = 8 };

static const dsl_param params[] = {
    [MODEL] = CMD_MODEL("the model"),
    [ON] = CMD_ON("where the image is from"),
    [IMAGE] = {.name = "image",
               .role = DSL_OPTION,
               .type = DSL_T_IMAGE,
               .files = true,
               .dflt_help = "the first that passes `where`",
               .help = "number or name of the image"},
    [ANIMATE] = {.name = "animate",
                 .role = DSL_FLAG,
                 .type = DSL_T_FLAG,
                 .dflt = "on",
                 .help = "show flatten fill its list; `no animate` shows it full"},
    {0},
};

/* Of all numbers that a layer gives. */
typedef struct layer_facts {
    float low, high;
    double mean, zeros; /* zeros: share of them */
} layer_facts;

typedef struct tiles {
    img_picture picture[PLT_TILES];
    int map[PLT_TILES], n;
} tiles;

typedef struct trace {
    const dsl_call *call;
    cmd_seen seen;
    const nn_net *net;
    int nodes;
    nn_exec *exec;      /* it ran: every layer's output is there */
    layer_facts *facts; /* (nodes) */
    int station[STATIONS], stations;
    tiles tiles[STATIONS];
} trace;

/* ---- the run ---- */
static const nn_node *node_of(const trace *t, int i)
{
    return nn_net_node(t->net, i);
}

static const float *output_of(const trace *t, int node)
{
    return node ? nn_exec_activation(t->exec, node) : nn_exec_input(t->exec);
}

static size_t size_of(const trace *t, int node)
{
    return nn_shape_size(node_of(t, node)->spec.out);
}

static layer_facts facts_of(const float *x, size_t n)
{
    layer_facts f = {.low = x[0], .high = x[0]};
    size_t zeros = 0;
    for (size_t i = 0; i < n; i++) {
        f.low = fminf(f.low, x[i]), f.high = fmaxf(f.high, x[i]);
        f.mean += (double)x[i];
        zeros += x[i] < 0 || x[i] > 0 || isnan(x[i]) ? 0 : 1;
    }
    f.mean /= (double)n;
    f.zeros = (double)zeros / (double)n;
    return f;
}

/* The library's own run, with every layer's output kept. */
static lg_status run_network(trace *t, lg_err *err)
{
    float *x = NULL;
    t->net = t->seen.model->net;
    t->nodes = nn_net_count(t->net);
    LG_TRY(nn_exec_new(&(nn_exec_options){.net = t->net, .max_batch = 1, .keep = true}, &t->exec, err));
    nn_exec_load(t->exec, t->seen.model->weights);
    nn_exec_set_cancel(t->exec, t->call->cancel);
    LG_TRY(cmd_seen_pixels(&t->seen, 0, &x, err));
    memcpy(nn_exec_input(t->exec), x, size_of(t, 0) * sizeof *x);
    lg_free(x);
    nn_exec_forward(t->exec, 1);
    LG_TRY(lg_cancel_check(t->call->cancel, err));
    t->facts = lg_alloc((size_t)t->nodes, sizeof *t->facts, err);
    if (!t->facts) return err->status;
    for (int i = 0; i < t->nodes; i++) t->facts[i] = facts_of(output_of(t, i), size_of(t, i));
    return lg_cancel_check(t->call->cancel, err);
}

/* ---- which layers are drawn ---- */
static bool is_image(const nn_node *node)
{
    return node->spec.out.rank == 3;
}

static bool last_of_size(const trace *t, int i)
{
    const nn_shape *a = &node_of(t, i)->spec.out, *b = &node_of(t, i + 1)->spec.out;
    if (strcmp(node_of(t, i)->type->name, "pad") == 0) return false;
    return a->rank != b->rank || (a->rank == 3 && (a->dim[0] != b->dim[0] || a->dim[1] != b->dim[1]));
}

/* Of many layers: the first that convolves, the last ones of each size, and the lists at the end. */
static bool matters(const trace *t, int i)
{
    if (t->nodes <= STATIONS || i == 0 || i == t->nodes - 1) return true;
    return i == nn_first_maps_node(t->net) || !is_image(node_of(t, i)) || last_of_size(t, i);
}

static void choose_stations(trace *t)
{
    int all = 0, taken = 0;
    for (int i = 0; i < t->nodes; i++) all += matters(t, i);
    for (int i = 0, k = 0; i < t->nodes; i++) {
        if (!matters(t, i)) continue;
        int wanted = all <= STATIONS ? k : taken * (all - 1) / (STATIONS - 1); /* evenly, both ends */
        if (k++ == wanted && taken < STATIONS) t->station[taken++] = i;
    }
    t->stations = taken;
}

/* ---- maps ---- */
static double variance(const float *x, size_t places, size_t maps, size_t map)
{
    double mean = 0, sum = 0;
    for (size_t i = 0; i < places; i++) mean += (double)x[i * maps + map] / (double)places;
    for (size_t i = 0; i < places; i++) sum += ((double)x[i * maps + map] - mean) * ((double)x[i * maps + map] - mean);
    return sum / (double)places;
}

/* The maps that vary most, in their order. */
static lg_status choose_maps(const trace *t, int node, tiles *to, lg_err *err)
{
    const nn_shape *s = &node_of(t, node)->spec.out;
    size_t places = (size_t)(s->dim[0] * s->dim[1]), maps = (size_t)s->dim[2];
    double *v = lg_alloc(maps, sizeof *v, err);
    if (!v) return err->status;
    for (size_t k = 0; k < maps; k++) v[k] = variance(output_of(t, node), places, maps, k);
    for (to->n = 0; to->n < PLT_TILES && (size_t)to->n < maps; to->n++) {
        size_t best = maps;
        for (size_t k = 0; k < maps; k++)
            if (!(v[k] < 0) && (best == maps || v[k] > v[best])) best = k;
        v[best] = -1; /* taken */
    }
    for (size_t k = 0, n = 0; k < maps; k++)
        if (v[k] < 0) to->map[n++] = (int)k;
    lg_free(v);
    return LG_OK;
}

/* Pixels of a tile: maps that look like noise must still fit into an output. */
static int tile_side(const trace *t)
{
    return t->stations <= 10 ? 100 : t->stations <= 16 ? 72 : 56;
}

static lg_status paint(const float *x, const nn_shape *s, int map, int side, img_picture *out, lg_err *err)
{
    int h = (int)s->dim[0], w = (int)s->dim[1], longer = h > w ? h : w;
    size_t places = (size_t)h * (size_t)w, maps = (size_t)s->dim[2];
    float *one = lg_alloc(places, sizeof *one, err), low, high;
    if (!one) return err->status;
    for (size_t i = 0; i < places; i++) one[i] = x[i * maps + (size_t)map];
    low = high = one[0];
    for (size_t i = 0; i < places; i++) low = fminf(low, one[i]), high = fmaxf(high, one[i]);
    img_picture full = {0};
    int times = side / longer > 1 ? side / longer : 1;
    lg_status st =
        cmd_paint_map(one, h, w, fmax(fabs((double)low), fabs((double)high)), times, !(high > low), &full, err);
    lg_free(one);
    LG_TRY(st);
    if (longer <= side + side / 4) {
        *out = full;
        return LG_OK;
    }
    h = h * side / longer, w = w * side / longer;
    st = img_resize(&full, h > 0 ? h : 1, w > 0 ? w : 1, out, err);
    img_picture_release(&full);
    return st;
}

static lg_status paint_station(trace *t, int k, lg_err *err)
{
    tiles *to = &t->tiles[k];
    int node = t->station[k];
    if (node == 0) {
        to->n = 1;
        return cmd_seen_picture(&t->seen, 0, 128, &to->picture[0], err);
    }
    if (!nn_has_places(node_of(t, node))) return LG_OK;
    LG_TRY(choose_maps(t, node, to, err));
    for (int i = 0; i < to->n; i++)
        LG_TRY(paint(output_of(t, node), &node_of(t, node)->spec.out, to->map[i], tile_side(t), &to->picture[i], err));
    return LG_OK;
}

/* ---- words ---- */
static const char *text(const trace *t, lg_buf *words, lg_err *err)
{
    return cmd_lesson_text(t->call, words, err); /* of the arena; NULL with err filled */
}

static void add_range(lg_buf *out, const layer_facts *f)
{
    lg_buf_addf(out, "%.3g to %.3g · mean %.3g · %s%% zeros", (double)f->low, (double)f->high, f->mean,
                plt_points(f->zeros, 0));
}

static size_t params_of(const nn_node *node)
{
    size_t n = 0;
    for (int k = 0; k < node->nparam; k++) n += nn_shape_size(node->param[k].shape);
    return n;
}

static void add_size(lg_buf *out, const nn_node *node)
{
    char size[NN_SHAPE_TEXT];
    size_t weights = params_of(node), numbers = nn_shape_size(node->spec.out);
    if (is_image(node)) lg_buf_addf(out, "%s", nn_shape_text(node->spec.out, size));
    else lg_buf_addf(out, "%s number%s", lg_thousands((long long)numbers), numbers == 1 ? "" : "s");
    if (weights) lg_buf_addf(out, " · %s parameter%s", lg_thousands((long long)weights), weights == 1 ? "" : "s");
}

/* ---- what it says ---- */
static bool says_shares(const nn_node *node)
{
    return !is_image(node) && nn_ends_in(node->type, node->spec.config) == NN_SOFTMAX;
}

typedef struct verdict {
    const char *said, *truth; /* truth NULL: not known */
    const float *share;
    int best, classes;
    bool right;
} verdict;

static verdict verdict_of(const trace *t)
{
    verdict v = {.share = output_of(t, t->nodes - 1), .classes = (int)size_of(t, t->nodes - 1)};
    data_image image;
    data_image_at(t->seen.set, t->seen.row[0], &image);
    v.best = nn_argmax(v.share, v.classes);
    v.said = cmd_output_name(t->seen.model, v.best);
    if (image.label >= 0 && t->seen.model->labels.count) v.truth = data_class_name(t->seen.set, image.label);
    v.right = v.truth && lg_casecmp(v.truth, v.said) == 0;
    return v;
}

static void say_all(lg_buf *out, const trace *t)
{
    char in[NN_SHAPE_TEXT];
    data_image image;
    const nn_node *last = node_of(t, t->nodes - 1);
    data_image_at(t->seen.set, t->seen.row[0], &image);
    lg_buf_addf(out, "Image %s passes %d layer%s: its %s = %s numbers become %s", image.number, t->nodes - 1,
                t->nodes == 2 ? "" : "s", nn_shape_text(nn_net_input(t->net), in),
                lg_thousands((long long)size_of(t, 0)), lg_thousands((long long)size_of(t, t->nodes - 1)));
    if (!says_shares(last)) return;
    const verdict v = verdict_of(t);
    lg_buf_addf(out, ", and `%s` says %s with %s%%", t->seen.model_name, plt_label(v.said),
                plt_points((double)v.share[v.best], 0));
    if (v.truth) lg_buf_addf(out, v.right ? ", which is right" : ", but its label is %s", plt_label(v.truth));
}

/* ---- stations ---- */
/* The largest shares, those of one size in their order. */
static void add_bars(const trace *t, plt_station *to, lg_err *err)
{
    const verdict v = verdict_of(t);
    int last = -1;
    for (to->bars = 0; to->bars < PLT_STATION_CLASSES && to->bars < v.classes; to->bars++) {
        int best = -1;
        for (int k = 0; k < v.classes; k++) {
            bool behind = last < 0 || v.share[k] < v.share[last] || (!(v.share[k] > v.share[last]) && k > last);
            if (behind && (best < 0 || v.share[k] > v.share[best])) best = k;
        }
        if (best < 0) return; /* not a number */
        const char *name = cmd_output_name(t->seen.model, best);
        to->bar[to->bars] = (plt_share_bar){.name = lg_arena_strndup(t->call->arena, name, strlen(name), err),
                                            .share = (double)v.share[best],
                                            .said = best == v.best,
                                            .label = v.truth && lg_casecmp(name, v.truth) == 0,
                                            .wrong = best == v.best && v.truth && !v.right};
        last = best;
    }
}

static void add_numbers(const trace *t, int node, plt_station *to, lg_err *err)
{
    int n = (int)size_of(t, node), shown = n < PLT_STATION_BARS ? n : PLT_STATION_BARS;
    double *number = lg_arena_alloc(t->call->arena, (size_t)shown, sizeof *number, err);
    for (int i = 0; number && i < shown; i++) number[i] = (double)output_of(t, node)[i];
    to->number = number;
    to->numbers = number ? n : 0;
}

static void add_tiles(const trace *t, int k, plt_station *to, lg_err *err)
{
    const tiles *from = &t->tiles[k];
    for (to->tiles = 0; to->tiles < from->n; to->tiles++) {
        const img_picture *p = &from->picture[to->tiles];
        lg_buf name;
        lg_buf_init(&name, 64);
        if (t->station[k] == 0) cmd_seen_numbers(&t->seen, &name);
        else lg_buf_addf(&name, "map %d", from->map[to->tiles] + 1);
        to->tile[to->tiles] = (plt_tile){text(t, &name, err), p->px, p->h, p->w};
    }
}

static lg_status fill_station(const trace *t, int k, plt_station *to, lg_err *err)
{
    int node = t->station[k], gap = k ? node - t->station[k - 1] - 1 : 0;
    const nn_node *n = node_of(t, node);
    lg_buf what, size, range;
    lg_buf_init(&what, 0);
    lg_buf_init(&size, 0);
    lg_buf_init(&range, 0);
    cmd_trace_what(&what, t->net, node);
    add_size(&size, n);
    add_range(&range, &t->facts[node]);
    *to = (plt_station){.name = n->name, .what = text(t, &what, err), .size = text(t, &size, err)};
    to->range = text(t, &range, err);
    if (gap) to->passed = lg_arena_strf(t->call->arena, err, "after %d more layer%s", gap, gap == 1 ? "" : "s");
    else if (n->spec.nin == 1 && n->input[0] != node - 1) /* a way beside the one before it */
        to->passed = lg_arena_strf(t->call->arena, err, "reads %s", node_of(t, n->input[0])->name);
    if (t->tiles[k].n) add_tiles(t, k, to, err);
    else if (node == t->nodes - 1 && says_shares(n)) add_bars(t, to, err);
    else add_numbers(t, node, to, err);
    return err->status;
}

/* "64x64x3 → 62x62x16 (conv1) → …" */
static void add_trail(lg_buf *out, const trace *t)
{
    char size[NN_SHAPE_TEXT];
    for (int k = 0; k < t->stations; k++) {
        const nn_node *n = node_of(t, t->station[k]);
        bool skipped = k && t->station[k] > t->station[k - 1] + 1;
        lg_buf_addf(out, "%s%s%s %s", k ? " → " : "", skipped ? "… → " : "", n->name, nn_shape_text(n->spec.out, size));
    }
}

static lg_status doc_strip(plt_doc *doc, const trace *t, lg_err *err)
{
    plt_station station[STATIONS];
    lg_buf words, trail;
    for (int k = 0; k < t->stations; k++) LG_TRY(fill_station(t, k, &station[k], err));
    lg_buf_init(&words, 0);
    lg_buf_init(&trail, 0);
    say_all(&words, t);
    add_trail(&trail, t);
    plt_stations(
        doc, &(plt_stations_spec){
                 .sentence = lg_buf_str(&words), .plain = lg_buf_str(&trail), .station = station, .n = t->stations});
    lg_buf_release(&words);
    lg_buf_release(&trail);
    if (t->stations < t->nodes)
        plt_note(doc, "%d of the %d layers are drawn: the last ones of each size, and the end; the table has %s",
                 t->stations - 1, t->nodes - 1, t->nodes <= ROWS ? "all of them" : "more of them");
    plt_note(doc,
             "of each layer the %d maps that vary most are drawn, each on a scale of its own: white is 0, blue above, "
             "vermilion below, crossed out where all numbers are the same",
             PLT_TILES);
    return LG_OK;
}

/* ---- flatten ---- */
static int flatten_of(const trace *t)
{
    for (int i = 1; i < t->nodes; i++) {
        const nn_node *node = node_of(t, i);
        if (strcmp(node->type->name, "flatten") == 0 && node->spec.in[0].rank == 3) return i;
    }
    return -1;
}

static lg_status doc_flatten(plt_doc *doc, const trace *t, lg_err *err)
{
    int node = flatten_of(t);
    tiles shown = {0};
    if (node < 0) return LG_OK;
    const nn_node *flat = node_of(t, node);
    const int64_t *dim = flat->spec.in[0].dim;
    const float *list = output_of(t, node);
    plt_unroll_spec spec = {.title = "Flatten computes nothing",
                            .from = node_of(t, flat->input[0])->name,
                            .name = flat->name,
                            .h = (int)dim[0],
                            .w = (int)dim[1],
                            .c = (int)dim[2],
                            .animate = dsl_on(t->call, ANIMATE)};
    LG_TRY(choose_maps(t, flat->input[0], &shown, err));
    for (spec.maps = 0; spec.maps < PLT_UNROLL_MAPS && spec.maps < shown.n; spec.maps++)
        spec.map[spec.maps] = shown.map[spec.maps];
    for (int r = 0; r < PLT_UNROLL_SIDE && r < spec.h; r++)
        for (int c = 0; c < PLT_UNROLL_SIDE && c < spec.w; c++)
            for (int k = 0; k < spec.maps; k++)
                spec.cell[r][c][k] = (double)list[plt_unrolled(&spec, r, c, spec.map[k]) - 1];
    lg_buf words;
    lg_buf_init(&words, 0);
    lg_buf_addf(&words,
                "the %dx%dx%d numbers of %s stand in one row of %s, unchanged: map K at row R, column C is number "
                "((R - 1)·%d + C - 1)·%d + K",
                spec.h, spec.w, spec.c, spec.from, lg_thousands((long long)size_of(t, node)), spec.w, spec.c);
    spec.sentence = lg_buf_str(&words);
    plt_unroll(doc, &spec);
    lg_buf_release(&words);
    return LG_OK;
}

/* ---- numbers ---- */
static void add_first(lg_buf *out, const trace *t, int node, int map)
{
    const nn_shape *s = &node_of(t, node)->spec.out;
    bool image = s->rank == 3 && map >= 0;
    int there = image ? (int)s->dim[1] : (int)nn_shape_size(*s), step = image ? (int)s->dim[2] : 1;
    for (int i = 0; i < there && i < FIRST; i++) {
        lg_buf_adds(out, i ? ", " : "");
        lg_buf_addf(out, "%.4g", (double)output_of(t, node)[(size_t)i * (size_t)step + (size_t)(image ? map : 0)]);
    }
    if (there > FIRST) lg_buf_adds(out, ", …");
}

static void doc_layer(plt_doc *doc, const trace *t, int k)
{
    static const char *const channels[] = {"red", "green", "blue"};
    int node = t->station[k];
    const nn_node *n = node_of(t, node);
    const layer_facts *f = &t->facts[node];
    char formula[NN_FORMULA] = "";
    lg_buf words, what;
    lg_buf_init(&words, 0);
    if (size_of(t, node) == 1) lg_buf_addf(&words, "one number, %.6g", (double)f->low);
    else
        lg_buf_addf(&words, "%s numbers from %.6g to %.6g, on average %.6g; %s%% of them are 0",
                    lg_thousands((long long)size_of(t, node)), (double)f->low, (double)f->high, f->mean,
                    plt_points(f->zeros, 1));
    if (n->type->formula) n->type->formula(&n->spec, formula);
    if (*formula) lg_buf_addf(&words, "\nparameters: %s = %s", formula, lg_thousands((long long)params_of(n)));
    int maps = node ? t->tiles[k].n : (int)n->spec.out.dim[n->spec.out.rank - 1];
    for (int i = 0; i < maps && i < PLT_TILES && n->spec.out.rank == 3; i++) {
        int map = node ? t->tiles[k].map[i] : i;
        if (node || maps > 3) lg_buf_addf(&words, "\nmap %d, row 1: ", map + 1);
        else lg_buf_addf(&words, "\n%s, row 1: ", maps == 3 ? channels[i] : "grey");
        add_first(&words, t, node, map);
    }
    if (!maps || n->spec.out.rank != 3) {
        lg_buf_adds(&words, "\nthe numbers: ");
        add_first(&words, t, node, -1);
    }
    lg_buf_adds(&words, "\nthen: ");
    cmd_trace_readers(&words, t->net, node);
    lg_buf_init(&what, 0);
    cmd_trace_what(&what, t->net, node);
    plt_fold_begin(doc, "%s: %s", n->name, lg_buf_str(&what));
    plt_text(doc, "%s", lg_buf_str(&words));
    plt_fold_end(doc);
    lg_buf_release(&words);
    lg_buf_release(&what);
}

/* ---- the table ---- */
/* Of very many layers only those that are drawn, or do more than change number by number. */
static bool in_table(const trace *t, int i)
{
    const nn_node *node = node_of(t, i);
    if (t->nodes <= ROWS || matters(t, i)) return true;
    return node->spec.nin > 1 || (node->nparam && node->type->window);
}

static void doc_table(plt_doc *doc, const trace *t)
{
    int rows = 0;
    for (int i = 0; i < t->nodes; i++) rows += in_table(t, i);
    plt_fold_begin(doc, rows < t->nodes ? "%d layers in numbers" : "all %d layers in numbers", rows - 1);
    plt_table(doc, "%s", "");
    plt_column(doc, PLT_LEFT, "Layer");
    plt_column(doc, PLT_LEFT, "What it is");
    plt_column(doc, PLT_LEFT, "Output");
    plt_column(doc, PLT_RIGHT, "Parameters");
    plt_column(doc, PLT_RIGHT, "Least");
    plt_column(doc, PLT_RIGHT, "Most");
    plt_column(doc, PLT_RIGHT, "Mean");
    plt_column(doc, PLT_RIGHT, "Zeros");
    for (int i = 0; i < t->nodes; i++) {
        const nn_node *node = node_of(t, i);
        const layer_facts *f = &t->facts[i];
        char size[NN_SHAPE_TEXT];
        lg_buf what;
        if (!in_table(t, i)) continue;
        lg_buf_init(&what, 0);
        cmd_trace_what(&what, t->net, i);
        plt_row(doc, PLT_ROW_PLAIN);
        plt_head(doc, "%s", node->name);
        plt_cell(doc, "%s", lg_buf_str(&what));
        plt_cell(doc, "%s", nn_shape_text(node->spec.out, size));
        plt_cell(doc, "%s", lg_thousands((long long)params_of(node)));
        plt_cell(doc, "%.4g", (double)f->low);
        plt_cell(doc, "%.4g", (double)f->high);
        plt_cell(doc, "%.4g", f->mean);
        plt_cell(doc, "%s%%", plt_points(f->zeros, 0));
        lg_buf_release(&what);
    }
    plt_fold_end(doc);
}

/* ---- the document ---- */
static lg_status fill(plt_doc *doc, const trace *t, lg_err *err)
{
    const dsl_call *call = t->call;
    lg_buf which;
    lg_buf_init(&which, 0);
    cmd_seen_numbers(&t->seen, &which);
    plt_title(doc, "trace %s on %s%s %s%s%s", t->seen.model_name, t->seen.data_name, cmd_where_text(call),
              lg_buf_str(&which), *call->note ? " " : "", call->note);
    lg_buf_release(&which);
    cmd_warn_untrained(doc, &call->arg[MODEL].value[0], -1);
    if (cmd_model_run(t->seen.model)) cmd_note_stale(doc, call, t->seen.model);
    LG_TRY(doc_strip(doc, t, err));
    LG_TRY(doc_flatten(doc, t, err));
    doc_table(doc, t);
    plt_heading(doc, "Layer by layer");
    for (int k = 0; k < t->stations; k++) doc_layer(doc, t, k);
    return LG_OK;
}

static lg_status trace_run(const dsl_call *call, lg_err *err)
{
    trace *t = lg_alloc(1, sizeof *t, err);
    plt_doc doc;
    lg_status st;
    if (!t) return err->status;
    t->call = call;
    plt_doc_init(&doc);
    LG_GO(cmd_seen_open(call, &(cmd_seen_of){.model = MODEL, .on = ON, .image = IMAGE, .most = 1, .first = true},
                        &t->seen, err));
    LG_GO(run_network(t, err));
    choose_stations(t);
    for (int k = 0; k < t->stations; k++) LG_GO(paint_station(t, k, err));
    LG_GO(fill(&doc, t, err));
    st = cmd_display(call, &doc, true, err);
done:
    if (st) plt_doc_release(&doc);
    for (int k = 0; k < STATIONS; k++)
        for (int i = 0; i < PLT_TILES; i++) img_picture_release(&t->tiles[k].picture[i]);
    cmd_seen_release(&t->seen);
    nn_exec_free(t->exec);
    lg_free(t->facts);
    lg_free(t);
    return st;
}

const dsl_command dsl_cmd_trace = {
    .name = "trace",
    .summary = "follow one image through every layer",
    .detail =
        "A strip of stations, one for each layer: what it is, the size of what it gives, the range of its numbers and "
        "some of its maps; what flatten does to them, and what the network says at the end. The numbers are those the "
        "network computes. Of a network with very many layers the stations that matter are drawn.",
    .group = "Teach",
    .params = params,
    .examples = (const char *const[]){"trace scratch image 7", "trace scratch on logos.val where label = nike", NULL},
    .takes_where = true,
    .asks_model = true,
    .run = trace_run,
};
