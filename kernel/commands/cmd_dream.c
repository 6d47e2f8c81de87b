/* cmd_dream.c - `dream`: the image that a class or a filter likes best. */
#include "kernel/commands/freeze.h"
#include "kernel/commands/lesson_filter.h"
#include "kernel/commands/params.h"
#include "kernel/commands/seen.h"
#include "lib/data/clean.h"
#include "lib/image/resize.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/banned.h"

enum { MODEL, CLASS, LAYER, CHANNEL, STEPS, SEED };
enum { STILL = 112, LARGE = 224, MANY = 96 };

static const dsl_param params[] = {
    [MODEL] = CMD_MODEL("the model that dreams"),
    [CLASS] = {.name = "class",
               .role = DSL_OPTION,
               .type = DSL_T_LABEL,
               .dflt_help = "the first one",
               .help = "the label whose score is to grow"},
    [LAYER] = CMD_LAYER("the last convolution", "a layer inside instead of a class: one of its maps is to grow"),
    [CHANNEL] = {.name = "channel",
                 .offers = DSL_OFFER_MAPS,
                 .role = DSL_OPTION,
                 .type = DSL_T_INT,
                 .dflt_help = "the first",
                 .min = 1,
                 .max = 1e6,
                 .help = "which map of the layer, counted from 1"},
    [STEPS] = {.name = "steps",
               .role = DSL_OPTION,
               .type = DSL_T_INT,
               .dflt = "200",
               .min = 1,
               .max = 10000,
               .help = "how often the image is changed",
               .advice = "100 to 500; few: still noise; many: hardly anything changes any more"},
    [SEED] = CMD_SEED("of the noise it begins with; another seed, another dream of the same thing"),
    {0},
};

typedef struct dream_job {
    const dsl_call *call;
    const cmd_model *model;
    const char *name;
    int node, channel;
    bool of_class;
    nn_dream_options how;
    nn_dream dream;
    cmd_live live;
    int frame[NN_DREAM_FRAMES];
} dream_job;

/* ---- what is to grow ---- */
static lg_status find_layer(dream_job *job, lg_err *err)
{
    const dsl_value *word = dsl_val(job->call, LAYER);
    const nn_net *net = job->model->net;
    int last = nn_explain_node(net);
    job->node = word ? cmd_layer_called(job->model, word->text) : last > 0 ? last : nn_net_count(net) - 1;
    if (job->node > 0) return LG_OK;
    cmd_no_layer(job->name, job->model, word->text, err);
    return lg_err_place(err, word->span);
}

static lg_status find_channel(dream_job *job, lg_err *err)
{
    const dsl_value *word = dsl_val(job->call, CHANNEL);
    const nn_node *node = nn_net_node(job->model->net, job->node);
    int channels = nn_dream_channels(job->model->net, job->node);
    char size[NN_SHAPE_TEXT];
    job->channel = word ? (int)word->integer - 1 : 0;
    if (job->channel < channels) return LG_OK;
    lg_fail(err, LG_E_ARG, 438, "`%s` of `%s` has no %s %s", node->name, job->name,
            node->spec.out.rank == 3 ? "channel" : "number", lg_thousands(word->integer));
    lg_why(err, "it gives %s: %s %s", nn_shape_text(node->spec.out, size), lg_thousands(channels),
           node->spec.out.rank == 3 ? "maps" : "numbers");
    lg_try(err, "channel 1, up to channel %d", channels);
    return lg_err_place(err, word->span);
}

static lg_status find_goal(dream_job *job, lg_err *err)
{
    const dsl_call *call = job->call;
    const dsl_value *class = dsl_val(call, CLASS);
    bool inside = call->arg[LAYER].count || call->arg[CHANNEL].count;
    bool scores = nn_net_output(job->model->net).rank == 1;
    if (class && inside) {
        lg_fail(err, LG_E_ARG, 438, "a dream is either of a class or of a layer's map, not of both");
        lg_try(err, "dream %s class %s", job->name, class->text);
        return lg_err_place(err, call->arg[call->arg[LAYER].count ? LAYER : CHANNEL].value[0].span);
    }
    job->of_class = !inside && (class || scores);
    if (!job->of_class) {
        LG_TRY(find_layer(job, err));
        return find_channel(job, err);
    }
    LG_TRY(cmd_output_asked(call, MODEL, CLASS, &job->channel, err));
    if (job->channel < 0) job->channel = 0;
    job->node = nn_net_count(job->model->net) - 1;
    return LG_OK;
}

