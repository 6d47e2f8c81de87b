/* cmd_step.c - `step`: one forward, backward and update on one image, with numbers that can be checked by hand. */
#include "kernel/commands/freeze.h"
#include "kernel/commands/learn_images.h"
#include "kernel/commands/lesson_filter.h"
#include "kernel/commands/params.h"
#include "kernel/commands/seen.h"
#include "lib/plot/learning.h"
#include "lib/plot/theme.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/banned.h"

enum { MODEL, ON, IMAGE, LR, LAYER, ANIMATE, SLIDER };
enum { PICKED = 4, SIDE = 96, LISTED = 5, SCORES = 8, ROWS = 60, ENDS = 2 };

static const dsl_param params[] = {
    [MODEL] = CMD_MODEL("the model that takes the step; it is not changed"),
    [ON] = CMD_ON("where the image is from"),
    [IMAGE] = {.name = "image",
               .role = DSL_OPTION,
               .type = DSL_T_IMAGE,
               .dflt_help = "one that passes `where`",
               .help = "number or name of the image to learn from"},
    [LR] = CMD_LR("learning rate: how far to go against the gradient",
                  .advice = "0.001 to 0.1; too small: hardly anything changes; too large: the loss rises"),
    [LAYER] = CMD_LAYER("the last with weights", "the layer whose weights are shown"),
    [ANIMATE] = {.name = "animate",
                 .role = DSL_FLAG,
                 .type = DSL_T_FLAG,
                 .dflt = "on",
                 .help = "show forward, back, update and the loss again one after the other; `no animate` shows all"},
    [SLIDER] = CMD_SLIDER("the learning rate"),
    {0},
};

/* A weight that is written out. */
typedef struct listed {
    int k; /* parameter of the layer */
    size_t place;
    double before, after, grad;
    nn_slope slope;
} listed;

typedef struct one_step {
    const dsl_call *call;
    cmd_live live;
    cmd_seen seen;
    size_t image; /* of seen */
    data_image about;
    nn_one_step s;
    int node; /* the layer asked for */
    double lr;
    listed weight[LISTED];
    int weights;
} one_step;

static const nn_net *net_of(const one_step *t)
{
    return t->seen.model->net;
}

/* ---- what was asked ---- */
/* The first of those looked at that has a label. */
static lg_status find_label(one_step *t, lg_err *err)
{
    for (t->image = 0; t->image < t->seen.n; t->image++) {
        data_image_at(t->seen.set, t->seen.row[t->image], &t->about);
        if (t->about.label >= 0) return LG_OK;
    }
    const dsl_arg *said = &t->call->arg[IMAGE];
    lg_fail(err, LG_E_DATA, 436, "image %s has no label, so there is nothing to learn from it", t->about.number);
    lg_why(err, "the loss compares what the network says with the label");
    lg_try(err, "name an image that has one: `show %s where label != \"\"`",
           t->call->arg[ON].count ? t->call->arg[ON].value[0].name : t->seen.model->on);
    return lg_err_place(err, said->count ? said->value[0].span : t->call->span);
}

static lg_status no_weights(const one_step *t, int node, lg_err *err)
{
    enum { NAMED = 8 };
    const nn_net *net = net_of(t);
    lg_buf list;
    int count = 0;
    lg_buf_init(&list, 600);
    for (int i = 1; i < nn_net_count(net); i++)
        if (nn_net_node(net, i)->nparam && count++ < NAMED)
            lg_buf_addf(&list, "%s%s", count > 1 ? ", " : "", nn_net_node(net, i)->name);
    const char *name = nn_net_node(net, node)->name, *kind = nn_net_node(net, node)->type->name;
    lg_fail(err, LG_E_ARG, 435, "`%s` is %s %s layer: it has no weights that a step could change", name,
            strchr("aeiou", *kind) ? "an" : "a", kind);
    lg_why(err, "layers with weights: %s%s", lg_buf_str(&list), count > NAMED ? ", …" : "");
    lg_buf_release(&list);
    return LG_E_ARG;
}

