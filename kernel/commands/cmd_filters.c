/* cmd_filters.c - `filters`: the kernels that a layer has learnt. */
#include "kernel/commands/params.h"
#include "kernel/commands/seen.h"
#include "lib/plot/theme.h"

#include <math.h>
#include <string.h>

#include "lib/base/banned.h"

enum { MODEL, LAYER, LIMIT, SLIDER };
enum { SIDE = 96, WIDE = 144, GRIDS = 1024, PRINTED = 9 * 3, LOOKED = 64 };

static const dsl_param params[] = {
    [MODEL] = CMD_MODEL("the model whose kernels to draw"),
    [LAYER] = CMD_LAYER("the first convolution", "the layer"),
    [LIMIT] = CMD_LIMIT("filters drawn at most"),
    [SLIDER] = CMD_SLIDER("the layer"),
    {0},
};

/* A kernel is (kh, kw, in, out), or (kh, kw, channels) of a depthwise, where every channel has a filter of its own. */
typedef struct kernels {
    const dsl_call *call;
    const cmd_model *model;
    const char *name;
    int node;
    const float *w, *bias;
    int kh, kw, in, out;
    size_t step_in, step_place; /* floats to the next channel, to the next place */
    float low, high;
    data_set *set; /* images looked at for those that never fire, owned; NULL: not known */
    float *most;   /* (out): the largest number each gave on them; owned */
} kernels;

static float at(const kernels *k, int filter, int channel, int place)
{
    return k->w[(size_t)place * k->step_place + (size_t)channel * k->step_in + (size_t)filter];
}

static lg_status find_kernels(kernels *k, lg_err *err)
{
    const nn_net *net = k->model->net;
    int first = -1;
    for (int i = nn_net_count(net) - 1; i > 0; i--) {
        const nn_node *node = nn_net_node(net, i);
        if (node->nparam && strcmp(node->param[0].name, "kernel") == 0 && node->param[0].shape.rank >= 3) first = i;
    }
    LG_TRY(cmd_seen_layer(k->call, MODEL, LAYER, first, true, &k->node, err));
    const nn_node *node = nn_net_node(net, k->node);
    const nn_shape s = node->param[0].shape;
    bool own = strcmp(node->type->name, "depthwise") == 0; /* one channel each */
    k->kh = (int)s.dim[0], k->kw = (int)s.dim[1];
    k->out = (int)node->spec.out.dim[2], k->in = own ? 1 : (int)s.dim[2];
    k->step_in = (size_t)k->out, k->step_place = (size_t)k->in * (size_t)k->out;
    k->w = nn_weights_param(k->model->weights, k->node, 0);
    k->bias = node->nparam > 1 ? nn_weights_param(k->model->weights, k->node, 1) : NULL;
    k->low = k->high = k->w[0];
    for (size_t i = 0; i < nn_shape_size(s); i++) k->low = fminf(k->low, k->w[i]), k->high = fmaxf(k->high, k->w[i]);
    return LG_OK;
}

/* ---- which never fire ---- */
/* The node where the filters' numbers come out, if that is a relu: only then 0 means silence. -1: it is not. */
static int relu_behind(const kernels *k)
{
    const nn_net *net = k->model->net;
    int end = nn_with_followers(net, k->node);
    for (int i = k->node; i <= end; i++)
        if (strcmp(nn_net_node(net, i)->type->name, "add") == 0) return -1;
    nn_activation a = nn_ends_in(nn_net_node(net, end)->type, nn_net_node(net, end)->spec.config);
    return a == NN_RELU || a == NN_RELU6 ? end : -1;
}

static lg_status usable(void *ctx, const data_set *set, size_t row, bool *keep, lg_err *err)
{
    (void)err;
    data_image image;
    data_image_at(set, row, &image);
    *keep = !image.broken && (!ctx || ((const bool *)ctx)[row]);
    return LG_OK;
}

/* Some images of the model's dataset, all of them in one batch of at most 64 MB. */
static lg_status some_images(kernels *k, const data_set *all, size_t floats, lg_err *err)
{
    enum { ROOM = 16 << 20 };
    uint32_t rows[LOOKED];
    data_set *good = NULL;
    size_t limit = floats * LOOKED > ROOM ? ROOM / floats : LOOKED;
    LG_TRY(data_where(all, usable, NULL, &good, err));
    size_t n = data_sample(good, limit ? limit : 1, data_seed(good), rows);
    bool *taken = lg_alloc(data_count(good) + 1, sizeof *taken, err);
    lg_status st = taken ? LG_OK : err->status;
    for (size_t i = 0; st == LG_OK && i < n; i++) taken[rows[i]] = true;
    if (st == LG_OK && n) st = data_where(good, usable, taken, &k->set, err);
    lg_free(taken);
    data_unref(good);
    return st;
}

