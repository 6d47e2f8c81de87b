#!/usr/bin/env python3
"""Makes bases_keras.bin, bases_torch.bin and bases_explain.bin: what keras.applications and torchvision compute with
the networks of nnlib/model/base.h, for tests/nnlib/test_base_golden.c to compare with.

    python3 tests/golden/keras/make_bases.py keras        (needs TensorFlow)
    python3 tests/golden/keras/make_bases.py torch        (needs torch and torchvision)
    python3 tests/golden/keras/make_bases.py explain      (the same: where resnet18 sees a class, number by number)

Weights and images are not stored: both sides compute them with the integer hash of make_goldens.py, weights by the name
they have in a file and in the order of that file, so that names and orders are compared too. Of each layer's output are
kept the mean, the mean of the magnitudes, and numbers at SAMPLES places.
File format: b"NNG1", then records of u32 name length, name, u32 count, count little-endian floats. Names are
"base|width|height|image width|layer", of bases_explain.bin "what|layer|class": Grad-CAM at a module's output, the
largest gradient of the score over the channels, and how far the probability falls where a window is grey."""
import os
import struct
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
import numpy as np

HERE = Path(__file__).parent
SAMPLES = 32


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


def stream_of(name):
    """FNV-1a of 32 bits."""
    h = 0x811C9DC5
    for byte in name.encode():
        h = (h ^ byte) * 0x01000193 & 0xFFFFFFFF
    return h


def weight(name, shape, kind, fan_in):
    """kind: what Keras calls such a parameter."""
    if "kernel" in kind:
        scale = (6 / fan_in) ** 0.5 * (0.1 if len(shape) == 2 else 1)
        return numbers(stream_of(name), shape, scale)
    small = {"gamma": 0.2, "moving_variance": 0.5}.get(kind, 0.1)
    start = {"gamma": 0.8, "moving_variance": 1.0}.get(kind, 0.0)
    return numbers(stream_of(name), shape, small) + np.float32(start)


class File:
    def __init__(self, name, versions):
        self.out = open(HERE / name, "wb")
        self.out.write(b"NNG1")
        self.add(f"versions: {versions}, numpy {np.__version__}", [])

    def add(self, name, values):
        data = np.asarray(values, dtype="<f4").ravel()
        self.out.write(struct.pack("<I", len(name.encode())) + name.encode() + struct.pack("<I", data.size) + data.tobytes())

    def layer(self, case, layer, output):
        """output: one image, channels last."""
        flat = np.asarray(output, dtype=np.float64).ravel()
        places = bits(77, SAMPLES) % np.uint32(flat.size)
        self.add("|".join(map(str, case)) + "|" + layer, [flat.mean(), np.abs(flat).mean(), *flat[places]])


def make_keras():
    import keras
    import tensorflow as tf

    apps = keras.applications
    cases = [
        ("mobilenet", 1, 64, 64, apps.MobileNet, {"alpha": 1.0}),
        ("mobilenet", 0.25, 63, 49, apps.MobileNet, {"alpha": 0.25}),
        ("mobilenet_v2", 1, 64, 64, apps.MobileNetV2, {"alpha": 1.0}),
        ("mobilenet_v2", 0.35, 63, 50, apps.MobileNetV2, {"alpha": 0.35}),
        ("mobilenet_v2", 1.4, 32, 32, apps.MobileNetV2, {"alpha": 1.4}),
        ("resnet50", 1, 64, 64, apps.ResNet50, {}),
        ("vgg16", 1, 64, 64, apps.VGG16, {}),
    ]
    out = File("bases_keras.bin", f"keras {keras.__version__}, tensorflow {tf.__version__}")
    for name, width, height, image_width, make, options in cases:
        keras.utils.clear_session()
        model = make(weights=None, include_top=True, input_shape=(height, image_width, 3), **options)
        for layer in model.layers:
            depthwise = isinstance(layer, keras.layers.DepthwiseConv2D)
            for v in layer.variables:
                if v.name.startswith("seed"):
                    continue
                kind = "depthwise_kernel" if depthwise and v.name == "kernel" else v.name
                fan_in = int(np.prod(v.shape[:2] if depthwise else v.shape[:-1]))
                v.assign(weight(f"{layer.name}/{kind}", v.shape, kind, fan_in))
        image = numbers(1, (1, height, image_width, 3))
        parts = keras.Model(model.input, [layer.output for layer in model.layers[1:]])
        for layer, y in zip(model.layers[1:], parts(image, training=False)):
            out.layer((name, width, height, image_width), layer.name, y[0])
        print(name, width, model.count_params())


TORCH_KINDS = {"running_mean": "moving_mean", "running_var": "moving_variance"}


def fill_torch(model):
    import torch

    state = model.state_dict()
    for key, tensor in state.items():
        end = key.rsplit(".", 1)[1]
        if end == "num_batches_tracked":
            continue
        kind = TORCH_KINDS.get(end) or ("bias" if end == "bias" else "kernel" if tensor.dim() > 1 else "gamma")
        if end == "bias" and key[:-4] + "running_mean" in state:
            kind = "beta"
        fan_in = tensor[0].numel() if tensor.dim() > 1 else 1
        tensor.copy_(torch.from_numpy(weight(key, tuple(tensor.shape), kind, fan_in)))


