#!/usr/bin/env python3
"""Small files of Keras in every layout there is, and some that must be refused, for tests/unit/test_keras_file.c.

    python3 -m venv v && v/bin/pip install keras==3.15.1 tensorflow-cpu==2.21.0 h5py==3.14.0
    v/bin/python tests/golden/keras/make_hdf5.py

Written by Keras 3 itself: hdf5_model.keras, hdf5_model.h5, hdf5_model.weights.h5 (compiled, trained for a step, with an
optimiser's numbers and dropout's random state in them), hdf5_nested.keras and hdf5_nested.h5 (a model in a model).
Written with h5py as earlier versions did: hdf5_old.h5, the layout of keras.applications' published files
(layer/layer/kernel:0, lists of fixed-length texts), with model and layer names cut into several lists, one array
packed, one of big-endian floats and one of float16; hdf5_keras1.h5, with the names of Keras 1; hdf5_counted.weights.h5,
of Keras 3 before it wrote the layers' names.
hdf5_bad_*.h5: what each is named after, in place of a kernel.

Number i of tensor k (in the order of Keras' own list) is (3 i - 17) / 64 + k."""
import os
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
import h5py
import keras
import numpy as np
from keras import layers

HERE = Path(__file__).parent


def numbers(shape, k):
    return ((np.arange(np.prod(shape), dtype=np.float32) * 3 - 17) / 64 + k).reshape(shape)


def fill(model):
    model.set_weights([numbers(w.shape, k) for k, w in enumerate(model.weights)])


# ---- Keras 3 ----
def small():
    model = keras.Sequential([
        keras.Input((8, 8, 3)),
        layers.Conv2D(2, 3, activation="relu", name="first"),
        layers.BatchNormalization(name="first_bn"),
        layers.DepthwiseConv2D(3, use_bias=False, name="deep"),
        layers.BatchNormalization(scale=False, name="deep_bn"),
        layers.Conv2D(3, 1, name="second"),
        layers.Flatten(),
        layers.Dropout(0.5, seed=1),
        layers.Dense(4, activation="softmax", name="last"),
    ], name="small")
    model.compile("adam", "categorical_crossentropy")
    model.fit(np.zeros((1, 8, 8, 3), np.float32), np.eye(4, dtype=np.float32)[:1], verbose=0)
    fill(model)
    return model


def nested():
    x = keras.Input((6, 6, 3))
    y = layers.Conv2D(2, 3, name="inner_conv")(x)
    inner = keras.Model(x, layers.BatchNormalization(name="inner_bn")(y), name="inner")
    x = keras.Input((6, 6, 3))
    y = layers.Conv2D(3, 1, name="outer_conv")(x)
    model = keras.Model(x, layers.Dense(2, name="outer_dense")(layers.GlobalAveragePooling2D()(inner(y))), name="outer")
    fill(model)
    return model


def without_names(source, target):
    """As Keras 3 wrote before it kept the layers' names."""
    with h5py.File(source) as f, h5py.File(target, "w") as g:
        for name in f:
            if name in ("layers", "vars"):
                f.copy(name, g)
        g.visititems(lambda _, o: o.attrs.pop("name", None) and None)


# ---- earlier ----
def write_layer(root, layer, weights):
    group = root.create_group(layer)
    group.attrs["weight_names"] = np.array([name.encode() for name in weights])
    for name, value in weights.items():
        group.create_dataset(name, **value)


