/* ending.h - the activation at the end of a layer that makes scores (conv, dense, activation).
 *
 * forward: the layer writes its scores to y, then nn_ending_forward turns them into activations in place.
 * backward: nn_ending_backward turns dy into the gradient of the scores in place; the layer goes on from there.
 * gelu and swish need the scores themselves for that: they are kept in call->saved, nn_ending_saved bytes an image. */
#ifndef NN_ENDING_H
#define NN_ENDING_H

#include "nnlib/core/layer.h"

/* The activation a layer ends with: its own, or that of the layer behind it. */
nn_activation nn_ending_of(const nn_spec *spec, int32_t own);
size_t nn_ending_saved(nn_activation activation, nn_shape out);
void nn_ending_forward(nn_activation activation, const nn_call *call);
void nn_ending_backward(nn_activation activation, const nn_call *call);

#endif
