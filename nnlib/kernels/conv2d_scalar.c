/* conv2d_scalar.c - the reference convolution: the definition written out, sums in double. */
#include "nnlib/kernels/conv2d_shape.h"
#include "nnlib/kernels/variants.h"
#include <string.h>
#include "lib/base/banned.h"

enum { BLOCK = 16 }; /* output channels whose sums are kept at once */

/* out[0..n) = the n output channels from o on at place (py, px), before the activation. */
static void conv_point(const nn_conv2d_args *a, const conv_shape *s, const float *x, int py, int px, int o, int n,
                       float out[BLOCK])
{
    const nn_conv2d *c = a->conv;
    double sum[BLOCK];
    for (int j = 0; j < n; j++) sum[j] = a->b ? (double)a->b[o + j] : 0;
    for (int kh = 0; kh < c->kernel_h; kh++) {
        int iy = py * s->stride_h + kh * s->dilation_h - s->pad_top;
        if (iy < 0 || iy >= c->in_h) continue;
        for (int kw = 0; kw < c->kernel_w; kw++) {
            int ix = px * s->stride_w + kw * s->dilation_w - s->pad_left;
            if (ix < 0 || ix >= c->in_w) continue;
            const float *in = x + ((size_t)iy * (size_t)c->in_w + (size_t)ix) * (size_t)c->in_c;
            const float *w = a->w + (size_t)(kh * c->kernel_w + kw) * (size_t)c->in_c * (size_t)c->out_c + o;
            for (int i = 0; i < c->in_c; i++, w += c->out_c)
                for (int j = 0; j < n; j++) sum[j] += (double)in[i] * (double)w[j];
        }
    }
    for (int j = 0; j < n; j++) out[j] = (float)sum[j];
}

static void relu_block(bool relu, float most, float *v, int n)
{
    for (int j = 0; relu && j < n; j++) {
        if (v[j] < 0) v[j] = 0;
        if (most > 0 && v[j] > most) v[j] = most;
    }
}

/* The largest of the four places below one pooled place, the first of equals. */
static void pooled_point(const nn_conv2d_args *a, const conv_shape *s, const float *x, int py, int px, int o, int n,
                         float *y, uint8_t *argmax)
{
    float best[BLOCK], v[BLOCK];
    uint8_t place[BLOCK] = {0};
    conv_point(a, s, x, 2 * py, 2 * px, o, n, best);
    for (int p = 1; p < 4; p++) {
        conv_point(a, s, x, 2 * py + p / 2, 2 * px + p % 2, o, n, v);
        for (int j = 0; j < n; j++)
            if (v[j] > best[j]) best[j] = v[j], place[j] = (uint8_t)p;
    }
    for (int j = 0; j < n; j++) {
        if (a->conv->relu && !(best[j] > 0)) best[j] = best[j] < 0 ? 0 : best[j], place[j] = NN_POOL_NONE;
        y[j] = best[j];
        if (argmax) argmax[j] = place[j];
    }
}

void nn_conv2d_forward__scalar(const nn_conv2d_args *a)
{
    const nn_conv2d *c = a->conv;
    conv_shape s = conv_shape_of(c);
    for (int image = 0; image < a->images; image++) {
        const float *x = a->x + (size_t)image * s.x_len;
        for (int place = 0; place < s.out_h * s.out_w; place++) {
            for (int o = 0; o < c->out_c; o += BLOCK) {
                int n = c->out_c - o < BLOCK ? c->out_c - o : BLOCK;
                size_t at = (size_t)image * s.y_len + (size_t)place * (size_t)c->out_c + (size_t)o;
                if (c->pool) {
                    pooled_point(a, &s, x, place / s.out_w, place % s.out_w, o, n, a->y + at,
                                 a->argmax ? a->argmax + at : NULL);
                } else {
                    conv_point(a, &s, x, place / s.out_w, place % s.out_w, o, n, a->y + at);
                    relu_block(c->relu, c->most, a->y + at, n);
                }
            }
        }
    }
}

/* The gradient of one image before pooling: dy itself, or spread out over scratch to the places argmax names. */
static const float *unpooled(const nn_conv2d_args *a, const conv_shape *s, int image)
{
    const nn_conv2d *c = a->conv;
    const float *dy = a->dy + (size_t)image * s->y_len;
    if (!c->pool) return dy;
    float *full = a->scratch;
    const uint8_t *argmax = a->argmax + (size_t)image * s->y_len;
    memset(full, 0, s->conv_len * sizeof *full);
    for (size_t i = 0; i < s->y_len; i++) {
        if (argmax[i] == NN_POOL_NONE) continue;
        size_t place = i / (size_t)c->out_c, o = i % (size_t)c->out_c;
        size_t py = 2 * (place / (size_t)s->out_w) + argmax[i] / 2, px = 2 * (place % (size_t)s->out_w) + argmax[i] % 2;
        full[(py * (size_t)s->conv_w + px) * (size_t)c->out_c + o] = dy[i];
    }
    return full;
}

