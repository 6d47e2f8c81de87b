/* explain.c - gradients of one score, and the image with a patch over it. */
#include "nnlib/train/explain.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "lib/base/banned.h"

/* ---- which layer ---- */

bool nn_has_places(const nn_node *node)
{
    const nn_shape *s = &node->spec.out;
    return s->rank == 3 && s->dim[0] * s->dim[1] > 1;
}

static bool is(const nn_node *node, const char *kind)
{
    return strcmp(node->type->name, kind) == 0;
}

static bool convolves(const nn_node *node)
{
    return (is(node, "conv") || is(node, "depthwise")) && nn_has_places(node);
}

/* The node that alone reads this one, -1: none or several do. */
static int only_reader(const nn_net *net, int node)
{
    int reader = -1;
    for (int i = node + 1; i < nn_net_count(net); i++) {
        const nn_node *next = nn_net_node(net, i);
        for (int k = 0; k < next->spec.nin; k++) {
            if (next->input[k] != node) continue;
            if (reader >= 0) return -1;
            reader = i;
        }
    }
    return reader;
}

int nn_with_followers(const nn_net *net, int node)
{
    for (int next = node; next > 0; next = only_reader(net, node)) {
        const nn_node *n = nn_net_node(net, next);
        if (next != node && !is(n, "batchnorm") && !is(n, "activation") && !is(n, "add")) break;
        node = next;
    }
    return node;
}

int nn_explain_node(const nn_net *net)
{
    for (int i = nn_net_count(net) - 1; i > 0; i--)
        if (convolves(nn_net_node(net, i))) return nn_with_followers(net, i);
    return -1;
}

int nn_first_maps_node(const nn_net *net)
{
    for (int i = 1; i < nn_net_count(net); i++)
        if (convolves(nn_net_node(net, i))) return nn_with_followers(net, i);
    return -1;
}

/* ---- gradients ---- */

/* Runs there, and back to the node. *exec owned. */
static lg_status run_back(const nn_explain_options *o, int node, nn_exec **exec, lg_err *err)
{
    const nn_net *net = nn_weights_net(o->weights);
    int32_t score = o->score;
    LG_TRY(nn_exec_new(&(nn_exec_options){.net = net, .max_batch = 1, .keep = true, .back = true, .limit = o->limit},
                       exec, err));
    nn_exec_load(*exec, o->weights);
    nn_exec_set_cancel(*exec, o->cancel);
    memcpy(nn_exec_input(*exec), o->image, nn_shape_size(nn_net_input(net)) * sizeof(float));
    nn_exec_explain(*exec, 1, &score, node);
    return lg_cancel_check(o->cancel, err);
}

/* heat = relu(sum over maps of mean gradient · map). */
static void weigh(const float *map, const float *gradient, size_t places, size_t maps, float *heat)
{
    double weight;
    memset(heat, 0, places * sizeof *heat);
    for (size_t c = 0; c < maps; c++) {
        weight = 0;
        for (size_t i = 0; i < places; i++) weight += (double)gradient[i * maps + c];
        weight /= (double)places;
        for (size_t i = 0; i < places; i++) heat[i] += (float)(weight * (double)map[i * maps + c]);
    }
    for (size_t i = 0; i < places; i++) heat[i] = fmaxf(heat[i], 0);
}

lg_status nn_gradcam(const nn_explain_options *o, int node, float *heat, lg_err *err)
{
    const nn_shape *s = &nn_net_node(nn_weights_net(o->weights), node)->spec.out;
    nn_exec *exec = NULL;
    LG_BUG_ON(s->rank != 3);
    lg_status st = run_back(o, node, &exec, err);
    if (st == LG_OK)
        weigh(nn_exec_activation(exec, node), nn_exec_activation_grad(exec, node), (size_t)(s->dim[0] * s->dim[1]),
              (size_t)s->dim[2], heat);
    nn_exec_free(exec);
    return st;
}

lg_status nn_saliency(const nn_explain_options *o, float *heat, lg_err *err)
{
    const nn_shape s = nn_net_input(nn_weights_net(o->weights));
    size_t channels = (size_t)s.dim[2], pixels = (size_t)(s.dim[0] * s.dim[1]);
    nn_exec *exec = NULL;
    lg_status st = run_back(o, 0, &exec, err);
    const float *gradient = st == LG_OK ? nn_exec_activation_grad(exec, 0) : NULL;
    for (size_t i = 0; gradient && i < pixels; i++) {
        heat[i] = 0;
        for (size_t c = 0; c < channels; c++) heat[i] = fmaxf(heat[i], fabsf(gradient[i * channels + c]));
    }
    nn_exec_free(exec);
    return st;
}

