/* onnx_write.h - a network with its weights as an ONNX file (github.com/onnx/onnx, onnx.proto), which onnx.h reads.
 *
 *     lg_buf bytes;
 *     lg_buf_init(&bytes, (size_t)1 << 31);
 *     LG_GO(nn_onnx_write(&(nn_about){.weights = weights, .name = "scratch", .high = 1}, &bytes, err));
 *
 * In Python:
 *
 *     session = onnxruntime.InferenceSession("scratch.onnx")
 *     p = session.run(["probabilities"], {"image": images})[0]      # (n, classes)
 *
 * The file
 *  - Operators of version 13, format 7, float32. Only operators of onnx_ops.def, so our own reader takes the file.
 *  - Input "image", (N, height, width, channels): what numpy and every reader of pictures give, after the model's own
 *    scaling, which the metadata `scale` says. A first Transpose makes (N, channels, height, width) of it, the order
 *    ONNX computes in. N is free.
 *  - Output "probabilities", (N, outputs); of a network that ends in an image (N, height, width, channels).
 *  - Layers have their names: `conv1` is a node Conv, `conv1/relu` what its activation becomes, `conv1/output` what
 *    they give, `conv1/kernel` and `conv1/bias` its numbers. gelu and swish are spelt out; dropout and linear
 *    activations are not there; `same` is written as the pads it means on this size.
 *  - Kernels of conv lie (out, in, height, width), those of depthwise (channels, 1, height, width); all other numbers
 *    lie as ours do, those of dense (in, units). In front of `flatten` a Transpose brings back (height, width,
 *    channels), so dense kernels stay as they are. Every number is there bit for bit.
 *  - Metadata: nn_about_notes. */
#ifndef NN_ONNX_WRITE_H
#define NN_ONNX_WRITE_H

#include "nnlib/model/facts.h"

/* Appends the file. LL367 for a kind of layer that ONNX does not have, and above 2 GB, which protobuf cannot hold;
 * LL364. */
lg_status nn_onnx_write(const nn_about *about, lg_buf *out, lg_err *err) LG_MUST_CHECK;

#endif