def write_old(path):
    """As TF-Keras wrote what keras.applications downloads."""
    plain = {"conv1_conv": ["kernel", (3, 3, 3, 2), "bias", (2,)], "conv1_relu": [],
             "conv1_bn": ["gamma", (2,), "beta", (2,), "moving_mean", (2,), "moving_variance", (2,)],
             "conv_dw_1": ["depthwise_kernel", (3, 3, 2, 1)], "predictions": ["kernel", (64, 4), "bias", (4,)]}
    special = {"conv_dw_1/depthwise_kernel:0": {"dtype": ">f4"}, "predictions/bias:0": {"dtype": "<f2"},
               "predictions/kernel:0": {"chunks": (16, 4), "compression": "gzip", "shuffle": True, "fletcher32": True}}
    k = 0
    with h5py.File(path, "w") as f:
        f.attrs["backend"] = b"tensorflow"
        f.attrs["keras_version"] = b"2.2.4-tf"
        names = [name.encode() for name in plain]
        f.attrs["layer_names0"] = np.array(names[:2])
        f.attrs["layer_names1"] = np.array(names[2:])
        for layer, facts in plain.items():
            weights = {}
            for variable, shape in zip(facts[::2], facts[1::2]):
                name = f"{layer}/{variable}:0"
                weights[name] = {"data": numbers(shape, k), **special.get(name, {})}
                k += 1
            write_layer(f, layer, weights)


def write_keras1(path):
    with h5py.File(path, "w") as f:
        f.attrs["layer_names"] = np.array([b"block1_conv1", b"block1_pool", b"bn"])
        write_layer(f, "block1_conv1", {"block1_conv1_W_1:0": {"data": numbers((3, 3, 3, 2), 0)},
                                        "block1_conv1_b_1:0": {"data": numbers((2,), 1)}})
        write_layer(f, "block1_pool", {})
        write_layer(f, "bn", {"bn_gamma:0": {"data": numbers((2,), 2)}, "bn_running_std:0": {"data": numbers((2,), 3)}})


# ---- refused ----
def bad(name, make):
    with h5py.File(HERE / f"hdf5_bad_{name}.h5", "w") as f:
        group = f.create_group("layers/dense/vars")
        make(group)
        if "0" not in group.keys():
            raise SystemExit(f"{name}: no variable")


def virtual(group):
    layout = h5py.VirtualLayout((4, 2), np.float32)
    layout[:] = h5py.VirtualSource("other.h5", "data", (4, 2))
    group.create_virtual_dataset("0", layout)


def scaled(group):
    group.create_dataset("0", data=numbers((4, 2), 0), chunks=(4, 2), scaleoffset=2)


def soft(group):
    group["other"] = numbers((4, 2), 0)
    group["0"] = h5py.SoftLink("/layers/dense/vars/other")


def external(group):
    group.create_dataset("0", (4, 2), np.float32, external=[("/etc/hostname", 0, 32)])


def main():
    model = small()
    model.save(HERE / "hdf5_model.keras")
    model.save(HERE / "hdf5_model.h5")
    model.save_weights(HERE / "hdf5_model.weights.h5")
    without_names(HERE / "hdf5_model.weights.h5", HERE / "hdf5_counted.weights.h5")
    outer = nested()
    outer.save(HERE / "hdf5_nested.keras")
    outer.save(HERE / "hdf5_nested.h5")
    write_old(HERE / "hdf5_old.h5")
    write_keras1(HERE / "hdf5_keras1.h5")
    bad("virtual", virtual)
    bad("external", external)
    bad("extlink", lambda g: g.__setitem__("0", h5py.ExternalLink("/etc/hostname", "/x")))
    bad("soft", soft)
    bad("filter", scaled)
    bad("float64", lambda g: g.create_dataset("0", data=numbers((4, 2), 0).astype(np.float64)))
    bad("bytes", lambda g: g.create_dataset("0", data=np.zeros((4, 2), np.uint8)))
    bad("opaque", lambda g: g.create_dataset("0", data=np.zeros((4, 2), "V2")))
    bad("text", lambda g: g.create_dataset("0", data=[b"abc"]))
    bad("empty", lambda g: g.create_dataset("0", (0, 4), np.float32))
    bad("unwritten", lambda g: g.create_dataset("0", (4, 2), np.float32))
    bad("nan", lambda g: g.create_dataset("0", data=np.full((4, 2), np.nan, np.float32)))


main()