static lg_status fire(kernels *k, const data_set *view, int node, size_t floats, lg_err *err)
{
    lg_pool *pool = NULL;
    size_t n = data_count(view);
    LG_TRY(cmd_pool(k->call, &pool, err));
    float *x = lg_alloc(n * floats, sizeof *x, err);
    k->most = x ? lg_alloc((size_t)k->out, sizeof *k->most, err) : NULL;
    lg_status st = k->most ? LG_OK : err->status;
    if (st == LG_OK)
        st = nn_features(&(nn_predict_options){.weights = k->model->weights,
                                               .source = cmd_source(view),
                                               .batch = 8,
                                               .pool = pool,
                                               .cancel = k->call->cancel},
                         node, x, err);
    for (size_t i = 0; st == LG_OK && i < n * floats; i++) {
        float *most = &k->most[i % (size_t)k->out];
        *most = fmaxf(*most, x[i]);
    }
    lg_free(x);
    return st;
}

/* Its dataset may be gone, or changed to another size since: then nothing is said. */
static lg_status look(kernels *k, lg_err *err)
{
    int node = relu_behind(k);
    dsl_object *object = k->model->on ? dsl_session_get(k->call->session, k->model->on) : NULL;
    lg_err ignored = {0};
    data_set *view = NULL;
    if (node < 0 || !object || object->cls->kind != DSL_KIND_DATASET) return LG_OK;
    if (cmd_model_sees(k->model, k->name, object->payload, k->model->on, &ignored)) return LG_OK;
    size_t floats = nn_shape_size(nn_net_node(k->model->net, node)->spec.out);
    LG_TRY(some_images(k, object->payload, floats, err));
    if (!k->set) return LG_OK;
    LG_TRY(cmd_model_view(k->model, k->set, &view, err));
    lg_status st = fire(k, view, node, floats, err);
    data_unref(view);
    return st;
}

static bool silent(const kernels *k, int filter)
{
    return k->most && !(k->most[filter] > 0);
}

/* ---- words ---- */
static void say_silent(const kernels *k, lg_buf *out)
{
    enum { NAMED = 12 };
    int count = 0;
    if (!k->most) return;
    const char *images = lg_thousands((long long)data_count(k->set));
    for (int f = 0; f < k->out; f++) count += silent(k, f);
    if (!count) {
        lg_buf_addf(out, "; each fires on some of %s images", images);
        return;
    }
    lg_buf_addf(out, "; %d never fire%s on %s images: ", count, count == 1 ? "s" : "", images);
    for (int f = 0, named = 0; f < k->out && named < NAMED; f++)
        if (silent(k, f)) lg_buf_addf(out, "%s%d", named++ ? ", " : "", f + 1);
    if (count > NAMED) lg_buf_adds(out, ", …");
}

/* ---- the document ---- */
/* How many of its channels lie side by side: all of a few, else about a square. */
static int columns_of(const kernels *k)
{
    int grids = k->in < GRIDS ? k->in : GRIDS;
    return grids <= 3 ? grids : (int)ceil(sqrt((double)grids * k->kh / k->kw));
}

static lg_status doc_filter(plt_doc *doc, const kernels *k, int filter, lg_err *err)
{
    int grids = k->in < GRIDS ? k->in : GRIDS, across = columns_of(k), down = (grids + across - 1) / across;
    int gap = k->kh * k->kw > 1, h = down * (k->kh + gap) - gap, w = across * (k->kw + gap) - gap;
    double most = fmax(fabs((double)k->low), fabs((double)k->high));
    img_picture tile = {0};
    LG_TRY(img_picture_init(&tile, h, w, 3, err));
    memset(tile.px, 0xb8, img_size(&tile)); /* between the grids */
    for (int c = 0; c < grids; c++)
        cmd_paint_numbers(&k->w[(size_t)c * k->step_in + (size_t)filter], k->step_place, k->kh, k->kw, most, &tile,
                          c / across * (k->kh + gap), c % across * (k->kw + gap));
    float low = at(k, filter, 0, 0), high = low;
    for (int c = 0; c < k->in; c++)
        for (int p = 0; p < k->kh * k->kw; p++) {
            float v = at(k, filter, c, p);
            low = fminf(low, v), high = fmaxf(high, v);
        }
    plt_thumb(doc, tile.px, tile.w, tile.h, PLT_EDGE_NONE, "%d: %.2g to %.2g%s", filter + 1, (double)low, (double)high,
              silent(k, filter) ? ", silent" : "");
    img_picture_release(&tile);
    return LG_OK;
}

/* No "-0.00". */
static void cell_number(plt_doc *doc, double v, int digits)
{
    plt_cell(doc, "%.*f", digits, fabs(v) < 0.5 * pow(10, -digits) ? 0 : v);
}