/* What black and white are: as the images were scaled that it has learnt from, or would. */
static void find_range(const dream_job *job, float *low, float *high)
{
    const cmd_model *m = job->model;
    dsl_object *object = m->on ? dsl_session_get(job->call->session, m->on) : NULL;
    data_rules rules = DATA_RULES_NONE;
    if (m->ruled) rules = m->rules;
    else if (object && object->cls->kind == DSL_KIND_DATASET) rules = data_rules_of(object->payload);
    if (cmd_model_prepares(m)) rules = DATA_RULES_NONE;
    *low = (float)rules.low, *high = (float)rules.high;
}

static void plan_frames(dream_job *job)
{
    static const double share[] = {0.02, 0.05, 0.1, 0.15, 0.25, 0.35, 0.5, 0.65, 0.8};
    static const double few[] = {0.05, 0.25, 0.5};
    const nn_shape in = nn_net_input(job->model->net);
    bool large = in.dim[0] > MANY || in.dim[1] > MANY;
    const double *at = large ? few : share;
    int n = large ? 3 : 9, kept = 0;
    for (int i = 0; i < n; i++) {
        int step = (int)lround(at[i] * job->how.steps);
        if (step > 0 && step < job->how.steps && (!kept || job->frame[kept - 1] < step)) job->frame[kept++] = step;
    }
    job->how.frame = job->frame, job->how.frames = kept;
}

/* ---- pictures ---- */
/* An image of the network as RGB, small ones enlarged by a whole number, large ones reduced, to about `side`. */
static lg_status picture(const dream_job *job, const float *x, int side, img_picture *out, lg_err *err)
{
    const nn_shape in = nn_net_input(job->model->net);
    int h = (int)in.dim[0], w = (int)in.dim[1], c = (int)in.dim[2], longer = h > w ? h : w;
    img_picture raw = {0};
    LG_TRY(img_picture_init(&raw, h, w, 3, err));
    for (int y = 0; y < h; y++)
        for (int k = 0; k < w; k++)
            for (int i = 0; i < 3; i++) {
                float v = x[((size_t)y * (size_t)w + (size_t)k) * (size_t)c + (size_t)(c == 3 ? i : 0)];
                float share = (v - job->how.low) / (job->how.high - job->how.low);
                img_at(&raw, y, k)[i] = (uint8_t)lroundf(255 * fminf(fmaxf(share, 0), 1));
            }
    lg_status st = side >= 2 * longer ? img_enlarge(&raw, side / longer, out, err)
                   : longer <= side   ? img_picture_copy(out, raw.px, h, w, 3, err)
                                      : img_resize(&raw, h * side / longer > 0 ? h * side / longer : 1,
                                                 w * side / longer > 0 ? w * side / longer : 1, out, err);
    img_picture_release(&raw);
    return st;
}

/* The measured steps: x (steps), y (their numbers); how many. */
static int measured(const dream_job *job, double *x, double *y)
{
    int n = 0;
    for (int i = 0; i <= job->dream.done; i++)
        if (!isnan(job->dream.score[i])) x[n] = i, y[n++] = job->dream.score[i];
    return n;
}

static const char *what_grows(const dream_job *job)
{
    return job->of_class ? "score" : "activation";
}

static lg_status doc_growth(plt_doc *doc, const dream_job *job, const char *sentence, lg_err *err)
{
    const nn_dream *d = &job->dream;
    img_picture tile[NN_DREAM_FRAMES] = {0};
    plt_growth_frame frame[NN_DREAM_FRAMES];
    size_t most = (size_t)d->done + 1;
    double *x = lg_arena_alloc(job->call->arena, 2 * most, sizeof *x, err);
    lg_status st = x ? LG_OK : err->status;
    for (int i = 0; st == LG_OK && i < d->frames; i++) {
        st = picture(job, d->frame[i].image, LARGE, &tile[i], err);
        frame[i] = (plt_growth_frame){d->frame[i].step, d->frame[i].score, tile[i].px, tile[i].w, tile[i].h};
    }
    if (st == LG_OK)
        plt_growth(doc, &(plt_growth_spec){.title = "",
                                           .sentence = sentence,
                                           .x_label = "step",
                                           .y_label = what_grows(job),
                                           .x = x,
                                           .y = x + most,
                                           .n = measured(job, x, x + most),
                                           .frame = frame,
                                           .frames = d->frames});
    for (int i = 0; i < d->frames; i++) img_picture_release(&tile[i]);
    return st;
}

/* At about 0, 5, 25, 50 and 100% of the steps, for readers in which nothing moves. */
static lg_status doc_stills(plt_doc *doc, const dream_job *job, lg_err *err)
{
    const nn_dream *d = &job->dream;
    plt_grid(doc, STILL, "the same, standing still");
    for (int i = 0; i < d->frames; i++) {
        const nn_dream_frame *f = &d->frame[i];
        img_picture tile = {0};
        bool shown = d->frames <= 6 || i == 0 || i == 2 || i == 5 || i == 7 || i == d->frames - 1;
        if (!shown) continue;
        LG_TRY(picture(job, f->image, 2 * STILL, &tile, err));
        plt_thumb(doc, tile.px, tile.w, tile.h, PLT_EDGE_NONE, "step %d: %.3g", f->step, f->score);
        img_picture_release(&tile);
    }
    return LG_OK;
}

