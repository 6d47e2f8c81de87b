/* export_keras.c - the layers and tensors that the writer of Keras' files wants, from a network and its weights. */
#include "kernel/commands/export_keras.h"

#include <string.h>

#include "lib/hdf5/keras_file.h"

#include "lib/base/banned.h"

typedef struct keras_layers {
    int count;
    int *order;
    nn_facts *facts; /* tensors may point into them */
    h5_layer *layer;
    h5_tensor (*tensor)[NN_MAX_PARAMS];
} keras_layers;

static void release(keras_layers *l)
{
    lg_free(l->order);
    lg_free(l->facts);
    lg_free(l->layer);
    lg_free(l->tensor);
}

/* Keras 2 calls the kernel of a depthwise layer so, and names count where people look into the file. */
static const char *name_of(const nn_facts *facts, const nn_array *a)
{
    return facts->op == NN_OP_DEPTHWISE && a->shape.rank == 4 ? "depthwise_kernel" : a->name;
}

static lg_status fill(keras_layers *l, int i, const nn_weights *weights, lg_err *err)
{
    const nn_node *node = nn_net_node(nn_weights_net(weights), l->order[i]);
    nn_array array[NN_MAX_PARAMS];
    LG_TRY(nn_facts_of(node, &l->facts[i], err));
    int n = nn_facts_arrays(&l->facts[i], weights, l->order[i], array);
    l->layer[i] =
        (h5_layer){.name = node->keras_name, .keras_class = nn_keras_class(node), .tensor = l->tensor[i], .count = n};
    for (int k = 0; k < n; k++) {
        h5_tensor *t = &l->tensor[i][k];
        *t = (h5_tensor){.name = name_of(&l->facts[i], &array[k]), .rank = array[k].shape.rank, .data = array[k].data};
        memcpy(t->dim, array[k].shape.dim, sizeof t->dim);
    }
    return LG_OK;
}

static lg_status collect(keras_layers *l, const nn_about *about, lg_err *err)
{
    const nn_net *net = nn_weights_net(about->weights);
    l->count = nn_net_count(net);
    l->order = lg_alloc((size_t)l->count, sizeof *l->order, err);
    l->facts = l->order ? lg_alloc((size_t)l->count, sizeof *l->facts, err) : NULL;
    l->layer = l->facts ? lg_alloc((size_t)l->count, sizeof *l->layer, err) : NULL;
    l->tensor = l->layer ? lg_alloc((size_t)l->count, sizeof *l->tensor, err) : NULL;
    if (!l->tensor) return err->status;
    LG_TRY(nn_keras_order(net, l->order, err));
    for (int i = 0; i < l->count; i++) LG_TRY(fill(l, i, about->weights, err));
    return LG_OK;
}

static lg_status write_model(const nn_about *about, nn_keras_form form, h5_kind kind, lg_buf *out, lg_err *err)
{
    keras_layers layers = {0};
    lg_buf config;
    lg_status st;
    lg_buf_init(&config, (size_t)32 << 20);
    LG_GO(nn_about_check(about, err));
    LG_GO(nn_keras_config(nn_weights_net(about->weights), about->name, form, &config, err));
    LG_GO(collect(&layers, about, err));
    st = h5_write_model(layers.layer, (size_t)layers.count, lg_buf_str(&config), kind, out, err);
done:
    release(&layers);
    lg_buf_release(&config);
    return st;
}

lg_status cmd_keras_write(const nn_about *about, lg_buf *out, lg_err *err)
{
    return write_model(about, NN_KERAS_3, H5_MODEL_KERAS, out, err);
}

lg_status cmd_keras_h5_write(const nn_about *about, lg_buf *out, lg_err *err)
{
    return write_model(about, NN_KERAS_2, H5_MODEL_H5, out, err);
}
