#!/usr/bin/env python3
"""What other programs make of photographs with three trained networks, as data/pretrained/golden/golden.json holds it of
two more: the thin ResNet-50 in ONNX Runtime, the ResNets of CIFAR-10 in PyTorch, whose pixels are means of 7x7.

    python3 -m venv v && v/bin/pip install onnxruntime==1.32.0 numpy==2.4.6 pillow==13.0.0 torch
    v/bin/python tests/golden/photos/make_goldens.py SHARED/data/pretrained
"""
import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime
import torch
import torch.nn.functional as F
from PIL import Image

HERE, DATA = Path(__file__).parent, Path(sys.argv[1])
CIFAR = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
SAFE = ["safe", "unsafe"]


def photos():
    for one in json.loads((DATA / "golden/golden.json").read_text())["models"]["mobilenet_v1_0.75_224"]:
        yield one["image"], np.asarray(Image.open(DATA / one["image"]).convert("RGB"))


def kept(image, logits, features, names):
    logits, features = np.asarray(logits, np.float64), np.asarray(features, np.float64)
    shares = np.exp(logits - logits.max())
    shares /= shares.sum()
    top = np.argsort(-logits)[:5]
    return {"image": image, "top5": [[int(i), names[i], float(logits[i]), float(shares[i])] for i in top],
            "logit_sum": float(logits.sum()), "feat_sum": float(features.sum()),
            "feat_first8": [float(v) for v in features[:8]]}


def thin_resnet():
    run = onnxruntime.InferenceSession(DATA / "resnet50_thin_opennsfw.onnx", providers=["CPUExecutionProvider"])
    for image, rgb in photos():
        x = rgb[:, :, ::-1].astype(np.float32) - np.array([104, 117, 123], np.float32)
        features, logits = run.run(["features", "logits"], {"x": x.transpose(2, 0, 1)[None].copy()})
        yield kept(image, logits[0], features[0], SAFE)


def cifar(depth):
    """As its author builds it: a shortcut leaves out every other pixel and puts channels of zeros on both sides."""
    w = {k: torch.from_numpy(v) for k, v in np.load(DATA / f"cifar10_resnet{depth}.npz").items()}

    def conv(x, name, bn, stride=1):
        x = F.conv2d(x, w[name + ".weight"], stride=stride, padding=1)
        return F.batch_norm(x, w[bn + ".running_mean"], w[bn + ".running_var"], w[bn + ".weight"], w[bn + ".bias"])

    for image, rgb in photos():
        small = rgb.reshape(32, 7, 32, 7, 3).astype(np.float64).mean((1, 3)) / 255
        x = ((small - [.485, .456, .406]) / [.229, .224, .225]).astype(np.float32)
        x = F.relu(conv(torch.from_numpy(x.transpose(2, 0, 1)[None].copy()), "conv1", "bn1"))
        for stage in (1, 2, 3):
            for block in range((depth - 2) // 6):
                stride = 2 if stage > 1 and block == 0 else 1
                name = f"layer{stage}.{block}."
                y = F.relu(conv(x, name + "conv1", name + "bn1", stride))
                y = conv(y, name + "conv2", name + "bn2")
                if stride == 2:
                    more = x.shape[1] // 2
                    x = F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, more, more))
                x = F.relu(x + y)
        features = x.mean((2, 3))
        logits = F.linear(features, w["linear.weight"], w["linear.bias"])
        yield kept(image, logits[0].numpy(), features[0].numpy(), CIFAR)


models = {"resnet50_thin_opennsfw": list(thin_resnet())} | {f"cifar10_resnet{n}": list(cifar(n)) for n in (20, 56)}
classes = {name: SAFE if "nsfw" in name else CIFAR for name in models}
text = json.dumps({"classes": classes, "models": models}, indent=None, separators=(",", ":"))
(HERE / "networks.json").write_text(text.replace('{"image"', '\n{"image"') + "\n")