/* ---- occlusion ---- */

static int steps_of(int side, int window, int step)
{
    return side > window ? (side - window + step - 1) / step + 1 : 1;
}

/* Where window number i begins; the last one ends at the edge. */
static int place_of(int side, int window, int step, int i)
{
    int most = side > window ? side - window : 0;
    return i * step < most ? i * step : most;
}

nn_occlusion_options nn_occlusion_defaults(const nn_net *net)
{
    const nn_shape s = nn_net_input(net);
    int h = (int)s.dim[0] / 5, w = (int)s.dim[1] / 5;
    nn_occlusion_options o = {.height = h > 1 ? h : 1, .width = w > 1 ? w : 1, .grey = 0.5f};
    o.down = o.height > 1 ? o.height / 2 : 1, o.across = o.width > 1 ? o.width / 2 : 1;
    return o;
}

typedef struct occlusion {
    const nn_explain_options *o;
    const nn_occlusion_options *patch;
    int h, w, c, rows, columns, batch;
    nn_exec *exec;
    const int *score; /* (scores) */
    int scores;
    double *sum, *count; /* (scores, h, w), (h, w) */
} occlusion;

int nn_occlusion_patches(const nn_net *net, const nn_occlusion_options *p)
{
    const nn_shape s = nn_net_input(net);
    return steps_of((int)s.dim[0], p->height, p->down) * steps_of((int)s.dim[1], p->width, p->across);
}

typedef struct window {
    int top, left, bottom, right;
} window;

static window window_of(const occlusion *w, int i)
{
    const nn_occlusion_options *p = w->patch;
    int top = place_of(w->h, p->height, p->down, i / w->columns);
    int left = place_of(w->w, p->width, p->across, i % w->columns);
    return (window){top, left, top + p->height < w->h ? top + p->height : w->h,
                    left + p->width < w->w ? left + p->width : w->w};
}

static void cover(const occlusion *w, float *image, int i)
{
    window at = window_of(w, i);
    memcpy(image, w->o->image, (size_t)w->h * (size_t)w->w * (size_t)w->c * sizeof *image);
    for (int y = at.top; y < at.bottom; y++)
        for (int x = at.left * w->c; x < at.right * w->c; x++)
            image[(size_t)y * (size_t)(w->w * w->c) + (size_t)x] = w->patch->grey;
}

/* p: the probabilities with window i covered. */
static void note_fall(occlusion *w, int i, const float *before, const float *p)
{
    window at = window_of(w, i);
    size_t pixels = (size_t)w->h * (size_t)w->w;
    for (int y = at.top; y < at.bottom; y++)
        for (int x = at.left; x < at.right; x++) {
            size_t pixel = (size_t)y * (size_t)w->w + (size_t)x;
            w->count[pixel]++;
            for (int s = 0; s < w->scores; s++)
                w->sum[(size_t)s * pixels + pixel] += (double)before[s] - (double)p[w->score[s]];
        }
}

/* Item 0 is the image as it is, the windows follow. */
static lg_status cover_all(occlusion *w, float *before, lg_err *err)
{
    int items = w->rows * w->columns + 1, classes = (int)nn_shape_size(nn_net_output(nn_weights_net(w->o->weights)));
    size_t size = (size_t)w->h * (size_t)w->w * (size_t)w->c;
    for (int done = 0, n; done < items; done += n) {
        n = items - done < w->batch ? items - done : w->batch;
        for (int i = 0; i < n; i++) {
            float *image = nn_exec_input(w->exec) + (size_t)i * size;
            if (done + i) cover(w, image, done + i - 1);
            else memcpy(image, w->o->image, size * sizeof *image);
        }
        nn_exec_forward(w->exec, n);
        LG_TRY(lg_cancel_check(w->o->cancel, err));
        for (int i = 0; i < n; i++) {
            const float *p = nn_exec_output(w->exec) + (size_t)i * (size_t)classes;
            if (done + i) note_fall(w, done + i - 1, before, p);
            for (int s = 0; !(done + i) && s < w->scores; s++) before[s] = p[w->score[s]];
        }
        if (w->o->on_patch) w->o->on_patch(w->o->ctx, done + n - 1, items - 1);
    }
    return LG_OK;
}

