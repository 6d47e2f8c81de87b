#!/usr/bin/env python3
"""Makes layers.bin and nets.bin: what Keras computes, for tests/nnlib/test_keras.c to compare with.

    python3 tests/golden/keras/make_goldens.py        (needs TensorFlow; the committed files say in `versions` which)

Inputs, weights and labels are not stored: both sides compute them with the integer hash below.
File format: b"NNG1", then records of u32 name length, name, u32 count, count little-endian floats.
Names in layers.bin are "line|input shape|what": the line is one of our language, so the test needs no list of its own."""
import os
import struct
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
import keras
import numpy as np
import tensorflow as tf
from keras import layers as kl

HERE = Path(__file__).parent
N = 3  # images for a layer


def bits(stream, count):
    i = np.arange(count, dtype=np.uint32)
    with np.errstate(over="ignore"):
        x = np.uint32(stream) * np.uint32(0x9E3779B1) + i * np.uint32(0x85EBCA6B)
        x ^= x >> np.uint32(16)
        x *= np.uint32(0x7FEB352D)
        x ^= x >> np.uint32(15)
        x *= np.uint32(0x846CA68B)
        x ^= x >> np.uint32(16)
    return x


def numbers(stream, shape, scale=1.0):
    """Floats in [-scale, scale)."""
    unit = (bits(stream, int(np.prod(shape))) >> np.uint32(8)).astype(np.float32) * np.float32(1 / 8388608) - np.float32(1)
    return (unit * np.float32(scale)).reshape(shape)


class File:
    def __init__(self, name):
        self.out = open(HERE / name, "wb")
        self.out.write(b"NNG1")
        self.add(f"versions: keras {keras.__version__}, tensorflow {tf.__version__}, numpy {np.__version__}", [])

    def add(self, name, values):
        data = np.asarray(values, dtype="<f4").ravel()
        self.out.write(struct.pack("<I", len(name.encode())) + name.encode() + struct.pack("<I", data.size) + data.tobytes())


# ---- layers ----
def conv(filters, kernel, **options):
    return lambda: kl.Conv2D(filters, kernel, **options)


def pool(size, **options):
    return lambda: kl.MaxPooling2D(size, **options)


LAYERS = [
    ("conv 5 3x3", (7, 8, 3), conv(5, (3, 3))),
    ("conv 5 3x3 relu", (7, 8, 3), conv(5, (3, 3), activation="relu")),
    ("conv 16 3x3 relu", (12, 12, 16), conv(16, (3, 3), activation="relu")),
    ("conv 5 3x3 relu same", (7, 8, 3), conv(5, (3, 3), activation="relu", padding="same")),
    ("conv 4 5x3 tanh same stride 2", (8, 7, 2), conv(4, (5, 3), activation="tanh", padding="same", strides=2)),
    ("conv 4 2x2 sigmoid stride 3x2", (9, 8, 2), conv(4, (2, 2), activation="sigmoid", strides=(3, 2))),
    ("conv 3 3x3 dilation 2", (9, 8, 2), conv(3, (3, 3), dilation_rate=2)),
    ("conv 3 3x2 dilation 3x2 same", (9, 8, 2), conv(3, (3, 2), dilation_rate=(3, 2), padding="same")),
    ("conv 6 1x1 swish no bias", (4, 5, 7), conv(6, (1, 1), activation="swish", use_bias=False)),
    ("conv 4 3x3 softmax", (5, 5, 2), conv(4, (3, 3), activation="softmax")),
    ("conv 4 4x4 same gelu", (6, 5, 2), conv(4, (4, 4), activation="gelu", padding="same")),
    ("maxpool 2", (7, 6, 3), pool(2)),
    ("maxpool 3 stride 2", (8, 9, 2), pool(3, strides=2)),
    ("maxpool 3 stride 2 same", (8, 9, 2), pool(3, strides=2, padding="same")),
    ("maxpool 2x3 same", (5, 7, 2), pool((2, 3), padding="same")),
    ("dense 6", (9,), lambda: kl.Dense(6)),
    ("dense 6 relu", (9,), lambda: kl.Dense(6, activation="relu")),
    ("dense 5 softmax", (9,), lambda: kl.Dense(5, activation="softmax")),
    ("dense 7 tanh no bias", (4,), lambda: kl.Dense(7, activation="tanh", use_bias=False)),
    ("flatten", (3, 4, 2), kl.Flatten),
    ("depthwise 3x3", (7, 8, 3), lambda: kl.DepthwiseConv2D(3)),
    ("depthwise 3x3 relu same", (7, 8, 5), lambda: kl.DepthwiseConv2D(3, activation="relu", padding="same")),
    ("depthwise 3x2 tanh stride 2", (9, 8, 4), lambda: kl.DepthwiseConv2D((3, 2), activation="tanh", strides=2)),
    ("depthwise 4x3 swish stride 2 same no bias", (9, 8, 17),
     lambda: kl.DepthwiseConv2D((4, 3), activation="swish", strides=2, padding="same", use_bias=False)),
    ("avgpool 2", (7, 6, 3), lambda: kl.AveragePooling2D(2)),
    ("avgpool 3 stride 2", (8, 9, 2), lambda: kl.AveragePooling2D(3, strides=2)),
    ("avgpool 3 stride 2 same", (8, 9, 2), lambda: kl.AveragePooling2D(3, strides=2, padding="same")),
    ("avgpool 2x3 same", (5, 7, 2), lambda: kl.AveragePooling2D((2, 3), padding="same")),
    ("globalavg", (5, 4, 7), kl.GlobalAveragePooling2D),
    ("globalmax", (5, 4, 7), kl.GlobalMaxPooling2D),
    ("pad 1", (3, 4, 2), lambda: kl.ZeroPadding2D(1)),
    ("pad 2x0", (3, 2, 3), lambda: kl.ZeroPadding2D((2, 0))),
    ("batchnorm", (6, 5, 4), kl.BatchNormalization),
    ("batchnorm momentum 0.9 epsilon 0.01", (3, 4, 2), lambda: kl.BatchNormalization(momentum=0.9, epsilon=0.01)),
    ("batchnorm", (9,), kl.BatchNormalization),
] + [
    (f"activation {ours}", (40,), lambda name=name: kl.Activation(name))
    for ours, name in [("linear", "linear"), ("relu", "relu"), ("relu6", "relu6"), ("leaky", "leaky_relu"), ("elu", "elu"),
                       ("gelu", "gelu"), ("swish", "swish"), ("sigmoid", "sigmoid"), ("tanh", "tanh"), ("softmax", "softmax")]
]


