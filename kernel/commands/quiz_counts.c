/* quiz_counts.c - how many parameters, and how many images. */
#include "kernel/commands/quiz.h"
#include "lib/data/clean.h"
#include "lib/plot/theme.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/banned.h"

static bool is(const nn_node *node, const char *type)
{
    return strcmp(node->type->name, type) == 0;
}

static long long dim(const nn_shape *s, int k)
{
    return (long long)s->dim[k];
}

static long long params_of(const nn_node *node)
{
    long long n = 0;
    for (int k = 0; k < node->nparam; k++) n += (long long)nn_shape_size(node->param[k].shape);
    return n;
}

/* ---- parameters ---- */
static bool ask_conv(const cmd_quiz *quiz, int about, cmd_question *q)
{
    const nn_node *node = nn_net_node(quiz->net, about + 1);
    if (!is(node, "conv") || node->nparam < 1) return false;
    const nn_shape *k = &node->param[0].shape; /* kh, kw, in, out */
    long long h = dim(k, 0), w = dim(k, 1), in = dim(k, 2), out = dim(k, 3), all = params_of(node);
    bool bias = node->nparam > 1;
    if (all != (h * w * in + bias) * out) return false;
    cmd_q_text(q, "`%s` has %lld filters of %lldx%lld%s and gets %lld map%s. How many parameters has it?", node->name,
               out, h, w, bias ? ", each with a bias," : " without bias", in, in == 1 ? "" : "s");
    cmd_q_right(q, "%s", lg_thousands(all));
    cmd_q_way(q, "(%lld·%lld·%lld%s)·%lld = %s: every filter has a kernel for each map%s", h, w, in, bias ? " + 1" : "",
              out, lg_thousands(all), bias ? ", and one bias" : "");
    if (in > 1)
        cmd_q_wrong(q, "a filter has a kernel of its own for each map that comes in", "%s",
                    lg_thousands((h * w + bias) * out));
    if (bias) cmd_q_wrong(q, "the biases count as well, one for each filter", "%s", lg_thousands(h * w * in * out));
    else cmd_q_wrong(q, "this layer has no biases", "%s", lg_thousands((h * w * in + 1) * out));
    cmd_q_wrong(q, "each filter has one bias, not one for each of its maps", "%s",
                lg_thousands((h * w + 1) * in * out));
    return true;
}

static bool ask_dense(const cmd_quiz *quiz, int about, cmd_question *q)
{
    const nn_node *node = nn_net_node(quiz->net, about + 1);
    if (!is(node, "dense") || node->nparam < 1) return false;
    long long in = dim(&node->param[0].shape, 0), out = dim(&node->param[0].shape, 1), all = params_of(node);
    bool bias = node->nparam > 1;
    if (all != (in + bias) * out) return false;
    cmd_q_text(q, "`%s` is a dense layer of %s units%s on %s numbers. How many parameters has it?", node->name,
               lg_thousands(out), bias ? " with biases" : " without biases", lg_thousands(in));
    cmd_q_right(q, "%s", lg_thousands(all));
    cmd_q_way(q, "(%s%s)·%s = %s: every unit has a weight for each number%s", lg_thousands(in), bias ? " + 1" : "",
              lg_thousands(out), lg_thousands(all), bias ? ", and one bias" : "");
    cmd_q_wrong(q, bias ? "the biases count as well, one for each unit" : "it has no biases", "%s",
                lg_thousands((in + !bias) * out));
    cmd_q_wrong(q, "every unit reads every number: that is a product, not a sum", "%s", lg_thousands(in + out));
    cmd_q_wrong(q, "one bias for each unit, not for each number", "%s", lg_thousands(in * out + in));
    return true;
}

