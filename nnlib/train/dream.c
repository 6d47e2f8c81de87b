/* dream.c - gradient ascent on an image. */
#include "nnlib/train/dream.h"
#include <math.h>
#include <string.h>
#include "lib/base/banned.h"

enum { OCTAVES = 4, MEASURED = 100, JITTER = 16 };

/* Images are worked on in 0..1, black to white; the network is given low..high. */
typedef struct dreamer {
    const nn_dream_options *o;
    nn_dream *dream;
    nn_exec *exec;
    int h, w, c;
    size_t size;
    float *x;                      /* the image in 0..1 */
    float *gradient, *part, *room; /* (size) each */
    float *seed;                   /* (shape of the node) */
    size_t seeds;
    lg_rng rng;
} dreamer;

int nn_dream_channels(const nn_net *net, int node)
{
    const nn_shape *s = &nn_net_node(net, node)->spec.out;
    return (int)s->dim[s->rank - 1];
}

void nn_dream_release(nn_dream *dream)
{
    lg_free(dream->image);
    lg_free(dream->score);
    lg_free(dream->output);
    for (int i = 0; i < dream->frames; i++) lg_free(dream->frame[i].image);
    *dream = (nn_dream){0};
}

/* ---- pictures ---- */

static int wrap(int i, int n)
{
    return i < 0 ? i + n : i >= n ? i - n : i;
}

/* One pass of 1 2 1 / 4 with neighbours `reach` away, in both directions; edges are those of a ring, as jitter has it.
 */
static void blur(const dreamer *d, float *x, int reach)
{
    int down = reach < d->h ? reach : 0, across = reach < d->w ? reach : 0;
    size_t row = (size_t)d->w * (size_t)d->c, c = (size_t)d->c;
    for (int y = 0; y < d->h; y++) {
        const float *here = x + (size_t)y * row, *above = x + (size_t)wrap(y - down, d->h) * row,
                    *below = x + (size_t)wrap(y + down, d->h) * row;
        for (size_t i = 0; i < row; i++) d->room[(size_t)y * row + i] = 0.5f * here[i] + 0.25f * (above[i] + below[i]);
    }
    for (int y = 0; y < d->h; y++) {
        const float *from = d->room + (size_t)y * row;
        for (int k = 0; k < d->w; k++) {
            const float *here = from + (size_t)k * c, *left = from + (size_t)wrap(k - across, d->w) * c,
                        *right = from + (size_t)wrap(k + across, d->w) * c;
            float *to = x + (size_t)y * row + (size_t)k * c;
            for (size_t i = 0; i < c; i++) to[i] = 0.5f * here[i] + 0.25f * (left[i] + right[i]);
        }
    }
}

/* to = from, moved around the ring. */
static void roll(const dreamer *d, const float *from, int down, int across, float *to)
{
    size_t c = (size_t)d->c, row = (size_t)d->w * c;
    for (int y = 0; y < d->h; y++)
        for (int k = 0; k < d->w; k++)
            memcpy(to + (size_t)wrap(y + down, d->h) * row + (size_t)wrap(k + across, d->w) * c,
                   from + (size_t)y * row + (size_t)k * c, c * sizeof *to);
}

static double length(const float *x, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += (double)x[i] * (double)x[i];
    return sqrt(sum / (double)n);
}

/* ---- the network ---- */

/* The image in the numbers of the network. */
static void give(const dreamer *d, const float *x)
{
    float *to = nn_exec_input(d->exec);
    for (size_t i = 0; i < d->size; i++) to[i] = d->o->low + (d->o->high - d->o->low) * x[i];
}

/* The number that is to grow, after a run forward. */
static double score(const dreamer *d)
{
    const nn_net *net = nn_weights_net(d->o->weights);
    const float *y =
        d->o->node == nn_net_count(net) - 1 ? nn_exec_output(d->exec) : nn_exec_activation(d->exec, d->o->node);
    double sum = 0;
    for (size_t i = 0; i < d->seeds; i++) sum += (double)d->seed[i] * (double)y[i];
    return sum;
}

/* Into d->gradient, of the image moved and moved back. */
static void look(dreamer *d, int down, int across)
{
    roll(d, d->x, down, across, d->part);
    give(d, d->part);
    nn_exec_scores(d->exec, 1, d->o->node);
    nn_exec_back(d->exec, 1, d->o->node, d->seed, 0);
    roll(d, nn_exec_activation_grad(d->exec, 0), -down, -across, d->gradient);
}