def run_torch(model, image):
    """The output of every module, in place or not; a module called several times gets a number behind its name."""
    import torch

    seen, hooks = {}, []
    for name, module in model.named_modules():
        if name:
            hooks.append(module.register_forward_hook(
                lambda m, x, y, name=name: seen.setdefault(name, []).append(y.detach().clone())))
    with torch.no_grad():
        scores = model(torch.from_numpy(image).permute(0, 3, 1, 2).contiguous())
    for hook in hooks:
        hook.remove()
    outputs = {}
    for name, calls in seen.items():
        for i, y in enumerate(calls):
            outputs[name if len(calls) == 1 else f"{name}{i + 1}"] = (y.permute(0, 2, 3, 1) if y.dim() == 4 else y)[0]
    outputs["probabilities"] = torch.softmax(scores.flatten(1), 1)[0]
    return outputs


def make_torch():
    import torch
    import torchvision
    from torchvision import models

    vgg = {"features." + str(i): name for i, name in zip(
        [1, 3, 4, 6, 8, 9, 11, 13, 15, 16, 18, 20, 22, 23, 25, 27, 29, 30],
        [f"block{b}_{what}" for b, convs in enumerate((2, 2, 3, 3, 3), 1)
         for what in [f"conv{c}" for c in range(1, convs + 1)] + ["pool"]])}
    vgg |= {"classifier.1": "fc1", "classifier.4": "fc2"}
    cases = [
        ("resnet18", 64, 64, models.resnet18, None),
        ("resnet18", 51, 70, models.resnet18, None),
        ("resnet34", 64, 64, models.resnet34, None),
        ("resnet50_v1.5", 64, 64, models.resnet50, None),
        ("resnet101", 64, 64, models.resnet101, None),
        ("squeezenet", 64, 64, models.squeezenet1_0, None),
        ("squeezenet", 83, 94, models.squeezenet1_0, None),
        ("squeezenet1.1", 64, 64, models.squeezenet1_1, None),
        ("squeezenet1.1", 83, 94, models.squeezenet1_1, None),
        ("vgg16", 224, 224, models.vgg16, vgg),
    ]
    torch.backends.mkldnn.enabled = False
    out = File("bases_torch.bin", f"torch {torch.__version__}, torchvision {torchvision.__version__}")
    for name, height, width, make, names in cases:
        model = make(weights=None).eval()
        fill_torch(model)
        outputs = run_torch(model, numbers(1, (1, height, width, 3)))
        last = "predictions" if "fc" not in outputs else "fc"
        for layer, y in outputs.items():
            layer = names.get(layer) if names else layer
            if layer and layer != "fc":
                out.layer((name, 1, height, width), layer, y)
        out.layer((name, 1, height, width), last, outputs["probabilities"])
        print(name, sum(p.numel() for p in model.parameters()))


def gradients(model, x, module, label):
    """The module's output, and the gradient of the score by it; without a module by the image."""
    kept = {}
    hook = module and module.register_forward_hook(lambda m, i, y: (y.retain_grad(), kept.update(y=y))[0])
    model(x)[0, label].backward()
    if hook:
        hook.remove()
    return (kept["y"].detach(), kept["y"].grad) if module else (x, x.grad)


def occluded(model, x, label, height, width, down, across):
    import torch

    h, w = x.shape[2:]
    total, count = np.zeros((h, w)), np.zeros((h, w))

    def probability(image):
        return float(torch.softmax(model(image), 1)[0, label])

    with torch.no_grad():
        before = probability(x)
        for top in sorted({min(y, h - height) for y in range(0, h - height + down, down)}):
            for left in sorted({min(at, w - width) for at in range(0, w - width + across, across)}):
                covered = x.clone()
                covered[:, :, top:top + height, left:left + width] = 0
                total[top:top + height, left:left + width] += before - probability(covered)
                count[top:top + height, left:left + width] += 1
    return total / count


def make_explain():
    import torch
    import torchvision
    from torchvision import models

    torch.backends.mkldnn.enabled = False
    out = File("bases_explain.bin", f"torch {torch.__version__}, torchvision {torchvision.__version__}")
    model = models.resnet18(weights=None).eval()
    with torch.no_grad():
        fill_torch(model)
    image = torch.from_numpy(numbers(1, (1, 48, 64, 3))).permute(0, 3, 1, 2).contiguous()
    modules = dict(model.named_modules())
    for label in (3, 700):
        for name in ("layer1.1", "layer3.0", "layer4.1"):
            maps, gradient = gradients(model, image.clone().requires_grad_(), modules[name], label)
            heat = torch.relu((gradient.mean((2, 3), keepdim=True) * maps).sum(1))
            out.add(f"gradcam|{name}|{label}", heat.numpy())
        _, gradient = gradients(model, image.clone().requires_grad_(), None, label)
        out.add(f"saliency||{label}", gradient.abs().amax(1).numpy())
    out.add("occlusion||3", occluded(model, image, 3, 12, 16, 8, 12))
    print("resnet18 explained")


if __name__ == "__main__":
    {"keras": make_keras, "torch": make_torch, "explain": make_explain}[sys.argv[1]]()
