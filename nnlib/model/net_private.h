/* net_private.h - what a network is made of, for the files that make networks. */
#ifndef NN_NET_PRIVATE_H
#define NN_NET_PRIVATE_H

#include "nnlib/model/net.h"

extern const nn_layer_type nn_layer_input; /* the one kind of layer that is special: it comes first */

struct nn_net {
    atomic_int refs;
    bool finished;
    nn_node *node;
    int count, cap;
    int64_t limit;
    double params, activations; /* so far; in double, since they are checked before they must fit anywhere */
    size_t moving, trained, trained_block, block;
    char *data_name;
};

/* Gives every parameter its place in the weights, those that are trained before those that are not. */
void nn_net_lay_out(nn_net *net);

#endif