static lg_status find_layer(one_step *t, lg_err *err)
{
    const dsl_value *word = dsl_val(t->call, LAYER);
    const nn_net *net = net_of(t);
    lg_status st = LG_OK;
    for (int i = 1; !word && i < nn_net_count(net); i++)
        if (nn_net_node(net, i)->nparam && !nn_net_node(net, i)->frozen) t->node = i;
    if (!word) return LG_OK;
    t->node = cmd_layer_called(t->seen.model, word->text);
    if (t->node < 0) st = cmd_no_layer(t->seen.model_name, t->seen.model, word->text, err);
    else if (!nn_net_node(net, t->node)->nparam) st = no_weights(t, t->node, err);
    return st ? lg_err_place(err, word->span) : LG_OK;
}

/* ---- the numbers ---- */
static lg_status list_weights(one_step *t, lg_err *err)
{
    const nn_node *node = nn_net_node(net_of(t), t->node);
    size_t place[LISTED];
    for (int k = 0; k < node->nparam && k < 2; k++) {
        int room = k == 0 && node->nparam > 1 ? LISTED - 1 : LISTED - t->weights;
        int n = nn_one_step_largest(&t->s, t->node, k, place, room);
        const float *grad = nn_one_step_grad(&t->s, t->node, k);
        for (int i = 0; i < n; i++) {
            listed *w = &t->weight[t->weights++];
            *w = (listed){.k = k,
                          .place = place[i],
                          .before = (double)nn_weights_param(t->s.before, t->node, k)[place[i]],
                          .after = (double)nn_weights_param(t->s.after, t->node, k)[place[i]],
                          .grad = (double)grad[place[i]]};
            LG_TRY(nn_one_step_slope(&t->s, t->node, k, place[i], &w->slope, err));
            cmd_live_progress(&t->live, "checking gradients", t->weights, LISTED);
        }
    }
    return LG_OK;
}

static lg_status take_step(one_step *t, lg_err *err)
{
    float *x = NULL;
    LG_TRY(cmd_seen_pixels(&t->seen, t->image, &x, err));
    const nn_one_step_options o = {
        .weights = t->seen.model->weights, .image = x, .label = t->about.label, .lr = t->lr, .cancel = t->call->cancel};
    lg_status st = nn_one_step_take(&o, &t->s, err);
    lg_free(x);
    return st ? st : list_weights(t, err);
}

static lg_status prepare(one_step *t, lg_err *err)
{
    const dsl_call *call = t->call;
    const dsl_value *on = dsl_val(call, ON);
    const cmd_seen_of of = {.model = MODEL, .on = ON, .image = IMAGE, .most = PICKED};
    t->lr = call->arg[LR].value[0].number;
    LG_TRY(cmd_seen_open(call, &of, &t->seen, err));
    if (t->seen.files) {
        lg_fail(err, LG_E_ARG, 144, "a step learns from the image's label, and a file has none");
        lg_try(err, "name an image of the dataset: step %s image 7", t->seen.model_name);
        return lg_err_place(err, call->arg[IMAGE].value[0].span);
    }
    lg_status st = cmd_model_fits(t->seen.model, t->seen.model_name, t->seen.set, t->seen.data_name, err);
    if (st) return lg_err_place(err, (on ? on : &call->arg[MODEL].value[0])->span);
    LG_TRY(cmd_has_loss(call, MODEL, err));
    LG_TRY(find_label(t, err));
    LG_TRY(find_layer(t, err));
    st = take_step(t, err);
    return st && !err->span.line ? lg_err_place(err, call->arg[MODEL].value[0].span) : st;
}

/* ---- words ---- */
static const char *class_name(const one_step *t, int k)
{
    return cmd_output_name(t->seen.model, k);
}

/* "0.593712", and in brackets where a minus would stand behind another sign. */
static void add_factor(lg_buf *out, double value)
{
    lg_buf_addf(out, value < 0 ? "(%.6g)" : "%.6g", value);
}

