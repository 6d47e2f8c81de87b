/* net_safetensors.h - the weights of a network as a safetensors file, through the writer of format_safetensors.c.
 *
 *     LG_GO(nn_safetensors_write(&(nn_about){.weights = weights, .name = "scratch", .high = 1}, &bytes, err));
 *
 * The file
 *  - A tensor for each parameter, float32, called as Keras calls its variables, layer/variable: conv2d_1/kernel,
 *    conv2d_1/bias, batch_normalization_1/gamma, beta, moving_mean, moving_variance, depthwise_conv2d_1/kernel.
 *  - Numbers lie as in Keras and here: kernels of conv (height, width, in, out), of depthwise (height, width, channels,
 *    1), of dense (in, units); behind `flatten` in counts row, column, channel, the channel fastest.
 *  - `__metadata__`: nn_about_notes. `layers` has the network in the words of the language, one layer a line.
 *
 * In Python, with the network of `export scratch to scratch.py`:
 *
 *     t = safetensors.numpy.load_file("scratch.safetensors")
 *     for w in model.weights: w.assign(t[w.path]) */
#ifndef NN_NET_SAFETENSORS_H
#define NN_NET_SAFETENSORS_H

#include "nnlib/model/facts.h"

/* LL364; LL367 for a network without weights, or a layer whose name the format cannot hold. */
lg_status nn_safetensors_write(const nn_about *about, lg_buf *out, lg_err *err) LG_MUST_CHECK;

#endif
