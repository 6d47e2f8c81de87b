/* net.h - networks (what layers, in which order) and weights (the numbers they learnt).
 *
 * nn_net: under construction, then finished; from then on immutable and shared by reference count.
 *
 *     nn_net *net;
 *     LG_TRY(nn_net_new(&net, err));
 *     LG_GO(nn_net_add_line(net, "input 64x64x3", err));
 *     LG_GO(nn_net_add_line(net, "conv 16 3x3 relu", err));
 *     LG_GO(nn_net_add_line(net, "maxpool 2", err));
 *     LG_GO(nn_net_add_line(net, "flatten", err));
 *     LG_GO(nn_net_add_line(net, "dense 4 softmax", err));
 *     LG_GO(nn_net_finish(net, err));
 *
 * Every layer is checked the moment it is added, so a caller that reads layers one by one knows which line is at fault:
 * after a failure the network is as it was before that call.
 *
 * **Frozen layers** keep their numbers while the others learn, as Keras' `layer.trainable = False`: no optimiser, no
 * penalty of l2 and no average reaches them, a frozen batchnorm works with its averages instead of the batch's, dropout
 * drops all the same, and gradients pass through to what is trained before them. Which layers are frozen is part of a
 * finished network; the same layers with others frozen are another network, whose weights lie in another order:
 *
 *     nn_net *thawed;                                     // frozen: (count), by node
 *     LG_TRY(nn_net_with_frozen(net, frozen, &thawed, err));
 *     LG_GO(nn_weights_for(weights, thawed, &again, err)); // the same numbers, laid out for it
 *
 * **Parts.** What lies before the first layer that learns makes the same numbers of an image in every epoch. Computed
 * once, they can be kept, and only the rest be trained:
 *
 *     int cut = nn_net_cut(net);                          // 0: there is nothing to be kept
 *     LG_TRY(nn_net_head(net, cut, &head, err));          // from the images to the node `cut`
 *     LG_GO(nn_net_tail(net, cut, &tail, err));           // from there to the end; its input is that node's output
 *     LG_GO(nn_weights_for(weights, head, &fixed, err));
 *     LG_GO(nn_weights_for(weights, tail, &start, err));  // train these on what head makes of the images
 *     LG_GO(nn_weights_join(weights, learnt, &whole, err)); // and put what they have become into the whole again
 *
 * Layers of a part keep their names, their frozen flags and their keys, by which weights find their layer and random
 * numbers are drawn: weights of a fresh tail, and its dropout, are those of the whole. Where all that learns lies in
 * the tail, nn_net_trained_block and its order are those of the whole too, and so are the optimiser's numbers. Keys do
 * not go into files: a part is made anew from its whole.
 *
 * nn_weights: all parameters of a network in one 64-byte aligned block. Written by its maker; once shared
 * (nn_weights_ref) treated as immutable: training takes weights in and gives new weights out. */
#ifndef NN_NET_H
#define NN_NET_H

#include "nnlib/core/layer.h"

enum { NN_MAX_LAYERS = 1000 };
/* A network whose weights or plan would need more memory than this is refused (LL207) before anything is taken. */
#define NN_MEMORY_LIMIT ((int64_t)4 << 30)

typedef struct nn_net nn_net;
typedef struct nn_weights nn_weights;

/* One layer in its place; nodes are numbered from 0 (the input) in the order they were added. Read only. */
typedef struct nn_node {
    const nn_layer_type *type;
    int key;                   /* its number in the network it was first added to, see Parts above */
    char name[NN_NAME];        /* "conv1", or the user's */
    char keras_name[NN_NAME + 16]; /* "conv2d_1", or the user's */
    int input[NN_MAX_INPUTS];  /* nodes whose outputs it reads, nspec.nin of them */
    nn_spec spec;
    int nparam;
    nn_param param[NN_MAX_PARAMS];
    bool frozen; /* keeps its parameters while others are trained; never set for a layer without any */
    size_t offset[NN_MAX_PARAMS]; /* where each parameter begins in the weights, in floats; known once finished */
} nn_node;

lg_status nn_net_new(nn_net **out, lg_err *err) LG_MUST_CHECK; /* owned: nn_net_unref */
/* What images the network is made for ("logos"), for the suggestions in messages. Optional. */
lg_status nn_net_for_data(nn_net *net, const char *name, lg_err *err) LG_MUST_CHECK;
/* Bytes allowed for weights or plan; default NN_MEMORY_LIMIT. */
void nn_net_set_limit(nn_net *net, int64_t bytes);

/* Adds a layer behind the one added last, or behind the given nodes. config (borrowed, copied) is the type's config
 * struct. The first layer must be `input`. Failures: LL201…LL216, shapes with the whole trail of sizes in `why`. */
lg_status nn_net_add(nn_net *net, const nn_layer_type *type, const void *config, lg_err *err) LG_MUST_CHECK;
lg_status nn_net_add_to(nn_net *net, const nn_layer_type *type, const void *config, const int *inputs, int ninputs,
                        lg_err *err) LG_MUST_CHECK;