static lg_status measure(dreamer *d, lg_err *err)
{
    give(d, d->x);
    nn_exec_scores(d->exec, 1, d->o->node);
    LG_TRY(lg_cancel_check(d->o->cancel, err));
    d->dream->score[d->dream->done] = score(d);
    memcpy(d->dream->image, nn_exec_input(d->exec), d->size * sizeof *d->x);
    return LG_OK;
}

static lg_status keep_frame(dreamer *d, lg_err *err)
{
    nn_dream *dream = d->dream;
    nn_dream_frame *last = dream->frames ? &dream->frame[dream->frames - 1] : NULL;
    if (last && last->step == dream->done) return LG_OK;
    float *copy = lg_memdup(dream->image, d->size, sizeof *copy, err);
    if (!copy) return err->status;
    dream->frame[dream->frames++] = (nn_dream_frame){dream->done, dream->score[dream->done], copy};
    return LG_OK;
}

/* ---- climbing ---- */

/* What the gradient says in coarse and fine, each brought to one length, into d->gradient. */
static void balance(dreamer *d)
{
    float *rest = d->part; /* what is still to be taken apart */
    memcpy(rest, d->gradient, d->size * sizeof *rest);
    memset(d->gradient, 0, d->size * sizeof *rest);
    for (int k = 0; k <= OCTAVES; k++) {
        double norm = length(rest, d->size);
        if (!(norm > 0) || !isfinite(norm)) return;
        if (k < OCTAVES) { /* fine = rest - coarse */
            for (size_t i = 0; i < d->size; i++) d->gradient[i] += rest[i] * (float)(1 / norm);
            blur(d, rest, 1 << k);
        } else {
            for (size_t i = 0; i < d->size; i++) d->gradient[i] += rest[i] * (float)(1 / norm);
        }
    }
}

/* The slope of the total variation, sqrt(down² + across² + small) summed, subtracted with a weight. */
static void calm(dreamer *d, float weight)
{
    size_t c = (size_t)d->c, row = (size_t)d->w * c;
    memset(d->part, 0, d->size * sizeof *d->part);
    for (int y = 0; y < d->h; y++)
        for (size_t i = 0; i < row; i++) {
            size_t at = (size_t)y * row + i, below = (size_t)wrap(y + 1, d->h) * row + i;
            size_t right = (size_t)y * row + (i + c < row ? i + c : i + c - row);
            float down = d->x[below] - d->x[at], across = d->x[right] - d->x[at];
            float norm = 1 / sqrtf(down * down + across * across + 1e-4f);
            d->part[at] -= (down + across) * norm;
            d->part[below] += down * norm;
            d->part[right] += across * norm;
        }
    for (size_t i = 0; i < d->size; i++) d->gradient[i] -= weight * d->part[i];
}

static int shift(dreamer *d, int side)
{
    int most = side / JITTER;
    return most ? (int)lg_rng_below(&d->rng, (uint64_t)(2 * most + 1)) - most : 0;
}

static void climb(dreamer *d)
{
    double left = 1 - (double)d->dream->done / d->o->steps;
    float rate = (float)(0.004 + 0.016 * left);
    int down = shift(d, d->h), across = shift(d, d->w);
    look(d, down, across);
    balance(d);
    calm(d, 0.15f);
    double norm = length(d->gradient, d->size);
    for (size_t i = 0; norm > 0 && i < d->size; i++)
        d->x[i] = fminf(fmaxf(d->x[i] + rate * d->gradient[i] / (float)norm, 0), 1);
    if (left > 0.3 && d->dream->done % 8 == 7) blur(d, d->x, 1);
}

/* ---- the beginning and the whole ---- */

/* Noise of a contrast, blurred `softer` times: the softer, the larger its patches. */
static void draw_noise(dreamer *d, double contrast, int softer)
{
    for (size_t i = 0; i < d->size; i++) d->x[i] = (float)lg_rng_normal(&d->rng);
    for (int k = 0; k < softer; k++) blur(d, d->x, 1 << k);
    double norm = length(d->x, d->size);
    for (size_t i = 0; i < d->size; i++)
        d->x[i] = fminf(fmaxf(0.5f + d->x[i] * (float)(norm > 0 ? contrast / norm : 0), 0), 1);
}

/* Grey noise, other noise until the number can be climbed along: a map that is 0 everywhere has no slope. */
static lg_status wake(dreamer *d, lg_err *err)
{
    for (int k = 0; k < NN_DREAM_NOISES; k++) {
        draw_noise(d, k ? 0.15 + 0.3 * k / NN_DREAM_NOISES : 0.08, k % (OCTAVES + 1));
        look(d, 0, 0);
        LG_TRY(lg_cancel_check(d->o->cancel, err));
        double norm = length(d->gradient, d->size);
        if (norm > 0 && isfinite(norm)) return LG_OK;
    }
    d->dream->asleep = true;
    return LG_OK;
}