/* Layers that learn nothing, and batchnorm, which learns little. */
static bool ask_little(const cmd_quiz *quiz, int about, cmd_question *q)
{
    const nn_node *node = nn_net_node(quiz->net, about + 1);
    const nn_shape *s = &node->spec.out;
    char size[NN_SHAPE_TEXT];
    long long all = params_of(node), c = dim(s, s->rank - 1);
    bool norm = is(node, "batchnorm"), pool = is(node, "maxpool") || is(node, "avgpool");
    if (!(norm || pool || is(node, "flatten") || is(node, "dropout") || is(node, "globalavg"))) return false;
    if (all != (norm ? 4 * c : 0)) return false;
    cmd_q_text(q, "`%s` (%s) gives %s%s. How many parameters has it?", node->name, node->type->name,
               nn_shape_text(*s, size), s->rank == 1 ? " numbers" : "");
    cmd_q_right(q, "%s", lg_thousands(all));
    if (norm) {
        cmd_q_way(
            q,
            "4·%lld = %s: of each map a mean and a variance, which it keeps track of, and a scale and a shift, which "
            "it learns",
            c, lg_thousands(all));
        cmd_q_wrong(q, "those are the ones an optimiser moves; mean and variance are kept as well", "%s",
                    lg_thousands(2 * c));
        cmd_q_wrong(q, "it works on numbers of a map alike, wherever they stand", "%s",
                    lg_thousands(4 * (long long)nn_shape_size(*s)));
        return true;
    }
    cmd_q_way(q, "%s",
              pool ? "it takes the largest or the mean of what is there: nothing to learn"
                   : "it only hands on what is there: nothing to learn");
    cmd_q_wrong(q, "it gives that many numbers, which are not weights", "%s",
                lg_thousands((long long)nn_shape_size(*s)));
    cmd_q_wrong(q, "what has a window need not have weights in it", "%s", lg_thousands(pool ? 4 * c : c));
    return true;
}

static bool ask_total(const cmd_quiz *quiz, int about, cmd_question *q)
{
    enum { TERMS = 8 };
    long long all = 0, weights = 0, last = 0;
    int terms = 0;
    (void)about;
    for (int i = 1; i < nn_net_count(quiz->net); i++) terms += params_of(nn_net_node(quiz->net, i)) > 0;
    if (terms < 2 || terms > TERMS) return false;
    terms = 0;
    for (int i = 1; i < nn_net_count(quiz->net); i++) {
        const nn_node *node = nn_net_node(quiz->net, i);
        long long n = params_of(node);
        if (!n) continue;
        cmd_q_way(q, "%s%s", terms++ ? " + " : "", lg_thousands(n));
        all += n, last = n;
        weights += (long long)nn_shape_size(node->param[0].shape);
    }
    cmd_q_way(q, " = %s: layer by layer, as `summary` lists them", lg_thousands(all));
    cmd_q_text(q, "How many parameters has %s in all its layers?", quiz->model_name);
    cmd_q_right(q, "%s", lg_thousands(all));
    cmd_q_wrong(q, "biases, and what batchnorm has besides its scale, count as well", "%s", lg_thousands(weights));
    cmd_q_wrong(q, "the last layer has parameters too", "%s", lg_thousands(all - last));
    return true;
}

/* What a flatten before a dense layer costs. */
static bool ask_global(const cmd_quiz *quiz, int about, cmd_question *q)
{
    const nn_node *flat = nn_net_node(quiz->net, about + 1);
    if (!is(flat, "flatten") || flat->spec.in[0].rank != 3 || about + 2 >= nn_net_count(quiz->net)) return false;
    const nn_node *dense = nn_net_node(quiz->net, about + 2);
    const nn_shape *s = &flat->spec.in[0];
    if (!is(dense, "dense") || dense->nparam < 1) return false;
    long long h = dim(s, 0), w = dim(s, 1), c = dim(s, 2), units = dim(&dense->param[0].shape, 1), now = h * w * c;
    if (h * w < 2) return false;
    cmd_q_text(q,
               "%lldx%lldx%lld are flattened for `%s`, a dense layer of %s units. How many weights would be saved if "
               "`globalavg` stood in the place of `flatten`?",
               h, w, c, dense->name, lg_thousands(units));
    cmd_q_right(q, "%s", lg_thousands((now - c) * units));
    cmd_q_way(q, "(%s - %s)·%s = %s: %s numbers come in with flatten, %s with globalavg; the biases stay",
              lg_thousands(now), lg_thousands(c), lg_thousands(units), lg_thousands((now - c) * units),
              lg_thousands(now), lg_thousands(c));
    cmd_q_wrong(q, "that is how many it has now; one number for each map is still read", "%s",
                lg_thousands(now * units));
    cmd_q_wrong(q, "that is how many would be left", "%s", lg_thousands(c * units));
    cmd_q_wrong(q, "each of these numbers is read by every unit", "%s", lg_thousands(now - c));
    return true;
}

/* ---- images ---- */
static const char *part_word(data_split_kind part)
{
    return part == DATA_TRAIN ? "training" : part == DATA_VAL ? "validation" : part == DATA_TEST ? "test" : "labelled";
}