static void add_unit(const one_step *t, const nn_node *node, int64_t unit, lg_buf *out)
{
    bool last = node == nn_net_node(net_of(t), nn_net_count(net_of(t)) - 1);
    if (last && unit < t->s.classes) lg_buf_adds(out, class_name(t, (int)unit));
    else
        lg_buf_addf(out, "%s %lld",
                    strcmp(node->type->name, "dense") == 0  ? "unit"
                    : strcmp(node->type->name, "conv") == 0 ? "filter"
                                                            : "map",
                    (long long)unit + 1);
}

static void add_channel(const nn_node *node, int64_t channel, lg_buf *out)
{
    static const char *const colors[] = {"red", "green", "blue"};
    if (node->input[0] == 0 && node->spec.in[0].dim[2] == 3) lg_buf_adds(out, colors[channel]);
    else lg_buf_addf(out, "map %lld", (long long)channel + 1);
}

/* "input 17 to nike", "filter 3, row 1, column 2, red", "bias of nike" */
static void add_weight(const one_step *t, const listed *w, lg_buf *out)
{
    const nn_node *node = nn_net_node(net_of(t), t->node);
    const nn_shape *shape = &node->param[w->k].shape;
    const int64_t *dim = shape->dim;
    int64_t p = (int64_t)w->place;
    if (shape->rank == 4) {
        bool depthwise = strcmp(node->type->name, "depthwise") == 0;
        int64_t channel = p / dim[3] % dim[2], line = p / (dim[3] * dim[2]);
        if (!depthwise) add_unit(t, node, p % dim[3], out);
        lg_buf_addf(out, "%srow %lld, column %lld, ", depthwise ? "" : ", ", (long long)(line / dim[1]) + 1,
                    (long long)(line % dim[1]) + 1);
        add_channel(node, channel, out);
    } else if (shape->rank == 2) {
        lg_buf_addf(out, "input %lld to ", (long long)(p / dim[1]) + 1);
        add_unit(t, node, p % dim[1], out);
    } else {
        lg_buf_addf(out, "%s of ", node->param[w->k].name);
        add_unit(t, node, p, out);
    }
}

/* "g = 0.5 · 0.02 + 0.4 · (-0.01) + … (31 products that are not 0, of 3,844 places) = 0.0123" */
static void write_gradient(const one_step *t, const listed *w, lg_buf *out)
{
    nn_terms terms;
    bool single = false;
    lg_buf_adds(out, "  g  = ");
    if (nn_one_step_terms(&t->s, t->node, w->k, w->place, &terms)) {
        bool ones = nn_net_node(net_of(t), t->node)->param[w->k].shape.rank == 1 && w->k > 0;
        for (int i = 0; i < terms.shown; i++) {
            if (i) lg_buf_adds(out, " + ");
            if (!ones) add_factor(out, terms.term[i].input), lg_buf_adds(out, " · ");
            if (ones && !i) lg_buf_addf(out, "%.6g", terms.term[i].error);
            else add_factor(out, terms.term[i].error);
        }
        if (terms.counted > terms.shown)
            lg_buf_addf(out, " + …\n       (%s products that are not 0, of %s places)", lg_thousands(terms.counted),
                        lg_thousands(terms.places));
        if (fabs(terms.penalty) > 0) lg_buf_addf(out, " + %.6g (l2)", terms.penalty);
        single = ones && terms.places == 1 && terms.shown == 1;
        if (terms.shown && !single) lg_buf_adds(out, " = ");
    }
    if (single) lg_buf_adds(out, "   (the slope itself: a bias is only added)\n");
    else lg_buf_addf(out, "%.6g\n", w->grad);
}

static void write_weight(const one_step *t, const listed *w, lg_buf *out)
{
    const nn_slope *s = &w->slope;
    add_weight(t, w, out);
    lg_buf_addc(out, '\n');
    write_gradient(t, w, out);
    lg_buf_addf(out, "  w' = w - lr · g = %.6g - %.6g · ", w->before, t->lr);
    add_factor(out, w->grad);
    lg_buf_addf(out, " = %.6g\n  two runs: w = %.6g gives loss %.8g, w = %.6g gives %.8g\n", w->after, w->before - s->h,
                s->low, w->before + s->h, s->high);
    lg_buf_addf(out, "            (%.8g - %.8g) / %.6g = %.4g", s->high, s->low, 2 * s->h, s->slope);
}

