#!/usr/bin/env python3
"""Builds config_*.json in Keras: each must give a model whose layers stand in the order of the file.

    python3 tests/golden/keras/check_config.py [FILE…]        (needs Keras 3)"""
import json
import os
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
import keras
from keras.src.legacy.saving import saving_options, saving_utils  # what reads .h5 files


def build(config):
    if "module" in config:
        return keras.saving.deserialize_keras_object(config)
    with saving_options.keras_option_scope(use_legacy_config=True):
        return saving_utils.model_from_config(config)


for path in [Path(p) for p in sys.argv[1:]] or sorted(Path(__file__).parent.glob("config_*.json")):
    text = path.read_text(encoding="ascii")
    want = [layer["name"] for layer in json.loads(text)["config"]["layers"]]
    model = build(json.loads(text))
    got = [layer.name for layer in model.layers]
    if got != want:
        sys.exit(f"{path.name}: Keras lists {got}, the file {want}")
    print(f"{path.name}: {len(got)} layers, {model.count_params():,} parameters, output {model.output_shape}")