/* ---- words ---- */
/* "adidas", "map 3 of conv4", "number 3 of dense1" */
static void say_goal(const dream_job *job, lg_buf *out)
{
    const nn_node *node = nn_net_node(job->model->net, job->node);
    if (job->of_class) lg_buf_addf(out, "class %s", cmd_output_name(job->model, job->channel));
    else if (node->spec.out.rank == 3) lg_buf_addf(out, "map %d of %s", job->channel + 1, node->name);
    else lg_buf_addf(out, "number %d of %s", job->channel + 1, node->name);
}

static bool ends_in_classes(const cmd_model *m)
{
    const nn_node *last = nn_net_node(m->net, nn_net_count(m->net) - 1);
    return last->spec.out.rank == 1 && nn_ends_in(last->type, last->spec.config) == NN_SOFTMAX;
}

/* "Score 0.1 to 9.4 in 200 steps; the network calls its dream adidas with 99%" */
static void say_result(const dream_job *job, lg_buf *out)
{
    const nn_dream *d = &job->dream;
    int n = (int)nn_shape_size(nn_net_output(job->model->net)), best = nn_argmax(d->output, n);
    if (d->asleep) {
        lg_buf_addf(out,
                    "This stays asleep: of %d images of noise, fine and coarse, none moves it at all, so there is no "
                    "way up",
                    NN_DREAM_NOISES);
        return;
    }
    if (job->of_class) lg_buf_adds(out, "Score ");
    else lg_buf_adds(out, "Activation ");
    lg_buf_addf(out, "%.3g to %.3g in %d step%s", d->score[0], d->score[d->done], d->done, d->done == 1 ? "" : "s");
    if (!(d->score[d->done] > d->score[0])) lg_buf_adds(out, ", which is no rise");
    if (!ends_in_classes(job->model)) return;
    lg_buf_addf(out, "; the network calls its dream %s with %s%%", plt_label(cmd_output_name(job->model, best)),
                plt_points((double)d->output[best], 0));
    if (job->of_class && best != job->channel)
        lg_buf_addf(out, ", and %s with %s%%", plt_label(cmd_output_name(job->model, job->channel)),
                    plt_points((double)d->output[job->channel], 0));
}

static void doc_honest(plt_doc *doc, const dream_job *job)
{
    const char *what = job->of_class ? plt_label(cmd_output_name(job->model, job->channel)) : "";
    if (job->of_class)
        plt_note(
            doc,
            "What is seen here excites the network more than noise; it is not what %s looks like. It shows which "
            "colours, edges and repeats the network counts as %s, whatever made it learn them; no camera took such a "
            "picture",
            what, what);
    else
        plt_note(doc,
                 "What is seen here is what this %s of the network answers to more than to noise; no camera took such "
                 "a picture, and what real ones make of it is shown by `activations`",
                 nn_net_node(job->model->net, job->node)->spec.out.rank == 3 ? "filter" : "number");
}

static void doc_method(plt_doc *doc, const dream_job *job)
{
    const nn_node *node = nn_net_node(job->model->net, job->node);
    const char *number = job->of_class              ? "The score is the number that goes into softmax"
                         : node->spec.out.rank == 3 ? "The activation is the mean of the map, as the next layer gets it"
                                                    : "The activation is that number, as the next layer gets it";
    plt_note(
        doc,
        "Gradient ascent on the image from noise, seed %llu, pixels kept between %g and %g; each step sees the image "
        "shifted a little, and differences between neighbours cost something, so that shapes grow instead of grain. "
        "%s",
        (unsigned long long)job->how.seed, (double)job->how.low, (double)job->how.high, number);
}

/* What else to type. */
static void doc_next(plt_doc *doc, const dream_job *job)
{
    const cmd_model *m = job->model;
    int last = nn_explain_node(m->net), other = job->channel ? 0 : 1;
    const nn_node *node = nn_net_node(m->net, job->node);
    if (job->of_class && !job->call->arg[CLASS].count && m->labels.count > 1 && last > 0)
        plt_note(doc, "another class: `dream %s class %s`; a filter: `dream %s layer %s channel 1`", job->name,
                 m->labels.name[other], job->name, nn_net_node(m->net, last)->name);
    if (!job->of_class && !job->call->arg[CHANNEL].count)
        plt_note(doc, "%s has %s of them: `dream %s layer %s channel 2`", node->name,
                 lg_thousands(nn_dream_channels(m->net, job->node)), job->name, node->name);
}