def make_layers():
    out = File("layers.bin")
    for line, shape, make in LAYERS:
        layer = make()
        scale = 8.0 if line.startswith("activation") else 1.0
        x = tf.constant(numbers(1, (N, *shape), scale))
        layer(x)
        for k, variable in enumerate(layer.weights):
            value = numbers(2 + k, variable.shape, 0.5)
            variable.assign(np.abs(value) if variable.name == "moving_variance" else value)
        used = layer(x)
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = layer(x, training=True) if layer.non_trainable_variables else layer(x)
            total = tf.reduce_sum(y * numbers(9, y.shape))
        grads = tape.gradient(total, [x, *layer.trainable_variables])
        name = f"{line}|{'x'.join(map(str, shape))}|"
        out.add(name + "y", y)
        out.add(name + "dx", grads[0])
        for variable, grad in zip(layer.trainable_variables, grads[1:]):
            out.add(name + "d" + variable.name, grad)
        for variable in layer.non_trainable_variables:  # the forward pass in training has moved them
            out.add(name + "moved " + variable.name, variable)
        if layer.non_trainable_variables:
            out.add(name + "used", used)


# ---- networks ----
def batch(step, size, channels, classes, count):
    """Noise with a pattern of the class, in -0.5..0.5: centred, since rounding grows with each step where the loss is steep."""
    label = (bits(1000 + step, count) >> np.uint32(8)).astype(np.int32) % classes
    noise = (bits(2000 + step, count * size * size * channels) >> np.uint32(24)).astype(np.float32) / np.float32(510)
    x = noise.reshape(count, size, size, channels) - np.float32(0.5)
    row, col = np.mgrid[0:size, 0:size] // 8
    for i in range(count):
        x[i] += np.float32(0.5) * (((row * (label[i] + 1) + col) % 4) == 0).astype(np.float32)[..., None]
    return x, label


def set_weights(model):
    stream = 10
    for variable in model.weights:
        shape = tuple(variable.shape)
        if variable.name in ("gamma", "moving_variance"):
            variable.assign(1 + numbers(stream, shape, 0.1))
        elif len(shape) == 1:
            variable.assign(numbers(stream, shape, 0.1))
        else:
            area = int(np.prod(shape[:-2]))
            variable.assign(numbers(stream, shape, np.sqrt(6.0 / (area * (shape[-2] + shape[-1])))))
        stream += 1


def flat(values):
    return np.concatenate([np.asarray(v).ravel() for v in values])


