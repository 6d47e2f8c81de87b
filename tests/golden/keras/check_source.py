#!/usr/bin/env python3
"""Runs source_*.py in Keras: each must build a model with the counts its first line says.

    python3 tests/golden/keras/check_source.py [FILE…]        (needs Keras 3)"""
import os
import re
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

for path in [Path(p) for p in sys.argv[1:]] or sorted(Path(__file__).parent.glob("source_*.py")):
    text = path.read_text(encoding="ascii")
    want = [int(n) for n in re.match(r"# (\d+) parameters, (\d+) of them not trained\n", text).groups()]
    names = {}
    exec(compile(text, path, "exec"), names)
    model = names["model"]
    got = [model.count_params(), sum(w.shape.num_elements() for w in model.non_trainable_weights)]
    if got != want:
        sys.exit(f"{path.name}: Keras counts {got}, we say {want}")
    print(f"{path.name}: {got[0]:,} parameters, {len(model.layers)} layers, output {model.output_shape}")