/* "Loss 1.394 to 1.312: …" or why it rose. */
static void say_loss(const one_step *t, lg_buf *out)
{
    const nn_one_step *s = &t->s;
    double fall = t->lr * s->square, before = (double)s->probability[s->label], after = (double)s->later[s->label];
    const char *truth = plt_label(class_name(t, s->label));
    if (!isfinite(s->loss_after)) {
        lg_buf_addf(out, "Loss %.4g, and after the step it is no longer a number: lr %g is far too large", s->loss,
                    t->lr);
    } else if (!(s->square > 0)) {
        lg_buf_addf(out, "Loss %.4g before and after: the gradient is 0 in every layer, so no weight moves", s->loss);
    } else if (s->loss_after > s->loss) {
        lg_buf_addf(out,
                    "Loss rises from %.4g to %.4g: with lr %g the step is too long. Were the loss a straight slope, it "
                    "would have fallen by lr · length² = %.3g; it bends up before that",
                    s->loss, s->loss_after, t->lr, fall);
    } else {
        lg_buf_addf(out, "Loss %.4g to %.4g: one step with lr %g changes the probability of %s from %s%% to %s%%",
                    s->loss, s->loss_after, t->lr, truth, plt_points(before, 1), plt_points(after, 1));
        lg_buf_addf(out, "; a straight slope would give a fall of lr · length² = %.3g, the loss falls by %.3g", fall,
                    s->loss - s->loss_after);
    }
}

/* ---- the picture ---- */
typedef struct flow {
    plt_step_box box[PLT_STEP_BOXES];
    int n;
    const char *line[2 * PLT_STEP_BOXES + 3];
} flow;

static plt_step_box box_of(const one_step *t, int node, lg_err *err)
{
    const nn_node *at = nn_net_node(net_of(t), node);
    char size[NN_SHAPE_TEXT];
    double norm = at->frozen ? (double)NAN : nn_one_step_norm(&t->s, node);
    return (plt_step_box){.name = at->name,
                          .size = lg_arena_strf(t->call->arena, err, "%s", nn_shape_text(at->spec.out, size)),
                          .gradient = norm,
                          .update = t->lr * norm,
                          .frozen = at->frozen,
                          .asked = node == t->node};
}

static plt_step_box gap_of(const one_step *t, int skipped, bool frozen, lg_err *err)
{
    return (plt_step_box){.name = lg_arena_strf(t->call->arena, err, "%d more", skipped),
                          .size = "layers",
                          .gradient = (double)NAN,
                          .update = (double)NAN,
                          .frozen = frozen,
                          .gap = true};
}

/* All layers with weights, or of many those at both ends and the one that was asked for. */
static lg_status choose_boxes(const one_step *t, flow *f, lg_err *err)
{
    const nn_net *net = net_of(t);
    int all = 0, seen = 0, skipped = 0;
    bool frozen = true; /* all that are skipped */
    for (int i = 1; i < nn_net_count(net); i++) all += nn_net_node(net, i)->nparam > 0;
    for (int i = 1; i < nn_net_count(net); i++) {
        if (!nn_net_node(net, i)->nparam) continue;
        seen++;
        bool keep = all <= PLT_STEP_BOXES || seen <= ENDS || seen > all - ENDS || i == t->node;
        if (!keep) {
            skipped++;
            frozen &= nn_net_node(net, i)->frozen;
            continue;
        }
        if (skipped) f->box[f->n++] = gap_of(t, skipped, frozen, err);
        skipped = 0, frozen = true;
        f->box[f->n++] = box_of(t, i, err);
    }
    return err->status;
}

static const char *forward_words(const one_step *t, const flow *f, int i, lg_err *err)
{
    const plt_step_box *b = &f->box[i];
    if (b->gap) return lg_arena_strf(t->call->arena, err, "Forward: through %s layers", b->name);
    return lg_arena_strf(t->call->arena, err, "Forward: %s makes %s numbers of %s", b->name, b->size,
                         i ? "what comes before" : "the image");
}

