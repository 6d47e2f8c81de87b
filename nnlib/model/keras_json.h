/* keras_json.h - a network as Keras 3 describes it: the JSON that lies in a .keras file as config.json, and in an .h5
 * file as the attribute model_config. keras_source.h writes the same as Python.
 *
 *     LG_GO(nn_keras_config(net, "scratch", NN_KERAS_3, &json, err));
 *     // {"module": "keras", "class_name": "Functional", "config": {"name": "scratch", "layers": [ … ], … }, … }
 *
 * keras.models.load_model builds the same layers from it, with the names nn_node.keras_name and their parameters in the
 * order of nn_param. Settings that are Keras' defaults are left out. ASCII alone. The model's name becomes one that
 * TensorFlow takes (nn_c_name).
 *
 * Keras with TensorFlow refuses to run a depthwise layer whose strides differ (`stride 2x1`), though it can be loaded.
 */
#ifndef NN_KERAS_JSON_H
#define NN_KERAS_JSON_H

#include "nnlib/model/net.h"

/* How the layers are tied together: as Keras 3 writes it, or as Keras 2 did, which Keras 3 reads from .h5 files too. */
typedef enum nn_keras_form { NN_KERAS_3, NN_KERAS_2 } nn_keras_form;

/* The class that a layer becomes: node->type->keras, but a convolution for `preprocess`, which may turn colours round.
 */
const char *nn_keras_class(const nn_node *node);

/* Appends the JSON; net is finished. LL367 for what Keras cannot say: a kind of layer it does not have, or a layer's
 * name with other characters than letters, digits and _ . - in it. */
lg_status nn_keras_config(const nn_net *net, const char *name, nn_keras_form form, lg_buf *out,
                          lg_err *err) LG_MUST_CHECK;

/* The nodes in the order of Keras' model.layers, by which its files count layers and keep their weights: those farthest
 * from the output first, among equals in the order in which a walk back from the output meets them. order has
 * nn_net_count(net) places. */
lg_status nn_keras_order(const nn_net *net, int *order, lg_err *err) LG_MUST_CHECK;

#endif
