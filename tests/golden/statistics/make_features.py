#!/usr/bin/env python3
"""make_features.py scratch.keras FOLDER > features.bin: what a trained network makes of 600 images before its last
dense layer, 64 numbers each, as bytes, the largest number 255 (needs TensorFlow and Pillow). For make_embedding.py and
tests/nnlib/test_embedding.c: maps of real features, of which many are 0 and whose groups overlap.

The network is that of the report, trained and written in the language:

    load logos from sample:logos size 64x64 seed 7 limit 1500
    model scratch on logos seed 3 { for n in 16, 32, 64, 128 { conv $n 3x3 relu; maxpool 2 }
                                    flatten; dense 64 relu; dropout 0.5; dense classes softmax }
    fit scratch epochs 12 batch 32 lr 0.001 optimizer adam quiet
    export scratch to scratch.keras

FOLDER holds the sample's pictures (samples/logos-1 in the cache); every fourth is taken, of those that can be read the
first 600."""
import os
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
import keras
import numpy as np
from PIL import Image

model = keras.models.load_model(sys.argv[1])
last = [layer for layer in model.layers if isinstance(layer, keras.layers.Dense)][-2]
part = keras.Model(model.inputs, last.output)


def picture(file):
    try:
        return np.asarray(Image.open(file).convert("RGB").resize((64, 64)), dtype="float32") / 255
    except OSError:
        return None


pictures = [p for p in map(picture, sorted(Path(sys.argv[2]).glob("*.jpg"))[::4]) if p is not None]
x = np.stack(pictures[:600])
y = np.asarray(part.predict(x, verbose=0))
assert y.shape == (600, 64), y.shape
sys.stdout.buffer.write(np.round(255 * y / y.max()).astype("uint8").tobytes())