static const char *back_words(const one_step *t, const flow *f, int i, lg_err *err)
{
    const plt_step_box *b = &f->box[i];
    if (b->gap)
        return lg_arena_strf(t->call->arena, err, "Back: %s layers%s", b->name, b->frozen ? ", all frozen" : "");
    if (b->frozen)
        return lg_arena_strf(t->call->arena, err, "Back: %s is frozen, nobody asks for its gradient", b->name);
    return lg_arena_strf(t->call->arena, err, "Back: the gradient of %s has the length %.3g", b->name, b->gradient);
}

static lg_status write_lines(const one_step *t, flow *f, lg_err *err)
{
    const nn_one_step *s = &t->s;
    lg_arena *arena = t->call->arena;
    for (int i = 0; i < f->n; i++) f->line[i] = forward_words(t, f, i, err);
    f->line[f->n] =
        lg_arena_strf(arena, err, "Loss: %s has probability %.4g, and -ln(%.4g) = %.4g%s", class_name(t, s->label),
                      (double)s->probability[s->label], (double)s->probability[s->label], s->loss - s->penalty,
                      s->penalty > 0 ? ", to which l2 adds a little" : "");
    for (int i = f->n - 1; i >= 0; i--) f->line[2 * f->n - i] = back_words(t, f, i, err);
    f->line[2 * f->n + 1] = lg_arena_strf(arena, err, "Update: every weight moves by -%g times its gradient", t->lr);
    f->line[2 * f->n + 2] =
        lg_arena_strf(arena, err, "The same image again: the loss was %.4g and is %.4g now", s->loss, s->loss_after);
    return err->status;
}

static lg_status doc_flow(plt_doc *doc, const one_step *t, const char *words, lg_err *err)
{
    flow f = {.n = 0};
    img_picture image = {0};
    LG_TRY(choose_boxes(t, &f, err));
    LG_TRY(write_lines(t, &f, err));
    LG_TRY(cmd_seen_picture(&t->seen, t->image, SIDE, &image, err));
    plt_sentence(doc, "%s", words);
    plt_step(doc, &(plt_step_spec){.sentence = "",
                                   .rgb = image.px,
                                   .pixel_w = image.w,
                                   .pixel_h = image.h,
                                   .box = f.box,
                                   .n = f.n,
                                   .loss = t->s.loss,
                                   .loss_after = t->s.loss_after,
                                   .line = f.line,
                                   .animate = dsl_on(t->call, ANIMATE) && !dsl_on(t->call, SLIDER)});
    img_picture_release(&image);
    plt_fold_begin(doc, "all %d positions of the picture", plt_step_frames(f.n));
    for (int i = 0; i < plt_step_frames(f.n); i++) plt_item(doc, "%s", f.line[i]);
    plt_fold_end(doc);
    return LG_OK;
}

/* ---- tables ---- */
/* All classes in their order; of many the likeliest, and the true one. */
static bool shows_class(const one_step *t, int k)
{
    const nn_one_step *s = &t->s;
    int above = 0;
    if (s->classes <= SCORES || k == s->label) return true;
    for (int i = 0; i < s->classes; i++)
        above += s->probability[i] > s->probability[k] || (i < k && !(s->probability[i] < s->probability[k]));
    return above < SCORES - 1;
}

