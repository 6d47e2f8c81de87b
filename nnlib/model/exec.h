/* exec.h - running a network: everything is planned and taken once, then running cannot fail and never allocates.
 *
 *     nn_exec *exec;
 *     LG_TRY(nn_exec_new(&(nn_exec_options){.net = net, .max_batch = 32, .train = true, .pool = pool,
 *                                           .loss = nn_loss_find("crossentropy"), .optim = nn_optim_find("sgd")},
 *                        &exec, err));
 *     nn_exec_load(exec, weights);
 *     memcpy(nn_exec_input(exec), pixels, …);       // (32, 64, 64, 3)
 *     memcpy(nn_exec_labels(exec), labels, …);      // (32)
 *     nn_exec_gradient(exec, 32);                   // forward, loss, backward
 *     nn_exec_step(exec, &(nn_hyper){.lr = 0.01});
 *     nn_exec_store(exec, weights);
 *     nn_exec_free(exec);
 *
 * How it works: a batch is cut into pieces of a few images by a rule that knows only the batch (nn_pieces). A piece
 * runs through the whole network, forward and back, on one thread, so its numbers stay in that core's cache and threads
 * meet twice a batch. Each piece sums its gradient into a block of its own; blocks are added in the order of the
 * pieces. Hence results are the same, bit for bit, for any number of threads. Before a layer with numbers of the whole
 * batch (batchnorm, while training) the pieces wait for each other, there and back.
 *
 * One thread at a time may use an nn_exec; the pool (borrowed, must outlive it) may be shared. */
#ifndef NN_EXEC_H
#define NN_EXEC_H

#include "lib/base/pool.h"
#include "nnlib/core/optim.h"
#include "nnlib/model/net.h"

typedef struct nn_exec nn_exec;

typedef struct nn_exec_options {
    const nn_net *net; /* finished; the exec keeps a reference */
    int max_batch;
    bool train;        /* gradients too: needs loss and optim, a network that ends in softmax (else LL405), and a layer
                          that is not frozen (else LL430) */
    bool keep;         /* keep every layer's output (and its gradient, with train or back) to be read after a run */
    bool back;         /* with keep, without train: nn_exec_explain. Whatever is frozen, gradients reach every layer */
    bool steady;       /* with train: layers work as when the network is used (dropout off, averages of batchnorm, which
                          stay as they are), so that the same image gives the same loss every time */
    lg_pool *pool;     /* NULL: the calling thread alone */
    const nn_loss_type *loss;
    const nn_optim_type *optim;
    uint64_t seed;     /* dropout */
    int64_t limit;     /* bytes; 0: NN_MEMORY_LIMIT. LL207 when the plan would need more */
} nn_exec_options;

lg_status nn_exec_new(const nn_exec_options *options, nn_exec **out, lg_err *err) LG_MUST_CHECK;
void nn_exec_free(nn_exec *exec);
size_t nn_exec_bytes(const nn_exec *exec); /* memory taken */

/* train: copies the weights in. Else: runs with them in place, keeping a reference. Kernels with a batchnorm behind
 * them are copied where neither is trained, with its scale and shift multiplied in (not with keep). The weights lie as
 * those of the exec's network do (nn_net_laid_out_alike). */
void nn_exec_load(nn_exec *exec, const nn_weights *weights);
/* Copies the weights of a training exec out into a block not yet shared. */
void nn_exec_store(const nn_exec *exec, nn_weights *weights);

float *nn_exec_input(nn_exec *exec);      /* (max_batch, input shape), fill before a run */
int32_t *nn_exec_labels(nn_exec *exec);   /* (max_batch), train only; each in [0, outputs) */
/* Asked between layers; a run that was cancelled leaves outputs and gradient undefined (weights are untouched). */
void nn_exec_set_cancel(nn_exec *exec, lg_cancel *cancel);
/* (classes), copied into the exec; NULL: all 1. */
void nn_exec_set_class_weight(nn_exec *exec, const float *weight);

/* Outputs of the first n images, dropout off. */
void nn_exec_forward(nn_exec *exec, int n);
/* Forward as in training (or, steady, as in use), loss and gradient of the mean loss over the first n images. */
void nn_exec_gradient(nn_exec *exec, int n);
/* With back: the network as it is used (averages of batchnorm, dropout off), but its output are the scores before the
 * last softmax; then, for each of the first n images, the gradient of its score number score[i] with respect to the
 * output of a node, 0 being the image, to be read with nn_exec_activation_grad. Backward goes no further than that, so
 * the gradient is that of the node's output behind its activation. Cancelled: undefined. */
void nn_exec_explain(nn_exec *exec, int n, const int32_t *score, int node);
/* The same in two parts, for sums of any numbers of the network: forward as far as node `top`, whose output (that of
 * the last one: the scores) is then there, and back from it; seed (n, its shape) says how much each of its numbers
 * counts in the sum whose gradient is wanted. */
void nn_exec_scores(nn_exec *exec, int n, int top);
void nn_exec_back(nn_exec *exec, int n, int top, const float *seed, int node);
/* One update from that gradient; then layers move what is theirs (averages of batchnorm). hyper->step 0: counted by the
 * exec, from 1. */
void nn_exec_step(nn_exec *exec, const nn_hyper *hyper);

const float *nn_exec_output(const nn_exec *exec); /* (n, output shape): probabilities */
const float *nn_exec_losses(const nn_exec *exec); /* (n), of each image, after nn_exec_gradient */
/* Mean loss of the last nn_exec_gradient, with the penalties of l2. */
double nn_exec_loss(const nn_exec *exec);
double nn_exec_penalty(const nn_exec *exec); /* what l2 adds to the loss with the weights in use */
/* The gradient after nn_exec_gradient: nn_net_trained_block floats, laid out as the weights. */
const float *nn_exec_grad(const nn_exec *exec);
const float *nn_exec_weights(const nn_exec *exec); /* the block in use */

/* With keep: a node's output (n, shape) and, after nn_exec_gradient, the gradient of it, or of its scores where the
 * layer ends in an activation (backward works in place); NULL without keep, or where no gradient is needed. */
const float *nn_exec_activation(const nn_exec *exec, int node);
const float *nn_exec_activation_grad(const nn_exec *exec, int node);
/* Dropout with a given mask (max_batch, shape of the node), 1 keeps and 0 drops; NULL: drawn again. Borrowed until
 * changed. For tests and for comparing with other libraries. */
void nn_exec_set_mask(nn_exec *exec, int node, const float *mask);
/* Updates made so far; it is part of the key of dropout's random numbers. */
int64_t nn_exec_steps(const nn_exec *exec);
void nn_exec_set_steps(nn_exec *exec, int64_t steps);
/* The optimiser's own numbers: optim->slots blocks of nn_net_trained_block floats one behind the other; NULL when slots
 * is 0. */
float *nn_exec_slots(nn_exec *exec);

#endif
