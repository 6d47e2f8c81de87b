/* nnlib.h - a library for convolutional networks: build, look at, train, use. The one header to include.
 *
 * Three objects, three lifetimes:
 *   nn_net      which layers in which order; immutable once finished, shared by reference count
 *   nn_weights  the numbers of a net in one block; immutable once shared
 *   nn_exec     a plan to run a net with batches up to a size; used by one thread at a time, never fails once made
 *
 * The network of a small course, from words to probabilities:
 *
 *     #include "nnlib/nnlib.h"
 *
 *     static lg_status course(nn_source images, lg_err *err)
 *     {
 *         static const char *const lines[] = {"input 64x64x3", "conv 16 3x3 relu", "maxpool 2", "conv 32 3x3 relu",
 *                                             "maxpool 2", "flatten", "dense 64 relu", "dropout 0.5",
 *                                             "dense 4 softmax"};
 *         lg_status st;
 *         nn_net *net = NULL;
 *         nn_weights *start = NULL;
 *         nn_run run = {0};
 *         LG_GO(nn_net_new(&net, err));
 *         for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) LG_GO(nn_net_add_line(net, lines[i], err));
 *         LG_GO(nn_net_finish(net, err));
 *         LG_GO(nn_weights_new(net, 1, &start, err));
 *         nn_fit_options fit = nn_fit_defaults();
 *         fit.net = net, fit.weights = start, fit.train = images, fit.epochs = 20;
 *         LG_GO(nn_fit(&fit, &run, err)); // run.weights, run.epoch[i].accuracy, …
 *     done:
 *         nn_run_release(&run);
 *         nn_weights_unref(start);
 *         nn_net_unref(net);
 *         return st;
 *     }
 *
 * Parts: core/tensor.h shapes · core/layer.h the kinds of layers and their settings · core/optim.h optimisers and
 * losses · model/net.h networks and weights · model/exec.h running step by step · model/summary.h the layer table ·
 * model/receptive.h what each layer sees · model/keras_source.h the network as Python · model/base.h networks to
 * transfer from · train/fit.h training and predicting · train/schedule.h rates that change · train/lr_range.h which
 * rates are usable · train/metrics.h scores and intervals · train/statistics.h is one really better? ·
 * train/embedding.h who lies next to whom · train/explain.h where a decision came from · train/dream.h the picture a
 * class or a map likes best · train/learner.h the part that learns · train/one_step.h one step on one image, written
 * out · train/gradients.h what reaches each layer · train/landscape.h the loss around weights · io/net_pack.h networks,
 * weights and runs as bytes · io/format.h weights that other programs wrote (links with -ljansson -lz) · io/onnx.h
 * networks of theirs · io/npy.h arrays of numpy, and the zip archives they come in · model/facts.h what a network is,
 * for those who write it down · io/onnx_write.h, io/net_safetensors.h, model/c_source.h, model/keras_json.h networks
 * for other programs
 *
 * OpenBLAS, where it is installed, is brought in by the first large matrix product. It is then told, for the whole
 * process, to use one thread: OPENBLAS_NUM_THREADS becomes 1 in the environment, and openblas_set_num_threads(1) is
 * called. The work is spread by nnlib's own pool. A program that calls OpenBLAS itself sets its thread count again
 * after that, or starts with NN_ISA=avx512 (or avx2, scalar), which leaves OpenBLAS out.
 *
 * New kinds of layers, optimisers, losses and formats are one file each; see core/layer.h. */
#ifndef NNLIB_H
#define NNLIB_H

#include "nnlib/io/format.h"
#include "nnlib/io/net_pack.h"
#include "nnlib/io/net_safetensors.h"
#include "nnlib/io/npy.h"
#include "nnlib/io/onnx.h"
#include "nnlib/io/onnx_net.h"
#include "nnlib/io/onnx_write.h"
#include "nnlib/model/base.h"
#include "nnlib/model/c_source.h"
#include "nnlib/model/keras_json.h"
#include "nnlib/model/keras_source.h"
#include "nnlib/model/receptive.h"
#include "nnlib/model/summary.h"
#include "nnlib/train/dream.h"
#include "nnlib/train/embedding.h"
#include "nnlib/train/explain.h"
#include "nnlib/train/fit.h"
#include "nnlib/train/gradients.h"
#include "nnlib/train/landscape.h"
#include "nnlib/train/learner.h"
#include "nnlib/train/lr_range.h"
#include "nnlib/train/metrics.h"
#include "nnlib/train/one_step.h"
#include "nnlib/train/statistics.h"
#include "nnlib/train/temperature.h"

#define NN_VERSION "0.1.0"

/* Which arithmetic serves on this machine: fills text with lines such as "conv2d_forward: avx512" and returns how many
 * operations there are. */
int nn_kernels_report(char *text, size_t size);
/* Are large matrix products OpenBLAS's? Brings it in as the first of them would; false where it is not installed, or
 * NN_ISA leaves it out. */
bool nn_kernels_openblas(void);

#endif