def train(make_model, mask_size, make_optimizer, steps, data, base, dtype="float32"):
    """Runs a few steps; gives what the golden file keeps. base picks the batches."""
    keras.config.set_floatx(dtype)
    model, optimizer = make_model(), make_optimizer()
    set_weights(model)
    loss_of = keras.losses.SparseCategoricalCrossentropy()
    result = {"base": [base], "loss": []}
    for step in range(steps):
        x, label = batch(base + step, *data)
        inputs = [x.astype(dtype)]
        if mask_size:
            mask = bits(3000 + base + step, len(x) * mask_size) >> np.uint32(31)
            inputs.append(mask.astype(dtype).reshape(len(x), -1) * 2)
        with tf.GradientTape() as tape:
            p = model(inputs if mask_size else inputs[0], training=True)
            loss = loss_of(label, p) + sum(model.losses)
        grads = tape.gradient(loss, model.trainable_variables)
        result["loss"].append(float(loss))
        if step == 0:
            result["p"], result["grad"] = flat([p]), flat(grads)
        optimizer.apply(grads, model.trainable_variables)
    result["weights"] = flat(model.weights)
    keras.config.set_floatx("float32")
    return result


def steady(*arguments):
    """The first batches on which Keras agrees with itself in double precision far better than the tolerance: where a maximum
    or a relu sits exactly on its edge, rounding decides which way a gradient goes, and no two programs agree."""
    for base in range(0, 3000, 100):
        single, double = train(*arguments, base), train(*arguments, base, "float64")
        apart = max(np.abs(single[k] - double[k]).max() / np.abs(double[k]).max() for k in ("p", "grad", "weights"))
        print(f"base {base}: single and double differ by {apart:.1e}", file=sys.stderr)
        if apart < 2e-5:
            return single
    raise SystemExit("no steady batches")


def report_net():
    """The network of the report; the mask stands for dropout 0.5."""
    image, mask = keras.Input((64, 64, 3)), keras.Input((64,))
    h = image
    for filters in (16, 32, 64, 128):
        h = kl.MaxPooling2D(2)(kl.Conv2D(filters, 3, activation="relu")(h))
    h = kl.Multiply()([kl.Dense(64, activation="relu")(kl.Flatten()(h)), mask])
    return keras.Model([image, mask], kl.Dense(4, activation="softmax")(h))


def small_net():
    return keras.Sequential([
        keras.Input((10, 10, 2)), kl.Conv2D(4, 3, activation="relu", kernel_regularizer=keras.regularizers.L2(0.01)),
        kl.MaxPooling2D(2), kl.Flatten(), kl.Dense(3, activation="softmax")])


def residual_net():
    """Batch normalisation before and inside a residual block, a depthwise convolution, means at the end."""
    image = keras.Input((12, 12, 2))
    skip = h = kl.Activation("relu")(kl.BatchNormalization(momentum=0.9)(kl.Conv2D(6, 3, padding="same", use_bias=False)(image)))
    h = kl.Activation("relu")(kl.BatchNormalization(momentum=0.9)(kl.DepthwiseConv2D(3, padding="same")(h)))
    h = kl.BatchNormalization(momentum=0.9)(kl.Conv2D(6, 1)(h))
    h = kl.Activation("relu")(kl.Add()([h, skip]))
    h = kl.GlobalAveragePooling2D()(kl.AveragePooling2D(2)(kl.ZeroPadding2D(1)(h)))
    return keras.Model(image, kl.Dense(3, activation="softmax")(h))


OPTIMIZERS = [
    ("sgd", lambda: keras.optimizers.SGD(0.1)),
    ("sgd decay", lambda: keras.optimizers.SGD(0.1, weight_decay=0.1)),
    ("momentum", lambda: keras.optimizers.SGD(0.1, momentum=0.9)),
    ("momentum nesterov", lambda: keras.optimizers.SGD(0.1, momentum=0.9, nesterov=True)),
    ("adam", lambda: keras.optimizers.Adam(0.01)),
    ("rmsprop", lambda: keras.optimizers.RMSprop(0.01)),
]


def make_nets():
    out = File("nets.bin")
    for what, values in steady(report_net, 64, lambda: keras.optimizers.SGD(0.01), 20, (64, 3, 4, 32)).items():
        out.add("report|" + what, values)
    for what, values in steady(residual_net, 0, lambda: keras.optimizers.SGD(0.05, momentum=0.9), 20, (12, 2, 3, 24)).items():
        out.add("residual|" + what, values)
    for name, make in OPTIMIZERS:
        for what, values in train(small_net, 0, make, 6, (10, 2, 3, 8), 0).items():
            if name == "sgd" or what not in ("p", "grad"):
                out.add(f"{name}|{what}", values)


if __name__ == "__main__":
    make_layers()
    make_nets()
    print({p.name: p.stat().st_size for p in HERE.glob("*.bin")}, file=sys.stderr)
