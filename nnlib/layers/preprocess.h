/* preprocess.h - how the pixels that published weights were trained with were prepared. */
#ifndef NN_PREPROCESS_H
#define NN_PREPROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How pixels of 0..255, red first, become what the network was trained with, for each channel of the result:
 * value = (pixel · scale - mean) / deviation, with blue first where `bgr` says so. */
typedef struct nn_preprocess {
    const char *name; /* "caffe", "tf", "torch", as Keras calls its modes (keras.applications, preprocess_input) */
    bool bgr;
    float scale, mean[3], deviation[3];
} nn_preprocess;
extern const nn_preprocess nn_preprocess_caffe, nn_preprocess_tf, nn_preprocess_torch;

/* The same as y[c] = factor[c] · x[from[c]] + offset[c] for pixels x of 0..1, as a network gets them: what the layer
 * `preprocess` does. */
typedef struct nn_pixel_map {
    int from[3];
    float factor[3], offset[3];
} nn_pixel_map;
nn_pixel_map nn_preprocess_map(const nn_preprocess *preprocess);
/* Of a node's config, for those who write networks down in other languages: NULL where the type is another one. */
struct nn_layer_type;
const nn_preprocess *nn_preprocess_of(const struct nn_layer_type *type, const void *config);

/* (n, 3) pixels of 8 bits; n counts pixels of all images. */
void nn_preprocess_pixels(const nn_preprocess *preprocess, size_t n, const uint8_t *pixels, float *x);

#endif
