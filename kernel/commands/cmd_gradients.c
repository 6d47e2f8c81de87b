/* cmd_gradients.c - `gradients`: how much of the loss's gradient reaches every layer. */
#include "kernel/commands/learn_images.h"
#include "kernel/commands/lesson_filter.h"
#include "kernel/commands/params.h"
#include "lib/plot/learning.h"
#include "lib/plot/theme.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/banned.h"

enum { MODEL, ON, BATCH, SEED, LR };
enum { DRAWN = 40, NAMED = 6, ROWS = 400 };

static const dsl_param params[] = {
    [MODEL] = CMD_MODEL("the model whose layers are looked at; it is not changed"),
    [ON] = CMD_ON("images to learn from: the training part"),
    [BATCH] = CMD_BATCH("images the gradient is the mean of",
                        .advice = "16 to 64; few: it differs from batch to batch; many: slow"),
    [SEED] = CMD_SEED("which images, and dropout: those of the first batch of `fit` with this seed"),
    [LR] = CMD_LR("learning rate of the update that is compared with the weights"),
    {0},
};

typedef struct view {
    const dsl_call *call;
    cmd_learn_images images;
    cmd_live live;
    nn_gradients g;
    double lr;
} view;

static const char *name_of(const view *v, int i)
{
    return nn_net_node(v->images.model->net, v->g.layer[i].node)->name;
}

static void on_image(void *ctx, int64_t done, int64_t images)
{
    view *v = ctx;
    cmd_live_progress(&v->live, "making pictures", (long)done, (long)images);
}

static lg_status measure(view *v, lg_err *err)
{
    lg_pool *pool = NULL;
    LG_TRY(cmd_pool(v->call, &pool, err));
    v->lr = v->call->arg[LR].value[0].number;
    return nn_gradients_measure(&(nn_gradients_options){.weights = v->images.model->weights,
                                                        .source = cmd_training_source(v->images.view),
                                                        .batch = (int)v->call->arg[BATCH].value[0].integer,
                                                        .seed = cmd_seed(v->call, SEED),
                                                        .lr = v->lr,
                                                        .pool = pool,
                                                        .cancel = v->call->cancel,
                                                        .ctx = v,
                                                        .on_image = on_image},
                                &v->g, err);
}

/* ---- words ---- */
static int count_of(const nn_gradients *g, nn_gradient_state state)
{
    int n = 0;
    for (int i = 0; i < g->count; i++) n += g->layer[i].state == state;
    return n;
}

/* "conv1, conv2 and 3 more" */
static void add_names(const view *v, nn_gradient_state state, lg_buf *out)
{
    int n = count_of(&v->g, state), said = 0;
    for (int i = 0; i < v->g.count && said < NAMED; i++)
        if (v->g.layer[i].state == state) lg_buf_addf(out, "%s%s", said++ ? ", " : "", name_of(v, i));
    if (n > said) lg_buf_addf(out, " and %d more", n - said);
}

/* "0.2%", with as many digits as it takes to see something; what vanishes never reads like 1.0%. */
static void add_share(lg_buf *out, double share)
{
    if (share < NN_VANISHES) lg_buf_addf(out, "%.2g%%", 100 * share);
    else if (share < 10) lg_buf_addf(out, "%s%%", plt_points(share, share < 0.1 ? 1 : 0));
    else if (isfinite(share)) lg_buf_addf(out, "%.3g times", share);
    else lg_buf_adds(out, "an endless multiple");
}

