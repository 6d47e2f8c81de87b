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

lg_status nn_window_infer(const char *layer, const nn_window *w, nn_shape in, nn_shape *out, lg_err *err)
{
    if (in.rank != 3) {
        lg_fail(err, LG_E_SHAPE, 204, "`%s` needs an image, but gets a list of %lld numbers", layer,
                (long long)in.dim[0]);
        return lg_try(err, "move this line above `flatten`");
    }
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