static void doc_scores(plt_doc *doc, const one_step *t)
{
    const nn_one_step *s = &t->s;
    plt_table(doc, "From scores to the loss, and its slope at each score%s",
              s->classes > SCORES ? ": the likeliest classes and the true one" : "");
    plt_column(doc, PLT_LEFT, "Class");
    plt_column(doc, PLT_RIGHT, "Score");
    plt_column(doc, PLT_RIGHT, "Probability p");
    plt_column(doc, PLT_RIGHT, "Wanted");
    plt_column(doc, PLT_RIGHT, "Slope p - wanted");
    plt_column(doc, PLT_RIGHT, "After the step");
    for (int k = 0; k < s->classes; k++) {
        if (!shows_class(t, k)) continue;
        bool truth = k == s->label;
        plt_row(doc, PLT_ROW_PLAIN);
        plt_head(doc, "%s%s", class_name(t, k), truth ? " (its label)" : "");
        plt_cell(doc, "%.5g", (double)s->score[k]);
        plt_cell(doc, "%.5g", (double)s->probability[k]);
        plt_cell_tone(doc, PLT_TONE_HEAT, (double)s->probability[k] / 2);
        plt_cell(doc, "%d", truth);
        plt_cell(doc, "%.5g", (double)s->error[k]);
        plt_cell(doc, "%.5g", (double)s->later[k]);
        plt_cell_tone(doc, PLT_TONE_HEAT, (double)s->later[k] / 2);
    }
    double most = (double)s->score[0], sum = 0;
    for (int k = 1; k < s->classes; k++) most = fmax(most, (double)s->score[k]);
    double off = most > 80 ? most : 0;
    for (int k = 0; k < s->classes; k++) sum += exp((double)s->score[k] - off);
    plt_code(
        doc,
        "p(%s) = e^%.5g%s / %.6g = %.6g   (the sum of e^score over all %d classes is %.6g)\nloss = -ln(%.6g) = %.6g",
        class_name(t, s->label), (double)s->score[s->label], off > 0 ? " (after the largest score is taken off)" : "",
        sum, (double)s->probability[s->label], s->classes, sum, (double)s->probability[s->label], s->loss - s->penalty);
    if (s->penalty > 0)
        plt_note(doc, "l2 adds its penalty on large weights, %.4g, to the loss: %.6g in all", s->penalty, s->loss);
}

static void doc_weights(plt_doc *doc, const one_step *t)
{
    lg_buf text;
    const nn_node *node = nn_net_node(net_of(t), t->node);
    plt_heading(doc, "%s in numbers", node->name);
    if (node->frozen) {
        plt_text(doc, "%s is frozen: it gets no gradient and no update. `unfreeze %s layers %s` lets it learn.",
                 node->name, t->seen.model_name, node->name);
        return;
    }
    if (!t->weights) {
        plt_text(
            doc,
            "No weight of %s has a gradient: on this image all its outputs lead to 0, or nothing is left to learn.",
            node->name);
        return;
    }
    plt_table(doc, "The weights of %s with the largest gradients", node->name);
    plt_column(doc, PLT_LEFT, "Weight");
    plt_column(doc, PLT_RIGHT, "Before w");
    plt_column(doc, PLT_RIGHT, "Gradient g");
    plt_column(doc, PLT_RIGHT, "Slope by two runs");
    plt_column(doc, PLT_RIGHT, "Change -lr · g");
    plt_column(doc, PLT_RIGHT, "After w'");
    for (int i = 0; i < t->weights; i++) {
        const listed *w = &t->weight[i];
        lg_buf_init(&text, 200);
        add_weight(t, w, &text);
        plt_row(doc, PLT_ROW_PLAIN);
        plt_head(doc, "%s", lg_buf_str(&text));
        plt_cell(doc, "%.6g", w->before);
        plt_cell(doc, "%.6g", w->grad);
        plt_cell(doc, "%.4g", w->slope.slope);
        plt_cell(doc, "%.6g", -t->lr * w->grad + 0.0);
        plt_cell(doc, "%.6g", w->after);
        lg_buf_release(&text);
    }
}

