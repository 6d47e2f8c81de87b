/* cmd_explain.c - `explain`: where in an image a decision came from. */
#include "kernel/commands/params.h"
#include "kernel/commands/seen.h"
#include "lib/data/clean.h"
#include "lib/plot/theme.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/banned.h"

enum { MODEL, ON, IMAGE, CLASS, METHOD, LAYER };
enum { PICKED = 3, SIDE = 192, SMALL = 128, OTHERS = 4 };

static const dsl_param params[] = {
    [MODEL] = CMD_MODEL("the model that decides"),
    [ON] = CMD_ON("where the image is from"),
    [IMAGE] = {.name = "image",
               .role = DSL_OPTION,
               .type = DSL_T_IMAGE,
               .files = true,
               .list = true,
               .dflt_help = "a few that pass `where`",
               .help = "numbers or names of single images, or files"},
    [CLASS] = {.name = "class",
               .role = DSL_OPTION,
               .type = DSL_T_LABEL,
               .dflt_help = "what the model says",
               .help = "the label to look for: what in the image speaks for it"},
    [METHOD] = {.name = "method",
                .role = DSL_OPTION,
                .type = DSL_T_CHOICE,
                .choices = "gradcam saliency occlusion",
                .dflt = "gradcam",
                .help =
                    "gradcam: which places of a layer count; saliency: which pixels; occlusion: what is missed when "
                    "it is covered"},
    [LAYER] = {.name = "layer",
               .role = DSL_OPTION,
               .type = DSL_T_LAYER,
               .dflt_help = "the last convolution, with the norm and activation behind it",
               .help = "the layer whose maps gradcam weighs"},
    {0},
};

typedef enum method { GRADCAM, SALIENCY, OCCLUSION } method;

typedef struct explanation {
    const dsl_call *call;
    cmd_seen seen;
    method method;
    int node;  /* of gradcam */
    int asked; /* class, -1: what the model says */
    bool shares; /* its outputs are shares of 1; else they are scores without bounds */
    lg_pool *pool;
    cmd_live live;
    nn_occlusion_options patch;
    int h, w;    /* of the network's images */
    float *heat; /* (h, w) */
    float *map;  /* (1 + OTHERS, mh, mw) of the node: of the class that is explained, and of others */
    int mh, mw;
} explanation;

/* The classes whose heat is drawn of an image. */
typedef struct classes {
    int score[1 + OTHERS], n; /* the first is the one that is explained, the others the likeliest of the rest */
} classes;

/* ---- what was asked ---- */
static lg_status prepare(explanation *e, lg_err *err)
{
    const dsl_call *call = e->call;
    const nn_net *net = e->seen.model->net;
    const nn_shape in = nn_net_input(net);
    const data_rules rules = data_rules_of(e->seen.view);
    const char *word = call->arg[METHOD].value[0].text;
    e->method = strcmp(word, "saliency") == 0 ? SALIENCY : strcmp(word, "occlusion") == 0 ? OCCLUSION : GRADCAM;
    LG_TRY(cmd_output_asked(call, MODEL, CLASS, &e->asked, err));
    const nn_node *last = nn_net_node(net, nn_net_count(net) - 1);
    nn_activation end = nn_ends_in(last->type, last->spec.config);
    e->shares = end == NN_SOFTMAX || end == NN_SIGMOID;
    if (e->method == GRADCAM) LG_TRY(cmd_seen_layer(call, MODEL, LAYER, nn_explain_node(net), false, &e->node, err));
    LG_TRY(cmd_pool(call, &e->pool, err));
    e->patch = nn_occlusion_defaults(net);
    e->patch.grey = (float)((rules.low + rules.high) / 2);
    e->h = (int)in.dim[0], e->w = (int)in.dim[1];
    const nn_shape maps = nn_net_node(net, e->node)->spec.out;
    e->mh = e->method == GRADCAM ? (int)maps.dim[0] : e->h, e->mw = e->method == GRADCAM ? (int)maps.dim[1] : e->w;
    e->heat = lg_alloc((size_t)e->h * (size_t)e->w, sizeof *e->heat, err);
    e->map = e->heat ? lg_alloc((1 + OTHERS) * (size_t)e->mh * (size_t)e->mw, sizeof *e->map, err) : NULL;
    return e->map ? LG_OK : err->status;
}

/* ---- heat ---- */
static void on_patch(void *ctx, int done, int patches)
{
    explanation *e = ctx;
    cmd_live_progress(&e->live, "covering the image", done, patches);
}

