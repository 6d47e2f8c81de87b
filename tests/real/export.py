#!/usr/bin/env python3
"""What other programs make of exported networks: the largest difference to our own probabilities, at most 1e-5.

    export.py FOLDER        with NAME.x (images), NAME.p (what we say) and NAME.onnx, NAME.safetensors and NAME.py,
                            NAME.c, NAME.keras, NAME.h5, as far as they are there

Asked is what this Python has: onnxruntime, and onnx' own checker; keras; the C compiler always."""
import json
import os
import subprocess
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
import logging

import numpy as np

logging.getLogger("tensorflow").setLevel(logging.ERROR)

MOST = 1e-5


def optional(name):
    try:
        return __import__(name)
    except ImportError:
        print(f"  no {name} for this Python: not asked")
        return None


onnx, onnxruntime, keras = optional("onnx"), optional("onnxruntime"), optional("keras")
keras_2 = optional("tf_keras")


class Net:
    """A network in the folder: its size, the images and our answers."""

    def __init__(self, folder, name):
        self.base = folder / name
        text = self.path(".py").read_text()
        self.size = tuple(int(n) for n in text.split("keras.Input((")[1].split(")")[0].split(","))
        self.images = np.fromfile(self.path(".x"), np.float32).reshape(-1, *self.size)
        self.ours = np.fromfile(self.path(".p"), np.float32).reshape(len(self.images), -1)

    def path(self, ending):
        return self.base.with_name(self.base.name + ending)


def by_onnxruntime(net):
    onnx_model = onnx and onnx.load(net.path(".onnx"))
    if onnx_model:
        onnx.checker.check_model(onnx_model, full_check=True)
        inferred = onnx.shape_inference.infer_shapes(onnx_model, strict_mode=True, data_prop=True)
        assert len(inferred.graph.output) == 1
    session = onnxruntime.InferenceSession(str(net.path(".onnx")), providers=["CPUExecutionProvider"])
    notes = session.get_modelmeta().custom_metadata_map
    assert notes["producer"].startswith("Logolens") and "input1: input" in notes["layers"], notes
    return session.run(["probabilities"], {"image": net.images})[0]


def read_safetensors(path):
    """By the format's own library where it is there, else by its description: a header in JSON, then the numbers."""
    try:
        import safetensors.numpy
        return safetensors.numpy.load_file(path)
    except ImportError:
        data = path.read_bytes()
        start = 8 + int.from_bytes(data[:8], "little")
        facts = json.loads(data[8:start])
        return {name: np.frombuffer(data[start:][slice(*f["data_offsets"])], np.float32).reshape(f["shape"])
                for name, f in facts.items() if name != "__metadata__"}


def by_keras_source(net):
    """The source of the layers, the weights of the safetensors file by their paths."""
    names, weights = {}, read_safetensors(net.path(".safetensors"))
    exec(compile(net.path(".py").read_text(), str(net.path(".py")), "exec"), names)
    assert {w.path for w in names["model"].weights} == set(weights)
    for w in names["model"].weights:
        w.assign(weights[w.path])
    return names["model"].predict(net.images, verbose=0)


def by_keras_file(library, net, ending):
    return library.models.load_model(net.path(ending), compile=False).predict(net.images, verbose=0)


def by_compiler(net):
    program = net.path("")
    subprocess.run(["cc", "-O2", "-std=c99", "-Wall", "-Wextra", "-Werror", f"-D{net.base.name.upper()}_MAIN",
                    net.path(".c"), "-lm", "-o", program], check=True)
    text = " ".join(repr(float(v)) for v in net.images.ravel())
    done = subprocess.run([program], input=text, capture_output=True, text=True, check=True)
    return np.array([[float(v) for v in line.split()] for line in done.stdout.splitlines()])


def ways():
    yield "the C file", ".c", by_compiler
    if onnxruntime:
        yield f"onnxruntime {onnxruntime.__version__}", ".onnx", by_onnxruntime
    if keras:
        name = f"keras {keras.__version__}, {keras.backend.backend()}"
        yield f"{name}: .py and .safetensors", ".safetensors", by_keras_source
        yield f"{name}: .keras", ".keras", lambda net: by_keras_file(keras, net, ".keras")
        yield f"{name}: .h5", ".h5", lambda net: by_keras_file(keras, net, ".h5")
    if keras_2:
        yield f"keras 2 ({keras_2.__version__}): .h5", ".h5", lambda net: by_keras_file(keras_2, net, ".h5")


def main():
    folder, bad = Path(sys.argv[1]), 0
    nets = [Net(folder, path.stem) for path in sorted(folder.glob("*.p"))]
    for net in nets:
        print(f"  {net.base.name:14} probabilities differ by {np.ptp(net.ours, axis=0).max():.3f} between images")
        assert np.ptp(net.ours, axis=0).max() > 1e-3, f"{net.base.name} says the same to every image: nothing is compared"
    for way, ending, ask in ways():
        for net in nets:
            if not net.path(ending).exists():
                continue
            theirs = np.asarray(ask(net)).reshape(net.ours.shape)
            far = float(np.abs(theirs - net.ours).max())
            bad += not far <= MOST
            print(f"  {'ok ' if far <= MOST else 'FAR'} {net.base.name:14} {way}: {far:.1e}")
    sys.exit(bad > 0)


main()
