#!/usr/bin/env python3
"""Makes frozen.bin: what Keras learns where some layers are not trainable, for tests/nnlib/test_keras.c to compare with.

    python3 tests/golden/keras/make_frozen.py         (needs TensorFlow; file format and hash are make_goldens.py's)

A case is named by the layers that are frozen, as the test's network counts them (its activations and pools are layers too)."""
from make_goldens import File, keras, kl, steady

CASES = [  # as a base is: nothing learns before the head; inside, before and behind what learns; norms alone; with l2
    (1, 2, 5, 6, 8),
    (5, 6, 8),
    (2, 6),
    (1, 11),
]
OPTIMIZERS = [("sgd", lambda: keras.optimizers.SGD(0.1)), ("adam", lambda: keras.optimizers.Adam(0.01))]


def net(frozen):
    """Layer 0 is the input. The first layer's penalty counts only where it learns. No biases before batchnorm: their
    gradient is nothing but rounding, which Adam makes steps of."""
    keras.config.set_dtype_policy(keras.config.floatx())  # which steady sets, and layers made before had settled
    layers = [
        kl.Conv2D(4, 3, padding="same", use_bias=False, kernel_regularizer=keras.regularizers.L2(0.01)),
        kl.BatchNormalization(momentum=0.9), kl.Activation("relu"), kl.MaxPooling2D(2),
        kl.Conv2D(5, 3, use_bias=False), kl.BatchNormalization(momentum=0.9), kl.Activation("relu"),
        kl.DepthwiseConv2D(2, activation="tanh"), kl.MaxPooling2D(2, strides=1, padding="same"), kl.Flatten(),
        kl.Dense(6, activation="tanh"), kl.Dense(3, activation="softmax")]
    model = keras.Sequential([keras.Input((10, 10, 2)), *layers])
    for i in frozen:
        layers[i - 1].trainable = False
    return model


if __name__ == "__main__":
    out = File("frozen.bin")
    for frozen in CASES:
        for name, make in OPTIMIZERS:
            for what, values in steady(lambda: net(frozen), 0, make, 3, (10, 2, 3, 12)).items():
                out.add(f"{'+'.join(map(str, frozen))} {name}|{what}", values)