/* Into the maps, the first one at the image's size into heat as well. */
static lg_status warm(explanation *e, size_t i, const classes *of, lg_err *err)
{
    float *x = NULL, before[1 + OTHERS];
    size_t places = (size_t)e->mh * (size_t)e->mw;
    LG_TRY(cmd_seen_pixels(&e->seen, i, &x, err));
    nn_explain_options how = {.weights = e->seen.model->weights,
                              .image = x,
                              .pool = e->pool,
                              .cancel = e->call->cancel,
                              .ctx = e,
                              .on_patch = on_patch};
    lg_status st =
        e->method == OCCLUSION ? nn_occlusion_of(&how, &e->patch, of->score, of->n, e->map, before, err) : LG_OK;
    for (int k = 0; e->method != OCCLUSION && k < of->n && st == LG_OK; k++) {
        float *map = e->map + (size_t)k * places;
        how.score = of->score[k];
        st = e->method == GRADCAM ? nn_gradcam(&how, e->node, map, err) : nn_saliency(&how, map, err);
    }
    if (st == LG_OK) nn_map_resize(e->map, e->mh, e->mw, e->heat, e->h, e->w);
    lg_free(x);
    return st;
}

/* ---- words ---- */
static const char *const ninths[] = {"upper left",   "upper middle", "upper right",  "middle left", "centre",
                                     "middle right", "lower left",   "lower middle", "lower right"};

/* "87%", or a score as it is. The last 4 stay. */
static const char *output_words(const explanation *e, float p)
{
    static _Thread_local char room[4][32];
    static _Thread_local unsigned turn;
    char *to = room[turn++ & 3];
    if (e->shares) snprintf(to, sizeof *room, "%s%%", plt_points((double)p, 0));
    else snprintf(to, sizeof *room, "%.3g", (double)p);
    return to;
}

static const char *method_words(const explanation *e, lg_buf *room)
{
    if (e->method == GRADCAM) lg_buf_addf(room, "gradcam of %s", nn_net_node(e->seen.model->net, e->node)->name);
    else lg_buf_adds(room, e->method == SALIENCY ? "saliency" : "occlusion");
    return lg_buf_str(room);
}

/* "nike with 87%, which is right", and of what else the heat is. */
static void say_verdict(const explanation *e, const data_image *image, const float *p, int score, lg_buf *out)
{
    const cmd_model *model = e->seen.model;
    int best = nn_argmax(p, (int)nn_shape_size(nn_net_output(model->net)));
    const char *said = cmd_output_name(model, best);
    const char *truth = image->label < 0 ? NULL : data_class_name(e->seen.set, image->label);
    bool right = truth && lg_casecmp(truth, said) == 0;
    lg_buf_addf(out, "Image %s is called %s with %s", image->number, plt_label(said), output_words(e, p[best]));
    if (truth && model->labels.count) lg_buf_addf(out, right ? ", rightly" : ", but its label is %s", plt_label(truth));
    if (!truth) lg_buf_adds(out, "; no label is known");
    if (score != best)
        lg_buf_addf(out, "; the heat is that of %s, which it gives %s", plt_label(cmd_output_name(model, score)),
                    output_words(e, p[score]));
}

/* A picture of two pixels has no middle. */
static bool has_ninths(const explanation *e)
{
    return e->h >= 3 && e->w >= 3;
}

static int hottest(const nn_heat *heat)
{
    int most = 0;
    for (int k = 1; k < 9; k++)
        if (heat->ninth[k] > heat->ninth[most]) most = k;
    return most;
}

static void say_heat(const explanation *e, const nn_heat *heat, int score, lg_buf *out)
{
    static const char *const what[] = {"heat", "slope", "fall"};
    int most = hottest(heat);
    if (!(heat->sum > 0)) {
        lg_buf_addf(out, "; no place speaks for %s: the map is 0 everywhere",
                    plt_label(cmd_output_name(e->seen.model, score)));
        return;
    }
    if (has_ninths(e)) lg_buf_addf(out, "; %s%% of the %s", plt_points(heat->ninth[most], 0), what[e->method]);
    else lg_buf_addf(out, "; the %s", what[e->method]);
    if (e->method == OCCLUSION) lg_buf_addf(out, ", of up to %s points,", plt_points(heat->most, 1));
    if (has_ninths(e)) lg_buf_addf(out, " lies in the %s ninth, its peak", ninths[most]);
    else lg_buf_adds(out, " has its peak");
    lg_buf_addf(out, " at row %d, column %d of %dx%d; half of it on %s%% of the picture", heat->row + 1,
                heat->column + 1, e->h, e->w, plt_points(heat->half, 0));
}

