#!/usr/bin/env python3
"""Makes step.bin: one forward, loss, gradient and SGD update of one image as TensorFlow computes them, for
tests/nnlib/test_one_step.c.

    python3 tests/golden/keras/make_step.py        (needs TensorFlow; file format and hash are make_goldens.py's)

Layer 0 is the input; the test's networks have the same layers in the same order. Weights come from the hash, tensor by
tensor in that order. Dropout is off and batchnorm works by its averages: training=False. Records are "case|what", those
of a tensor "case|gradient node k" and "case|after node k"."""
from make_goldens import File, keras, kl, np, numbers, tf
from make_explain import fill

RATE = 0.1


def small():
    """All that `scratch` has, and what differs most: strides, same, no bias, l2."""
    i = keras.Input((14, 12, 3))
    x = kl.Conv2D(4, 3, activation="relu")(i)
    x = kl.MaxPooling2D(2)(x)
    x = kl.Conv2D(5, 3, strides=2, padding="same", activation="tanh", use_bias=False)(x)
    x = kl.Flatten()(x)
    x = kl.Dense(6, activation="relu", kernel_regularizer=keras.regularizers.L2(0.01))(x)
    x = kl.Dropout(0.5)(x)
    return keras.Model(i, kl.Dense(4, activation="softmax")(x))


def normed():
    """A norm that learns, depthwise, dilation, a softmax of its own."""
    i = keras.Input((11, 10, 2))
    x = kl.Conv2D(6, 3, dilation_rate=2, padding="same", use_bias=False)(i)
    x = kl.BatchNormalization()(x)
    x = kl.Activation("relu")(x)
    x = kl.DepthwiseConv2D(3, strides=2, padding="same", activation="gelu")(x)
    x = kl.GlobalAveragePooling2D()(x)
    x = kl.Dense(3)(x)
    return keras.Model(i, kl.Activation("softmax")(x))


CASES = [("small", small, 2), ("normed", normed, 0)]

if __name__ == "__main__":
    out = File("step.bin")
    for name, make, label in CASES:
        model = make()
        fill(model)
        h, w, c = model.input_shape[1:]
        image = np.abs(numbers(7, (1, h, w, c)))

        def loss_of():
            p = model(image, training=False)
            loss = keras.losses.sparse_categorical_crossentropy(tf.constant([label]), p)
            return p, tf.reduce_mean(loss) + sum(model.losses)

        with tf.GradientTape() as tape:
            p, loss = loss_of()
        gradients = tape.gradient(loss, model.trainable_variables)
        keras.optimizers.SGD(RATE).apply(gradients, model.trainable_variables)
        later, after = loss_of()
        out.add(f"{name}|probability", p)
        out.add(f"{name}|later", later)
        out.add(f"{name}|loss", [loss, after])
        place = {id(v): (node, k) for node, layer in enumerate(model.layers)
                 for k, v in enumerate(layer.weights)}
        for v, g in zip(model.trainable_variables, gradients):
            node, k = place[id(v)]
            out.add(f"{name}|gradient {node} {k}", g)
            out.add(f"{name}|after {node} {k}", v)