static void say(const view *v, lg_buf *out)
{
    const nn_gradients *g = &v->g;
    const nn_layer_gradient *first = &g->layer[g->first], *last = &g->layer[g->last];
    int vanish = count_of(g, NN_GRADIENT_VANISHES), explode = count_of(g, NN_GRADIENT_EXPLODES),
        silent = count_of(g, NN_GRADIENT_SILENT);
    if (g->first == g->last) {
        lg_buf_addf(out, "%s is the only layer that learns: its gradient has the length %.3g", name_of(v, g->last),
                    last->norm);
    } else if (last->norm > 0) {
        lg_buf_addf(out, "%s receives ", name_of(v, g->first));
        add_share(out, first->share);
        lg_buf_addf(out, "%s the gradient of %s", first->share < 10 ? " of" : "", name_of(v, g->last));
    } else {
        lg_buf_addf(out, "Nothing reaches %s, the last layer that learns", name_of(v, g->last));
    }
    if (silent) lg_buf_addf(out, "; no gradient at all reaches "), add_names(v, NN_GRADIENT_SILENT, out);
    if (vanish) lg_buf_addf(out, "; the gradient vanishes in "), add_names(v, NN_GRADIENT_VANISHES, out);
    if (explode) lg_buf_addf(out, "; the gradient explodes in "), add_names(v, NN_GRADIENT_EXPLODES, out);
    if (!silent && !vanish && !explode && g->first != g->last) lg_buf_adds(out, "; it neither vanishes nor explodes");
}

/* ---- the picture ---- */
static const char *state_word(nn_gradient_state state)
{
    static const char *const words[] = {"", "vanishes", "explodes", "nothing arrives", "frozen"};
    return words[state];
}

typedef struct rows {
    const char *label[DRAWN + 1], *text[DRAWN + 1];
    double value[DRAWN + 1];
    bool bad[DRAWN + 1];
    int n;
} rows;

static lg_status add_row(const view *v, int i, rows *r, lg_err *err)
{
    const nn_layer_gradient *l = &v->g.layer[i];
    lg_buf text;
    lg_buf_init(&text, 200);
    if (l->state == NN_GRADIENT_FROZEN) lg_buf_adds(&text, "frozen");
    else lg_buf_addf(&text, "%.3g", l->norm);
    if (l->state != NN_GRADIENT_FROZEN && i != v->g.last && isfinite(l->share)) {
        lg_buf_adds(&text, " · ");
        add_share(&text, l->share);
    }
    bool bad = l->state != NN_GRADIENT_FINE && l->state != NN_GRADIENT_FROZEN;
    if (bad) lg_buf_addf(&text, " %s", state_word(l->state));
    r->label[r->n] = name_of(v, i);
    r->text[r->n] = lg_arena_strf(v->call->arena, err, "%s", lg_buf_str(&text));
    r->value[r->n] = l->norm;
    r->bad[r->n++] = bad;
    lg_buf_release(&text);
    return err->status;
}

/* All layers that learn, or of many those at both ends. Frozen ones stand in the table. */
static lg_status choose_rows(const view *v, rows *r, lg_err *err)
{
    int all = v->g.count - count_of(&v->g, NN_GRADIENT_FROZEN), seen = 0;
    for (int i = 0; i < v->g.count; i++) {
        if (v->g.layer[i].state == NN_GRADIENT_FROZEN) continue;
        bool keep = all <= DRAWN || seen < DRAWN / 2 || seen >= all - DRAWN / 2;
        if (keep) LG_TRY(add_row(v, i, r, err));
        else if (seen == DRAWN / 2) {
            r->label[r->n] = "…";
            r->text[r->n] = lg_arena_strf(v->call->arena, err, "%d layers more", all - DRAWN);
            r->value[r->n++] = (double)NAN;
        }
        seen++;
    }
    return err->status;
}

static lg_status doc_bars(plt_doc *doc, const view *v, const char *words, lg_err *err)
{
    rows r = {.n = 0};
    double last = v->g.layer[v->g.last].norm;
    bool band = v->g.first != v->g.last && isfinite(last) && last > 0;
    LG_TRY(choose_rows(v, &r, err));
    plt_log_bars(doc,
                 &(plt_log_bars_spec){.sentence = words,
                                      .axis = "length of the gradient (log)",
                                      .labels = r.label,
                                      .values = r.value,
                                      .texts = r.text,
                                      .bad = r.bad,
                                      .n = r.n,
                                      .low = band ? NN_VANISHES * last : 0,
                                      .high = band ? NN_EXPLODES * last : 0,
                                      .heading = lg_arena_strf(v->call->arena, err, "length%s%s", band ? " · of " : "",
                                                               band ? name_of(v, v->g.last) : ""),
                                      .band = "well"});
    return err->status;
}