/* ---- parts of the document ---- */
/* The largest heat in words: points of probability, or a number that only compares within one picture. */
static const char *amount(const explanation *e, double most, char room[40])
{
    if (e->method == OCCLUSION) snprintf(room, 40, "%s points", plt_points(most, 1));
    else snprintf(room, 40, "%.3g", most);
    return room;
}

static lg_status doc_pictures(plt_doc *doc, const explanation *e, size_t i, const nn_heat *heat, const char *words,
                              plt_edge edge, lg_err *err)
{
    img_picture seen = {0}, over = {0}, alone = {0};
    float *large = NULL;
    data_image image;
    char most_of[40];
    lg_status st;
    data_image_at(e->seen.set, e->seen.row[i], &image);
    LG_GO(cmd_seen_picture(&e->seen, i, SIDE, &seen, err));
    LG_GO(img_picture_copy(&over, seen.px, seen.h, seen.w, 3, err));
    LG_GO(img_picture_copy(&alone, seen.px, seen.h, seen.w, 3, err));
    large = lg_alloc((size_t)seen.h * (size_t)seen.w, sizeof *large, err);
    LG_GO(large ? LG_OK : LG_E_MEMORY);
    nn_map_resize(e->map, e->mh, e->mw, large, seen.h, seen.w);
    double most = 0; /* of the picture's own size, which may lie between the places of the map */
    for (size_t k = 0; k < (size_t)seen.h * (size_t)seen.w; k++) most = fmax(most, (double)large[k]);
    bool line = e->method != SALIENCY; /* single pixels have no outline */
    cmd_paint_heat(large, heat->sum > 0 ? most : 0, false, line, &over);
    cmd_paint_heat(large, heat->sum > 0 ? most : 0, true, line, &alone);
    plt_grid(doc, SIDE, "%s%s", words, line && heat->sum > 0 ? "; the line is at half of the largest heat" : "");
    plt_thumb(doc, seen.px, seen.w, seen.h, edge, "%s %s", image.number,
              image.label < 0 ? "no label" : data_class_name(e->seen.set, image.label));
    plt_thumb(doc, over.px, over.w, over.h, PLT_EDGE_NONE, "heat over it");
    if (heat->sum > 0)
        plt_thumb(doc, alone.px, alone.w, alone.h, PLT_EDGE_NONE, "the heat alone: white is 0\nfull vermilion %s",
                  amount(e, heat->most, most_of));
    else plt_thumb(doc, alone.px, alone.w, alone.h, PLT_EDGE_NONE, "the heat alone: none");
done:
    lg_free(large);
    img_picture_release(&seen);
    img_picture_release(&over);
    img_picture_release(&alone);
    return st;
}

/* The class that is explained, and the likeliest of the others. */
static lg_status choose_classes(const explanation *e, const float *p, int score, classes *out, lg_err *err)
{
    int n = (int)nn_shape_size(nn_net_output(e->seen.model->net)), *ranked;
    LG_TRY(cmd_outputs_ranked(p, n, &ranked, err));
    *out = (classes){.score = {score}, .n = 1};
    for (int k = 0; k < n && out->n <= OTHERS; k++)
        if (ranked[k] != score) out->score[out->n++] = ranked[k];
    lg_free(ranked);
    return LG_OK;
}

/* Map k over the picture. */
static lg_status doc_other(plt_doc *doc, explanation *e, const img_picture *seen, int k, int score, const float *p,
                           lg_err *err)
{
    const float *map = e->map + (size_t)k * (size_t)e->mh * (size_t)e->mw;
    img_picture over = {0};
    nn_heat heat;
    double most = 0;
    char room[40];
    lg_status st;
    float *large = lg_alloc((size_t)seen->h * (size_t)seen->w, sizeof *large, err);
    LG_GO(large ? LG_OK : LG_E_MEMORY);
    LG_GO(img_picture_copy(&over, seen->px, seen->h, seen->w, 3, err));
    nn_map_resize(map, e->mh, e->mw, e->heat, e->h, e->w);
    LG_GO(nn_heat_of(e->heat, e->h, e->w, &heat, err));
    nn_map_resize(map, e->mh, e->mw, large, seen->h, seen->w);
    for (size_t i = 0; i < (size_t)seen->h * (size_t)seen->w; i++) most = fmax(most, (double)large[i]);
    cmd_paint_heat(large, heat.sum > 0 ? most : 0, false, e->method != SALIENCY, &over);
    const char *name = plt_label(cmd_output_name(e->seen.model, score));
    if (heat.sum > 0)
        plt_thumb(doc, over.px, over.w, over.h, PLT_EDGE_NONE, "%s %s\n%s%sup to %s", name, output_words(e, p[score]),
                  has_ninths(e) ? ninths[hottest(&heat)] : "", has_ninths(e) ? ", " : "", amount(e, heat.most, room));
    else plt_thumb(doc, over.px, over.w, over.h, PLT_EDGE_NONE, "%s %s\nno heat", name, output_words(e, p[score]));
done:
    lg_free(large);
    img_picture_release(&over);
    return st;
}