/* The place of the output that input line `in` meets through kernel line k, or -1. */
static int meets(int in, int k, int pad, int stride, int dilation, int out)
{
    int at = in + pad - k * dilation;
    return at >= 0 && at % stride == 0 && at / stride < out ? at / stride : -1;
}

/* dx[i] = sum over kernel places and output channels of w·dy, for every channel of one input place. */
static void data_point(const nn_conv2d_args *a, const conv_shape *s, const float *dy, int iy, int ix, float *dx)
{
    const nn_conv2d *c = a->conv;
    for (int i = 0; i < c->in_c; i++) {
        double sum = 0;
        for (int kh = 0; kh < c->kernel_h; kh++) {
            int py = meets(iy, kh, s->pad_top, s->stride_h, s->dilation_h, s->conv_h);
            for (int kw = 0; py >= 0 && kw < c->kernel_w; kw++) {
                int px = meets(ix, kw, s->pad_left, s->stride_w, s->dilation_w, s->conv_w);
                if (px < 0) continue;
                const float *g = dy + ((size_t)py * (size_t)s->conv_w + (size_t)px) * (size_t)c->out_c;
                const float *w =
                    a->w + ((size_t)(kh * c->kernel_w + kw) * (size_t)c->in_c + (size_t)i) * (size_t)c->out_c;
                for (int o = 0; o < c->out_c; o++) sum += (double)g[o] * (double)w[o];
            }
        }
        dx[i] = (float)sum;
    }
}

void nn_conv2d_backward_data__scalar(const nn_conv2d_args *a)
{
    const nn_conv2d *c = a->conv;
    conv_shape s = conv_shape_of(c);
    for (int image = 0; image < a->images; image++) {
        const float *dy = unpooled(a, &s, image);
        float *dx = a->dx + (size_t)image * s.x_len;
        for (int place = 0; place < c->in_h * c->in_w; place++)
            data_point(a, &s, dy, place / c->in_w, place % c->in_w, dx + (size_t)place * (size_t)c->in_c);
    }
}

/* dw[0..n) += the sum over one image of x·dy for one kernel place, one input channel and n output channels. */
static void weight_block(const nn_conv2d_args *a, const conv_shape *s, const float *x, const float *dy, int kh, int kw,
                         int n, float *dw)
{
    const nn_conv2d *c = a->conv;
    double sum[BLOCK] = {0};
    for (int py = 0; py < s->conv_h; py++) {
        int iy = py * s->stride_h + kh * s->dilation_h - s->pad_top;
        if (iy < 0 || iy >= c->in_h) continue;
        for (int px = 0; px < s->conv_w; px++) {
            int ix = px * s->stride_w + kw * s->dilation_w - s->pad_left;
            if (ix < 0 || ix >= c->in_w) continue;
            double in = (double)x[((size_t)iy * (size_t)c->in_w + (size_t)ix) * (size_t)c->in_c];
            const float *g = dy + ((size_t)py * (size_t)s->conv_w + (size_t)px) * (size_t)c->out_c;
            for (int j = 0; j < n; j++) sum[j] += in * (double)g[j];
        }
    }
    for (int j = 0; j < n; j++) dw[j] += (float)sum[j];
}

static void bias_sums(const conv_shape *s, const float *dy, int out_c, float *db)
{
    for (int o = 0; o < out_c; o++) {
        double sum = 0;
        for (int place = 0; place < s->conv_h * s->conv_w; place++)
            sum += (double)dy[(size_t)place * (size_t)out_c + (size_t)o];
        db[o] += (float)sum;
    }
}

void nn_conv2d_backward_weights__scalar(const nn_conv2d_args *a)
{
    const nn_conv2d *c = a->conv;
    conv_shape s = conv_shape_of(c);
    int rows = c->kernel_h * c->kernel_w * c->in_c;
    if (!a->add) {
        memset(a->dw, 0, (size_t)rows * (size_t)c->out_c * sizeof *a->dw);
        if (a->db) memset(a->db, 0, (size_t)c->out_c * sizeof *a->db);
    }
    for (int image = 0; image < a->images; image++) {
        const float *x = a->x + (size_t)image * s.x_len, *dy = unpooled(a, &s, image);
        for (int row = 0; row < rows; row++) {
            int tap = row / c->in_c;
            for (int o = 0; o < c->out_c; o += BLOCK)
                weight_block(a, &s, x + row % c->in_c, dy + o, tap / c->kernel_w, tap % c->kernel_w,
                             c->out_c - o < BLOCK ? c->out_c - o : BLOCK, a->dw + (size_t)row * (size_t)c->out_c + o);
        }
        if (a->db) bias_sums(&s, dy, c->out_c, a->db);
    }
}
