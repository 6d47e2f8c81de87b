/* window.c - sizes of sliding windows, by TensorFlow's rules: valid floor((in - span) / stride) + 1, same ceil(in /
 * stride). */
#include "nnlib/layers/window.h"
#include "lib/base/banned.h"

static int64_t span(int64_t size, int64_t dilation)
{
    return (size - 1) * dilation + 1;
}

static int64_t places(int64_t in, int64_t window, int64_t stride, bool same)
{
    return same ? (in + stride - 1) / stride : (in - window) / stride + 1;
}

lg_status nn_need_image(const char *layer, nn_shape in, const char *try_this, lg_err *err)
{
    if (in.rank == 3) return LG_OK;
    lg_fail(err, LG_E_SHAPE, 204, "`%s` needs an image, but gets a list of %lld numbers", layer, (long long)in.dim[0]);
    return lg_try(err, "%s", try_this);
}

lg_status nn_window_infer(const char *layer, const nn_window *w, nn_shape in, nn_shape *out, lg_err *err)
{
    LG_TRY(nn_need_image(layer, in, "move this line above `flatten`", err));
    int64_t h = span(w->size.h, w->dilation.h), width = span(w->size.w, w->dilation.w);
    if (!w->same && (h > in.dim[0] || width > in.dim[1])) {
        return lg_fail(err, LG_E_SHAPE, 203,
                       "`%s` cannot fit here: its %lldx%lld window is larger than the %lldx%lld image that reaches it",
                       layer, (long long)h, (long long)width, (long long)in.dim[0], (long long)in.dim[1]);
    }
    *out =
        nn_shape_image(places(in.dim[0], h, w->stride.h, w->same), places(in.dim[1], width, w->stride.w, w->same), 0);
    return LG_OK;
}

/* Lines so far apart in so many rows. Divisions are slow, and most windows have no gaps. */
static int64_t lines(int64_t rows, int64_t dilation)
{
    return dilation == 1 ? rows : (rows + dilation - 1) / dilation;
}

/* Where a window starts, and which of its lines lie inside. The odd line of padding comes behind. */
static int64_t start(int64_t at, int64_t size, int64_t stride, int64_t dilation, int64_t in, int64_t out, bool same,
                     int64_t *from, int64_t *to)
{
    int64_t pad = same ? (out - 1) * stride + span(size, dilation) - in : 0;
    int64_t first = at * stride - (pad > 0 ? pad / 2 : 0);
    *from = first < 0 ? lines(-first, dilation) : 0;
    *to = in > first ? lines(in - first, dilation) : 0;
    if (*to > size) *to = size;
    return first;
}

nn_place nn_window_place(const nn_window *w, nn_shape in, nn_shape out, int64_t row, int64_t column)
{
    nn_place p;
    p.top = start(row, w->size.h, w->stride.h, w->dilation.h, in.dim[0], out.dim[0], w->same, &p.h_from, &p.h_to);
    p.left = start(column, w->size.w, w->stride.w, w->dilation.w, in.dim[1], out.dim[1], w->same, &p.w_from, &p.w_to);
    return p;
}

nn_sliding nn_window_slides(const nn_window *w, nn_shape in, nn_shape out)
{
    nn_place first = nn_window_place(w, in, out, 0, 0);
    return (nn_sliding){w->size, w->dilation, w->stride, {-first.top, -first.left, 0}};
}