static lg_status doc_others(plt_doc *doc, explanation *e, size_t i, const classes *of, const float *p, lg_err *err)
{
    img_picture seen = {0};
    if (of->n < 2) return LG_OK;
    LG_TRY(cmd_seen_picture(&e->seen, i, SMALL, &seen, err));
    lg_status st = LG_OK;
    int rest = (int)nn_shape_size(nn_net_output(e->seen.model->net)) - 1;
    plt_fold_begin(doc, "where it sees %s", rest > of->n - 1 ? "the likeliest other classes" : "the other classes");
    plt_grid(doc, SMALL,
             "heat for other classes, each on a scale of its own: none to vermilion; below, where most of it lies");
    for (int k = 1; k < of->n && st == LG_OK; k++) st = doc_other(doc, e, &seen, k, of->score[k], p, err);
    plt_fold_end(doc);
    img_picture_release(&seen);
    return st;
}

static void doc_ninths(plt_doc *doc, const explanation *e, const nn_heat *heat)
{
    static const char *const across[] = {"Left", "Middle", "Right"}, *const down[] = {"Top", "Middle", "Bottom"};
    if (!(heat->sum > 0) || !has_ninths(e)) return;
    plt_table(doc, "Where the heat lies, by ninths of the picture (11%% each if it lay evenly)");
    plt_column(doc, PLT_LEFT, " ");
    for (int k = 0; k < 3; k++) plt_column(doc, PLT_RIGHT, "%s", across[k]);
    for (int row = 0; row < 3; row++) {
        plt_row(doc, PLT_ROW_PLAIN);
        plt_head(doc, "%s", down[row]);
        for (int k = 0; k < 3; k++) {
            plt_cell(doc, "%s%%", plt_points(heat->ninth[3 * row + k], 0));
            plt_cell_tone(doc, PLT_TONE_BAD, heat->ninth[3 * row + k]);
        }
    }
}

static void doc_method(plt_doc *doc, const explanation *e)
{
    const nn_net *net = e->seen.model->net;
    if (e->method == GRADCAM)
        plt_note(
            doc,
            "Grad-CAM: the %lld maps of `%s`, each weighed by how much the score rises with it on average, added up "
            "and cut at 0; its %dx%d places are drawn over the %dx%d picture",
            (long long)nn_net_node(net, e->node)->spec.out.dim[2], nn_net_node(net, e->node)->name, e->mh, e->mw, e->h,
            e->w);
    else if (e->method == SALIENCY)
        plt_note(doc, "Saliency: how much the score would change with each pixel, the largest of its channels; a pixel "
                      "that is hot may speak for or against");
    else
        plt_note(doc,
                 "Occlusion: a grey window of %dx%d in steps of %dx%d, %s place%s; heat is how far the probability "
                 "falls when "
                 "it covers a pixel, on average",
                 e->patch.height, e->patch.width, e->patch.down, e->patch.across,
                 lg_thousands(nn_occlusion_patches(net, &e->patch)),
                 nn_occlusion_patches(net, &e->patch) == 1 ? "" : "s");
}

/* What covering does not lower. */
static void doc_rise(plt_doc *doc, const explanation *e, int score)
{
    double least = 0;
    for (size_t k = 0; k < (size_t)e->h * (size_t)e->w; k++) least = fmin(least, (double)e->heat[k]);
    if (e->method == OCCLUSION && least < -0.01)
        plt_note(doc, "somewhere covering raises it instead, by up to %s points: what is there speaks against %s",
                 plt_points(-least, 0), plt_label(cmd_output_name(e->seen.model, score)));
}

