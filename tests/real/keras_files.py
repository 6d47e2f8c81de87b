#!/usr/bin/env python3
"""Files of Keras both ways, with Keras itself: what it writes we read with the right names and numbers, and what we write
it loads as the same network. Not a part of `make test`, because it needs Keras:

    python3 -m venv v && v/bin/pip install keras==3.15.1 tensorflow-cpu==2.21.0 h5py==3.14.0
    make build/support/keras_tool && v/bin/python tests/real/keras_files.py [NETWORK…]

Networks are those of keras.applications with random weights (nothing is downloaded), with their top, in the layouts that
are published: .keras, .h5 of a whole model, .weights.h5, and .h5 of weights alone as TF-Keras wrote them ("kernel:0").
The last line is `N passed, N failed`."""
import os
import subprocess
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
import h5py
import keras
import numpy as np
from keras import applications, layers
from keras.src.legacy.saving import legacy_h5_format

ROOT = Path(__file__).parents[2]
TOOL, HELPER = ROOT / "build/support/keras_tool", ROOT / "build/logolens"
KINDS = {".keras": "0", ".h5": "1", ".weights.h5": "2"}


def course():
    return keras.Sequential([keras.Input((32, 32, 3)), layers.Conv2D(16, 3, activation="relu"), layers.MaxPooling2D(),
                             layers.SeparableConv2D(8, 3), layers.BatchNormalization(scale=False), layers.ReLU(),
                             layers.Flatten(), layers.Dropout(0.5), layers.Dense(4, activation="softmax")])


NETWORKS = {
    "course": course,
    "mobilenet": lambda: applications.MobileNet((128, 128, 3), alpha=0.25, weights=None, classes=10),
    "mobilenet_v2": lambda: applications.MobileNetV2((96, 96, 3), alpha=0.35, weights=None, classes=10),
    "resnet50": lambda: applications.ResNet50(weights=None, input_shape=(64, 64, 3), classes=10),
    "vgg16": lambda: applications.VGG16(weights=None, include_top=False, input_shape=(32, 32, 3)),
}


def run(*words):
    done = subprocess.run([str(TOOL), str(HELPER), *map(str, words)], capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{words}: {done.stderr}")
    return done.stdout


def randomise(model):
    rng = np.random.default_rng(7)
    model.set_weights([rng.uniform(0.05, 0.5, w.shape).astype(np.float32) / max(1, np.prod(w.shape[:-1])) ** 0.5
                       for w in model.weights])


def expected(model):
    """Name and sums of each tensor, as keras_tool lists them."""
    out = {}
    for layer in model.layers:
        for w in layer.weights:
            name = w.path.split("/")[-1]
            if isinstance(layer, layers.DepthwiseConv2D) and name == "kernel":
                name = "depthwise_kernel"
            x = np.asarray(w.value, dtype=np.float64).reshape(-1)
            out[f"{layer.name}/{name}"] = ("x".join(map(str, w.shape)), x.sum(), (x * (np.arange(x.size) % 1009 + 1)).sum())
    return out


def as_published(path, model):
    """The group for each layer, and names as TF-Keras gives them to weights."""
    with h5py.File(path, "w") as f:
        legacy_h5_format.save_attributes_to_hdf5_group(f, "layer_names", [x.name.encode() for x in model.layers])
        f.attrs["backend"], f.attrs["keras_version"] = b"tensorflow", b"2.4.0"
        for layer in model.layers:
            group, names = f.create_group(layer.name), []
            for w in legacy_h5_format._legacy_weights(layer):
                variable = w.path.split("/")[-1]
                if isinstance(layer, layers.DepthwiseConv2D) and variable == "kernel":
                    variable = "depthwise_kernel"
                names.append(f"{layer.name}/{variable}:0")
                group[names[-1]] = np.asarray(w.value)
            legacy_h5_format.save_attributes_to_hdf5_group(group, "weight_names", [n.encode() for n in names])


def same(found, want):
    if set(found) != set(want):
        return f"names differ: {sorted(set(found) ^ set(want))[:4]}"
    for name, (shape, total, weighed) in want.items():
        got = found[name]
        if got[0] != shape or abs(float(got[1]) - total) > 1e-6 * (1 + abs(total)) or \
                abs(float(got[2]) - weighed) > 1e-6 * (1 + abs(weighed)):
            return f"{name}: {got}, and Keras has {shape} {total} {weighed}"
    return ""


def listed(path):
    return {line.split("\t")[0]: line.split("\t")[1:] for line in run("list", path).splitlines()}


passed = failed = 0


def judge(what, why):
    global passed, failed
    passed, failed = passed + (not why), failed + bool(why)
    print(f"  {'FAILED ' if why else ''}{what}{': ' + why if why else ''}", flush=True)


def try_network(name, folder):
    keras.utils.clear_session()
    model = NETWORKS[name]()
    randomise(model)
    want, x = expected(model), np.random.default_rng(1).random((2, *model.input_shape[1:]), dtype=np.float32)
    y = model.predict(x, verbose=0)
    as_published(folder / "published.h5", model)
    judge(f"{name}: published.h5 is read", same(listed(folder / "published.h5"), want))
    for ending, kind in KINDS.items():
        theirs, ours = folder / f"theirs{ending}", folder / f"ours{ending}"
        model.save_weights(theirs) if "weights" in ending else model.save(theirs)
        found = listed(theirs)
        if "weights" in ending:  # of some batchnorms the file alone does not say which variables they have
            want_here = {k: v for k, v in want.items() if k in found}
            judge(f"{name}: {theirs.name} is read", same({k: v for k, v in found.items() if k in want}, want_here) or
                  ("" if len(found) == len(want) and len(want_here) > 0.5 * len(want) else "tensors are missing"))
        else:
            judge(f"{name}: {theirs.name} is read", same(found, want))
        run("write", kind, folder / ("theirs.h5" if ending == ".h5" else "theirs.keras"), ours)
        if "weights" in ending:
            again = NETWORKS[name]()
            again.load_weights(ours)
        else:
            again = keras.models.load_model(ours)
        equal = all((np.asarray(a.value) == np.asarray(b.value)).all() for a, b in zip(model.weights, again.weights))
        difference = np.abs(again.predict(x, verbose=0) - y).max()
        judge(f"{name}: Keras loads our {ours.name}", "" if equal and difference == 0 else f"outputs differ by {difference}")


with tempfile.TemporaryDirectory() as held:
    for network in sys.argv[1:] or NETWORKS:
        try_network(network, Path(held))
print(f"{passed} passed, {failed} failed")
sys.exit(failed > 0)