/* ---- the table ---- */
static void number_cell(plt_doc *doc, double value)
{
    if (isnan(value)) plt_cell(doc, "%s", "");
    else plt_cell(doc, "%.3g", value);
}

static void ratio_cell(plt_doc *doc, double ratio)
{
    number_cell(doc, ratio);
    if (ratio < NN_RATIO_LOW || ratio > NN_RATIO_HIGH) plt_cell_tone(doc, PLT_TONE_BAD, 0.3);
}

static bool knows_dead(const nn_gradients *g)
{
    for (int i = 0; i < g->count; i++)
        if (!isnan(g->layer[i].dead)) return true;
    return false;
}

static void doc_table(plt_doc *doc, const view *v)
{
    const nn_gradients *g = &v->g;
    bool dead = knows_dead(g);
    plt_fold_begin(doc, "every layer that learns in numbers");
    plt_table(doc, "The gradient in every layer, and what one step with lr %g would change", v->lr);
    plt_column(doc, PLT_LEFT, "Layer");
    plt_column(doc, PLT_RIGHT, "Weights");
    plt_column(doc, PLT_RIGHT, "Length");
    plt_column(doc, PLT_RIGHT, "For one weight (rms)");
    plt_column(doc, PLT_RIGHT, "Of %s", name_of(v, g->last));
    plt_column(doc, PLT_RIGHT, "Update / weights");
    if (dead) plt_column(doc, PLT_RIGHT, "Dead units");
    plt_column(doc, PLT_LEFT, " ");
    for (int i = 0; i < g->count && i < ROWS; i++) {
        const nn_layer_gradient *l = &g->layer[i];
        if (l->state == NN_GRADIENT_FROZEN) continue;
        lg_buf share;
        lg_buf_init(&share, 100);
        if (isfinite(l->share)) add_share(&share, l->share);
        plt_row(doc, PLT_ROW_PLAIN);
        plt_head(doc, "%s", name_of(v, i));
        plt_cell(doc, "%s", lg_thousands((long long)l->params));
        number_cell(doc, l->norm);
        number_cell(doc, l->rms);
        plt_cell(doc, "%s", lg_buf_str(&share));
        ratio_cell(doc, l->ratio);
        if (dead && isnan(l->dead)) plt_cell(doc, "%s", "");
        else if (dead) plt_cell(doc, "%s%%", plt_points(l->dead, 0));
        plt_cell(doc, "%s", state_word(l->state));
        lg_buf_release(&share);
    }
    plt_fold_end(doc);
}

/* ---- what to do ---- */
static bool squashes(const nn_net *net)
{
    for (int i = 1; i < nn_net_count(net) - 1; i++) {
        nn_activation a = nn_ends_in(nn_net_node(net, i)->type, nn_net_node(net, i)->spec.config);
        if (a == NN_SIGMOID || a == NN_TANH) return true;
    }
    return false;
}

static void doc_cures(plt_doc *doc, const view *v)
{
    const nn_gradients *g = &v->g;
    const nn_net *net = v->images.model->net;
    if (count_of(g, NN_GRADIENT_SILENT))
        plt_note(doc,
                 "where no gradient arrives nothing is learnt: all units behind are dead, or the loss is 0 already; "
                 "draw new weights (`model … seed 2`), use `leaky` instead of relu, a smaller lr");
    if (count_of(g, NN_GRADIENT_VANISHES))
        plt_note(doc,
                 "layers whose gradient vanishes hardly learn%s `batchnorm` behind each layer keeps it up, "
                 "`residual { }` leads it past layers, and with fewer layers it has less far to go",
                 squashes(net) ? ", and every sigmoid or tanh makes it smaller: use relu instead;" : ":");
    if (count_of(g, NN_GRADIENT_EXPLODES))
        plt_note(doc,
                 "a gradient that explodes throws the weights about: a smaller lr, `batchnorm` behind each layer, or "
                 "new weights (`model … seed 2`)");
    int slow = 0, fast = 0, dead = 0;
    for (int i = 0; i < g->count; i++) {
        slow += g->layer[i].ratio < NN_RATIO_LOW;
        fast += g->layer[i].ratio > NN_RATIO_HIGH;
        dead += g->layer[i].dead > 0.5;
    }
    if (slow)
        plt_note(doc,
                 "in %d layer%s a step with lr %g changes less than a hundred-thousandth of the weights (a thousandth "
                 "is usual): it learns slowly, or has learnt",
                 slow, slow == 1 ? "" : "s", v->lr);
    if (fast)
        plt_note(doc,
                 "in %d layer%s a step with lr %g changes more than a tenth of the weights (a thousandth is usual): "
                 "take a smaller lr",
                 fast, fast == 1 ? "" : "s", v->lr);
    if (dead)
        plt_note(doc,
                 "in %d layer%s more than half of the units are dead: 0 for every image of the batch, so they learn "
                 "nothing from it; a smaller lr, or `leaky` instead of relu",
                 dead, dead == 1 ? "" : "s");
}