/* The same from words, "conv 16 3x3 relu". LL201 when no layer is called so. */
lg_status nn_net_add_line(nn_net *net, const char *line, lg_err *err) LG_MUST_CHECK;
/* Freezes a layer while the network is under construction; nothing for a layer without parameters. */
void nn_net_freeze(nn_net *net, int node);
/* No more layers. LL208 when there is nothing to train or run, LL214 when the output of a layer leads nowhere. */
lg_status nn_net_finish(nn_net *net, lg_err *err) LG_MUST_CHECK;
/* A finished network again with other layers frozen: frozen[i] is for node i. Owned: nn_net_unref. */
lg_status nn_net_with_frozen(const nn_net *net, const bool *frozen, nn_net **out, lg_err *err) LG_MUST_CHECK;
/* The last node before the end that everything passes through, such that neither it nor anything before it learns or
 * differs between training and use (dropout does). 0, the input, when there is none. */
int nn_net_cut(const nn_net *net);
/* Does every way from the input to the end lead through this node, which is not the end? */
bool nn_net_can_cut(const nn_net *net, int node);
/* The layers that lead to a node > 0, whose output is then that of the network. Owned: nn_net_unref. */
lg_status nn_net_head(const nn_net *net, int node, nn_net **out, lg_err *err) LG_MUST_CHECK;
/* The layers behind a node that everything passes through, nn_net_cut's or the input; its own input stands for that
 * node. Node i of it is node + i of the whole. Owned: nn_net_unref. */
lg_status nn_net_tail(const nn_net *net, int node, nn_net **out, lg_err *err) LG_MUST_CHECK;
nn_net *nn_net_ref(const nn_net *net);
void nn_net_unref(const nn_net *net); /* NULL is fine; also for one under construction */

int nn_net_count(const nn_net *net); /* nodes, the input included */
const nn_node *nn_net_node(const nn_net *net, int node);
int nn_net_find(const nn_net *net, const char *name); /* by name, without case; -1 */
nn_shape nn_net_input(const nn_net *net);
nn_shape nn_net_output(const nn_net *net);
size_t nn_net_params(const nn_net *net);  /* parameters, 130,532 for the network of the report */
size_t nn_net_moving(const nn_net *net);  /* of those: averages of batchnorm, of frozen layers too */
size_t nn_net_trained_params(const nn_net *net); /* of those: what an optimiser moves; the rest is moving or frozen */
int nn_net_frozen(const nn_net *net);            /* layers that are frozen */
double nn_net_macs(const nn_net *net, int node); /* multiply-adds of the layers behind a node, for one image */
/* Is parameter k of a node one that an optimiser moves? */
static inline bool nn_node_trains(const nn_node *node, int k)
{
    return !node->frozen && !node->param[k].moving;
}
/* Floats of a weights block: parameters, each tensor rounded up to 16 floats (the gaps stay 0). Those that are trained
 * come first, nn_net_trained_block floats of them; moving and frozen ones lie behind. */
size_t nn_net_block(const nn_net *net);
size_t nn_net_trained_block(const nn_net *net);
/* Same layers with the same settings and shapes (names do not count), the same ones frozen: weights of one are those of
 * the other. */
bool nn_net_same(const nn_net *a, const nn_net *b);
/* The same, but any may be frozen: nn_weights_for makes weights of one those of the other. */
bool nn_net_same_layers(const nn_net *a, const nn_net *b);
/* Do weights of both lie alike? */
bool nn_net_laid_out_alike(const nn_net *a, const nn_net *b);
/* Do the same parameters (by key) learn in both? Then their optimiser's numbers lie alike, whole or part. */
bool nn_net_trains_alike(const nn_net *a, const nn_net *b);

/* ---- weights ---- */
/* Freshly initialised: Glorot uniform for kernels, zeros for biases, from the seed alone (each tensor draws from a
 * stream of its own, so a layer added behind changes nothing before it). Owned: nn_weights_unref. */
lg_status nn_weights_new(const nn_net *net, uint64_t seed, nn_weights **out, lg_err *err) LG_MUST_CHECK;
lg_status nn_weights_zero(const nn_net *net, nn_weights **out, lg_err *err) LG_MUST_CHECK;
lg_status nn_weights_copy(const nn_weights *weights, nn_weights **out, lg_err *err) LG_MUST_CHECK;
/* The numbers of `from` for the same layers with others frozen, or for a head or tail of them, laid out as that network
 * wants them. Every layer of net is in the network of `from` (by key, with parameters of the same shapes). Owned:
 * nn_weights_unref. */
lg_status nn_weights_for(const nn_weights *from, const nn_net *net, nn_weights **out, lg_err *err) LG_MUST_CHECK;
/* A copy of the whole with what a part of it has become. Owned: nn_weights_unref. */
lg_status nn_weights_join(const nn_weights *whole, const nn_weights *part, nn_weights **out, lg_err *err) LG_MUST_CHECK;
/* Have both the same numbers in the layers that are frozen in b, as far as a has them? */
bool nn_weights_frozen_alike(const nn_weights *a, const nn_weights *b);
/* The numbers of the layers that both have; `to` is written, so only by its maker. */
void nn_weights_put(const nn_weights *from, nn_weights *to);
nn_weights *nn_weights_ref(const nn_weights *weights);
void nn_weights_unref(const nn_weights *weights); /* NULL is fine */
const nn_net *nn_weights_net(const nn_weights *weights);        /* borrowed */
float *nn_weights_data(nn_weights *weights);                    /* the block; only its maker may write */
const float *nn_weights_block(const nn_weights *weights);
/* Parameter k of a node, shape nn_net_node(net, node)->param[k].shape. */
const float *nn_weights_param(const nn_weights *weights, int node, int k);
/* All finite? */
bool nn_weights_finite(const nn_weights *weights);

#endif
