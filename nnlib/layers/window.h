/* window.h - what layers that slide a window over an image have in common: does it fit, how many
 * places are there, where do they lie. */
#ifndef NN_WINDOW_H
#define NN_WINDOW_H

#include "nnlib/core/layer.h"

typedef struct nn_window {
    nn_dims size, stride, dilation; /* all sides at least 1 */
    bool same;
} nn_window;

/* LL204 unless an image arrives; layer is the word for the sentence, try_this what would help. */
lg_status nn_need_image(const char *layer, nn_shape in, const char *try_this, lg_err *err);
/* Checks that an image arrives (LL204) and that the window fits in it (LL203), and gives height and width of the
 * output; channels are the caller's. layer is the word for the sentence. */
lg_status nn_window_infer(const char *layer, const nn_window *window, nn_shape in, nn_shape *out, lg_err *err);

/* One window in its place: line kh of it lies on row top + kh · dilation, and only lines [h_from, h_to) lie inside the
 * image; columns likewise. */
typedef struct nn_place {
    int64_t top, h_from, h_to;
    int64_t left, w_from, w_to;
} nn_place;
/* The window behind number (row, column) of the output. */
nn_place nn_window_place(const nn_window *window, nn_shape in, nn_shape out, int64_t row, int64_t column);
/* For nn_layer_type.window. */
nn_sliding nn_window_slides(const nn_window *window, nn_shape in, nn_shape out);

#endif