static long long train_count(const cmd_quiz *quiz)
{
    return (long long)quiz->counts->total[DATA_TRAIN];
}

/* The part that judges, else all that is labelled. */
static data_split_kind judging_part(const cmd_quiz *quiz)
{
    return quiz->counts->total[DATA_VAL] ? DATA_VAL : quiz->counts->total[DATA_TRAIN] ? DATA_TRAIN : DATA_NONE;
}

static bool ask_baseline(const cmd_quiz *quiz, int about, cmd_question *q)
{
    const data_counts *c = quiz->counts;
    data_split_kind part = judging_part(quiz);
    size_t all = c->total[part], most = 0;
    int best = 0, ties = 0;
    (void)about;
    if (all < 2 || c->classes < 2) return false;
    for (int k = 0; k < c->classes; k++) {
        if (c->count[part][k] == most) ties++;
        if (c->count[part][k] > most) most = c->count[part][k], best = k, ties = 0;
    }
    const char *name = data_class_name(quiz->set, best);
    cmd_q_text(
        q,
        "Of the %s %s images of %s, %s are %s, %s. How many percent does a model have right that always says %s?",
        lg_thousands((long long)all), part_word(part), quiz->data_name, lg_thousands((long long)most), name,
        ties ? "and of no other label there are more" : "more than of any other label", name);
    cmd_q_right(q, "%s%%", plt_points((double)most / (double)all, 1));
    cmd_q_way(q, "%s / %s = %s%%: the baseline that a trained network has to beat", lg_thousands((long long)most),
              lg_thousands((long long)all), plt_points((double)most / (double)all, 1));
    cmd_q_wrong(q, "only if all labels were equally frequent, or if it guessed without looking at how often they come",
                "%s%%", plt_points(1.0 / c->classes, 1));
    cmd_q_wrong(q, "those are the images it has wrong", "%s%%", plt_points(1 - (double)most / (double)all, 1));
    cmd_q_wrong(q, "it does have some right: all images of that label", "0%%");
    return true;
}

static bool ask_steps(const cmd_quiz *quiz, int about, cmd_question *q)
{
    static const int batches[] = {32, 16, 64, 8};
    long long n = train_count(quiz), batch = batches[about];
    int times = data_augment_of(quiz->set).times;
    if (times < 2) times = 1;
    if (n < 2 * batch) return false;
    long long all = n * times, steps = (all + batch - 1) / batch;
    cmd_q_text(
        q,
        "%s has %s training images%s. How many steps (updates of the weights) is one epoch of `fit` with `batch %lld`?",
        quiz->data_name, lg_thousands(n), times > 1 ? ", each in several variants" : "", batch);
    if (times > 1)
        cmd_q_text(q,
                   "%s has %s training images, each in %d variants. How many steps (updates of the weights) is one "
                   "epoch of `fit` with `batch %lld`?",
                   quiz->data_name, lg_thousands(n), times, batch);
    cmd_q_right(q, "%s", lg_thousands(steps));
    cmd_q_way(q, "%s / %lld%s = %s: every image is seen once%s", lg_thousands(all), batch,
              all % batch ? ", rounded up," : "", lg_thousands(steps),
              all % batch ? ", the last batch is smaller" : "");
    if (all % batch)
        cmd_q_wrong(q, "the images that are left over are a batch of their own", "%s", lg_thousands(steps - 1));
    if (times > 1) cmd_q_wrong(q, "an epoch visits every variant", "%s", lg_thousands((n + batch - 1) / batch));
    cmd_q_wrong(q, "one step is one batch, not one image", "%s", lg_thousands(all));
    cmd_q_wrong(q, "that is the size of a batch, not how many there are", "%s", lg_thousands(batch));
    return true;
}