static void doc_by_hand(plt_doc *doc, const one_step *t)
{
    lg_buf text;
    bool bends = false;
    if (!t->weights) return;
    lg_buf_init(&text, 0);
    write_weight(t, &t->weight[0], &text);
    plt_code(doc, "%s", lg_buf_str(&text));
    if (t->weights > 1) plt_fold_begin(doc, "the other %d written out", t->weights - 1);
    for (int i = 1; i < t->weights; i++) {
        lg_buf_clear(&text);
        write_weight(t, &t->weight[i], &text);
        plt_code(doc, "%s", lg_buf_str(&text));
    }
    if (t->weights > 1) plt_fold_end(doc);
    lg_buf_release(&text);
    plt_note(doc,
             "a gradient is a sum of what comes into the layer times the slope of the loss behind it, over all places "
             "where the weight is used; the two runs check it without any of that, by a weight a little smaller and "
             "a little larger");
    for (int i = 0; i < t->weights; i++) {
        const listed *w = &t->weight[i];
        bends |= fabs(w->slope.slope - w->grad) > 0.02 * fabs(w->grad) + 1e-4;
    }
    if (bends)
        plt_note(doc, "where the two differ by more than 2%%, a relu or a pool of the network switches between the two "
                      "runs, or the loss bends");
}

static void doc_layers(plt_doc *doc, const one_step *t)
{
    const nn_net *net = net_of(t);
    int rows = 0, hidden = 0;
    plt_fold_begin(doc, "every layer with weights");
    plt_table(doc, "How far each layer moves");
    plt_column(doc, PLT_LEFT, "Layer");
    plt_column(doc, PLT_RIGHT, "Parameters");
    plt_column(doc, PLT_RIGHT, "Length of the gradient");
    plt_column(doc, PLT_RIGHT, "Length of the update");
    plt_column(doc, PLT_RIGHT, "Update / weights");
    for (int i = 1; i < nn_net_count(net); i++) {
        const nn_node *node = nn_net_node(net, i);
        size_t count = 0;
        if (!node->nparam) continue;
        if (rows++ >= ROWS) {
            hidden++;
            continue;
        }
        for (int k = 0; k < node->nparam; k++) count += nn_shape_size(node->param[k].shape);
        double norm = nn_one_step_norm(&t->s, i), weight = nn_one_step_weight_norm(&t->s, i);
        plt_row(doc, PLT_ROW_PLAIN);
        plt_head(doc, "%s", node->name);
        plt_cell(doc, "%s", lg_thousands((long long)count));
        if (node->frozen) {
            plt_cell(doc, "frozen");
            plt_cell(doc, "none");
            continue;
        }
        plt_cell(doc, "%.4g", norm);
        plt_cell(doc, "%.4g", t->lr * norm);
        plt_cell(doc, "%.3g", weight > 0 ? t->lr * norm / weight : 0);
    }
    if (hidden) plt_note(doc, "and %d more", hidden);
    plt_fold_end(doc);
}

static bool has_layer(const nn_net *net, const char *kind)
{
    for (int i = 1; i < nn_net_count(net); i++)
        if (strcmp(nn_net_node(net, i)->type->name, kind) == 0) return true;
    return false;
}

static void doc_how(plt_doc *doc, const one_step *t)
{
    const nn_net *net = net_of(t);
    bool drops = has_layer(net, "dropout"), norms = has_layer(net, "batchnorm");
    if (drops || norms)
        plt_note(doc, "%s%s%s, so that the loss can be computed again and compared", drops ? "dropout is off" : "",
                 drops && norms ? " and " : "", norms ? "batchnorm works by its averages, which stay" : "");
    if (nn_net_frozen(net))
        plt_note(doc, "%d layers are frozen: they get no gradient and no update", nn_net_frozen(net));
    plt_text(doc,
             "This was one plain step of sgd on a copy: %s is as it was. `fit %s` takes such steps in earnest, with "
             "a batch of images for each.",
             t->seen.model_name, t->seen.model_name);
}

/* One image is soon right after a step that wipes out all the rest: a loss that falls says nothing about that. */
static void doc_too_far(plt_doc *doc, const one_step *t)
{
    const nn_net *net = net_of(t);
    double most = 0;
    int far = 0;
    for (int i = 1; i < nn_net_count(net); i++) {
        double weight = nn_one_step_weight_norm(&t->s, i);
        double ratio = weight > 0 ? t->lr * nn_one_step_norm(&t->s, i) / weight : 0;
        if (!(ratio > most)) continue;
        most = ratio;
        far = i;
    }
    if (!(most > 1)) return;
    char times[32];
    snprintf(times, sizeof times, "%.1f", most);
    plt_note(doc,
             "the step is too long to learn from: it moves `%s` %s times as far as its weights are from 0, so what "
             "the network made of other images is lost; a thousandth is usual: `step %s image %s lr %.1g`",
             nn_net_node(net, far)->name, most < 10 || most > 1e12 ? times : lg_thousands(llround(most)),
             t->seen.model_name, t->about.number, t->lr / most / 1000);
}