static lg_status doc_image(plt_doc *doc, explanation *e, size_t i, lg_err *err)
{
    const float *p = cmd_seen_said(&e->seen, i);
    int best = nn_argmax(p, (int)nn_shape_size(nn_net_output(e->seen.model->net)));
    int score = e->asked < 0 ? best : e->asked;
    classes of;
    data_image image;
    nn_heat heat;
    lg_buf words, what;
    data_image_at(e->seen.set, e->seen.row[i], &image);
    bool known = image.label >= 0 && e->seen.model->labels.count;
    plt_edge edge = !known ? PLT_EDGE_NONE
                    : lg_casecmp(data_class_name(e->seen.set, image.label), cmd_output_name(e->seen.model, best)) == 0
                        ? PLT_EDGE_GOOD
                        : PLT_EDGE_BAD;
    LG_TRY(choose_classes(e, p, score, &of, err));
    LG_TRY(warm(e, i, &of, err));
    LG_TRY(nn_heat_of(e->heat, e->h, e->w, &heat, err));
    lg_buf_init(&words, 0);
    lg_buf_init(&what, 0);
    say_verdict(e, &image, p, score, &words);
    say_heat(e, &heat, score, &words);
    lg_buf_addf(&what, "image %s and where %s sees %s", image.number, e->seen.model_name,
                cmd_output_name(e->seen.model, score));
    if (has_ninths(e) && heat.ninth[hottest(&heat)] > 1.0 / 3)
        lg_buf_addf(&what, ": mostly %s", ninths[hottest(&heat)]);
    if (e->seen.n > 1) plt_heading(doc, "Image %s", image.number);
    plt_sentence(doc, "%s", lg_buf_str(&words));
    lg_status st = doc_pictures(doc, e, i, &heat, lg_buf_str(&what), edge, err);
    if (st == LG_OK) st = cmd_doc_scores(doc, e->seen.model, p, "What the model says", err);
    if (st == LG_OK) doc_ninths(doc, e, &heat), doc_rise(doc, e, score);
    if (st == LG_OK) st = doc_others(doc, e, i, &of, p, err); /* the last: it takes over heat */
    lg_buf_release(&words);
    lg_buf_release(&what);
    return st;
}

static lg_status fill(plt_doc *doc, explanation *e, lg_err *err)
{
    const dsl_call *call = e->call;
    lg_buf which, how;
    lg_buf_init(&which, 0);
    lg_buf_init(&how, 0);
    cmd_seen_numbers(&e->seen, &which);
    plt_title(doc, "explain %s on %s%s %s: %s%s%s", e->seen.model_name, e->seen.data_name, cmd_where_text(call),
              lg_buf_str(&which), method_words(e, &how), *call->note ? " " : "", call->note);
    lg_buf_release(&which);
    lg_buf_release(&how);
    cmd_note_stale(doc, call, e->seen.model);
    if (e->seen.files) cmd_note_guessed(doc, call, &call->arg[MODEL].value[0], ON);
    cmd_warn_cleaned(doc, e->seen.model, e->seen.model_name, e->seen.set, e->seen.data_name);
    if (call->arg[LAYER].count && e->method != GRADCAM)
        plt_note(doc, "`layer` is for gradcam: %s works on the picture itself", call->arg[METHOD].value[0].text);
    for (size_t i = 0; i < e->seen.n; i++) LG_TRY(doc_image(doc, e, i, err));
    doc_method(doc, e);
    if (e->seen.passed > e->seen.n && !call->arg[IMAGE].count)
        plt_note(doc, "%zu of %s images; `image NUMBER` names others", e->seen.n,
                 lg_thousands((long long)e->seen.passed));
    return LG_OK;
}

static lg_status explain_run(const dsl_call *call, lg_err *err)
{
    explanation e = {.call = call};
    plt_doc doc;
    plt_doc_init(&doc);
    cmd_live_init(&e.live, call->out);
    lg_status st;
    LG_GO(cmd_seen_open(call, &(cmd_seen_of){.model = MODEL, .on = ON, .image = IMAGE, .most = PICKED}, &e.seen, err));
    LG_GO(prepare(&e, err));
    LG_GO(fill(&doc, &e, err));
    st = cmd_live_result(call, &e.live, &doc, true, err);
done:
    if (st) {
        cmd_live_close(&e.live, st);
        plt_doc_release(&doc);
    }
    cmd_seen_release(&e.seen);
    lg_free(e.heat);
    lg_free(e.map);
    return st;
}

const dsl_command dsl_cmd_explain = {
    .name = "explain",
    .summary = "where in the image the decision came from",
    .detail =
        "Draws what in the picture speaks for what the model says, or for `class`: as heat over the picture, with the "
        "scores of all classes and in words. `method occlusion` needs no layer and says it in points of probability, "
        "but runs the network a hundred times. Works with a pretrained `base` as with layers of your own, frozen or "
        "not. Hot does not mean right: a model that looks at the background says so here.",
    .group = "Explain",
    .params = params,
    .examples =
        (const char *const[]){"explain scratch on logos.val where correct = no", "explain scratch image 7 class adidas",
                              "explain scratch image 7 method occlusion", NULL},
    .takes_where = true,
    .asks_model = true,
    .run = explain_run,
};