static lg_status fill(plt_doc *doc, const dream_job *job, lg_err *err)
{
    const dsl_call *call = job->call;
    const dsl_value *value = &call->arg[MODEL].value[0];
    lg_buf goal, words;
    lg_buf_init(&goal, 0);
    lg_buf_init(&words, 0);
    say_goal(job, &goal);
    say_result(job, &words);
    plt_title(doc, "dream %s: %s, %d of %d steps%s%s", job->name, lg_buf_str(&goal), job->dream.done, job->how.steps,
              *call->note ? " " : "", call->note);
    if (cmd_model_run(job->model) || cmd_model_came_from(job->model)) cmd_note_stale(doc, call, job->model);
    else cmd_warn_untrained(doc, value, -1);
    lg_status st = doc_growth(doc, job, lg_buf_str(&words), err);
    lg_buf_release(&goal);
    lg_buf_release(&words);
    if (st == LG_OK && !job->dream.asleep) st = doc_stills(doc, job, err);
    if (st == LG_OK && ends_in_classes(job->model) && !job->dream.asleep)
        st = cmd_doc_scores(doc, job->model, job->dream.output, "What the network calls its dream", err);
    if (!job->dream.asleep) doc_honest(doc, job);
    doc_method(doc, job);
    doc_next(doc, job);
    return st;
}

/* ---- running ---- */
static void on_step(void *ctx, const nn_dream *so_far)
{
    dream_job *job = ctx;
    lg_err ignored = {0};
    img_picture tile = {0};
    if (!cmd_live_due(&job->live)) return;
    plt_doc doc;
    plt_doc_init(&doc);
    plt_title(&doc, "dream %s", job->name);
    plt_progress(&doc, (double)so_far->done / job->how.steps, "step %d of %d, %s %.3g", so_far->done, job->how.steps,
                 what_grows(job), so_far->score[so_far->done]);
    if (picture(job, so_far->image, LARGE, &tile, &ignored) == LG_OK) {
        plt_grid(&doc, LARGE, "the dream so far");
        plt_thumb(&doc, tile.px, tile.w, tile.h, PLT_EDGE_NONE, "step %d", so_far->done);
    }
    img_picture_release(&tile);
    cmd_live_send(&job->live, &doc);
}

/* Shown whatever ended it, as far as it came. */
static lg_status finish(dream_job *job, lg_status st, lg_err *err)
{
    lg_err later = {0};
    plt_doc doc;
    if (st && (st != LG_E_INTERRUPTED || !job->dream.frames)) return st;
    plt_doc_init(&doc);
    lg_status shown = fill(&doc, job, &later);
    if (shown == LG_OK) shown = cmd_live_result(job->call, &job->live, &doc, st == LG_OK, &later);
    else plt_doc_release(&doc);
    if (st == LG_E_INTERRUPTED) {
        lg_err_clear(err);
        lg_fail(err, st, 0, "stopped at step %d of %d", job->dream.done, job->how.steps);
        return lg_why(err, "the image is shown as far as it had come");
    }
    if (shown) *err = later;
    return shown;
}

static lg_status dream_run(const dsl_call *call, lg_err *err)
{
    const dsl_value *value = &call->arg[MODEL].value[0];
    dream_job job = {.call = call, .model = cmd_model_of(value), .name = value->name};
    LG_TRY(find_goal(&job, err));
    job.how = (nn_dream_options){.weights = job.model->weights,
                                 .node = job.node,
                                 .channel = job.channel,
                                 .steps = (int)call->arg[STEPS].value[0].integer,
                                 .seed = cmd_seed(call, SEED),
                                 .cancel = call->cancel,
                                 .ctx = &job,
                                 .on_step = on_step};
    find_range(&job, &job.how.low, &job.how.high);
    plan_frames(&job);
    cmd_live_init(&job.live, call->out);
    job.live.last += 0.5; /* a short dream shows nothing on the way */
    lg_status st = finish(&job, nn_dream_run(&job.how, &job.dream, err), err);
    if (st) cmd_live_close(&job.live, st);
    nn_dream_release(&job.dream);
    return st;
}

const dsl_command dsl_cmd_dream = {
    .name = "dream",
    .summary = "the image a class or filter likes best",
    .detail =
        "Begins with noise and changes it step by step so that the score of a class, or the activation of one map "
        "of a layer, grows: what comes out is what the network looks for. Works with a pretrained `base` as with "
        "layers of your own. It shows what excites the network, not what a logo is: where it has learnt from the "
        "background, it dreams of backgrounds.",
    .group = "Explain",
    .params = params,
    .examples =
        (const char *const[]){"dream scratch class adidas", "dream scratch layer conv1 channel 3 steps 50", NULL},
    .run = dream_run,
};