static bool ask_weight(const cmd_quiz *quiz, int about, cmd_question *q)
{
    const data_counts *c = quiz->counts;
    double n = (double)c->count[DATA_TRAIN][about], all = (double)train_count(quiz);
    if (n < 1 || c->classes < 2) return false;
    cmd_q_text(
        q,
        "%s of %s training images are %s, one of %d labels. How much does each of them count with `fit … balance`, "
        "where an image counts 1 on average?",
        lg_thousands((long long)n), lg_thousands((long long)all), data_class_name(quiz->set, about), c->classes);
    cmd_q_right(q, "%.2f", all / (c->classes * n));
    cmd_q_way(q, "%s / (%d·%s) = %.2f: so that all images of a label together count as much as those of any other",
              lg_thousands((long long)all), c->classes, lg_thousands((long long)n), all / (c->classes * n));
    cmd_q_wrong(q, "that is the share of the label; the rarer it is, the more each image has to count", "%.2f",
                n / all);
    cmd_q_wrong(q, "then the weights would not be 1 on average", "%.2f", all / n);
    cmd_q_wrong(q, "that is without `balance`", "%.2f", 1.0);
    return true;
}

static bool ask_share(const cmd_quiz *quiz, int about, cmd_question *q)
{
    const data_counts *c = quiz->counts;
    double train = (double)c->total[DATA_TRAIN], val = (double)c->total[DATA_VAL], test = (double)c->total[DATA_TEST];
    double all = train + val + test;
    (void)about;
    if (val < 1 || train < 1) return false;
    cmd_q_text(q, "%s has %s training%s and %s validation images%s. Which share of them judges while training?",
               quiz->data_name, lg_thousands((long long)train), test > 0 ? "," : "", lg_thousands((long long)val),
               test > 0 ? ", and test images" : "");
    if (test > 0)
        cmd_q_text(q,
                   "%s has %s training, %s validation and %s test images. Which share of them judges while training?",
                   quiz->data_name, lg_thousands((long long)train), lg_thousands((long long)val),
                   lg_thousands((long long)test));
    cmd_q_right(q, "%s%%", plt_points(val / all, 1));
    cmd_q_way(q, "%s / %s = %s%%: validation images judge, and are never learnt from", lg_thousands((long long)val),
              lg_thousands((long long)all), plt_points(val / all, 1));
    cmd_q_wrong(q, "that is validation against training, not against all", "%s%%", plt_points(val / train, 1));
    cmd_q_wrong(q, "those are learnt from: of them it knows the answers", "%s%%", plt_points(train / all, 1));
    return true;
}

static bool ask_ratio(const cmd_quiz *quiz, int about, cmd_question *q)
{
    const data_counts *c = quiz->counts;
    data_split_kind part = train_count(quiz) ? DATA_TRAIN : judging_part(quiz);
    int most = 0, least = -1;
    (void)about;
    for (int k = 0; k < c->classes; k++) {
        if (c->count[part][k] > c->count[part][most]) most = k;
        if (c->count[part][k] && (least < 0 || c->count[part][k] < c->count[part][least])) least = k;
    }
    if (least < 0 || most == least) return false;
    double a = (double)c->count[part][most], b = (double)c->count[part][least];
    cmd_q_text(q, "Of the %s images of %s, %s are %s and %s are %s. How much more often is %s learnt from in an epoch?",
               part_word(part), quiz->data_name, lg_thousands((long long)a), data_class_name(quiz->set, most),
               lg_thousands((long long)b), data_class_name(quiz->set, least), data_class_name(quiz->set, most));
    cmd_q_right(q, "%.1f times", a / b);
    cmd_q_way(q, "%s / %s = %.1f: an epoch visits every image once; `balance` makes labels count alike all the same",
              lg_thousands((long long)a), lg_thousands((long long)b), a / b);
    cmd_q_wrong(q, "an epoch visits images, not labels", "%.1f times", 1.0);
    cmd_q_wrong(q, "that is its share of both, not how many times as many", "%.1f times", a / (a + b));
    cmd_q_wrong(q, "that is by how many times it is more, on top of once", "%.1f times", a / b - 1);
    return true;
}

void cmd_quiz_counts(cmd_quiz *quiz)
{
    if (quiz->net) {
        int layers = nn_net_count(quiz->net) - 1;
        cmd_ask *const ask[] = {ask_conv, ask_dense, ask_little, ask_global};
        for (size_t i = 0; i < sizeof ask / sizeof *ask; i++) cmd_quiz_add(quiz, ask[i], layers);
        cmd_quiz_add(quiz, ask_total, 1);
    }
    if (quiz->set) {
        cmd_quiz_add(quiz, ask_baseline, 1);
        cmd_quiz_add(quiz, ask_steps, 4);
        cmd_quiz_add(quiz, ask_weight, quiz->counts->classes);
        cmd_quiz_add(quiz, ask_share, 1);
        cmd_quiz_add(quiz, ask_ratio, 1);
    }
}