/* One row for each row of a kernel, its channels side by side. */
static void doc_numbers(plt_doc *doc, const kernels *k, int shown)
{
    static const char *const colour[] = {"Red", "Green", "Blue"};
    double most = fmax(fabs((double)k->low), fabs((double)k->high));
    int digits = most < 0.1 ? 3 : 2;
    if (k->kw * k->in > PRINTED / 3 || k->kh > 7) return;
    plt_fold_begin(doc, "the numbers of the kernels%s", k->bias ? ", and the bias" : "");
    plt_table(doc, "%s", "");
    plt_column(doc, PLT_LEFT, "Filter");
    for (int c = 0; c < k->in; c++)
        for (int x = 0; x < k->kw; x++) plt_column(doc, PLT_RIGHT, "%s", x ? " " : k->in == 3 ? colour[c] : "Kernel");
    if (k->bias) plt_column(doc, PLT_RIGHT, "Bias");
    for (int f = 0; f < shown; f++)
        for (int y = 0; y < k->kh; y++) {
            plt_row(doc, PLT_ROW_PLAIN);
            if (y) plt_head(doc, " ");
            else plt_head(doc, "%d", f + 1);
            for (int c = 0; c < k->in; c++)
                for (int x = 0; x < k->kw; x++) {
                    double v = (double)at(k, f, c, y * k->kw + x);
                    cell_number(doc, v, digits);
                    plt_cell_tone(doc, v < 0 ? PLT_TONE_BAD : PLT_TONE_GOOD, most > 0 ? fabs(v) / most : 0);
                }
            if (k->bias && !y) cell_number(doc, (double)k->bias[f], digits);
            else if (k->bias) plt_cell(doc, " ");
        }
    plt_fold_end(doc);
}

static lg_status fill(plt_doc *doc, const kernels *k, lg_err *err)
{
    const dsl_call *call = k->call;
    const char *layer = nn_net_node(k->model->net, k->node)->name;
    int limit = (int)call->arg[LIMIT].value[0].integer, shown = k->out < limit ? k->out : limit;
    lg_buf words;
    lg_buf_init(&words, 0);
    lg_buf_addf(&words, "%s filter%s of %dx%dx%s, weights from %.3g to %.3g", lg_thousands(k->out),
                k->out == 1 ? "" : "s", k->kh, k->kw, lg_thousands(k->in), (double)k->low, (double)k->high);
    say_silent(k, &words);
    plt_title(doc, "filters %s layer %s%s%s", k->name, layer, *call->note ? " " : "", call->note);
    cmd_note_stale(doc, call, k->model);
    plt_sentence(doc, "%s", lg_buf_str(&words));
    lg_buf_release(&words);
    plt_grid(doc, k->in == 3 ? WIDE : SIDE,
             "%d of %s filters of %s on one scale: white is 0, blue above, vermilion below%s", shown,
             lg_thousands(k->out), layer,
             k->in == 3  ? "; red, green and blue side by side"
             : k->in > 1 ? "; a small grid for each map it reads"
                         : "");
    for (int f = 0; f < shown; f++) LG_TRY(doc_filter(doc, k, f, err));
    if (shown < k->out && limit < 512)
        plt_note(doc, "%s more filters: add `limit %d`", lg_thousands(k->out - shown), k->out < 512 ? k->out : 512);
    if (k->in > GRIDS) plt_note(doc, "the first %s of %s maps are drawn", lg_thousands(GRIDS), lg_thousands(k->in));
    doc_numbers(doc, k, shown);
    return LG_OK;
}

static lg_status display(const kernels *k, plt_doc *doc, lg_err *err)
{
    dsl_slider slider;
    if (!dsl_on(k->call, SLIDER)) return cmd_display(k->call, doc, true, err);
    LG_TRY(cmd_seen_slider(k->call, k->model, true, k->node, &slider, err));
    return cmd_slide(k->call, doc, true, &slider, err);
}

static lg_status filters_run(const dsl_call *call, lg_err *err)
{
    const dsl_value *value = &call->arg[MODEL].value[0];
    kernels k = {.call = call, .model = cmd_model_of(value), .name = value->name};
    plt_doc doc;
    plt_doc_init(&doc);
    lg_status st;
    LG_GO(find_kernels(&k, err));
    LG_GO(look(&k, err));
    LG_GO(fill(&doc, &k, err));
    st = display(&k, &doc, err);
done:
    if (st) plt_doc_release(&doc);
    data_unref(k.set);
    lg_free(k.most);
    return st;
}

const dsl_command dsl_cmd_filters = {
    .name = "filters",
    .summary = "the learned kernels of a layer",
    .detail =
        "Kernels of a first layer are drawn for red, green and blue, with their numbers; deeper ones have a small "
        "grid for each map they read. A filter behind a relu that gives 0 on all the images looked at is named: it "
        "costs time and says nothing.",
    .group = "Explain",
    .params = params,
    .examples =
        (const char *const[]){"filters scratch layer conv1", "filters scratch limit 4", "filters scratch slider", NULL},
    .run = filters_run,
};