static lg_status fill(plt_doc *doc, const view *v, lg_err *err)
{
    const dsl_call *call = v->call;
    int frozen = count_of(&v->g, NN_GRADIENT_FROZEN);
    lg_buf words;
    plt_title(doc, "gradients %s on %s%s: one batch of %d, seed %llu%s%s", v->images.model_name, v->images.data_name,
              cmd_where_text(call), v->g.images, (unsigned long long)cmd_seed(call, SEED), *call->note ? " " : "",
              call->note);
    cmd_warn_untrained(doc, &call->arg[MODEL].value[0], -1);
    if (cmd_model_run(v->images.model)) cmd_note_stale(doc, call, v->images.model);
    cmd_warn_cleaned(doc, v->images.model, v->images.model_name, v->images.set, v->images.data_name);
    lg_buf_init(&words, 0);
    say(v, &words);
    lg_status st = lg_buf_check(&words, err);
    if (st == LG_OK) st = doc_bars(doc, v, lg_buf_str(&words), err);
    lg_buf_release(&words);
    LG_TRY(st);
    doc_cures(doc, v);
    doc_table(doc, v);
    plt_note(doc,
             "the first batch of `fit %s batch %d seed %llu` (loss %.4g), as it trains: dropout on, batchnorm by the "
             "batch; well is 1%% to 100 times the gradient of %s",
             v->images.model_name, v->g.images, (unsigned long long)cmd_seed(call, SEED), v->g.loss,
             name_of(v, v->g.last));
    if (frozen) plt_note(doc, "%d frozen layer%s no gradient", frozen, frozen == 1 ? " gets" : "s get");
    return LG_OK;
}

static lg_status gradients_run(const dsl_call *call, lg_err *err)
{
    view v = {.call = call};
    plt_doc doc;
    plt_doc_init(&doc);
    cmd_live_init(&v.live, call->out);
    lg_status st;
    LG_GO(cmd_learn_images_open(call, MODEL, ON, &v.images, err));
    LG_GO(measure(&v, err));
    LG_GO(fill(&doc, &v, err));
    st = cmd_live_result(call, &v.live, &doc, true, err);
done:
    if (st) {
        cmd_live_close(&v.live, st);
        plt_doc_release(&doc);
    }
    nn_gradients_release(&v.g);
    cmd_learn_images_release(&v.images);
    return st && !err->span.line ? lg_err_place(err, call->arg[MODEL].value[0].span) : st;
}

const dsl_command dsl_cmd_gradients = {
    .name = "gradients",
    .summary = "size of the gradient in every layer",
    .detail =
        "One batch goes forward and back as in training, and the length of the gradient that arrives at each layer "
        "is drawn on a logarithmic scale. Where it vanishes a layer learns next to nothing, where it explodes the "
        "weights are thrown about; the output says so and names cures. Nothing is updated.",
    .group = "Teach",
    .params = params,
    .examples = (const char *const[]){"gradients scratch batch 32", "gradients scratch on logos.train seed 2", NULL},
    .takes_where = true,
    .run = gradients_run,
};
