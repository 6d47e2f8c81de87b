/* keras_source.h - a network as Python: a file that builds the same layers in Keras 3.
 *
 *     lg_buf text;
 *     lg_buf_init(&text, 1 << 20);
 *     nn_keras_source(net, &text);
 *     LG_GO(lg_buf_check(&text, err));
 *
 * writes
 *
 *     # 900 parameters, 0 of them not trained
 *     import keras
 *     from keras import layers
 *
 *     inputs = keras.Input((64, 64, 3), name="input_layer_1")
 *     x = layers.Conv2D(16, (3, 3), activation="relu", name="conv2d_1")(inputs)
 *     x = layers.MaxPooling2D((2, 2), name="max_pooling2d_1")(x)
 *     x = layers.Flatten(name="flatten_1")(x)
 *     outputs = layers.Dense(4, activation="softmax", name="dense_1")(x)
 *     model = keras.Model(inputs, outputs)
 *
 * An output that a later layer reads as well gets a name of its own: x5 is that of node 5. Pure ASCII. Layers carry the
 * names of the summary, so weights can be matched by layer and order within it (nn_node.keras_name and nn_param are in
 * Keras' order). Run, it builds the model and nothing else. */
#ifndef NN_KERAS_SOURCE_H
#define NN_KERAS_SOURCE_H

#include "nnlib/model/net.h"

/* Adds the file's text; net is finished. Settings that are Keras' defaults are left out. */
void nn_keras_source(const nn_net *net, lg_buf *out);

#endif