lg_status nn_occlusion_of(const nn_explain_options *o, const nn_occlusion_options *patch, const int *score, int scores,
                          float *heat, float *before, lg_err *err)
{
    enum { BATCH = 16 };
    const nn_net *net = nn_weights_net(o->weights);
    const nn_shape s = nn_net_input(net);
    occlusion w = {.o = o,
                   .patch = patch,
                   .h = (int)s.dim[0],
                   .w = (int)s.dim[1],
                   .c = (int)s.dim[2],
                   .score = score,
                   .scores = scores};
    size_t pixels = (size_t)w.h * (size_t)w.w;
    lg_status st;
    w.rows = steps_of(w.h, patch->height, patch->down), w.columns = steps_of(w.w, patch->width, patch->across);
    w.batch = w.rows * w.columns < BATCH ? w.rows * w.columns + 1 : BATCH;
    LG_GO(nn_exec_new(&(nn_exec_options){.net = net, .max_batch = w.batch, .pool = o->pool, .limit = o->limit}, &w.exec,
                      err));
    nn_exec_load(w.exec, o->weights);
    nn_exec_set_cancel(w.exec, o->cancel);
    w.sum = lg_alloc(pixels * (size_t)scores, sizeof *w.sum, err);
    w.count = w.sum ? lg_alloc(pixels, sizeof *w.count, err) : NULL;
    LG_GO(w.count ? LG_OK : LG_E_MEMORY);
    LG_GO(cover_all(&w, before, err));
    for (size_t i = 0; i < pixels * (size_t)scores; i++)
        heat[i] = (float)(w.count[i % pixels] > 0 ? w.sum[i] / w.count[i % pixels] : 0);
done:
    lg_free(w.sum);
    lg_free(w.count);
    nn_exec_free(w.exec);
    return st;
}

lg_status nn_occlusion(const nn_explain_options *o, const nn_occlusion_options *patch, float *heat, float *before,
                       lg_err *err)
{
    return nn_occlusion_of(o, patch, &o->score, 1, heat, before, err);
}

/* ---- maps ---- */

/* Place i of `many` between two of `few`: the first of them, the second, and how far towards it. */
static float between(int i, int few, int many, int *first, int *second)
{
    float at = ((float)i + 0.5f) * ((float)few / (float)many) - 0.5f, low = floorf(at);
    *first = low > 0 ? (int)low : 0;
    *second = (int)low + 1 < few ? (int)low + 1 : few - 1;
    return at - low;
}

void nn_map_resize(const float *map, int h, int w, float *out, int height, int width)
{
    for (int y = 0; y < height; y++) {
        int y0, y1;
        float down = between(y, h, height, &y0, &y1);
        for (int x = 0; x < width; x++) {
            int x0, x1;
            float across = between(x, w, width, &x0, &x1);
            const float *top = map + (size_t)y0 * (size_t)w, *bottom = map + (size_t)y1 * (size_t)w;
            float a = top[x0] + (top[x1] - top[x0]) * across, b = bottom[x0] + (bottom[x1] - bottom[x0]) * across;
            out[(size_t)y * (size_t)width + (size_t)x] = a + (b - a) * down;
        }
    }
}

static int hottest_first(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return x > y ? -1 : x < y;
}

lg_status nn_heat_of(const float *heat, int h, int w, nn_heat *out, lg_err *err)
{
    size_t n = (size_t)h * (size_t)w, held = 0;
    double part = 0;
    float *sorted = lg_memdup(heat, n, sizeof *heat, err);
    *out = (nn_heat){0};
    if (!sorted) return LG_E_MEMORY;
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++) {
            double v = (double)heat[(size_t)y * (size_t)w + (size_t)x];
            if (v > out->most) out->most = v, out->row = y, out->column = x;
            if (!(v > 0)) continue;
            out->sum += v;
            out->ninth[3 * (3 * y / h) + 3 * x / w] += v;
        }
    for (int k = 0; k < 9 && out->sum > 0; k++) out->ninth[k] /= out->sum;
    qsort(sorted, n, sizeof *sorted, hottest_first);
    while (held < n && out->sum > 0 && part < out->sum / 2) part += (double)sorted[held++];
    out->half = (double)held / (double)n;
    lg_free(sorted);
    return LG_OK;
}
