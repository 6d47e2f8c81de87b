#!/usr/bin/env python3
"""Makes explain.bin: Grad-CAM, saliency and occlusion as TensorFlow computes them, for tests/nnlib/test_explain.c.

    python3 tests/golden/keras/make_explain.py        (needs TensorFlow; file format and hash are make_goldens.py's)

Layer 0 is the input; the test's networks have the same layers in the same order. Weights come from the hash, tensor by
tensor in that order, so that only maps are stored: "case|what|class"."""
from make_goldens import File, keras, kl, np, numbers, tf


def plain():
    i = keras.Input((20, 18, 3))
    x = kl.Conv2D(6, 3, activation="relu")(i)
    x = kl.MaxPooling2D(2)(x)
    x = kl.Conv2D(8, 3, padding="same", activation="gelu")(x)
    x = kl.Dropout(0.5)(x)
    x = kl.Conv2D(7, 3, strides=2, activation="relu")(x)
    x = kl.Flatten()(x)
    x = kl.Dense(9, activation="tanh")(x)
    return keras.Model(i, kl.Dense(5, activation="softmax")(x))


def deep():
    """As bases are: norms, depthwise, a sum, means at the end, a softmax of its own; some of it frozen."""
    i = keras.Input((17, 19, 3))
    x = kl.Rescaling(2.0, -1.0)(i)
    x = kl.Conv2D(8, 3, strides=2, padding="same", use_bias=False)(x)
    x = kl.BatchNormalization()(x)
    first = kl.Activation("relu6")(x)
    x = kl.DepthwiseConv2D(3, padding="same", use_bias=False)(first)
    x = kl.BatchNormalization()(x)
    x = kl.Activation("swish")(x)
    x = kl.Conv2D(8, 1)(x)
    x = kl.Add()([x, first])
    x = kl.Activation("relu")(x)
    x = kl.GlobalAveragePooling2D()(x)
    x = kl.Dropout(0.3)(x)
    x = kl.Dense(4)(x)
    return keras.Model(i, kl.Activation("softmax")(x))


def grey():
    """One channel, and another activation at the end."""
    i = keras.Input((9, 8, 1))
    x = kl.Conv2D(4, 3, activation="sigmoid")(i)
    x = kl.GlobalMaxPooling2D()(x)
    return keras.Model(i, kl.Dense(3, activation="softmax")(x))


CASES = [("plain", plain, (1, 3, 5), (0, 3)), ("deep", deep, (3, 4, 9, 10), (0, 2)), ("grey", grey, (1,), (1, 2))]
WINDOWS = [(4, 4, 2, 2), (5, 3, 3, 2)]  # height, width, steps down and across
GREY = 0.5


def fill(model):
    stream = 100
    for layer in model.layers:
        for variable in layer.weights:
            if "seed_generator" in variable.path:
                continue
            value = numbers(stream, variable.shape, 0.5)
            variable.assign(np.abs(value) + np.float32(0.3) if variable.name == "moving_variance" else value)
            stream += 1


def scores_of(model):
    """The network to the numbers before its last softmax."""
    last = model.layers[-1]
    if isinstance(last, kl.Dense):
        twin = keras.models.clone_model(model)
        twin.set_weights(model.get_weights())
        twin.layers[-1].activation = keras.activations.linear
        return twin
    return keras.Model(model.inputs, last.input)


def gradients(model, image, node, label):
    layer = model.layers[node]
    both = keras.Model(model.inputs, [layer.output, model.output])
    with tf.GradientTape() as tape:
        x = tf.constant(image)
        tape.watch(x)
        maps, scores = both(x, training=False)
        score = scores[:, label]
    return (x if node == 0 else maps), tape.gradient(score, x if node == 0 else maps)


def occlusion(model, image, label, window):
    h, w = image.shape[1:3]
    height, width, down, across = window
    total, count = np.zeros((h, w)), np.zeros((h, w))
    before = float(model(image, training=False)[0, label])
    tops = sorted({min(y, h - height) for y in range(0, h - height + down, down)})
    lefts = sorted({min(x, w - width) for x in range(0, w - width + across, across)})
    for y in tops:
        for x in lefts:
            covered = image.copy()
            covered[:, y:y + height, x:x + width] = GREY
            total[y:y + height, x:x + width] += before - float(model(covered, training=False)[0, label])
            count[y:y + height, x:x + width] += 1
    return total / count


if __name__ == "__main__":
    out = File("explain.bin")
    for name, make, nodes, labels in CASES:
        model = make()
        fill(model)
        scores = scores_of(model)
        h, w, c = model.input_shape[1:]
        image = np.abs(numbers(7, (1, h, w, c)))
        out.add(f"{name}|probability", model(image, training=False))
        for label in labels:
            for node in nodes:
                maps, gradient = gradients(scores, image, node, label)
                weights = tf.reduce_mean(gradient, axis=(1, 2), keepdims=True)
                heat = tf.nn.relu(tf.reduce_sum(weights * maps, axis=-1, keepdims=True))
                out.add(f"{name}|gradcam {node}|{label}", heat)
                out.add(f"{name}|resized {node}|{label}", tf.image.resize(heat, (h, w)))
            _, gradient = gradients(scores, image, 0, label)
            out.add(f"{name}|saliency|{label}", tf.reduce_max(tf.abs(gradient), axis=-1))
            for k, window in enumerate(WINDOWS):
                out.add(f"{name}|occlusion {k}|{label}", occlusion(model, image, label, window))