/* ---- all of it ---- */
static lg_status fill(plt_doc *doc, one_step *t, lg_err *err)
{
    const dsl_call *call = t->call;
    lg_buf words;
    plt_title(doc, "step %s on %s%s image %s, %s: lr %g, layer %s%s%s", t->seen.model_name, t->seen.data_name,
              cmd_where_text(call), t->about.number, data_class_name(t->seen.set, t->about.label), t->lr,
              nn_net_node(net_of(t), t->node)->name, *call->note ? " " : "", call->note);
    cmd_warn_untrained(doc, &call->arg[MODEL].value[0], -1);
    if (cmd_model_run(t->seen.model)) cmd_note_stale(doc, call, t->seen.model);
    cmd_warn_cleaned(doc, t->seen.model, t->seen.model_name, t->seen.set, t->seen.data_name);
    lg_buf_init(&words, 0);
    say_loss(t, &words);
    lg_status st = lg_buf_check(&words, err);
    if (st == LG_OK) st = doc_flow(doc, t, lg_buf_str(&words), err);
    lg_buf_release(&words);
    LG_TRY(st);
    if (t->s.loss_after > t->s.loss || !isfinite(t->s.loss_after))
        plt_note(doc, "try a smaller one: `step %s image %s lr %g`", t->seen.model_name, t->about.number, t->lr / 10);
    else doc_too_far(doc, t);
    doc_scores(doc, t);
    doc_weights(doc, t);
    doc_by_hand(doc, t);
    doc_layers(doc, t);
    doc_how(doc, t);
    return LG_OK;
}

/* With a slider over learning rates from those that change nothing to those that throw the loss up. */
static lg_status display(one_step *t, plt_doc *doc, lg_err *err)
{
    static const double usual[] = {0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02,
                                   0.05,   0.1,    0.2,    0.5,   1,     2,     5,    10};
    dsl_slider slider;
    if (!dsl_on(t->call, SLIDER)) return cmd_live_result(t->call, &t->live, doc, true, err);
    LG_TRY(
        cmd_slider_numbers(t->call, "lr", "learning rate", usual, sizeof usual / sizeof *usual, t->lr, &slider, err));
    cmd_live_close(&t->live, LG_OK);
    return cmd_slide(t->call, doc, true, &slider, err);
}

static lg_status step_run(const dsl_call *call, lg_err *err)
{
    one_step t = {.call = call};
    plt_doc doc;
    plt_doc_init(&doc);
    cmd_live_init(&t.live, call->out);
    lg_status st;
    LG_GO(prepare(&t, err));
    LG_GO(fill(&doc, &t, err));
    st = display(&t, &doc, err);
done:
    if (st) {
        cmd_live_close(&t.live, st);
        plt_doc_release(&doc);
    }
    nn_one_step_release(&t.s);
    cmd_seen_release(&t.seen);
    return st;
}

const dsl_command dsl_cmd_step = {
    .name = "step",
    .summary = "one forward, backward and update, with numbers",
    .detail =
        "The network looks at one image, its loss is computed, the gradient goes back through every layer, and each "
        "weight takes one plain step against it: the library's own training, on a copy of the weights. The largest "
        "gradients of one layer are written out so that a calculator gives the same, and checked by two runs with "
        "the weight a little smaller and a little larger. The model is not changed.",
    .group = "Teach",
    .params = params,
    .examples = (const char *const[]){"step scratch image 7 lr 0.01", "step scratch image 7 layer conv1 lr 0.1",
                                      "step scratch on logos.train no animate",
                                      "step scratch image 7 slider", NULL},
    .takes_where = true,
    .asks_model = true,
    .run = step_run,
};