static lg_status make(dreamer *d, lg_err *err)
{
    const nn_dream_options *o = d->o;
    const nn_net *net = nn_weights_net(o->weights);
    const nn_shape in = nn_net_input(net), top = nn_net_node(net, o->node)->spec.out;
    LG_TRY(nn_exec_new(&(nn_exec_options){.net = net, .max_batch = 1, .keep = true, .back = true, .limit = o->limit},
                       &d->exec, err));
    nn_exec_load(d->exec, o->weights);
    nn_exec_set_cancel(d->exec, o->cancel);
    d->h = (int)in.dim[0], d->w = (int)in.dim[1], d->c = (int)in.dim[2];
    d->size = nn_shape_size(in), d->seeds = nn_shape_size(top);
    float **const room[] = {&d->x, &d->gradient, &d->part, &d->room, &d->dream->image};
    for (size_t i = 0; i < sizeof room / sizeof *room; i++)
        if (!(*room[i] = lg_alloc(d->size, sizeof **room, err))) return err->status;
    d->seed = lg_alloc(d->seeds, sizeof *d->seed, err);
    d->dream->score = d->seed ? lg_alloc((size_t)o->steps + 1, sizeof *d->dream->score, err) : NULL;
    d->dream->output =
        d->dream->score ? lg_alloc(nn_shape_size(nn_net_output(net)), sizeof *d->dream->output, err) : NULL;
    if (!d->dream->output) return err->status;
    size_t channels = (size_t)nn_dream_channels(net, o->node), places = d->seeds / channels;
    for (size_t i = 0; i < places; i++) d->seed[i * channels + (size_t)o->channel] = 1 / (float)places;
    for (int i = 0; i <= o->steps; i++) d->dream->score[i] = NAN;
    lg_rng_init(&d->rng, o->seed);
    return LG_OK;
}

static bool wants_frame(const nn_dream_options *o, int step)
{
    for (int i = 0; i < o->frames; i++)
        if (o->frame[i] == step) return true;
    return step == o->steps;
}

static lg_status walk(dreamer *d, lg_err *err)
{
    const nn_dream_options *o = d->o;
    int stride = o->steps > MEASURED ? o->steps / MEASURED : 1;
    LG_TRY(wake(d, err));
    LG_TRY(measure(d, err));
    LG_TRY(keep_frame(d, err));
    for (int step = 1; step <= o->steps && !d->dream->asleep; step++) {
        climb(d);
        LG_TRY(lg_cancel_check(o->cancel, err));
        d->dream->done = step;
        bool frame = wants_frame(o, step);
        if (!frame && step % stride) continue;
        LG_TRY(measure(d, err));
        if (frame) LG_TRY(keep_frame(d, err));
        if (o->on_step) o->on_step(o->ctx, d->dream);
    }
    return LG_OK;
}

/* What was measured last is what there is, also after an interrupt. */
static lg_status settle(dreamer *d, lg_err *err)
{
    nn_dream *dream = d->dream;
    while (dream->done > 0 && isnan(dream->score[dream->done])) dream->done--;
    if (isnan(dream->score[0])) return LG_OK; /* before anything was there */
    nn_exec_set_cancel(d->exec, NULL);
    LG_TRY(keep_frame(d, err));
    memcpy(nn_exec_input(d->exec), dream->image, d->size * sizeof *dream->image);
    nn_exec_forward(d->exec, 1);
    memcpy(dream->output, nn_exec_output(d->exec),
           nn_shape_size(nn_net_output(nn_weights_net(d->o->weights))) * sizeof *dream->output);
    return LG_OK;
}

lg_status nn_dream_run(const nn_dream_options *options, nn_dream *dream, lg_err *err)
{
    dreamer d = {.o = options, .dream = dream};
    lg_err later = {0};
    *dream = (nn_dream){0};
    LG_BUG_ON(options->frames > NN_DREAM_FRAMES - 2 || options->steps < 1);
    lg_status st = make(&d, err);
    if (st == LG_OK) {
        st = walk(&d, err);
        if (st == LG_OK || st == LG_E_INTERRUPTED) {
            lg_status ended = settle(&d, &later);
            if (st == LG_OK && ended) *err = later, st = ended;
        }
    }
    nn_exec_free(d.exec);
    float *const room[] = {d.x, d.gradient, d.part, d.room, d.seed};
    for (size_t i = 0; i < sizeof room / sizeof *room; i++) lg_free(room[i]);
    return st;
}
